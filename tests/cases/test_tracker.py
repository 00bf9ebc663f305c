"""18,898 real items through the file connector, against counts that were computed independently.

Epics are the objectives; an item states its epic in the field `epic_key` or inherits along `parent_key`.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from veaf_sync import config, plugins
from veaf_sync.store import Filters, open_store
from veaf_sync.sync import run_sync
from veaf_sync.testing import ManualClock

SETTINGS = """
version: 1
organisation: Real items
period: 2026
sources:
  tracker:
    connector: file
    path: {path}
    columns: {{partition: project, state: status, state_category: status_category, parent: parent_key,
              completed: resolved, assignees: assignee, milestones: fix_versions}}
"""
MAPPING = "stated: [{from: fields.epic_key}]\nrules: []\n"


@pytest.fixture(scope="module")
def verdicts(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """project, key, verdict, level and bot of every item, after one pass."""
    data = shared / "data" / "tracker_small.jsonl.gz"
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    folder = tmp_path_factory.mktemp("tracker")
    epics = [row["key"] for row in rows if row["level"] == "epic"]
    objectives = "".join(f"  - {{id: {json.dumps(epic)}}}\n" for epic in epics)
    texts = {
        "veaf-sync.yaml": SETTINGS.format(path=data),
        "strategy.yaml": f"vision: {{title: Real}}\nobjectives:\n{objectives}",
        "mapping.yaml": MAPPING,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    registry = plugins.load()
    clock = ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
    settings = config.load(folder, registry.connectors, at=clock.now())
    with open_store(settings.settings.store, folder=folder) as store:
        result = run_sync(settings, registry, store, clock)
        assert not result.degraded, result.sources
        shown = store.results.list(result.run.id, filters=Filters(counted_only=False))
    facts = pl.DataFrame([{"key": row["key"], "project": row["project"], "bot": row["bot"]} for row in rows])
    assert shown["key"].n_unique() == shown.height == facts.height == 18_898
    return shown.join(facts, on="key")


def test_counts_per_project_equal_the_oracle(verdicts: pl.DataFrame, shared: Path) -> None:
    oracle = json.loads((shared / "data" / "oracle_tracker_small.json").read_text())["projects"]
    work = verdicts.filter((pl.col("level") != "epic") & ~pl.col("bot"))
    for project, expected in oracle.items():
        counts = Counter(work.filter(pl.col("project") == project)["verdict"])
        assert sum(counts.values()) == expected["work_items"], project
        assert counts["orphan"] == expected["orphans"], project
        assert counts["aligned"] + counts["dangling"] == expected["work_with_epic_via_parent_too"], project


def test_dangling_are_those_whose_epic_is_not_in_the_file(verdicts: pl.DataFrame, shared: Path) -> None:
    """The epic of an item by hand: its own, else that of the nearest ancestor."""
    with gzip.open(shared / "data" / "tracker_small.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = {row["key"]: row for row in map(json.loads, lines)}
    expected = Counter()
    for row in rows.values():
        if row["level"] != "epic" and not row["bot"]:
            at, passed = row, set()
            while at and not at["epic_key"] and at["key"] not in passed:
                passed.add(at["key"])
                at = rows.get(at["parent_key"] or "")
            epic = rows.get(at["epic_key"]) if at else None
            if at and at["epic_key"]:
                expected[row["project"], "aligned" if epic and epic["level"] == "epic" else "dangling"] += 1
            else:
                expected[row["project"], "orphan"] += 1
    work = verdicts.filter((pl.col("level") != "epic") & ~pl.col("bot"))
    assert Counter(zip(work["project"], work["verdict"], strict=True)) == expected
