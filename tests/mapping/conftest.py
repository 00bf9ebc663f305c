"""Small worlds for the mapping: items as dictionaries, a mapping and a strategy as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from veaf_sync.frames import ITEMS
from veaf_sync.mapping import MappingFile, map_items, resolve
from veaf_sync.strategy import Strategy

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
MISSING = {pl.String(): "", pl.List(pl.String()): [], pl.Boolean(): False}


def make_items(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """ITEMS of rows that name only what matters; `source` is `work` and the id is the key."""
    complete = []
    for row in rows:
        given = {"source": "work", "level": "standard", "state_category": "todo", "fields": "{}", **row}
        given.setdefault("id", given["key"])
        given.setdefault("partition", "main")
        given.setdefault("partitions", [given["partition"]])
        complete.append({name: given.get(name, MISSING.get(dtype)) for name, dtype in ITEMS.items()})
    return pl.DataFrame(complete, schema=ITEMS)


class World:
    """Items, mapping and strategy that belong together."""

    def __init__(
        self,
        items: Iterable[Mapping[str, Any]],
        mapping: Mapping[str, Any],
        strategy: Mapping[str, Any],
        *,
        at: datetime = AT,
        tz: str = "UTC",
    ) -> None:
        self.items = make_items(items)
        self.mapping = MappingFile.model_validate(mapping)
        self.strategy = Strategy.model_validate(strategy)
        self.at = at
        self.tz = ZoneInfo(tz)
        self.hierarchy = resolve(self.items, self.strategy)

    @property
    def arguments(self) -> tuple[pl.DataFrame, pl.DataFrame, MappingFile, Strategy]:
        return self.items, self.hierarchy, self.mapping, self.strategy

    def verdicts(self) -> pl.DataFrame:
        return map_items(*self.arguments, at=self.at, tz=self.tz)

    def results(self) -> dict[str, dict[str, Any]]:
        """By `source:KEY`: verdict, objectives with shares, origin, rule, reason."""
        keys = {(source, id_): key for source, id_, key in self.items.select("source", "id", "key").iter_rows()}
        found: dict[str, dict[str, Any]] = {}
        for row in self.verdicts().iter_rows(named=True):
            name = f"{row['source']}:{keys[row['source'], row['id']]}"
            entry = found.setdefault(name, {"objectives": {}, "share": 0.0, **{k: row[k] for k in WORDS}})
            entry["share"] += row["share"]
            if row["objective"]:
                entry["objectives"][row["objective"]] = row["share"]
        return found


WORDS = ("verdict", "origin", "rule", "reason", "exemption")
OBJECTIVES = [
    {"id": "fast"},
    {"id": "cheap"},
    {"id": "mobile", "supports": "fast"},
    {"id": "q3", "state": "closed"},
    {"id": "idea", "state": "draft"},
    {"id": "below-q3", "supports": "q3"},
]


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    """Builds a `World`; the strategy is the one of the worked cases where none is given."""

    def build(
        items: Iterable[Mapping[str, Any]],
        rules: Iterable[Mapping[str, Any]] = (),
        stated: Iterable[Mapping[str, Any]] = ({"from": "labels", "pattern": "okr:(?P<objective>[a-z0-9-]+)"},),
        *,
        objectives: Iterable[Mapping[str, Any]] = OBJECTIVES,
        teams: Mapping[str, Any] | None = None,
        at: datetime = AT,
        tz: str = "UTC",
    ) -> World:
        strategy = {"vision": {"title": "All arrive"}, "objectives": list(objectives), "teams": dict(teams or {})}
        return World(items, {"stated": list(stated), "rules": list(rules)}, strategy, at=at, tz=tz)

    return build


@pytest.fixture(scope="session")
def whole_world() -> type[World]:
    """`World` itself, for worlds read from files."""
    return World
