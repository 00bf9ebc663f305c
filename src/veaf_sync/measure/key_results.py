"""Progress of key results: outcome, never derived from closed work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from veaf_sync.strategy import KeyResult, KeyValue, Period, Tree


@dataclass(frozen=True, slots=True)
class KeyResultProgress:
    """Where a key result stands. `progress` is 0 at the baseline and 1 at the target (below 0 and above 1 happen);
    None without a value. `elapsed` is the share of its time that is over, `age_days` the days since its value.
    """

    id: str
    latest: KeyValue | None
    progress: float | None
    met: bool
    elapsed: float
    on_track: bool
    age_days: int | None


@dataclass(frozen=True, slots=True)
class RollUp:
    """Weighted mean and worst child, side by side, each child's progress held between 0 and 1.

    Both are None where nothing is measured; `worst_child` is the id of a key result or of an objective right below;
    `measured` of `key_results` key results have a value.
    """

    mean: float | None
    worst: float | None
    worst_child: str
    measured: int
    key_results: int


def key_result_progress(result: KeyResult, at: datetime, *, tz: ZoneInfo, period: Period) -> KeyResultProgress:
    """Progress of one key result at `at`, by its latest value on or before that day in `tz`.

    progress = (value − baseline) ÷ (target − baseline). Met: the value is at the target or beyond it, seen from the
    baseline. **On track**: met, or progress is at least the share of whole days that are over between the first day of
    `period` and `due` (the period's last day where there is no due date). Without a value it is neither.
    """
    day = at.astimezone(tz).date()
    latest = result.latest(day)
    elapsed = _elapsed(day, period.first, result.due or period.last)
    if latest is None:
        return KeyResultProgress(result.id, None, None, False, elapsed, False, None)
    met = is_met(result, day)
    progress = _progress(result, day)
    on_track = met or (progress is not None and progress >= elapsed)
    return KeyResultProgress(result.id, latest, progress, met, elapsed, on_track, (day - latest.date).days)


def _progress(result: KeyResult, day: date) -> float | None:
    """How far the latest value on or before `day` is on the way from baseline to target."""
    latest = result.latest(day)
    if latest is None:
        return None
    way = result.target - result.baseline
    return (latest.value - result.baseline) / way if way else float(is_met(result, day))


def is_met(result: KeyResult, day: date) -> bool:
    """Whether the latest value on or before `day` has reached the target, coming from the baseline; no value: no."""
    latest = result.latest(day)
    if latest is None:
        return False
    return latest.value >= result.target if result.rising else latest.value <= result.target


def roll_up(tree: Tree, objective: str, day: date) -> RollUp:
    """The roll-up of `objective` on `day`: its own key results and, as one child each, alive objectives right below.

    Children count by their `weight`; what has no value yet is left out of mean and worst. `vision` rolls up everything.
    """
    own = tree.objectives[objective].key_results if tree.known(objective) else ()
    done = [(result, _progress(result, day)) for result in own]
    children = [(result.id, result.weight, min(max(way, 0.0), 1.0)) for result, way in done if way is not None]
    measured, known = len(children), len(own)
    for child in tree.children(objective):
        if not tree.active(child):
            continue
        below = roll_up(tree, child, day)
        measured, known = measured + below.measured, known + below.key_results
        if below.mean is not None:
            children.append((child, tree.objectives[child].weight, below.mean))
    mean, worst, worst_child = _mean_and_worst(children)
    return RollUp(mean, worst, worst_child, measured, known)


def _mean_and_worst(children: Sequence[tuple[str, float, float]]) -> tuple[float | None, float | None, str]:
    if not children:
        return None, None, ""
    weight = math.fsum(weight for _, weight, _ in children)
    mean = math.fsum(weight * value for _, weight, value in children) / weight
    name, _, worst = min(children, key=lambda child: (child[2], child[0]))
    return mean, worst, name


def _elapsed(day: date, first: date, last: date) -> float:
    days = (last - first).days + 1
    return min(max((day - first).days / days, 0.0), 1.0) if days > 0 else 1.0
