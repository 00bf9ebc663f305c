"""Guards: what a plan may not do without being asked for by number, or at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from veaf_sync.connector import Cap, Guards
from veaf_sync.model import TagChange
from veaf_sync.plan.document import Plan
from veaf_sync.plan.settings import Governance, RunGuards

APPLY = "veaf-sync apply plan.json"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a plan is held against besides the caps.

    `sizes` are the known items by (source, partition), `degraded` the partitions that were not read completely;
    `remapped`: the documents are not those of the last plan that was applied; `now` is when it is to be applied, by
    `account`. `earlier` are changes, and the partitions where their items stand, that other plans of the same run
    wrote, or runs of single items since the last whole one: a cap holds for all of them together.
    """

    sizes: Mapping[tuple[str, str], int]
    degraded: AbstractSet[tuple[str, str]] = frozenset()
    remapped: bool = False
    now: datetime | None = None
    account: str = ""
    earlier: Sequence[tuple[TagChange, str]] = ()


@dataclass(slots=True)
class _Load:
    """Values that a plan would set and clear in one place, and items that it moves there; the caps of that place.

    `earlier` of the changes other plans wrote.
    """

    place: str
    guards: Guards
    size: int = 0
    changes: int = 0
    clears: int = 0
    moves: int = 0
    earlier: int = 0

    def add(self, change: TagChange, *, earlier: bool = False) -> None:
        values = len(change.adds) + len(change.removes)
        self.changes += values
        self.earlier += values if earlier else 0
        self.clears += len(change.removes)
        self.moves += _moves(change)

    def over(self, *, remapped: bool) -> dict[str, str]:
        """The limit that each count exceeds, as a phrase, by the cap's name."""
        counts = {"changes": self.changes, "clears": self.clears, "moves": self.moves if remapped else 0}
        limits = {name: _over(getattr(self.guards, name), number, self.size) for name, number in counts.items()}
        return {name: limit for name, limit in limits.items() if limit}

    def told(self, *, remapped: bool) -> Iterator[str]:
        words = {
            "changes": f"{self.changes} changes are",
            "clears": f"{self.clears} clears are",
            "moves": f"strategy, mapping or settings changed, and {self.moves} items moved to other objectives are",
        }
        for name, limit in self.over(remapped=remapped).items():
            counted = f" (with {self.earlier} changes that were written before)" if self.earlier else ""
            yield f"{self.place}: {words[name]} more than {limit}{counted}."


def guard(
    plan: Plan,
    circumstances: Circumstances,
    *,
    caps: Mapping[str, Guards],
    run: RunGuards | None = None,
    governance: Governance | None = None,
    accept: int | None = None,
    command: str = APPLY,
) -> list[str]:
    """Why `plan` may not be applied, one sentence each; empty where it may.

    `caps` are the guards by source (absent: the defaults), which hold per run and partition, in the one in which an
    item stands; `run` holds for all sources together. `accept` lifts caps, and only them, if it is exactly the number
    of values that they refuse; `command` is what the sentence about it tells to run.
    """
    run = run or RunGuards()
    remapped = circumstances.remapped
    unsafe = [*_nobodys(circumstances, governance), *_late(plan, circumstances, run), *_unsafe(plan, circumstances)]
    places, whole = _loads(plan, caps, circumstances, run)
    reasons = [told for load in (*places.values(), whole) for told in load.told(remapped=remapped)]
    over = {place: {*load.over(remapped=remapped), *whole.over(remapped=remapped)} for place, load in places.items()}
    refused = sum(
        _refused(change, over[_place(change, partition)])
        for change, partition in zip(plan.changes, plan.partitions, strict=True)
    )
    if accept == refused or not reasons:
        return unsafe
    if accept is not None:
        reasons.append(f"--accept {accept} does not fit: the caps refuse {refused} of this plan.")
    if not unsafe:
        reasons.append(f"If all of this is meant: {command} --accept {refused}")
    return unsafe + reasons


