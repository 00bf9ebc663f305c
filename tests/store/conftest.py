"""A store on each engine, and builders of what goes into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from veaf_sync.connector import Page, Shard
from veaf_sync.frames import HIERARCHY, VERDICTS, WEIGHTS
from veaf_sync.model import Membership, WorkItem
from veaf_sync.store import Generation, Lease, PartitionState, Published, Run, Staged, Store, open_store, prepare

AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
ENGINES = ("sqlite", "postgresql")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, new_url: Callable[[str], str]) -> str:
    """The URL of a fresh store, on each engine in turn."""
    return new_url(request.param)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as store:
        yield store


@dataclass
class Pass:
    """Drives a store the way a sync does, one source at a time."""

    store: Store
    source: str = "hub"
    lease: Lease = field(init=False)
    at: datetime = AT

    def __post_init__(self) -> None:
        self.lease = self.store.leases.acquire(f"source:{self.source}", "test", timedelta(minutes=5))

    def begin(self, documents: dict[str, str] | None = None) -> Run:
        self.at += timedelta(hours=1)
        return self.store.runs.begin(self.at, documents or {}, metric_version="1", lease=self.lease)

    def finish(self, run: Run, **values: Any) -> None:
        given: dict[str, Any] = {"status": "done", "degraded": False, "summary": {}, **values}
        self.store.runs.finish(run.id, **given, lease=self.lease)

    def walk(
        self, run: Run, items: Sequence[WorkItem], *, partitions: Sequence[str] = ("P",), complete: bool = True
    ) -> Generation:
        """A full walk of `partitions` that shows `items` on pages of three."""
        shard = Shard("+".join(partitions), tuple(partitions))
        generation = self.store.pulls.begin(run.id, self.source, shard, self.lease)
        for start in range(0, len(items), 3):
            page = Page(items[start : start + 3], mark={"last": start})
            self.stage(generation, page)
        if complete:
            self.store.pulls.complete(generation, self.lease)
        return generation

    def stage(self, generation: Generation, page: Page) -> Staged:
        (staged,) = self.store.pulls.stage([(generation, prepare(page))], self.lease)
        return staged

    def publish(self, run: Run, **given: Any) -> Published:
        return self.store.pulls.publish(run.id, self.source, **given, lease=self.lease)

    def sync(self, items: Sequence[WorkItem], *, partitions: Sequence[str] = ("P",)) -> Run:
        """A whole run: one walk that shows `items`; what is missing then is deleted."""
        run = self.begin()
        self.walk(run, items, partitions=partitions)
        gone = [known.id for known in self.store.pulls.missing(run.id, self.source, partitions)]
        states = [PartitionState(self.source, name, "fresh", read_at=self.at) for name in partitions]
        self.publish(run, deleted=gone, states=states)
        self.finish(run)
        return run


@pytest.fixture
def sync(store: Store) -> Pass:
    return Pass(store)


@pytest.fixture
def driver() -> type[Pass]:
    """The class behind `sync`, for stores and sources of a test's own."""
    return Pass


@pytest.fixture
def item() -> Callable[..., WorkItem]:
    """Builds a work item: `item("1", "P", title=…)`; `minute` is when it was last changed."""

    def build(id: str, *partitions: str, minute: int = 0, **given: Any) -> WorkItem:
        places = tuple(Membership(name, f"{name}/{id}") for name in partitions or ("P",))
        given = {"key": f"K-{id}", "partitions": places, "updated": AT + timedelta(minutes=minute), **given}
        return WorkItem(id=id, **given)

    return build


@pytest.fixture
def results() -> Callable[..., tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """Builds (VERDICTS, HIERARCHY, WEIGHTS) from rows {id, verdict, objective, share, parent, team, counted}."""

    def build(*rows: dict[str, Any], source: str = "hub") -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        empty = {"objective": "", "share": 1.0, "origin": "", "rule": "", "exemption": "", "reason": ""}
        verdicts = [{"source": source, "verdict": "orphan", **empty, **row} for row in rows]
        unique = {row["id"]: row for row in rows}.values()
        hierarchy = [
            {
                "source": source,
                "id": row["id"],
                "parent_source": source if row.get("parent") else "",
                "parent_id": row.get("parent", ""),
                "ring": False,
                "mirror": False,
                "team": row.get("team", ""),
            }
            for row in unique
        ]
        weights = [
            {"source": source, "id": row["id"], "in_scope": True, "counted": row.get("counted", True)} for row in unique
        ]
        filled = pl.DataFrame(weights, schema={name: WEIGHTS[name] for name in ("source", "id", "in_scope", "counted")})
        rest = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in WEIGHTS.items() if name not in filled.columns]
        return (
            pl.DataFrame([{name: row[name] for name in VERDICTS} for row in verdicts], schema=VERDICTS),
            pl.DataFrame(hierarchy, schema=HIERARCHY),
            filled.with_columns(rest).select(WEIGHTS.names()),
        )

    return build
