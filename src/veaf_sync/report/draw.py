"""Geometry of the pictures. Everything is a share of the width or height; colours and texts are the template's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from veaf_sync.read import Point, Weight

DRAWN = ("aligned", "exempt", "orphan", "dangling", "ambiguous", "unreadable")
"""The verdicts as they stand in the bar: what serves, what may be otherwise, what needs somebody, what is unknown."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the stacked bar: `x` and `width` in percent of the whole."""

    verdict: str
    value: float
    share: float
    x: float
    width: float


def stacked(weight: Weight) -> list[Segment]:
    """The six verdicts of a weight as one bar."""
    parts = []
    before = 0.0
    for verdict in DRAWN:
        share = weight.verdict(verdict) / weight.total if weight.total else 0.0
        parts.append(Segment(verdict, weight.verdict(verdict), share, _place(before), _place(share)))
        before += share
    return parts


@dataclass(frozen=True, slots=True)
class Line:
    """The line of the last weeks in a box of `WIDTH` × `HEIGHT`: SVG point lists and the scale's ends (ratios)."""

    line: str
    band: str
    last: tuple[float, float]
    low: float
    high: float


WIDTH, HEIGHT = 400.0, 96.0
_EDGE, _LEFT = 6.0, 46.0


def history(points: Sequence[Point]) -> Line | None:
    """Coverage over time with its bounds; `None` where fewer than two runs have one."""
    known = [point for point in points if point.value is not None and point.low is not None and point.high is not None]
    if len(known) < 2:
        return None
    lows, highs = [point.low or 0.0 for point in known], [point.high or 0.0 for point in known]
    low, high = _scale(min(lows), max(highs))
    first, last = known[0].as_of, known[-1].as_of
    xs = [_along(point.as_of, first, last) for point in known]
    middle = [_height(point.value or 0.0, low, high) for point in known]
    upper = [(x, _height(value, low, high)) for x, value in zip(xs, highs, strict=True)]
    lower = [(x, _height(value, low, high)) for x, value in zip(xs, lows, strict=True)]
    path = list(zip(xs, middle, strict=True))
    return Line(_points(path), _points([*upper, *reversed(lower)]), path[-1], low, high)


def _scale(lowest: float, highest: float) -> tuple[float, float]:
    low, high = math.floor(lowest * 10) / 10, math.ceil(highest * 10) / 10
    return (low, high) if high > low else (max(0.0, low - 0.1), min(1.0, high + 0.1))


def _along(instant: datetime, first: datetime, last: datetime) -> float:
    span = (last - first).total_seconds()
    part = (instant - first).total_seconds() / span if span else 1.0
    return round(_LEFT + part * (WIDTH - _LEFT - _EDGE), 2)


def _height(value: float, low: float, high: float) -> float:
    return round(HEIGHT - _EDGE - (value - low) / (high - low) * (HEIGHT - 2 * _EDGE), 2)


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in pairs)


def _place(share: float) -> float:
    return round(share * 100, 3)
