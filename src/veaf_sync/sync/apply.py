"""Write one source's reviewed changes: re-check, journal the intent, write, journal the outcome.

A person's edit since the plan wins. What an interrupted run left open is settled first.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        """Add to `outcomes`; why the credential was refused, else ""."""
        held = self.settler.resume(changes)
        outcomes += [
            Outcome(change.item, Result.FAILED, held[change.item]) for change in changes if change.item in held
        ]
        free = [change for change in changes if change.item not in held]
        doubted = self.settler.in_doubt({change.item for change in free})
        refused = self._write_all(digest, [c for c in free if c.item not in doubted], outcomes, len(changes), progress)
        if doubted and not refused:  # last, so that looking for them delays nothing else
            self.settler.look_on(doubted, progress)
            refused = self._write_all(digest, [c for c in free if c.item in doubted], outcomes, len(changes), progress)
        return refused

    def _write_all(
        self, digest: str, changes: Sequence[TagChange], outcomes: list[Outcome], total: int, progress: Progress
    ) -> str:
        """Re-check and write batch by batch, adding to `outcomes`; why the credential was refused, else ""."""
        applied = self.store.journal.stands(digest)
        batches = self.source.connector.batches
        ahead = Ahead(self.source, list(chain.from_iterable(batches(changes))))
        progress.partition(self.source.name, len(outcomes), total, "change")
        for batch in batches(changes):
            try:
                answers = ahead.of(batch)
            except AuthError as error:
                return describe_failure(self.source.name, error)
            ready, told = _recheck(batch, answers, applied)
            outcomes += told
            if ready:
                told, refused = self._write_batch(digest, ready)
                outcomes += told
                if refused:
                    return refused
            progress.partition(self.source.name, len(outcomes), total, "change")
        return ""

    def _write_batch(self, digest: str, batch: Sequence[TagChange]) -> tuple[list[Outcome], str]:
        """Outcomes of a batch, and (else "") why the credential was refused meanwhile."""
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
        late = not unread and self.source.connector.hands_over()
        outcomes = self.settler.conclude(lines, told, reason, late=late, unread=whole)
        lost = isinstance(error, AuthError) and any(outcome.result is Result.FAILED for outcome in outcomes)
        return outcomes, reason if lost else ""


def _recheck(
    batch: Sequence[TagChange], answers: Answers, applied: set[ItemRef]
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
