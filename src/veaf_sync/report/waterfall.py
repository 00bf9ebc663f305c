"""The waterfall: from the earlier run's aligned items to this run's, one row a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from veaf_sync.read import Standing, Step
from veaf_sync.report import sentences
from veaf_sync.report.drill import Tokens
from veaf_sync.report.pack import Pack

MOVED = "moved"
"""The section of a page that holds the items behind every step."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A step: its bar of aligned items runs from `start` to `end`, in shares of the picture's width."""

    label: str
    step: Step
    tokens: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """`bars` lead from `start` to `end`; `first` and `last` are their places, `low` and `high` the picture's ends."""

    start: Standing
    end: Standing
    bars: list[Bar]
    first: float
    last: float
    low: int
    high: int


def waterfall(pack: Pack, tokens: Tokens) -> Waterfall | None:
    """The picture's geometry; `None` where no earlier run can be compared."""
    drift = pack.drift
    if drift.start is None:
        return None
    levels = [drift.start.aligned]
    for step in drift.steps:
        levels.append(levels[-1] + step.aligned)
    low, high = min(levels), max(levels)
    margin = max(1, round((high - low) * 0.1))
    low, high = max(0, low - margin), high + margin
    places = [(level - low) / (high - low) for level in levels]
    bars = [
        Bar(sentences.step(step, drift.documents), step, _token(tokens, step), start, end)
        for step, start, end in zip(drift.steps, places, places[1:], strict=False)
    ]
    return Waterfall(drift.start, drift.end, bars, places[0], places[-1], low, high)


def _token(tokens: Tokens, step: Step) -> str:
    return tokens.of("move", step.cause, step.before, step.after)


def moved_rows(pack: Pack, tokens: Tokens, limit: int) -> list[dict[str, Any]]:
    """At most `limit` of the items behind the steps, taken in turn from every step, each with its step's token."""
    by_step = {(step.cause, step.before, step.after): step for step in pack.drift.steps}
    turn = pl.int_range(pl.len()).over("cause", "before", "after")
    shown = pack.drifted.with_row_index("_order").with_columns(_turn=turn).sort("_turn", "_order").head(limit)
    found = []
    for row in shown.sort("_order").drop("_order", "_turn").iter_rows(named=True):
        pair = (row["before"], row["after"]) if row["cause"] == "moved" else ("", "")
        step = by_step[row["cause"], *pair]
        label = sentences.step(step, pack.drift.documents)
        found.append({**row, "tokens": _token(tokens, step), "label": label})
    return found