def _refused(change: TagChange, over: set[str]) -> int:
    """How many values of a change the exceeded caps refuse: all of them, its clears, or none."""
    if "changes" in over or ("moves" in over and _moves(change)):
        return len(change.adds) + len(change.removes)
    return len(change.removes) if "clears" in over else 0


def _moves(change: TagChange) -> bool:
    return bool(change.adds and change.removes)


def _nobodys(circumstances: Circumstances, governance: Governance | None) -> Iterator[str]:
    named: Sequence[str] = governance.apply if governance else ()
    if named and circumstances.account not in named:
        yield (
            f"Only {', '.join(named)} may apply plans here (governance in veaf-sync.yaml); "
            f"this is the account {circumstances.account}."
        )


def _late(plan: Plan, circumstances: Circumstances, run: RunGuards) -> Iterator[str]:
    if circumstances.now is not None and circumstances.now - plan.at > run.plan_age:
        hours = (circumstances.now - plan.at).total_seconds() / 3600
        yield (
            f"It starts from a reading of {hours:,.0f} hours ago, and guards.plan_age allows "
            f"{run.plan_age.total_seconds() / 3600:g}. Read again and make a new one: veaf-sync sync"
        )


def _unsafe(plan: Plan, circumstances: Circumstances) -> Iterator[str]:
    """Clears in sources that were not read completely: no cap and no `accept` makes these safe."""
    clears: dict[str, int] = defaultdict(int)
    for change in plan.changes:
        clears[change.item.source] += len(change.removes)
    for source in sorted({source for source, _ in circumstances.degraded}):
        if clears[source]:
            names = ", ".join(sorted(partition for of, partition in circumstances.degraded if of == source))
            yield (
                f"{source}: {clears[source]} clears, but {names} could not be read completely, which may be "
                f"why nothing seems to serve there. Go on after a complete reading: veaf-sync sync --source {source}"
            )


def _place(change: TagChange, partition: str) -> tuple[str, str]:
    return change.item.source, partition


def _loads(
    plan: Plan, caps: Mapping[str, Guards], circumstances: Circumstances, run: RunGuards
) -> tuple[dict[tuple[str, str], _Load], _Load]:
    """The load of each (source, partition) of the plan, sorted, and of all of it."""
    of: dict[tuple[str, str], _Load] = {}
    sizes = circumstances.sizes
    whole = _Load("All sources together", run, sum(sizes.values()))
    for place in sorted({_place(*pair) for pair in zip(plan.changes, plan.partitions, strict=True)}):
        source, partition = place
        of[place] = _Load(f"{source}, partition {partition}", caps.get(source, Guards()), sizes.get(place, 0))
    for change, partition in zip(plan.changes, plan.partitions, strict=True):
        of[_place(change, partition)].add(change)
        whole.add(change)
    for change, partition in _others(plan, circumstances.earlier):
        if (place := _place(change, partition)) in of:
            of[place].add(change, earlier=True)
        whole.add(change, earlier=True)
    return of, whole


def _others(plan: Plan, earlier: Sequence[tuple[TagChange, str]]) -> Iterator[tuple[TagChange, str]]:
    """What of `earlier` changes is none of the plan's own: one that is applied again counts once, an undo by itself."""
    if plan.undoes:
        return
    own = {change.item: change for change in plan.changes}
    for change, partition in earlier:
        mine = own.get(change.item)
        adds, removes = (set(mine.adds), set(mine.removes)) if mine is not None else (set(), set())
        rest = replace(
            change,
            before=tuple(value for value in change.before if value not in removes),
            after=tuple(value for value in change.after if value not in adds),
        )
        if rest.before or rest.after:
            yield rest, partition


def _over(cap: Cap, number: int, size: int) -> str:
    """The limit that `number` exceeds, as a phrase; `""` where it keeps both. The stricter holds."""
    limits = []
    if cap.count is not None and number > cap.count:
        limits.append((cap.count, f"the cap of {cap.count}"))
    if cap.share is not None and number > cap.share * size:
        limits.append((int(cap.share * size), f"{cap.share * 100:g} % of its {size} items"))
    return min(limits)[1] if limits else ""
