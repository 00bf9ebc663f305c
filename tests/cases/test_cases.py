"""The worked cases through the whole pass: files → store → mapping → measures → the reading answers.

Their expected results were worked out by hand, independently of this code.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from veaf_sync import config, plugins, read
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync.testing import ManualClock

CASES = [
    "01-statement-rule-ancestor",
    "02-two-statements",
    "03-none",
    "04-inheritance-across-sources",
    "05-ring-of-parents",
    "06-subtasks-and-containers",
    "07-dead-share",
    "08-exemption",
    "09-dangling",
    "10-lost-source",
    "11-imputation-ladder",
    "12-no-estimates",
    "13-people",
    "14-conditions",
    "15-time-zone",
    "16-objective-states",
    "17-built-objective",
]


def test_every_case_is_listed(shared: Path) -> None:
    assert sorted(folder.name for folder in (shared / "cases").iterdir() if folder.is_dir()) == CASES


@pytest.mark.parametrize("name", CASES)
def test_case(shared: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    shutil.copytree(shared / "cases" / name, folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    expected = json.loads((folder / "expected.json").read_text())
    with read_case(folder, expected) as snapshot:
        assert_items(snapshot, expected["items"])
        assert_weights(read.coverage(snapshot).model_dump(mode="json")["weights"], expected["weights"])
        assert_objectives(read.objectives(snapshot).model_dump(mode="json")["objectives"], expected["objectives"])


class read_case:
    """The snapshot of a case: synced, then synced again without its lost sources."""

    def __init__(self, folder: Path, expected: Mapping[str, Any]) -> None:
        registry = plugins.load()
        clock = ManualClock(datetime.fromisoformat(expected["at"]))
        self.settings = config.load(folder, registry.connectors, at=clock.now())
        self.store = open_store(self.settings.settings.store, folder=folder)
        run_sync(self.settings, registry, self.store, clock)
        for source in expected["lost_sources"]:
            (folder / f"{source}.csv").unlink()
        if expected["lost_sources"]:
            assert run_sync(self.settings, registry, self.store, clock).degraded

    def __enter__(self) -> read.Snapshot:
        return read.open_snapshot(self.store, self.settings)

    def __exit__(self, *_: object) -> None:
        self.store.close()


def assert_items(snapshot: read.Snapshot, expected: Mapping[str, Any]) -> None:
    everything = read.items(snapshot, read.Filters(), all=True).model_dump(mode="json")["items"]
    shown = {item["id"]: item for item in everything}
    assert set(shown) == set(expected)
    counted = {item["id"] for item in read.items(snapshot, read.Filters()).model_dump(mode="json")["items"]}
    for item, wanted in expected.items():
        explained = read.explain(snapshot, item).model_dump(mode="json")
        assert shown[item]["verdict"] == wanted["verdict"], item
        assert (item in counted) is wanted["counted"], item
        assert explained["counted"] is wanted["counted"], item
        assert explained["verdict"] == wanted["verdict"], item
        shares = {each["objective"]: each["share"] for each in shown[item]["objectives"]}
        assert shares == pytest.approx(wanted["objectives"], abs=1e-9), item
        for each in explained["alignments"]:
            assert (each["origin"], each["rule"]) == (wanted["origin"], wanted["rule"]), item


def assert_weights(shown: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    assert set(shown) == set(expected)
    for weight, wanted in expected.items():
        if wanted is None:
            assert shown[weight] is None, weight
            continue
        for key, value in wanted.items():
            assert shown[weight][key] == pytest.approx(value, abs=1e-9), (weight, key)


def assert_objectives(shown: list[Mapping[str, Any]], expected: Mapping[str, Any]) -> None:
    by_id = {objective["objective"]: objective for objective in shown}
    assert set(by_id) == set(expected)
    for objective, wanted in expected.items():
        for key, value in wanted.items():
            assert by_id[objective][key] == pytest.approx(value, abs=1e-9), (objective, key)
