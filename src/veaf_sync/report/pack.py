"""Everything one report says, gathered once, so that every format says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from veaf_sync import read
from veaf_sync.read import CoverageAnswer, DriftAnswer, EpicsAnswer, ObjectivesAnswer, Point, Snapshot, Status

GROUPS = ("source", "partition", "team", "level", "objective")


@dataclass(frozen=True, slots=True)
class Pack:
    """The answers of one snapshot.

    `groups` holds coverage by each of `GROUPS`; `rows` every counted item, the oldest first (columns:
    `read.ROWS`), with what would align it where it serves nothing; `drifted` every item that changed its place
    since the run that `drift` compares with (columns: `read.DRIFTED`).
    """

    status: Status
    coverage: CoverageAnswer
    groups: Mapping[str, CoverageAnswer]
    objectives: ObjectivesAnswer
    epics: EpicsAnswer
    history: tuple[Point, ...]
    rows: pl.DataFrame
    drift: DriftAnswer
    drifted: pl.DataFrame


def gather(snapshot: Snapshot) -> Pack:
    """Ask `read` for everything a report shows."""
    drift, drifted = read.drift(snapshot)
    return Pack(
        status=read.status(snapshot),
        coverage=read.coverage(snapshot),
        groups={by: read.coverage(snapshot, by=by) for by in GROUPS},
        objectives=read.objectives(snapshot),
        epics=read.epics(snapshot),
        history=read.history(snapshot),
        rows=read.counted_rows(snapshot),
        drift=drift,
        drifted=drifted,
    )
