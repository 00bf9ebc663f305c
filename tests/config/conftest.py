"""A small configuration that is right, and the connectors it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import Field

from veaf_sync import config
from veaf_sync.connector import Connector, RelativePath, SourceSettings, TimeZone
from veaf_sync.credentials import Secret
from veaf_sync.errors import ConfigError, Problem

AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)

DOCUMENTS = {
    "veaf-sync.yaml": """\
version: 1
organisation: Example Ltd
sources:
  hub:
    connector: board
    site: https://board.example
    token: env:BOARD_TOKEN
""",
    "strategy.yaml": """\
vision: {title: Every order arrives}
objectives:
  - {id: fast, title: Fast checkout}
  - {id: cheap, title: Cheap to run}
""",
    "mapping.yaml": """\
stated:
  - {from: labels, pattern: "okr:(?P<objective>[a-z]+)"}
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
""",
}


class BoardSettings(SourceSettings):
    """A vendor's settings with the kinds of field that connectors have."""

    site: str = Field(examples=["https://board.example"])
    token: Secret
    boards: tuple[str, ...] = ()
    path: RelativePath = "exports"
    zone: TimeZone = Field(default="", validate_default=True)


class Board(Connector[BoardSettings]):
    name = "board"
    settings = BoardSettings


class File(Connector[SourceSettings]):
    name = "file"


CONNECTORS: Mapping[str, type[Connector[Any]]] = {"board": Board, "file": File}


@pytest.fixture(scope="session")
def connectors() -> Mapping[str, type[Connector[Any]]]:
    return CONNECTORS


@pytest.fixture(scope="session")
def at() -> datetime:
    return AT


@pytest.fixture(scope="session")
def texts() -> Mapping[str, str]:
    """The three texts of a configuration without problems."""
    return MappingProxyType(DOCUMENTS)


@pytest.fixture
def documents() -> dict[str, str]:
    """The same, to be changed at will."""
    return dict(DOCUMENTS)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str | bytes]], Path]:
    """`write(documents)`: the folder `config`, relative to the working directory, that holds them."""
    monkeypatch.chdir(tmp_path)

    def write(documents: Mapping[str, str | bytes]) -> Path:
        folder = Path("config")
        folder.mkdir(exist_ok=True)
        for name, text in documents.items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return write


@pytest.fixture
def problems() -> Callable[..., list[Problem]]:
    """`problems(strategy="…", settings="…", mapping="…")`: what loading a configuration with these texts says."""

    def problems(*, settings: str = "", strategy: str = "", mapping: str = "") -> list[Problem]:
        changed = {"veaf-sync.yaml": settings, "strategy.yaml": strategy, "mapping.yaml": mapping}
        texts = DOCUMENTS | {name: text for name, text in changed.items() if text}
        try:
            loaded = config.load_texts(texts, CONNECTORS, at=AT)
        except ConfigError as error:
            return list(error.problems)
        assert not loaded.findings, "findings are no problems: ask load_texts for them"
        return []

    return problems
