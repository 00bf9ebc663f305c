"""Guards: what a plan may not do without being asked for by number, or at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from veaf_sync.connector import Cap, Guards
from veaf_sync.plan.document import Plan

APPLY = "veaf-sync apply plan.json"


@dataclass(frozen=True, slots=True)
class _Load:
    """Values that a plan would set and clear in one partition, with the caps that hold there."""

    source: str
    partition: str
    size: int
    guards: Guards
    sets: int = 0
    clears: int = 0

    @property
    def over_clears(self) -> str:
        return _over(self.guards.clears, self.clears, self.size)

    @property
    def over_changes(self) -> str:
        return _over(self.guards.changes, self.sets + self.clears, self.size)

    @property
    def refused(self) -> int:
        """How many values of it the caps refuse: all changes, or all clears, or none."""
        if self.over_changes:
            return self.sets + self.clears
        return self.clears if self.over_clears else 0


def guard(
    plan: Plan,
    *,
    caps: Mapping[str, Guards],
    sizes: Mapping[tuple[str, str], int],
    degraded: AbstractSet[tuple[str, str]] = frozenset(),
    accept: int | None = None,
    command: str = APPLY,
) -> list[str]:
    """Why `plan` may not be applied, one sentence each; empty where it may.

    `caps` are the guards by source (absent: the defaults), `sizes` the known items by (source, partition),
    `degraded` the partitions that were not read completely. Caps hold per run and partition, in the one in which
    an item stands. `accept` lifts them, and only them, if it is exactly the number of values that they refuse;
    `command` is what the sentence about it tells to run.
    """
    unsafe = list(_unsafe(plan, degraded))
    loads = [load for load in _loads(plan, caps, sizes) if load.refused]
    refused = sum(load.refused for load in loads)
    if accept == refused or not loads:
        return unsafe
    reasons = [reason for load in loads for reason in _told(load)]
    if accept is not None:
        reasons.append(f"--accept {accept} does not fit: the caps refuse {refused} of this plan.")
    if not unsafe:
        reasons.append(f"If all of this is meant: {command} --accept {refused}")
    return unsafe + reasons


def _told(load: _Load) -> Iterator[str]:
    place = f"{load.source}, partition {load.partition}"
    if load.over_changes:
        yield f"{place}: {load.sets + load.clears} changes are more than {load.over_changes}."
    if load.over_clears:
        yield f"{place}: {load.clears} clears are more than {load.over_clears}."


def _unsafe(plan: Plan, degraded: AbstractSet[tuple[str, str]]) -> Iterator[str]:
    """Clears in sources that were not read completely: no cap and no `accept` makes these safe."""
    clears: dict[str, int] = defaultdict(int)
    for change in plan.changes:
        clears[change.item.source] += len(change.removes)
    for source in sorted({source for source, _ in degraded}):
        if clears[source]:
            names = ", ".join(sorted(partition for of, partition in degraded if of == source))
            yield (
                f"{source}: {clears[source]} clears, but {names} could not be read completely, which may be "
                f"why nothing seems to serve there. Go on after a complete reading: veaf-sync sync --source {source}"
            )


def _loads(plan: Plan, caps: Mapping[str, Guards], sizes: Mapping[tuple[str, str], int]) -> list[_Load]:
    sets: dict[tuple[str, str], int] = defaultdict(int)
    clears: dict[tuple[str, str], int] = defaultdict(int)
    for change, partition in zip(plan.changes, plan.partitions, strict=True):
        place = (change.item.source, partition)
        sets[place] += len(change.adds)
        clears[place] += len(change.removes)
    return [
        _Load(*place, sizes.get(place, 0), caps.get(place[0], Guards()), sets[place], clears[place])
        for place in sorted(sets)
    ]


def _over(cap: Cap, number: int, size: int) -> str:
    """The limit that `number` exceeds, as a phrase; `""` where it keeps both. The stricter holds."""
    limits = []
    if cap.count is not None and number > cap.count:
        limits.append((cap.count, f"the cap of {cap.count}"))
    if cap.share is not None and number > cap.share * size:
        limits.append((int(cap.share * size), f"{cap.share * 100:g} % of its {size} items"))
    return min(limits)[1] if limits else ""
