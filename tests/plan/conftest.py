"""Builders of small plans: items as rows that name only what matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from veaf_sync.connector import Tag
from veaf_sync.frames import ITEMS, VERDICTS, WEIGHTS
from veaf_sync.plan import Plan, make

AT = datetime(2026, 11, 23, 5, tzinfo=UTC)
TAGS = {"jira": Tag(label="okr:{objective}"), "direct": Tag(label="okr:{objective}", on="direct")}
LISTS = ("tags", "written", "withdrawn")


@dataclass(frozen=True)
class Row:
    """An item with its verdict. `objectives` of aligned and dangling items, in equal shares."""

    id: str
    verdict: str = "aligned"
    objectives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    origin: str = "rule"
    source: str = "jira"
    key: str = ""
    partition: str = "PAY"
    in_scope: bool = True
    unreadable: bool = False


def frames(rows: Iterable[Row]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """ITEMS, VERDICTS and WEIGHTS of rows."""
    items, verdicts, weights = [], [], []
    for row in rows:
        record: dict[str, Any] = {
            name: [] if isinstance(kind, pl.List) else "" if kind == pl.String() else None
            for name, kind in ITEMS.items()
        }
        record |= {name: list(getattr(row, name)) for name in LISTS}
        record |= {"source": row.source, "id": row.id, "key": row.key or row.id, "partition": row.partition}
        items.append(record | {"partitions": [row.partition], "unreadable": row.unreadable})
        for objective in row.objectives or ("",):
            verdict = {"source": row.source, "id": row.id, "verdict": row.verdict, "objective": objective}
            verdict |= {"share": 1 / max(1, len(row.objectives)), "origin": row.origin, "exemption": ""}
            verdicts.append(verdict | {"rule": "r", "reason": 'rule "r"'})
        weight: dict[str, Any] = {name: False if kind == pl.Boolean() else 0.0 for name, kind in WEIGHTS.items()}
        weights.append(weight | {"source": row.source, "id": row.id, "in_scope": row.in_scope})
    return pl.DataFrame(items, ITEMS), pl.DataFrame(verdicts, VERDICTS), pl.DataFrame(weights, WEIGHTS)


def plan_of(rows: Iterable[Row], *, tags: Mapping[str, Tag] = TAGS, **given: Any) -> Plan:
    state: dict[str, Any] = {"run": 7, "at": AT, "documents": {"mapping.yaml": "rules: []"}, "sources": {"jira": "r7"}}
    return make(*frames(rows), tags, **(state | given))


@pytest.fixture(scope="session")
def row() -> type[Row]:
    return Row


@pytest.fixture(scope="session")
def plan() -> Callable[..., Plan]:
    """A plan from rows: (rows, tags=…, run=…, degraded=…)."""
    return plan_of
