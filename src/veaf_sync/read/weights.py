"""Coverage in the four weights, as the JSON contract has it. Every number comes from `measure`."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from veaf_sync import measure
from veaf_sync.read.answer import Part


class Bounds(Part):
    """Coverage as a ratio: what we know, and how far the unknown could move it. `None` = n/a, a denominator of 0."""

    value: float | None
    low: float | None
    high: float | None


class Weight(Part):
    """The six verdicts in one weight; they add up to `total`.

    `imputed_share` is the part of `total` that was imputed, `missing_share` the part of counted items
    without a value of their own; `None` where there is nothing to divide by.
    """

    total: float
    aligned: float
    dangling: float
    ambiguous: float
    exempt: float
    orphan: float
    unreadable: float
    coverage: Bounds
    imputed_share: float | None
    missing_share: float | None

    def verdict(self, name: str) -> float:
        """The total of one verdict by its name."""
        return float(getattr(self, name))


class Weights(Part):
    """The four weights side by side; `None` = the whole weight is n/a."""

    count: Weight
    points: Weight | None
    hours: Weight | None
    people: Weight | None


WEIGHT_NAMES = ("count", "points", "hours", "people")
VERDICT_NAMES = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")


def weights(cells: pl.DataFrame) -> Weights:
    """Coverage in the four weights over CELLS, or any part of them."""
    measured = measure.coverage(cells)
    return Weights.model_validate({name: asdict(found) if found else None for name, found in measured.items()})
