"""Ancestors of all rows at once, by pointer jumping: a few gathers instead of a walk per row."""

from __future__ import annotations

import polars as pl


class Lineage:
    """The forest of parents over the rows of a frame.

    `parents` holds for every row the row number of its parent, null where there is none. Links in
    rings must have been taken out.
    """

    def __init__(self, parents: pl.Series) -> None:
        self.parents = parents.cast(pl.UInt32)
        self.steps = _steps(self.parents)

    def any_above(self, words: pl.Series) -> pl.Series:
        """For every row the bitwise or of `words` (unsigned) over all of its ancestors, 0 where there is none."""
        above = words.gather(self.parents).fill_null(0)
        for step in self.steps:
            above = above | above.gather(step).fill_null(0)
        return above

    def nearest(self, held: pl.Series) -> pl.Series:
        """For every row the number of the nearest row, itself or an ancestor, where `held` is true; else null."""
        rows = pl.int_range(len(held), dtype=pl.UInt32, eager=True)
        found = pl.select(pl.when(held).then(rows)).to_series()
        for step in self.steps:
            missing = found.is_null()
            if not missing.any():
                break
            found = pl.select(pl.when(missing).then(found.gather(step)).otherwise(found)).to_series()
        return found

    def path(self, row: int) -> list[int]:
        """The row numbers of a row's ancestors, nearest first."""
        above: list[int] = []
        parent = self.parents[row]
        while parent is not None and len(above) < len(self.parents):
            above.append(parent)
            parent = self.parents[parent]
        return above


def _steps(parents: pl.Series) -> list[pl.Series]:
    """Step k leads to the ancestor 2^k generations up; as many as the deepest row needs."""
    steps: list[pl.Series] = []
    step = parents
    while step.null_count() < len(step) and len(steps) <= len(parents).bit_length():
        steps.append(step)
        step = step.gather(step)
    return steps


def ring_rows(parents: pl.Series) -> pl.Series:
    """Row numbers (sorted) of the rows whose parent link is part of a ring.

    After as many generations as there are rows, only rings are left, and each ring maps onto itself:
    the rows still pointed at are the rings.
    """
    step = parents.cast(pl.UInt32)
    rows = pl.int_range(len(step), dtype=pl.UInt32, eager=True)
    for _ in range(len(parents).bit_length()):
        if step.null_count() == len(step):
            return pl.Series([], dtype=pl.UInt32)
        step = step.gather(step)
    return rows.gather(step.drop_nulls().unique().sort())
