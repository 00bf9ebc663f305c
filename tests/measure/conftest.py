"""Builders of small frames, and the worked cases as frames."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from ruamel.yaml import YAML

from veaf_sync.frames import HIERARCHY, ITEMS, VERDICTS
from veaf_sync.measure import Scope, weigh
from veaf_sync.strategy import Strategy, resolve_period

LEVELS = {"epic": "epic", "sub-task": "subtask", "subtask": "subtask", "initiative": "initiative"}
STATES = {"to do": "todo", "open": "todo", "in progress": "in_progress", "in review": "in_progress", "done": "done"}
LISTS = ("labels", "components", "milestones", "sprints", "assignees")
NUMBERS = ("points", "hours")
TIMES = ("created", "updated", "completed")


def item_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """ITEMS from rows that name only what matters."""
    records = []
    for row in rows:
        record: dict[str, Any] = {}
        for name, kind in ITEMS.items():
            empty: Any = [] if isinstance(kind, pl.List) else "" if kind == pl.String() else None
            record[name] = row.get(name, empty)
        record["source"] = row.get("source", "work")
        record["key"] = row.get("key", row.get("id", ""))
        record["id"] = row.get("id", record["key"])
        record["level"] = row.get("level", "standard")
        record["type"] = row.get("type", "Story")
        record["state_category"] = row.get("state_category", "todo")
        record["partition"] = row.get("partition", "P")
        record["partitions"] = [record["partition"]]
        record["unreadable"] = row.get("unreadable", False)
        records.append(record)
    return pl.DataFrame(records, schema=ITEMS).sort("source", "id")


def hierarchy_frame(items: pl.DataFrame) -> pl.DataFrame:
    """HIERARCHY: own source first, then others by name; links in a ring are cut."""
    rows = items.select("source", "id", "key", "parent", "team").rows()
    by_key: dict[str, dict[str, str]] = {}
    for source, identity, key, _, _ in rows:
        by_key.setdefault(key, {})[source] = identity
    up: dict[tuple[str, str], tuple[str, str] | None] = {}
    for source, identity, _, parent, _ in rows:
        homes = by_key.get(parent, {}) if parent else {}
        home = source if source in homes else min(homes, default=None)
        up[(source, identity)] = (home, homes[home]) if home is not None else None
    ring = {start for start in up if _in_ring(start, up)}
    records = []
    for source, identity, _, _, team in rows:
        above = None if (source, identity) in ring else up[(source, identity)]
        above_source, above_id = above or ("", "")
        records.append((source, identity, above_source, above_id, (source, identity) in ring, False, team))
    return pl.DataFrame(records, schema=HIERARCHY, orient="row").sort("source", "id")


def _in_ring(start: tuple[str, str], up: Mapping[tuple[str, str], tuple[str, str] | None]) -> bool:
    seen, current = set(), up[start]
    while current is not None and current not in seen:
        if current == start:
            return True
        seen.add(current)
        current = up[current]
    return False


def verdict_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """VERDICTS from rows that name only what matters."""
    records = []
    for row in rows:
        record = {name: row.get(name, "") for name in VERDICTS}
        record |= {"source": row.get("source", "work"), "share": row.get("share", 1.0)}
        record["verdict"] = row.get("verdict", "orphan")
        records.append(record)
    return pl.DataFrame(records, schema=VERDICTS).sort("source", "id", "objective")


@dataclass(frozen=True)
class Case:
    """A worked case: its frames, its strategy, and the answers worked out by hand."""

    name: str
    at: datetime
    tz: ZoneInfo
    strategy: Strategy
    items: pl.DataFrame
    hierarchy: pl.DataFrame
    verdicts: pl.DataFrame
    weights: pl.DataFrame
    expected: dict[str, Any]


def load_case(folder: Path) -> Case:
    yaml = YAML(typ="safe")
    settings = yaml.load(folder / "veaf-sync.yaml")
    expected = json.loads((folder / "expected.json").read_text())
    at = datetime.fromisoformat(expected["at"])
    tz = ZoneInfo(settings.get("timezone", "UTC"))
    items = item_frame(
        _item(name, source, row)
        for name, source in settings["sources"].items()
        for row in _raw_rows(folder / source["path"])
    )
    period = resolve_period(settings["period"], at, tz)
    hierarchy = hierarchy_frame(items)
    weights = weigh(items, hierarchy, scope=Scope(), period_start=period.start(tz), period_end=period.end(tz))
    verdicts = verdict_frame(
        _verdict(name, entry, row) for name, entry in expected["items"].items() for row in _shares(entry)
    )
    strategy = Strategy.model_validate(yaml.load(folder / "strategy.yaml"))
    return Case(folder.name, at, tz, strategy, items, hierarchy, verdicts, weights, expected)


def _raw_rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _item(name: str, source: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    row = {key: value for key, value in raw.items() if value not in ("", None)}
    for key in LISTS:
        value = row.get(key, [])
        row[key] = value.split(";") if isinstance(value, str) else value
    row |= {key: float(row[key]) for key in NUMBERS if key in row}
    for key in (key for key in TIMES if key in row):
        at = datetime.fromisoformat(row[key])
        row[key] = at if at.tzinfo else at.replace(tzinfo=UTC)
    epics = source.get("levels", {}).get("epic", [])
    row["level"] = "epic" if row["type"] in epics else LEVELS.get(row["type"].lower(), "standard")
    done = source.get("states", {}).get("done", [])
    row["state_category"] = "done" if row["state"] in done else STATES[row["state"].lower()]
    return row | {"source": name}


def _shares(entry: Mapping[str, Any]) -> list[tuple[str, float]]:
    return list(entry["objectives"].items()) or [("", 1.0)]


def _verdict(name: str, entry: Mapping[str, Any], share: tuple[str, float]) -> dict[str, Any]:
    source, _, identity = name.partition(":")
    return {
        "source": source,
        "id": identity,
        "verdict": entry["verdict"],
        "objective": share[0],
        "share": share[1],
        "origin": entry["origin"] or "",
    }


@pytest.fixture
def case(shared: Path) -> Callable[[str], Case]:
    """A worked case by its folder's name."""
    return lambda name: load_case(shared / "cases" / name)


@pytest.fixture(scope="session")
def make_items() -> Callable[..., pl.DataFrame]:
    return item_frame


@pytest.fixture(scope="session")
def make_hierarchy() -> Callable[[pl.DataFrame], pl.DataFrame]:
    return hierarchy_frame


@pytest.fixture(scope="session")
def make_verdicts() -> Callable[..., pl.DataFrame]:
    return verdict_frame


@pytest.fixture(scope="session")
def weigh_rows() -> Callable[..., pl.DataFrame]:
    """WEIGHTS of rows of items in a period around `AT`: (rows) → WEIGHTS."""

    def weigh_them(rows: Iterable[Mapping[str, Any]], **scope: Any) -> pl.DataFrame:
        items = item_frame(rows)
        start = datetime(2026, 10, 1, tzinfo=UTC)
        return weigh(
            items,
            hierarchy_frame(items),
            scope=Scope(**scope),
            period_start=start,
            period_end=start + timedelta(days=92),
        )

    return weigh_them
