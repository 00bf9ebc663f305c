"""Coverage over the last weeks, from the runs that are stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from veaf_sync.errors import UserError
from veaf_sync.read.answer import Instant, Part
from veaf_sync.read.opening import bound
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.read.weights import weights
from veaf_sync.store import Run

MOST = 13
ENOUGH = 3
DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOMENT = timedelta(microseconds=1)  # the store's resolution: "before" then includes the instant itself


class Point(Part):
    """Coverage (weight count) of one earlier run, with its bounds."""

    run: int
    as_of: Instant
    value: float | None
    low: float | None
    high: float | None


def history(snapshot: Snapshot) -> tuple[Point, ...]:
    """Up to `MOST` points, the run itself last: a run a week; where all lie within days, one a day; else every run.

    Only runs whose numbers are defined as this run's are; nothing later than the run.
    """
    weeks = _runs(snapshot, lambda run, number: snapshot.run.at - number * WEEK + MOMENT)
    days = (
        weeks if len(weeks) >= ENOUGH else _runs(snapshot, lambda run, number: snapshot.run.at - number * DAY + MOMENT)
    )
    chosen = days if len(days) >= ENOUGH else _runs(snapshot, lambda run, number: run.at)
    return tuple(_point(snapshot, run) for run in reversed(chosen))


def earlier(snapshot: Snapshot) -> Snapshot | None:
    """What the run is compared with: the last one at least a week older, else of an earlier day, else the one before.

    Only one with the same period, scope and definitions, so that a difference is never due to what is counted.
    """
    at, zone = snapshot.run.at, snapshot.zone
    today = datetime.combine(at.astimezone(zone).date(), time.min, tzinfo=zone).astimezone(UTC)
    for before in (at - WEEK + MOMENT, today, at):
        run = snapshot.store.runs.latest(before=before)
        found = _comparable(snapshot, run) if run is not None else None
        if found is not None:
            return found
    return None


def _comparable(snapshot: Snapshot, run: Run) -> Snapshot | None:
    if run.metric_version != snapshot.run.metric_version:
        return None
    try:
        found = bound(snapshot.store, run, snapshot.config)
    except UserError:  # documents that this version cannot read any more
        return None
    same = found.period == snapshot.period and found.config.settings.scope == snapshot.config.settings.scope
    return found if same else None


def _runs(snapshot: Snapshot, before: Callable[[Run, int], datetime]) -> list[Run]:
    """This run and those before it, the newest first: each is the last one before what `before` says."""
    found = [snapshot.run]
    for number in range(1, MOST):
        run = snapshot.store.runs.latest(before=before(found[-1], number))
        if run is None:
            break
        if run.id < found[-1].id and run.metric_version == snapshot.run.metric_version:
            found.append(run)
    return found


def _point(snapshot: Snapshot, run: Run) -> Point:
    cells = snapshot.cells if run.id == snapshot.run.id else snapshot.store.results.cells(run.id)
    bounds = weights(cells).count.coverage
    return Point(run=run.id, as_of=run.at, value=bounds.value, low=bounds.low, high=bounds.high)
