"""What a plan comes to, per source and objective: the figures and examples that people review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veaf_sync.connector import Tag
from veaf_sync.model import TagChange
from veaf_sync.plan.document import Counts, Plan


@dataclass(frozen=True, slots=True)
class ObjectiveChanges:
    """Changes of one objective's tag in one source, in the plan's order."""

    objective: str
    sets: tuple[TagChange, ...]
    clears: tuple[TagChange, ...]


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source's part of a plan: where its tags stand, how many items change, the counts, the changes by objective,
    and every clear.

    Objectives with the most changes come first, then by name. `refusals` counts refused values by reason.
    """

    source: str
    target: str
    items: int
    counts: Counts
    objectives: tuple[ObjectiveChanges, ...]
    clears: tuple[TagChange, ...]
    refusals: Mapping[str, int]


def summarise(plan: Plan) -> list[SourceSummary]:
    """The plan by source, sorted by name; every source with a tag target stands there, also without changes."""
    return [_summary(plan, source) for source in sorted(plan.state.targets)]


def _summary(plan: Plan, source: str) -> SourceSummary:
    changes = [change for change in plan.changes if change.item.source == source]
    refused = [each for each in plan.refused if each.change.item.source == source]
    refusals: dict[str, int] = {}
    for each in refused:
        values = len(each.change.adds) + len(each.change.removes)
        refusals[each.reason] = refusals.get(each.reason, 0) + values
    return SourceSummary(
        source=source,
        target=plan.state.targets[source],
        items=len(changes),
        counts=Counts(
            set=sum(len(change.adds) for change in changes),
            clear=sum(len(change.removes) for change in changes),
            skip=sum(kept.item.source == source for kept in plan.skipped),
            refused=sum(refusals.values()),
        ),
        objectives=_by_objective(changes, Tag.at(plan.state.targets[source], plan.state.patterns[source])),
        clears=tuple(change for change in changes if change.removes),
        refusals=refusals,
    )


def _by_objective(changes: list[TagChange], tag: Tag) -> tuple[ObjectiveChanges, ...]:
    sets: dict[str, list[TagChange]] = {}
    clears: dict[str, list[TagChange]] = {}
    for change in changes:
        for value in change.adds:
            sets.setdefault(tag.objective(value) or value, []).append(change)
        for value in change.removes:
            clears.setdefault(tag.objective(value) or value, []).append(change)
    found = [
        ObjectiveChanges(name, tuple(sets.get(name, ())), tuple(clears.get(name, ()))) for name in {*sets, *clears}
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.sets) - len(each.clears), each.objective)))
