"""Coverage with its bounds, from cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from veaf_sync.measure.settings import WEIGHT_NAMES
from veaf_sync.model import Verdict


@dataclass(frozen=True, slots=True)
class Bounds:
    """What we know, and what it can be at worst and at best; 0–1, None where the denominator is 0 (n/a)."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WeightCoverage:
    """Totals by verdict in one weight, and coverage. Its fields are the JSON of `coverage -o json`."""

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


def coverage(cells: pl.DataFrame) -> dict[str, WeightCoverage | None]:
    """Coverage in each weight (`count`, `points`, `hours`, `people`) over CELLS, or any part of them.

    value = aligned ÷ (counted − exempt − ambiguous − unreadable), low = aligned ÷ (counted − exempt),
    high = (aligned + ambiguous + unreadable) ÷ (counted − exempt). A weight that is n/a as a whole is None.
    """
    return {name: _in_weight(cells, name) for name in WEIGHT_NAMES}


def ratio(part: float, whole: float) -> float | None:
    """part ÷ whole; None (n/a) where the whole is 0."""
    return part / whole if whole else None


def _in_weight(cells: pl.DataFrame, name: str) -> WeightCoverage | None:
    if cells[name].null_count():
        return None
    by_verdict = {verdict: _sum(cells.filter(pl.col("verdict") == verdict.value), name) for verdict in Verdict}
    everything = math.fsum(by_verdict.values())
    counted = _sum(cells, "count")
    return WeightCoverage(
        total=everything,
        aligned=by_verdict[Verdict.ALIGNED],
        dangling=by_verdict[Verdict.DANGLING],
        ambiguous=by_verdict[Verdict.AMBIGUOUS],
        exempt=by_verdict[Verdict.EXEMPT],
        orphan=by_verdict[Verdict.ORPHAN],
        unreadable=by_verdict[Verdict.UNREADABLE],
        coverage=_bounds(by_verdict),
        imputed_share=ratio(_sum(cells, f"{name}_imputed"), everything),
        missing_share=ratio(_sum(cells, f"{name}_missing"), counted),
    )


def _sum(cells: pl.DataFrame, column: str) -> float:
    """The exact sum of a column, rounded once; 0 where CELLS do not have it."""
    return math.fsum(cells[column]) if column in cells.columns else 0.0


def _bounds(by_verdict: Mapping[Verdict, float]) -> Bounds:
    # denominators are sums of what is left in, not differences, so that nothing left is exactly 0
    aligned = by_verdict[Verdict.ALIGNED]
    known = math.fsum((aligned, by_verdict[Verdict.DANGLING], by_verdict[Verdict.ORPHAN]))
    unsettled = math.fsum((by_verdict[Verdict.AMBIGUOUS], by_verdict[Verdict.UNREADABLE]))
    included = math.fsum((known, unsettled))
    return Bounds(
        value=ratio(aligned, known),
        low=ratio(aligned, included),
        high=ratio(math.fsum((aligned, unsettled)), included),
    )
