"""The epics: a table of their own beside the items, since their descendants are what counts."""

from __future__ import annotations

from typing import Any

import polars as pl

from veaf_sync.model import Level, Verdict
from veaf_sync.read.answer import Answer, Part
from veaf_sync.read.items import Alignment
from veaf_sync.read.rows import by_item
from veaf_sync.read.snapshot import Snapshot


class Epic(Part):
    """An epic with what was counted below it: `children` counted items, `aligned` of them aligned."""

    id: str
    source: str
    key: str
    title: str
    url: str
    state: str
    team: str
    counted: bool
    verdict: str
    objectives: list[Alignment]
    children: int
    aligned: int


class EpicsAnswer(Answer):
    """Epics that are counted or have counted work below them; those with most work that is not aligned first."""

    epics: list[Epic]


def epics(snapshot: Snapshot) -> EpicsAnswer:
    """The epics of the run with what was counted below them, however far below."""
    known = by_item(snapshot.listed.filter(pl.col("level") == Level.EPIC.value))
    below = known.join(_below(snapshot), on=["source", "id"], how="left").with_columns(
        pl.col("children", "aligned").fill_null(0)
    )
    shown = below.filter(pl.col("counted") | (pl.col("children") > 0))
    ordered = shown.sort(pl.col("aligned") - pl.col("children"), "source", "key")
    return EpicsAnswer(**snapshot.head, epics=[_epic(row) for row in ordered.iter_rows(named=True)])


def _below(snapshot: Snapshot) -> pl.DataFrame:
    """(`source`, `id`, `children`, `aligned`): counted items below each epic."""
    counted = snapshot.listed.filter("counted").unique(["source", "id"])
    aligned = (pl.col("verdict") == Verdict.ALIGNED.value).cast(pl.Int64)
    pairs = snapshot.epic_pairs.join(counted.select("source", "id", aligned=aligned), on=["source", "id"], how="inner")
    return pairs.group_by(source="epic_source", id="epic_id").agg(
        children=pl.len().cast(pl.Int64), aligned=pl.sum("aligned")
    )


def _epic(row: dict[str, Any]) -> Epic:
    return Epic(
        id=f"{row['source']}:{row['key']}",
        **{name: row[name] for name in ("source", "key", "title", "url", "state", "team", "counted", "verdict")},
        objectives=[Alignment(**share) for share in row["objectives"]],
        children=row["children"],
        aligned=row["aligned"],
    )
