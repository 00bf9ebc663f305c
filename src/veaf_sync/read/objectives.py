"""`objectives`: the objective side. Output and outcome stand beside each other and are never mixed."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import polars as pl

from veaf_sync import measure, strategy
from veaf_sync.model import Verdict
from veaf_sync.read.answer import Answer, Part
from veaf_sync.read.filters import COLUMNS, EVERYTHING, check, over_cells, values
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.read.weights import WEIGHT_NAMES
from veaf_sync.store import Filters
from veaf_sync.strategy import resolve_period


class KeyResult(Part):
    """A key result with its latest value on or before the run's day (null: none yet).

    `progress` is 0 at the baseline and 1 at the target, never derived from closed work; `expected` is the share of
    its time that is over; `on_track` is null where there is no value to judge by; `value_age_days` counts from
    the value's day.
    """

    id: str
    title: str
    unit: str
    baseline: float
    target: float
    due: date | None
    measured_by: str
    value: float | None
    value_date: date | None
    value_age_days: int | None
    confidence: float | None
    progress: float | None
    expected: float | None
    on_track: bool | None


class RollUp(Part):
    """Progress of key results rolled up: the weighted mean and the worst child, side by side.

    Children are an objective's own key results and the alive objectives right below it, each held between 0 and 1.
    `worst_child` is the id of such a one; null and empty where nothing has a value. `measured` of `key_results` have.
    """

    mean: float | None
    worst: float | None
    worst_child: str
    measured: int
    key_results: int


class Objective(Part):
    """An objective. `count`, `points`, `hours`, `people` are its own aligned counted work;

    `state`, `items` and `actual_share` include the objectives below it.
    """

    objective: str
    title: str
    supports: str
    depth: int
    accountable: str
    responsible: list[str]
    declared: str
    state: str
    planned_share: float | None
    actual_share: float | None
    count: float
    points: float | None
    hours: float | None
    people: float | None
    items: float
    below: list[str]
    key_results: list[KeyResult]
    roll_up: RollUp


class ObjectivesAnswer(Answer):
    """One row per objective, sorted by id. `roll_up` is the vision's: everything that is alive."""

    roll_up: RollUp
    objectives: list[Objective]


WORST_FIRST = ("unserved", "closed-unmet", "stalled", "underfunded", "served", "inactive")


def worst_first(objectives: list[Objective]) -> list[Objective]:
    """Unserved before underfunded before served, inactive last; within a state the largest shortfall first."""
    return sorted(objectives, key=lambda row: (WORST_FIRST.index(row.state), -shortfall(row), row.objective))


def shortfall(objective: Objective) -> float:
    """Planned minus actual share; 0 where nothing was planned."""
    if objective.planned_share is None or objective.actual_share is None:
        return 0.0
    return objective.planned_share - objective.actual_share


def objectives(snapshot: Snapshot, filters: Filters = EVERYTHING) -> ObjectivesAnswer:
    """The objective side as of the run, sorted by id; `filters.objective` chooses.

    The other filters narrow `count`, `points`, `hours`, `people` and `items` to the work they hit; `state`,
    `planned_share` and `actual_share` are always about all counted work. Raises `UsageError` for an unknown source,
    partition or objective.
    """
    check(snapshot, filters)
    wanted = values(filters.objective)
    measured = snapshot.store.results.objectives(snapshot.run.id).sort("objective")
    narrowed = any(values(getattr(filters, name)) for name in COLUMNS if name != "objective")
    work = _work(over_cells(snapshot.cells, replace(filters, objective=None))) if narrowed else None
    found = [
        _objective(snapshot, row if work is None else _narrowed(snapshot, row, work))
        for row in measured.iter_rows(named=True)
        if snapshot.tree.known(row["objective"]) and (not wanted or row["objective"] in wanted)
    ]
    return ObjectivesAnswer(**snapshot.head, roll_up=_roll_up(snapshot, strategy.VISION), objectives=found)


def _work(cells: pl.DataFrame) -> dict[str, dict[str, float | None]]:
    """The four weights of aligned work by objective, in these cells."""
    aligned = cells.filter(pl.col("verdict") == Verdict.ALIGNED.value)
    return {
        str(key[0]): {name: None if part[name].null_count() else math.fsum(part[name]) for name in WEIGHT_NAMES}
        for key, part in aligned.partition_by("objective", as_dict=True).items()
    }


def _narrowed(snapshot: Snapshot, row: dict[str, Any], work: dict[str, dict[str, float | None]]) -> dict[str, Any]:
    nothing: dict[str, float | None] = {name: None if row[name] is None else 0.0 for name in WEIGHT_NAMES}
    below = [work.get(name, nothing)["count"] or 0.0 for name in snapshot.tree.below(row["objective"])]
    return {**row, **work.get(row["objective"], nothing), "items": math.fsum(below)}


def _objective(snapshot: Snapshot, row: dict[str, Any]) -> Objective:
    declared = snapshot.tree.objectives[row["objective"]]
    return Objective(
        **row,
        title=declared.title,
        supports=declared.supports,
        depth=snapshot.tree.depth(declared.id),
        accountable=declared.accountable,
        responsible=sorted(declared.responsible),
        below=sorted(name for name in snapshot.tree.below(declared.id) if name != declared.id),
        key_results=[_key_result(snapshot, declared, result) for result in declared.key_results],
        roll_up=_roll_up(snapshot, declared.id),
    )


def _roll_up(snapshot: Snapshot, objective: str) -> RollUp:
    day = snapshot.run.at.astimezone(snapshot.zone).date()
    return RollUp(**asdict(measure.roll_up(snapshot.tree, objective, day)))


def _key_result(snapshot: Snapshot, objective: strategy.Objective, result: strategy.KeyResult) -> KeyResult:
    settings, at, zone = snapshot.config.settings, snapshot.run.at, snapshot.zone
    own = resolve_period(objective.period, at, zone, settings.fiscal_year_starts) if objective.period else None
    stands = measure.key_result_progress(result, at, tz=zone, period=own or snapshot.period)
    latest = stands.latest
    return KeyResult(
        id=result.id,
        title=result.title,
        unit=result.unit,
        baseline=result.baseline,
        target=result.target,
        due=result.due,
        measured_by=result.measured_by,
        value=latest.value if latest else None,
        value_date=latest.date if latest else None,
        value_age_days=stands.age_days,
        confidence=latest.confidence if latest else None,
        progress=stands.progress,
        expected=stands.elapsed,
        on_track=stands.on_track if latest else None,
    )
