"""Write one source's reviewed changes: re-check, journal the intent, write, journal the outcome.

A person's edit since the plan wins. After a crash or a lost answer nothing is sent again blindly: what
became of an open intent is read from the tool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from veaf_sync.connector import Absent, Pending
from veaf_sync.errors import AuthError, Forbidden, Rejected, SourceError
from veaf_sync.model import ItemRef, Outcome, Result, TagChange, WorkItem
from veaf_sync.store import Entry, Lease, Store
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.sources import Source, describe_failure

READ_CHUNK = 100
READERS = 8
POLL_FIRST, POLL_LONGEST, POLL_PATIENCE = 1.0, 10.0, 900.0
"""Seconds: the first wait for a bulk task, the longest one, and when the task is left to the next run."""


@dataclass(frozen=True, slots=True)
class Writer:
    """What writing needs to know: an open source with its write credential, the journal, the run and its lease."""

    source: Source
    store: Store
    run: int
    lease: Lease

    def write(self, digest: str, changes: Sequence[TagChange], progress: Progress) -> list[Outcome]:
        """Write `changes` of the plan `digest`; one outcome for each. Raises nothing for what the tool did."""
        self.resume()
        ready, outcomes = self._recheck(changes)
        done = len(outcomes)
        progress.partition(self.source.name, done, len(changes), "changes")
        for batch in self.source.connector.batches(ready):
            outcomes += self._write_batch(digest, batch)
            done += len(batch)
            progress.partition(self.source.name, done, len(changes), "changes")
        return outcomes

    def resume(self) -> int:
        """Settle what an interrupted run left open, by its task or by reading; returns how many values."""
        entries = self.store.journal.open(self.source.name)
        by_task: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_task[entry.task].append(entry)
        for task, group in by_task.items():
            try:
                if task:
                    self._reattach(task, group)
                else:
                    self._settle_by_reading(group)
            except SourceError:
                continue  # still unknown: stays open for the next run
        return len(entries)

    def _recheck(self, changes: Sequence[TagChange]) -> tuple[list[TagChange], list[Outcome]]:
        """Changes whose items still are as the plan saw them, and the outcomes of the others."""
        ready: list[TagChange] = []
        outcomes: list[Outcome] = []
        answers = self._read([change.item.id for change in changes])
        for change in changes:
            outcome = _precondition(change, answers.get(change.item.id, Absent.UNKNOWN))
            if outcome is None:
                ready.append(change)
            else:
                outcomes.append(outcome)
        return ready, outcomes

    def _read(self, ids: Sequence[str]) -> dict[str, WorkItem | Absent]:
        chunks = [ids[start : start + READ_CHUNK] for start in range(0, len(ids), READ_CHUNK)]

        def get(chunk: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
            try:
                return self.source.connector.get(chunk)
            except AuthError:
                raise
            except SourceError:
                return dict.fromkeys(chunk, Absent.UNKNOWN)

        found: dict[str, WorkItem | Absent] = {}
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            for answers in pool.map(get, chunks):
                found |= answers
        return found

    def _write_batch(self, digest: str, batch: Sequence[TagChange]) -> list[Outcome]:
        entries = self.store.journal.intend(self.run, digest, batch, self.lease)
        of = dict(zip((change.item for change in batch), _grouped(entries, batch), strict=True))
        try:
            answer = self.source.connector.write(batch)
            if isinstance(answer, Pending):
                self.store.journal.task(entries, answer.task, self.lease)
                answer = self._wait(answer, batch)
        except (Rejected, Forbidden, AuthError) as error:
            answer = [Outcome(c.item, Result.FAILED, describe_failure(self.source.name, error)) for c in batch]
        except SourceError as error:
            return self._after_lost_answer(batch, of, error)
        if isinstance(answer, Pending):
            detail = f"the tool is still working on it (task {answer.task}); the next run asks again"
            return [Outcome(change.item, Result.FAILED, detail) for change in batch]
        self._settle(of, answer)
        return list(answer)

    def _after_lost_answer(
        self, batch: Sequence[TagChange], of: Mapping[ItemRef, Sequence[int]], error: SourceError
    ) -> list[Outcome]:
        """The answer was lost: read what the tool holds. What cannot be read stays open for the next run."""
        reason = describe_failure(self.source.name, error)
        try:
            answers = self._read([change.item.id for change in batch])
        except SourceError:
            return [Outcome(change.item, Result.FAILED, f"not known: {reason}") for change in batch]
        outcomes = [_reached(change, answers.get(change.item.id, Absent.UNKNOWN), reason) for change in batch]
        self._settle(of, [outcome for outcome in outcomes if outcome is not None])
        return [
            outcome or Outcome(change.item, Result.FAILED, f"not known: {reason}")
            for change, outcome in zip(batch, outcomes, strict=True)
        ]

    def _settle(self, of: Mapping[ItemRef, Sequence[int]], outcomes: Sequence[Outcome]) -> None:
        settled = {entry: outcome for outcome in outcomes for entry in of[outcome.item]}
        self.store.journal.settle(self.run, settled, self.lease)

    def _wait(self, pending: Pending, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        clock = self.source.connector.clock
        started, pause = clock.monotonic(), POLL_FIRST
        while clock.monotonic() - started < POLL_PATIENCE:
            clock.sleep(pause)
            pause = min(POLL_LONGEST, pause * 1.5)
            answer = self.source.connector.poll(pending.task, batch)
            if not isinstance(answer, Pending):
                return answer
        return pending

    def _reattach(self, task: str, entries: Sequence[Entry]) -> None:
        of = _by_item(entries)
        answer = self._wait(Pending(task), [_as_change(item, group) for item, group in of.items()])
        if not isinstance(answer, Pending):
            self._settle({item: [entry.id for entry in group] for item, group in of.items()}, answer)

    def _settle_by_reading(self, entries: Sequence[Entry]) -> None:
        of = _by_item(entries)
        answers = self._read([item.id for item in of])
        outcomes = [
            _reached(_as_change(item, group), answers.get(item.id, Absent.UNKNOWN), "interrupted before it was written")
            for item, group in of.items()
        ]
        ids = {item: [entry.id for entry in group] for item, group in of.items()}
        self._settle(ids, [outcome for outcome in outcomes if outcome is not None])


def _precondition(change: TagChange, answer: WorkItem | Absent) -> Outcome | None:
    """None when the item still is as planned; else why it is not written."""
    if not isinstance(answer, WorkItem):
        return Outcome(change.item, Result.FAILED, f"{change.key} cannot be read now ({answer.value}); left as it is")
    seen = _seen(answer, change.partition)
    if seen == set(change.before):
        return None
    if seen == set(change.after):
        return Outcome(change.item, Result.UNCHANGED, "already so")
    people = ", ".join(sorted(seen ^ set(change.before)))
    return Outcome(change.item, Result.CONFLICT, f"changed since the plan ({people}); left as people set it")


def _reached(change: TagChange, answer: WorkItem | Absent, reason: str) -> Outcome | None:
    """What reading shows of a write whose answer is unknown; None where reading does not tell either."""
    if answer is Absent.GONE:
        return Outcome(change.item, Result.FAILED, f"{change.key} was deleted")
    if not isinstance(answer, WorkItem):
        return None
    seen = _seen(answer, change.partition)
    if seen >= set(change.adds) and not seen & set(change.removes):
        return Outcome(change.item, Result.APPLIED)
    return Outcome(change.item, Result.FAILED, reason)


def _seen(item: WorkItem, partition: str) -> set[str]:
    places = [place for place in item.partitions if not partition or place.partition == partition]
    return {value for place in places for value in place.tags}


def _grouped(entries: Sequence[int], batch: Sequence[TagChange]) -> Iterator[Sequence[int]]:
    """The journal's entries by change: it writes one for each value, adds first, in the order of the batch."""
    start = 0
    for change in batch:
        length = len(change.adds) + len(change.removes)
        yield entries[start : start + length]
        start += length


def _by_item(entries: Sequence[Entry]) -> dict[ItemRef, list[Entry]]:
    of: dict[ItemRef, list[Entry]] = defaultdict(list)
    for entry in entries:
        of[entry.item].append(entry)
    return of


def _as_change(item: ItemRef, entries: Sequence[Entry]) -> TagChange:
    """The change that journal entries of one item stand for."""
    first = entries[0]
    adds = tuple(entry.value for entry in entries if entry.action == "add")
    removes = tuple(entry.value for entry in entries if entry.action == "remove")
    return TagChange(
        item=item,
        key=first.key,
        partition=first.partition,
        handle=first.handle,
        target=first.target,
        before=removes,
        after=adds,
        reason=first.reason,
        rule=first.rule,
    )
