"""What became of writes: bulk tasks are followed, lost answers are read from the tool, value by value.

Nothing is sent again blindly. A line of the journal is settled only by what the tool says or shows; a bulk task
whose number was lost may still be at work, so what it was to write stays open, and ours, until it is seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from veaf_sync.connector import LABELS, Absent, Pending
from veaf_sync.credentials import redact
from veaf_sync.errors import SourceError
from veaf_sync.model import Action, ItemRef, Outcome, Result, TagChange, WorkItem
from veaf_sync.store import Entry, Lease, Store
from veaf_sync.sync import direct, heard
from veaf_sync.sync.intents import Line, by_item, changes_of, judged, lines_of
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.sources import Source

POLL_FIRST, POLL_LONGEST, POLL_PATIENCE = 1.0, 10.0, 900.0
"""Seconds: the first wait for a bulk task, the longest one, and when the task is left to the next run."""
LOOK_FIRST, LOOK_LONGEST = 5.0, 60.0
"""Seconds: the first and the longest wait between two looks for what a task of unknown number writes."""
GIVEN_UP = timedelta(days=1)
"""When a write whose task is not known, and that is not to be seen, has failed."""


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles lines of the journal of one open source, under the lease of the pass."""

    source: Source
    store: Store
    run: int
    lease: Lease

    @property
    def tagged(self) -> str:
        """The target at which the connector reads tags now."""
        tag = self.source.settings.tag
        return LABELS if tag is None else tag.target

    def resume(self, changes: Sequence[TagChange] = ()) -> dict[ItemRef, str]:
        """Settle what an interrupted run left open; why items must not be sent again now, where that is so.

        The tool is asked once. Only a task with items of `changes`, which are to be written next, is followed. Nothing
        is written, unless `changes` want all that a task was to write: then it may hand over to the next.
        """
        wanted = {change.item: change for change in changes}
        by_task: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.store.journal.open(self.source.name):
            by_task[entry.task].append(entry)
        held: dict[ItemRef, str] = {}
        for task, entries in by_task.items():
            if task:
                wait = any(entry.item in wanted for entry in entries)
                again = all(_wants(wanted.get(entry.item), entry) for entry in entries)
                held |= self._resume_task(task, entries, wait=wait, again=again)
        if by_task[""]:
            self._look(by_task[""])
        return held

    def in_doubt(self, wanted: Collection[ItemRef]) -> set[ItemRef]:
        """Items of `wanted` that a task of unknown number, which may still be at work, was to write."""
        return {entry.item for entry in self._sent_lately(wanted)} if self.source.connector.hands_over() else set()

    def look_on(self, wanted: Collection[ItemRef], progress: Progress) -> None:
        """Look for what tasks of unknown number were to write on `wanted`, for as long as a task would be followed.

        What then is not to be seen may be sent again; its line stays open.
        """
        clock = self.source.connector.clock
        started, pause = clock.monotonic(), LOOK_FIRST
        lately = self._sent_lately(wanted)
        if lately:
            progress.note(
                f"{self.source.name}: {len(lately):,} values that an interrupted run may have sent are not to be "
                f"seen yet. Looking for up to {POLL_PATIENCE / 60:.0f} minutes before they are sent again."
            )
        while lately and clock.monotonic() - started < POLL_PATIENCE:
            clock.sleep(pause)
            pause = min(LOOK_LONGEST, pause * 1.5)
            self.store.leases.renew(self.lease)
            self._look(lately)
            lately = self._sent_lately(wanted)

    def follow(
        self, pending: Pending, batch: Sequence[TagChange], lines: Sequence[Line]
    ) -> Sequence[Outcome] | Pending:
        """Poll a bulk task, and those that it hands over to, until one ends or patience does.

        Raises `FenceLost` before the tool is asked again, once another run holds the lease.
        """
        clock = self.source.connector.clock
        started, pause = clock.monotonic(), POLL_FIRST
        self._note_task(lines, pending.task)
        while clock.monotonic() - started < POLL_PATIENCE:
            clock.sleep(pause)
            pause = min(POLL_LONGEST, pause * 1.5)
            answer = self._poll(pending.task, batch, lines)
            if not isinstance(answer, Pending):
                return answer
            pending = answer
        return pending

    def conclude(
        self, lines: Sequence[Line], answer: Sequence[Outcome], reason: str, *, late: bool = False, unread: bool = False
    ) -> list[Outcome]:
        """Journal what became of `lines`, and bring one outcome an item.

        An item without an answer, or that failed, is read and judged value by value: a tool may say that it failed and
        have written all the same. Only what was not sent, or refused `unread`, is believed to have failed. What cannot
        be read stays open for the next run, and is told as not known. So does what is not there yet where the write
        may still take effect: `late`, the tool gave no answer, or a bulk task may be running whose number was lost.
        """
        told = {outcome.item: outcome for outcome in answer}
        of = by_item(lines)
        doubtful = [
            item
            for item in of
            if item not in told or (told[item].result is Result.FAILED and not unread and not told[item].unsent)
        ]
        readings = self._readings(doubtful)
        settled: dict[int, Outcome] = {}
        outcomes = []
        for item, group in of.items():
            if item in readings:
                detail = told[item].detail if item in told else reason
                reading = readings[item]
                found: dict[int, Outcome] = {}
                outcome = judged(item, group, reading, detail, found, self.tagged)
                unheard = late or (item in told and told[item].again is not None)
                if unheard and isinstance(reading, WorkItem) and outcome.result is Result.FAILED:
                    found = {line: each for line, each in found.items() if each.result is Result.APPLIED}
                    outcome = judged(item, group, Absent.UNKNOWN, detail, {}, self.tagged)
                settled |= found
                if item in told and outcome.result is Result.FAILED:
                    outcome = replace(outcome, again=told[item].again)
            else:
                outcome = told[item]
                settled |= {line.id: outcome for line in group}
            outcomes.append(outcome)
        self.store.journal.settle(self.run, settled, self.lease)
        return outcomes

    def _resume_task(self, task: str, entries: Sequence[Entry], *, wait: bool, again: bool) -> Mapping[ItemRef, str]:
        """Settle the lines of a task; where it has not ended, why their items must not be sent again.

        Not `again`: what a task has not written yet of these lines is not written any more. The rules, the guards and
        people's edits since then decide anew, in a plan of its own.
        """
        changes, lines = changes_of(entries), lines_of(entries)
        if not again:  # without anything to take away there is nothing that a task could hand over
            changes = [replace(change, before=(), after=change.adds) for change in changes]
        try:
            answer = self._poll(task, changes, lines)
            if wait and isinstance(answer, Pending):
                answer = self.follow(answer, changes, lines)
        except SourceError as error:
            self._look(entries)  # of a task that nobody may ask for any more, what stands on the items tells
            still = {entry.id for entry in self.store.journal.open(self.source.name)}
            reason = f"what became of its task {task} is not known ({redact(error.message)})"
            return {line.item: reason for line in lines if line.id in still}
        if isinstance(answer, Pending):
            return {line.item: still_at_work(answer.task) for line in lines}
        self.conclude(lines, answer if again else (), "interrupted before it was written")
        return {}

    def _poll(self, task: str, batch: Sequence[TagChange], lines: Sequence[Line]) -> Sequence[Outcome] | Pending:
        """Ask once. The lease is renewed first: a task may hand over to another, which writes."""
        self.store.leases.renew(self.lease)
        answer = heard.answer(self.source.connector.poll(task, batch))
        if isinstance(answer, Pending) and answer.task != task:
            self._note_task(lines, answer.task)
        return answer

    def _note_task(self, lines: Sequence[Line], task: str) -> None:
        self.store.journal.task([line.id for line in lines], task, self.lease)

    def _look(self, entries: Sequence[Entry]) -> None:
        """Settle those lines without a task whose values are as wanted, and those that nothing can bring any more.

        The others may still take effect: until they are `GIVEN_UP`, what they bring is ours.
        """
        over = {entry.id for entry in self.store.journal.open(self.source.name, older_than=GIVEN_UP)}
        readings = self._readings({entry.item for entry in entries})
        settled: dict[int, Outcome] = {}
        for item, lines in by_item(lines_of(entries)).items():
            found: dict[int, Outcome] = {}
            judged(item, lines, readings[item], "interrupted before it was written", found, self.tagged)
            settled |= {
                id_: outcome
                for id_, outcome in found.items()
                if outcome.result is Result.APPLIED or id_ in over or readings[item] is Absent.GONE
            }
        self.store.journal.settle(self.run, settled, self.lease)

    def _sent_lately(self, wanted: Collection[ItemRef]) -> list[Entry]:
        journal, name = self.store.journal, self.source.name
        old = {entry.id for entry in journal.open(name, older_than=timedelta(seconds=POLL_PATIENCE))}
        return [
            entry for entry in journal.open(name) if not entry.task and entry.item in wanted and entry.id not in old
        ]

    def _readings(self, items: Collection[ItemRef]) -> dict[ItemRef, WorkItem | Absent]:
        """A direct reading of each item; `UNKNOWN` for all where the tool does not answer.

        Gone is believed only of what lived in a partition that is visible now: a tool says the same of what it hides.
        """
        try:
            answers = direct.read(self.source, [item.id for item in items])
            gone = [id_ for id_, answer in answers.items() if answer is Absent.GONE]
            visible = {one.name for one in self.source.connector.partitions() if one.readable} if gone else set()
        except SourceError:
            return dict.fromkeys(items, Absent.UNKNOWN)
        places = self.store.items.memberships(self.run, self.source.name, gone)
        for id_ in gone:
            if not any(place.partition in visible for place in places.get(id_, ())):
                answers[id_] = Absent.UNKNOWN
        return {item: answers[item.id] for item in items}


def _wants(change: TagChange | None, entry: Entry) -> bool:
    """Whether a change is to write what a line of the journal was to write."""
    if change is None or change.target != entry.target or change.partition != entry.partition:
        return False
    return entry.value in (change.adds if entry.action == Action.ADD else change.removes)


def still_at_work(task: str) -> str:
    """Why a change has no outcome yet."""
    return f"the tool is still working on it (task {task}); the next run asks again"
