"""Lines of the journal while they are written: what each wants, and how it is judged by what the tool holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from veaf_sync.connector import GOALS, LABELS, Absent
from veaf_sync.model import Action, ItemRef, Outcome, Result, TagChange, WorkItem
from veaf_sync.store import Entry


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal: one value of one item, to be added or removed."""

    id: int
    item: ItemRef
    partition: str
    target: str
    action: Action
    value: str

    def reached(self, answer: WorkItem, tagged: str) -> bool:
        """Whether the tool holds what this line wants. `tagged`: the target at which tags are read now.

        Of a property that is the target no more nothing is read, so nothing is known of it.
        """
        if self.target != tagged and self.target.startswith("property:"):
            return False
        seen = seen_at(answer, self.partition) if self.target == tagged else _elsewhere(answer, self.target)
        return (self.value in seen) is (self.action is Action.ADD)


def lines_of_batch(ids: Sequence[int], batch: Sequence[TagChange]) -> list[Line]:
    """The lines that the journal gave the numbers `ids`: change by change its adds, then its removes."""
    parts = [
        (change.item, change.partition, change.target, action, value)
        for change in batch
        for action, values in ((Action.ADD, change.adds), (Action.REMOVE, change.removes))
        for value in values
    ]
    return [Line(id_, *rest) for id_, rest in zip(ids, parts, strict=True)]


def lines_of(entries: Iterable[Entry]) -> list[Line]:
    return [Line(e.id, e.item, e.partition, e.target, Action(e.action), e.value) for e in entries]


def by_item(lines: Iterable[Line]) -> dict[ItemRef, list[Line]]:
    of: dict[ItemRef, list[Line]] = defaultdict(list)
    for line in lines:
        of[line.item].append(line)
    return of


def changes_of(entries: Sequence[Entry]) -> list[TagChange]:
    """The changes, one an item, that entries of the journal stand for."""
    of: dict[ItemRef, list[Entry]] = defaultdict(list)
    for entry in entries:
        of[entry.item].append(entry)
    return [_as_change(group) for group in of.values()]


def seen_at(item: WorkItem, partition: str) -> set[str]:
    """Raw values seen at our target, in `partition` or (empty) anywhere."""
    places = [place for place in item.partitions if not partition or place.partition == partition]
    return {value for place in places for value in place.tags}


def _elsewhere(item: WorkItem, target: str) -> Collection[str]:
    """What an item shows at a target that is not the configured one any more."""
    if target == LABELS:
        return item.labels
    if target == GOALS:
        return item.fields.get(GOALS, ())
    return item.fields.get(target.removeprefix("field:"), ()) if target.startswith("field:") else ()


def judged(
    item: ItemRef,
    lines: Sequence[Line],
    reading: WorkItem | Absent,
    reason: str,
    settled: dict[int, Outcome],
    tagged: str,
) -> Outcome:
    """Decide each line by what the tool holds; adds to `settled` and brings the item's outcome."""
    if reading is Absent.GONE:
        outcome = Outcome(item, Result.FAILED, "it was deleted")
        settled |= {line.id: outcome for line in lines}
        return outcome
    if not isinstance(reading, WorkItem):
        return Outcome(item, Result.FAILED, f"not known yet, the next run looks: {reason}")
    applied, failed = Outcome(item, Result.APPLIED), Outcome(item, Result.FAILED, reason)
    settled |= {line.id: applied if line.reached(reading, tagged) else failed for line in lines}
    return applied if all(line.reached(reading, tagged) for line in lines) else failed


def _as_change(entries: Sequence[Entry]) -> TagChange:
    first = entries[0]
    return TagChange(
        item=first.item,
        key=first.key,
        partition=first.partition,
        handle=first.handle,
        target=first.target,
        before=tuple(entry.value for entry in entries if entry.action == Action.REMOVE),
        after=tuple(entry.value for entry in entries if entry.action == Action.ADD),
        reason=first.reason,
        rule=first.rule,
    )
