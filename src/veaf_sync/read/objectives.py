"""`objectives`: the objective side. Output and outcome stand beside each other and are never mixed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import polars as pl

from veaf_sync import measure, strategy
from veaf_sync.model import Verdict
from veaf_sync.read.answer import Answer, Part
from veaf_sync.read.filters import EVERYTHING, over_cells, resolve, values
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
    """An objective. `count`, `points`, `hours`, `people` are its own aligned counted work.

    `items` (a count) and `actual_share` include the objectives below it, and so does `state`. Filters narrow the five
    weights and `actual_share`, never `planned_share`, `state` and key results, which are about all work.
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
    """One row per objective, sorted by id. `roll_up` is the vision's: everything that is alive.

    `filtered`: work is narrowed by filters; `counted` is how many items the actual shares are shares of.
    `unreadable` counted items, of all work, stand in no row: which objective they serve is not known now.
    """

    roll_up: RollUp
    filtered: bool = False
    counted: float | None = None
    unreadable: float = 0.0
    objectives: list[Objective]

    @property
    def note(self) -> str:
        """What the states leave out, as a sentence; empty where nothing is unreadable."""
        return unreadable_note(self.unreadable)


WORST_FIRST = ("unserved", "closed-unmet", "stalled", "underfunded", "served", "inactive")


def worst_first(objectives: list[Objective]) -> list[Objective]:
    """Unserved before underfunded before served, inactive last; within a state the largest shortfall first."""
    return sorted(objectives, key=lambda row: (WORST_FIRST.index(row.state), -shortfall(row), row.objective))


def unreadable_note(items: float) -> str:
    """What so many unreadable items mean for the states of objectives; empty for none."""
    noun = "item is" if items == 1 else "items are"
    why = "not counted for any objective; states may look worse than they are."
    return f"{items:,.0f} unreadable {noun} {why}" if items else ""


def shortfall(objective: Objective) -> float:
    """Planned minus actual share; 0 where nothing was planned."""
    if objective.planned_share is None or objective.actual_share is None:
        return 0.0
    return objective.planned_share - objective.actual_share


def objectives(snapshot: Snapshot, filters: Filters = EVERYTHING, *, below: bool = False) -> ObjectivesAnswer:
    """The objective side as of the run, sorted by id; `filters.objective` chooses, `below` adds those below them.

    The other filters narrow the work: the weights, `items`, and `actual_share`, which is then a share of what they hit.
    Raises `UsageError` for a name that does not exist.
    """
    resolved = resolve(snapshot, filters, below=below)
    wanted = values(resolved.objective)
    cells = over_cells(snapshot.cells, replace(resolved, objective=None))
    narrowed = cells.height < snapshot.cells.height
    measured = snapshot.store.results.objectives(snapshot.run.id).sort("objective")
    work = _narrowing(snapshot, cells) if narrowed else None
    found = [
        _objective(snapshot, work(row) if work else row)
        for row in measured.iter_rows(named=True)
        if snapshot.tree.known(row["objective"]) and (not wanted or row["objective"] in wanted)
    ]
    return ObjectivesAnswer(
        **snapshot.head,
        roll_up=_roll_up(snapshot, strategy.VISION),
        filtered=narrowed,
        counted=math.fsum(cells["count"]),
        unreadable=math.fsum(snapshot.cells.filter(pl.col("verdict") == Verdict.UNREADABLE.value)["count"]),
        objectives=found,
    )


def _narrowing(snapshot: Snapshot, cells: pl.DataFrame) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What turns a row of OBJECTIVES into one about the work in these cells only."""
    aligned = cells.filter(pl.col("verdict") == Verdict.ALIGNED.value)
    own = {str(key[0]): _sums(part) for key, part in aligned.partition_by("objective", as_dict=True).items()}
    nothing, everything = _sums(cells.clear()), _sums(cells)
    weight = snapshot.config.settings.allocation.weight

    def narrowed(row: dict[str, Any]) -> dict[str, Any]:
        mine = own.get(row["objective"], nothing)
        below = [own.get(name, nothing) for name in snapshot.tree.below(row["objective"])]
        total = everything[weight]
        share = math.fsum(part[weight] or 0.0 for part in below) / total if total else None
        kept = {name: None if row[name] is None else mine[name] for name in WEIGHT_NAMES}
        return {**row, **kept, "actual_share": share, "items": math.fsum(part["count"] or 0.0 for part in below)}

    return narrowed


def _sums(cells: pl.DataFrame) -> dict[str, float | None]:
    """The four weights of these cells; null where one is n/a."""
    return {name: None if cells[name].null_count() else math.fsum(cells[name]) for name in WEIGHT_NAMES}


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
