"""The report as JSON: the answers themselves, one file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from veaf_sync.read import Answer, ItemsAnswer
from veaf_sync.report.pack import Pack


def _answer(answer: Answer) -> str:
    return answer.model_dump_json(indent=2) + "\n"


def _items(pack: Pack, rows: pl.DataFrame) -> str:
    """An `ItemsAnswer`, one item a line, straight from the frame: a million items are no million objects."""
    status = pack.status
    head = ItemsAnswer(
        run=status.run,
        as_of=status.as_of,
        degraded=status.degraded,
        provisional=status.provisional,
        total=rows.height,
        items=[],
    )
    opening = head.model_dump_json(exclude={"items"}).removesuffix("}")
    told = rows.drop("epics").with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in ("origin", "rule")
    )
    lines = told.write_ndjson().rstrip("\n").replace("\n", ",\n")
    return f'{opening},"items":[\n{lines}\n]}}\n'


DOCUMENTS: Mapping[str, Callable[[Pack], str]] = {
    "status.json": lambda pack: _answer(pack.status),
    "coverage.json": lambda pack: _answer(pack.coverage),
    "objectives.json": lambda pack: _answer(pack.objectives),
    "drift.json": lambda pack: _answer(pack.drift),
    "epics.json": lambda pack: _answer(pack.epics),
    "items.json": lambda pack: _items(pack, pack.rows),
    "orphans.json": lambda pack: _items(pack, pack.rows.filter(pl.col("verdict") == "orphan")),
}
