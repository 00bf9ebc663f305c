"""Distributions that are installed for one test only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, PathDistribution
from pathlib import Path

import pytest

GOOD = """
from veaf_sync.connector import Connector, Feature
from veaf_sync.hookspecs import hookimpl

class {title}(Connector):
    name = "{name}"
    api = {api}
    features = frozenset({{Feature.WRITE, Feature.COUNT}})

@hookimpl
def veaf_connectors():
    return [{title}]
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., EntryPoint]]:
    """`install("veaf-sync-x", code)`: the entry point of a new distribution with a module of this code."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules: list[str] = []

    def install(
        distribution: str, code: str = "", *, name: str = "x", api: int = 1, version: str = "1.2"
    ) -> EntryPoint:
        module = distribution.replace("-", "_") + "_plugin"
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(
            code or GOOD.format(name=name, title=name.title(), api=api), encoding="utf-8"
        )
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[veaf_sync]\n{name} = {module}\n")
        (point,) = PathDistribution(info).entry_points
        return point

    yield install
    for module in modules:
        sys.modules.pop(module, None)
