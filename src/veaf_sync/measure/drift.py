"""Drift: which items changed their place between two runs, why, and the steps that lead from one total to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from veaf_sync.frames import TEXT
from veaf_sync.measure.coverage import ratio
from veaf_sync.measure.rows import KEY
from veaf_sync.model import Verdict

UNCOUNTED = ""
"""The place of an item that is known and not counted."""
CAUSES = ("documents", "new", "counted", "gone", "uncounted", "moved")
"""Why an item's place changed, in the order in which the steps are taken."""
PLACES = pl.Schema({"source": TEXT, "id": TEXT, "place": TEXT})
"""One row per known item: its verdict where it is counted, else `UNCOUNTED`."""
MOVES = pl.Schema({"source": TEXT, "id": TEXT, "cause": TEXT, "before": TEXT, "after": TEXT})
"""One row per item and change of place; sorted by cause and item."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one cause added to each verdict, in items; `coverage` is what it is after this and all earlier steps.

    `before` and `after` are the verdicts of a step whose cause is `moved`, else empty.
    """

    cause: str
    before: str
    after: str
    items: int
    added: Mapping[str, int]
    coverage: float | None


def moves(before: pl.DataFrame, middle: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """MOVES from three times PLACES: of the earlier run, of its items under the later documents, of the later run.

    What differs between the first two is due to `documents`. Of the rest, an item comes into the count as `new` (it
    was not known) or `counted` (it was), leaves it as `gone` (not known any more) or `uncounted`, or it `moved`
    from one verdict to another. An item may change its place by the documents and once more after that.
    """
    documents = _changes(before, middle).with_columns(cause=pl.lit("documents"))
    came, left = pl.col("before") == UNCOUNTED, pl.col("after") == UNCOUNTED
    work = (
        _changes(middle, after)
        .join(before.select(*KEY, was=pl.lit(True)), on=list(KEY), how="left")
        .join(after.select(*KEY, still=pl.lit(True)), on=list(KEY), how="left")
        .with_columns(
            cause=pl.when(came & pl.col("was").is_null())
            .then(pl.lit("new"))
            .when(came)
            .then(pl.lit("counted"))
            .when(left & pl.col("still").is_null())
            .then(pl.lit("gone"))
            .when(left)
            .then(pl.lit("uncounted"))
            .otherwise(pl.lit("moved"))
        )
    )
    found = pl.concat([documents.select(MOVES.names()), work.select(MOVES.names())])
    return found.sort(pl.col("cause").cast(pl.Enum(CAUSES)), *KEY)


def _changes(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """(`source`, `id`, `before`, `after`) of the items whose place differs; unknown counts as uncounted."""
    joined = one.rename({"place": "before"}).join(
        other.rename({"place": "after"}), on=list(KEY), how="full", coalesce=True
    )
    return joined.with_columns(pl.col("before", "after").fill_null(UNCOUNTED)).filter(
        pl.col("before") != pl.col("after")
    )


def counts(places: pl.DataFrame) -> dict[str, int]:
    """Counted items by verdict, every verdict named, from PLACES."""
    found = dict(places.group_by("place").len().iter_rows())
    return {verdict.value: found.get(verdict.value, 0) for verdict in Verdict}


def known_coverage(count: Mapping[str, int]) -> float | None:
    """Aligned ÷ what is known to serve something or nothing alive; `None` where that is 0."""
    return ratio(count["aligned"], count["aligned"] + count["orphan"] + count["dangling"])


def steps(moved: pl.DataFrame, start: Mapping[str, int]) -> list[Step]:
    """The steps that lead from the counts `start` to those of the later run, from MOVES. They add up exactly."""
    pairs = moved.group_by("cause", "before", "after").len()
    groups: dict[tuple[str, str, str], dict[tuple[str, str], int]] = {}
    for cause, before, after, items in pairs.iter_rows():
        group = (cause, before, after) if cause == "moved" else (cause, "", "")
        groups.setdefault(group, {})[before, after] = items
    running, found = dict(start), []
    for group in sorted(groups, key=_order):
        added = dict.fromkeys(running, 0)
        for (before, after), items in groups[group].items():
            if before != UNCOUNTED:
                added[before] -= items
            if after != UNCOUNTED:
                added[after] += items
        running = {verdict: value + added[verdict] for verdict, value in running.items()}
        found.append(Step(*group, sum(groups[group].values()), added, known_coverage(running)))
    return found


def _order(group: tuple[str, str, str]) -> tuple[int, int, int]:
    """Causes in their order; moved items by where they went, what serves first."""
    verdicts = ["", *(verdict.value for verdict in Verdict)]
    cause, before, after = group
    return CAUSES.index(cause), verdicts.index(after), verdicts.index(before)
