"""Write one source's reviewed changes: re-check, journal the intent, write, journal the outcome.

A person's edit since the plan wins. What an interrupted run left open is settled first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain

from veaf_sync.connector import Absent, Pending
from veaf_sync.errors import AuthError, Forbidden, Rejected
from veaf_sync.model import ItemRef, Outcome, Result, TagChange, WorkItem
from veaf_sync.store import Lease, Store
from veaf_sync.sync import heard
from veaf_sync.sync.direct import Ahead, Answers
from veaf_sync.sync.intents import Line, lines_of_batch, seen_at
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.settling import Settler, still_at_work
from veaf_sync.sync.sources import FAILURES, Source, describe_failure

TRIES = 5
"""How often a change is tried that must be looked at again in between."""
PATIENCE = 300.0
"""Seconds: the longest wait before a change is tried again that a tool may ask for."""


@dataclass(frozen=True, slots=True)
class Writer:
    """What writing needs: an open source with its write credential, the journal, the run, and its leases.

    `lease` is the source's, `whole` that of the run: who lost either writes nothing more.
    """

    source: Source
    store: Store
    run: int
    lease: Lease
    whole: Lease

    @property
    def settler(self) -> Settler:
        return Settler(self.source, self.store, self.run, self.lease)

    def write(self, digest: str, changes: Sequence[TagChange], progress: Progress) -> list[Outcome]:
        """Write `changes` of the plan `digest`; one outcome for each, whatever the connector raises meanwhile.

        A credential that is refused meanwhile ends it: asking on could lock the account.
        """
        outcomes: list[Outcome] = []
        try:
            ended = self._write(digest, changes, outcomes, progress)
        except FAILURES as error:
            ended = describe_failure(self.source.name, error)
        return outcomes + _unreached(changes, outcomes, ended)

    def _write(self, digest: str, changes: Sequence[TagChange], outcomes: list[Outcome], progress: Progress) -> str:
        """Add to `outcomes`; why the tool is asked no more, else ""."""
        applied = self.store.journal.stands(digest)
        held = self.settler.resume(changes)
        outcomes += [
            Outcome(change.item, Result.FAILED, held[change.item]) for change in changes if change.item in held
        ]
        free = [change for change in changes if change.item not in held]
        doubted = self.settler.in_doubt({change.item for change in free})
        task = _Task(digest, applied, len(changes), progress)
        ended = self._write_all(task, [change for change in free if change.item not in doubted], outcomes)
        if doubted and not ended:  # last, so that looking for them delays nothing else
            self.settler.look_on(doubted, progress)
            ended = self._write_all(task, [change for change in free if change.item in doubted], outcomes)
        return ended

    def _write_all(self, task: _Task, changes: Sequence[TagChange], outcomes: list[Outcome], tried: int = 0) -> str:
        """Re-check and write batch by batch, adding to `outcomes`; why the tool is asked no more, else ""."""
        batches = self.source.connector.batches
        ahead = Ahead(self.source, list(chain.from_iterable(batches(changes))))
        task.tell(self.source.name, outcomes)
        for batch in batches(changes):
            try:
                answers = ahead.of(batch)
            except AuthError as error:
                return describe_failure(self.source.name, error)
            ready, told = _recheck(batch, answers, task.applied)
            outcomes += told
            if ready:
                told, ended = self._write_batch(task.digest, ready)
                again = {outcome.item: outcome for outcome in told if outcome.again is not None}
                if again and tried < TRIES - 1 and not ended:
                    outcomes += [outcome for outcome in told if outcome.item not in again]
                    ended = self._write_again(task, [c for c in ready if c.item in again], again, outcomes, tried + 1)
                else:
                    outcomes += told
                if ended:
                    return ended
            task.tell(self.source.name, outcomes)
        return ""

    def _write_again(
        self,
        task: _Task,
        changes: Sequence[TagChange],
        told: Mapping[ItemRef, Outcome],
        outcomes: list[Outcome],
        tried: int,
    ) -> str:
        """Wait as `told`, then look at the items again and try `changes` again, in batches that are cut anew.

        The first try was at once, so those behind the second wait at least as long as a tool takes to recover.
        """
        longest = max(told.values(), key=lambda outcome: outcome.again or 0.0)
        seconds = max(longest.again or 0.0, 2.0**tried if tried > 1 else 0.0)
        if seconds > PATIENCE:
            return f"{longest.detail.rstrip('.')}: it asks to be left alone for {seconds / 60:,.0f} minutes."
        self.source.connector.clock.sleep(seconds)
        return self._write_all(task, changes, outcomes, tried)

    def _write_batch(self, digest: str, batch: Sequence[TagChange]) -> tuple[list[Outcome], str]:
        """Outcomes of a batch, and (else "") why the tool is asked no more."""
        self.store.leases.check(self.whole)
        ids = self.store.journal.intend(self.run, digest, batch, self.lease)
        lines = lines_of_batch(ids, batch)
        settler = self.settler
        taken = False
        try:
            answer = heard.answer(self.source.connector.write(batch))
            taken = True
            if isinstance(answer, Pending):
                answer = settler.follow(answer, batch, lines)
        except FAILURES as error:
            return self._after_failure(error, batch, lines, taken=taken)
        if isinstance(answer, Pending):
            return [Outcome(change.item, Result.FAILED, still_at_work(answer.task)) for change in batch], ""
        return settler.conclude(lines, answer, "not reached"), ""

    def _after_failure(
        self, error: BaseException, batch: Sequence[TagChange], lines: Sequence[Line], *, taken: bool
    ) -> tuple[list[Outcome], str]:
        """What became of a batch when `error` ended it; `taken`: the tool had accepted it."""
        reason = describe_failure(self.source.name, error)
        unread = not taken and isinstance(error, AuthError | Forbidden | Rejected)
        whole = unread and (isinstance(error, AuthError) or len(batch) == 1)
        told = [Outcome(change.item, Result.FAILED, reason) for change in batch] if whole else []
        late = not unread and getattr(error, "code", "") != "throttled"  # that was refused unread, too
        outcomes = self.settler.conclude(lines, told, reason, late=late, unread=whole)
        lost = isinstance(error, AuthError) and any(outcome.result is Result.FAILED for outcome in outcomes)
        return outcomes, reason if lost else ""


@dataclass(frozen=True, slots=True)
class _Task:
    """The plan that is written. `applied`: items that it wrote before; `total`: how many changes it has here."""

    digest: str
    applied: AbstractSet[ItemRef]
    total: int
    progress: Progress

    def tell(self, source: str, outcomes: Sequence[Outcome]) -> None:
        self.progress.partition(source, len(outcomes), self.total, "change")


def _recheck(
    batch: Sequence[TagChange], answers: Answers, applied: AbstractSet[ItemRef]
) -> tuple[list[TagChange], list[Outcome]]:
    """Changes whose items still are as the plan saw them, and the outcomes of the others."""
    ready: list[TagChange] = []
    outcomes: list[Outcome] = []
    for change in batch:
        outcome = _precondition(change, answers[change.item.id], applied=change.item in applied)
        if outcome is None:
            ready.append(change)
        else:
            outcomes.append(outcome)
    return ready, outcomes


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


def _unreached(changes: Sequence[TagChange], outcomes: Sequence[Outcome], reason: str) -> list[Outcome]:
    """A failure for each change that has no outcome."""
    reached = {outcome.item for outcome in outcomes}
    return [Outcome(change.item, Result.FAILED, reason) for change in changes if change.item not in reached]
