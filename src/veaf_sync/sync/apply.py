"""Write one source's reviewed changes: re-check, journal the intent, write, journal the outcome.

A person's edit since the plan wins. After a crash or a lost answer nothing is sent again blindly: what
became of an open intent is read from the tool, value by value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from veaf_sync.connector import Absent, Feature, Pending
from veaf_sync.errors import AuthError, Forbidden, Rejected, SourceError
from veaf_sync.model import Action, ItemRef, Outcome, Result, TagChange, WorkItem
from veaf_sync.store import Entry, Lease, Store
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.sources import FAILURES, Source, describe_failure

READ_CHUNK = 100
READERS = 8
POLL_FIRST, POLL_LONGEST, POLL_PATIENCE = 1.0, 10.0, 900.0
"""Seconds: the first wait for a bulk task, the longest one, and when the task is left to the next run."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal: one value of one item, to be added or removed."""

    id: int
    item: ItemRef
    partition: str
    action: Action
    value: str

    def reached(self, answer: WorkItem) -> bool:
        """Whether the tool holds what this line wants."""
        return (self.value in seen_at(answer, self.partition)) is (self.action is Action.ADD)


@dataclass(frozen=True, slots=True)
class Writer:
    """What writing needs: an open source with its write credential, the journal, the run and its lease."""

    source: Source
    store: Store
    run: int
    lease: Lease

    def write(self, digest: str, changes: Sequence[TagChange], progress: Progress) -> list[Outcome]:
        """Write `changes` of the plan `digest`; one outcome for each.

        Raises `AuthError` where the credential is refused before anything was written.
        """
        self.resume()
        ready, outcomes = self._recheck(digest, changes)
        done = len(outcomes)
        progress.partition(self.source.name, done, len(changes), "changes")
        for batch in self.source.connector.batches(ready):
            told, refused = self._write_batch(digest, batch)
            outcomes += told
            if refused:  # asking on with this credential could lock the account
                reached = {outcome.item for outcome in outcomes}
                return outcomes + [Outcome(c.item, Result.FAILED, refused) for c in ready if c.item not in reached]
            done += len(batch)
            progress.partition(self.source.name, done, len(changes), "changes")
        return outcomes

    def resume(self) -> int:
        """Settle what an interrupted run left open, by its task or by reading; returns how many lines still are."""
        by_task: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.store.journal.open(self.source.name):
            by_task[entry.task].append(entry)
        for task, entries in by_task.items():
            changes = [_as_change(group) for group in _by_item(entries).values()]
            lines = [Line(e.id, e.item, e.partition, Action(e.action), e.value) for e in entries]
            try:
                answer: Sequence[Outcome] | Pending = self._follow(Pending(task), changes, lines) if task else ()
            except SourceError:
                continue  # still unknown: stays open for the next run
            if not isinstance(answer, Pending):
                self._conclude(lines, answer, "interrupted before it was written")
        return len(self.store.journal.open(self.source.name))

    def _recheck(self, digest: str, changes: Sequence[TagChange]) -> tuple[list[TagChange], list[Outcome]]:
        """Changes whose items still are as the plan saw them, and the outcomes of the others."""
        ready: list[TagChange] = []
        outcomes: list[Outcome] = []
        answers = self._read([change.item.id for change in changes])
        entries = self.store.journal.entries(digest=digest)
        before = {entry.item for entry in entries if entry.result == Result.APPLIED}
        for change in changes:
            outcome = _precondition(change, answers[change.item.id], applied=change.item in before)
            if outcome is None:
                ready.append(change)
            else:
                outcomes.append(outcome)
        return ready, outcomes

    def _read(self, ids: Collection[str]) -> dict[str, WorkItem | Absent]:
        """A direct reading of each id; what the tool does not tell is `Absent.UNKNOWN`. Raises `AuthError`."""
        every = list(ids)
        chunks = [every[start : start + READ_CHUNK] for start in range(0, len(every), READ_CHUNK)]

        def get(chunk: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
            try:
                return self.source.connector.get(chunk)
            except AuthError:
                raise
            except SourceError:
                return {}

        found: dict[str, WorkItem | Absent] = dict.fromkeys(every, Absent.UNKNOWN)
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            for answers in pool.map(get, chunks):
                found |= answers
        return found

    def _write_batch(self, digest: str, batch: Sequence[TagChange]) -> tuple[list[Outcome], str]:
        """Outcomes of a batch, and (else "") why the credential was refused meanwhile."""
        ids = self.store.journal.intend(self.run, digest, batch, self.lease)
        lines = [Line(id_, *parts) for id_, parts in zip(ids, _parts(batch), strict=True)]
        taken = False
        try:
            answer = self.source.connector.write(batch)
            taken = True
            if isinstance(answer, Pending):
                answer = self._follow(answer, batch, lines)
        except FAILURES as error:
            reason = describe_failure(self.source.name, error)
            refused = isinstance(error, Rejected | Forbidden)
            told = [Outcome(batch[0].item, Result.FAILED, reason)] if refused and len(batch) == 1 and not taken else []
            late = Feature.BULK in self.source.connector.features and not refused
            outcomes = self._conclude(lines, told, reason, late=late)
            lost = isinstance(error, AuthError) and any(outcome.result is Result.FAILED for outcome in outcomes)
            return outcomes, reason if lost else ""
        if isinstance(answer, Pending):
            detail = f"the tool is still working on it (task {answer.task}); the next run asks again"
            return [Outcome(change.item, Result.FAILED, detail) for change in batch], ""
        return self._conclude(lines, answer, "not reached"), ""

    def _follow(
        self, pending: Pending, batch: Sequence[TagChange], lines: Sequence[Line]
    ) -> Sequence[Outcome] | Pending:
        """Poll a bulk task, and those that it hands over to, until one ends or patience does."""
        clock = self.source.connector.clock
        started, pause = clock.monotonic(), POLL_FIRST
        self.store.journal.task([line.id for line in lines], pending.task, self.lease)
        while clock.monotonic() - started < POLL_PATIENCE:
            clock.sleep(pause)
            pause = min(POLL_LONGEST, pause * 1.5)
            answer = self.source.connector.poll(pending.task, batch)
            if not isinstance(answer, Pending):
                return answer
            if answer.task != pending.task:
                pending = answer
                self.store.journal.task([line.id for line in lines], pending.task, self.lease)
        return pending

    def _conclude(
        self, lines: Sequence[Line], answer: Sequence[Outcome], reason: str, *, late: bool = False
    ) -> list[Outcome]:
        """Journal what became of `lines`, and bring one outcome an item.

        An item without an answer, or that failed with more than one value to write, is read and judged value by
        value; what cannot be read stays open for the next run, and is told as not known. So does what is not there
        yet where the write may still take effect: `late`, a bulk task may be running whose number was lost.
        """
        told = {outcome.item: outcome for outcome in answer}
        of: dict[ItemRef, list[Line]] = defaultdict(list)
        for line in lines:
            of[line.item].append(line)
        doubtful = [
            item
            for item, group in of.items()
            if item not in told or (told[item].result is Result.FAILED and len(group) > 1)
        ]
        try:
            readings = self._read([item.id for item in doubtful])
        except SourceError:
            readings = dict.fromkeys((item.id for item in doubtful), Absent.UNKNOWN)
        settled: dict[int, Outcome] = {}
        outcomes = []
        for item, group in of.items():
            if item in doubtful:
                detail = told[item].detail if item in told else reason
                reading = readings[item.id]
                if late and isinstance(reading, WorkItem) and not all(line.reached(reading) for line in group):
                    reading = Absent.UNKNOWN
                outcome = _judged(item, group, reading, detail, settled)
            else:
                outcome = told[item]
                settled |= {line.id: outcome for line in group}
            outcomes.append(outcome)
        self.store.journal.settle(self.run, settled, self.lease)
        return outcomes


def seen_at(item: WorkItem, partition: str) -> set[str]:
    """Raw values seen at our target, in `partition` or (empty) anywhere."""
    places = [place for place in item.partitions if not partition or place.partition == partition]
    return {value for place in places for value in place.tags}


def _judged(
    item: ItemRef, lines: Sequence[Line], reading: WorkItem | Absent, reason: str, settled: dict[int, Outcome]
) -> Outcome:
    """Decide each line by what the tool holds; adds to `settled` and brings the item's outcome."""
    if reading is Absent.GONE:
        outcome = Outcome(item, Result.FAILED, "it was deleted")
        settled |= {line.id: outcome for line in lines}
        return outcome
    if not isinstance(reading, WorkItem):
        return Outcome(item, Result.FAILED, f"not known yet, the next run looks: {reason}")
    for line in lines:
        settled[line.id] = Outcome(item, Result.APPLIED if line.reached(reading) else Result.FAILED, reason)
    if all(line.reached(reading) for line in lines):
        return Outcome(item, Result.APPLIED)
    return Outcome(item, Result.FAILED, reason)


def _precondition(change: TagChange, answer: WorkItem | Absent, *, applied: bool) -> Outcome | None:
    """None when the item still is as planned; else why it is not written. `applied`: this plan wrote it before."""
    if not isinstance(answer, WorkItem):
        return Outcome(change.item, Result.FAILED, f"{change.key} cannot be read now ({answer.value}); left as it is")
    seen = seen_at(answer, change.partition)
    if seen == set(change.after):
        return Outcome(change.item, Result.UNCHANGED, "already so")
    if seen == set(change.before) and not applied:
        return None
    people = ", ".join(sorted(seen ^ set(change.after if applied else change.before)))
    since = "since this plan was applied" if applied else "since the plan"
    return Outcome(change.item, Result.CONFLICT, f"changed {since} ({people}); left as people set it")


def _parts(batch: Sequence[TagChange]) -> list[tuple[ItemRef, str, Action, str]]:
    """What the journal notes of a batch, in its order: one line for each value, adds first, change by change."""
    return [
        (change.item, change.partition, action, value)
        for change in batch
        for action, values in ((Action.ADD, change.adds), (Action.REMOVE, change.removes))
        for value in values
    ]


def _by_item(entries: Sequence[Entry]) -> dict[ItemRef, list[Entry]]:
    of: dict[ItemRef, list[Entry]] = defaultdict(list)
    for entry in entries:
        of[entry.item].append(entry)
    return of


def _as_change(entries: Sequence[Entry]) -> TagChange:
    """The change that journal entries of one item stand for."""
    first = entries[0]
    adds = tuple(entry.value for entry in entries if entry.action == Action.ADD)
    removes = tuple(entry.value for entry in entries if entry.action == Action.REMOVE)
    return TagChange(
        item=first.item,
        key=first.key,
        partition=first.partition,
        handle=first.handle,
        target=first.target,
        before=removes,
        after=adds,
        reason=first.reason,
        rule=first.rule,
    )
