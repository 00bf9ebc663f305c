"""Writing tags: labels by one bulk edit for many issues where Jira has that, else, and fields, one edit for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from veaf_sync.connector import GOALS, LABELS, Absent, Pending, Preview, Refusal
from veaf_sync.errors import Forbidden, Incomplete, Rejected
from veaf_sync.model import Outcome, Result, TagChange, WorkItem
from veaf_sync_jira.properties import TASK, Properties
from veaf_sync_jira.reading import Reading
from veaf_sync_jira.rights import Rights
from veaf_sync_jira.target_field import TargetFields

MOST_IN_BULK = 1000
_LONGEST_LABEL = 255
_TRIES = 4
_BUSY = 409
"""What Jira answers where somebody edits at the same moment."""
_RUNNING = frozenset({"ENQUEUED", "RUNNING", "CANCEL_REQUESTED"})
SET = "SET"
"""How a task that sets a field is told from those that add or remove labels."""
_Verb = Literal["ADD", "REMOVE"]


class Writing:
    """Writes labels and custom fields of one site. Whether it may edit in bulk, and without mail, it learns once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._client = reading.client
        self._rights = Rights(reading.client)
        self._fields = TargetFields(reading.client)
        self._properties = Properties(reading.client)
        self._bulk = True
        self._loud: set[str] = set()

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        """Requests, refusals and mails that writing `changes` would bring. Asks for permissions, once a project."""
        refused = [Refusal(change, reason) for change in changes if (reason := self._refusal(change))]
        hopeless = {id(refusal.change) for refusal in refused}
        good = [change for change in changes if id(change) not in hopeless]
        if not good:
            return Preview(0, tuple(refused), 0)
        quiet = [change for change in good if _is_quiet(change)]
        requests = sum(len(change.adds) + len(change.removes) for change in quiet if change.target == GOALS)
        requests += sum(2 if len(batch) > 1 else 1 for batch in self._properties.batches(_at_properties(quiet)))
        good = [change for change in good if not _is_quiet(change)]
        if good and self._in_bulk:
            self._rights.may("BULK_CHANGE")  # from here on `_in_bulk` knows
        bulk = [batch for batch in self.batches(good) if self._in_bulk and _is_bulk(batch)]
        requests += sum(_tasks(batch[0]) * 2 for batch in bulk)
        mute = {id(change) for batch in bulk for change in batch}
        good = [change for change in good if id(change) not in mute]
        loud = [change for change in good if not self._rights.may_mute(_project(change))]
        mailed = 0 if not loud or self._client.settings.mail == "never" else None
        if self._client.settings.mail == "never":
            refused += [Refusal(change, "Jira mutes its mails for project administrators only.") for change in loud]
        elif loud:
            mailed = self._rights.watchers([change.item.id for change in loud])
        return Preview(requests + len(good), tuple(refused), mailed)

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        """Changes with the same labels to add and remove go together on Cloud, up to 1,000; singly otherwise."""
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[TagChange]] = {}
        for change in _labels(changes):
            groups.setdefault((tuple(sorted(change.adds)), tuple(sorted(change.removes))), []).append(change)
        for group in groups.values():
            start = 0
            while start < len(group):
                size = MOST_IN_BULK if self._in_bulk else 1
                yield tuple(group[start : start + size])
                start += size
        yield from self._properties.batches(_at_properties(changes))
        others = [change for change in changes if change.target != LABELS and not _is_property(change)]
        yield from self._bulk_fields(others)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        """Write a batch. Raises `AuthError` where nothing was done, `Incomplete` where that is not known.

        One that was cut for a bulk edit, which then turns out to be refused, is to be cut anew.
        """
        if _is_property(batch[0]):
            return self._properties.write(batch)
        if all(reasons := [self._refusal(change) for change in batch]):
            return [
                Outcome(change.item, Result.FAILED, reason, unsent=True)
                for change, reason in zip(batch, reasons, strict=True)
            ]
        if self._in_bulk and _is_bulk(batch) and not any(reasons):
            if batch[0].target != LABELS:
                return self._write_fields(batch)
            try:
                return self._submit("ADD" if batch[0].adds else "REMOVE", batch)
            except (Forbidden, Rejected) as refusal:
                if isinstance(refusal, Rejected) and "permission" not in refusal.message.lower():
                    raise
                self._bulk = False
                return _cut_anew(batch, refusal.message)
        return [self._put(batch[0])] if len(batch) == 1 else _cut_anew(batch, "Bulk edits are refused here.")

    def poll(self, task: str, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        """Ask once for a task (`ADD:id` or `REMOVE:id`); a batch that does both removes when the adding is done."""
        verb, _, id = task.partition(":")
        if verb == TASK:
            return Pending(task) if self._properties.running(id) else self._settle(batch, {})
        try:
            data = self._client.call("GET", f"bulk/queue/{id}", what="Asking for a bulk edit").data
        except Rejected:
            return self._settle(batch, {})  # Jira knows the task no more: what stands on the issues decides
        if not isinstance(data, dict) or not isinstance(data.get("status"), str):
            raise Incomplete("Asking for a bulk edit: the answer does not say how it stands.")
        if data["status"] in _RUNNING:
            return Pending(task)
        if verb == "ADD" and batch[0].removes and data["status"] == "COMPLETE":
            return self._submit("REMOVE", batch)
        failed = data.get("failedAccessibleIssues")
        reasons = {id: "; ".join(map(str, texts)) for id, texts in failed.items()} if isinstance(failed, dict) else {}
        done = {str(id) for id in data.get("processedAccessibleIssues") or ()}
        both = bool(batch[0].adds and batch[0].removes) and verb != SET
        open_ = [change for change in batch if both or (change.item.id not in done and change.item.id not in reasons)]
        settled = {outcome.item: outcome for outcome in self._settle(open_, reasons)} if open_ else {}
        return [settled.get(change.item) or _outcome(change, reasons.get(change.item.id)) for change in batch]

    @property
    def _in_bulk(self) -> bool:
        return self._bulk and self._client.site.cloud and not self._rights.lacks("BULK_CHANGE")

    def _bulk_fields(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        """Changes that set the same field to the same go together on Cloud, where Jira takes that; else singly."""
        groups: dict[object, list[TagChange]] = {}
        for change in changes:
            edit = self._fields.bulk_edit(change) if change.target != GOALS and self._in_bulk else None
            groups.setdefault(change.item if edit is None else repr(edit), []).append(change)
        for group in groups.values():
            for start in range(0, len(group), MOST_IN_BULK):
                yield tuple(group[start : start + MOST_IN_BULK])

    def _write_fields(self, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        from veaf_sync.http import Throttled  # requests costs start-up time

        edit = self._fields.bulk_edit(batch[0])
        assert edit is not None  # noqa: S101  `batches` put them together by it
        try:
            return self._bulk_task(SET, batch, edit.field, edit.input, tries=1)
        except Throttled as limit:
            return [Outcome(c.item, Result.FAILED, limit.message, unsent=True, again=limit.seconds) for c in batch]
        except (Forbidden, Rejected) as refusal:
            self._bulk = False
            return _cut_anew(batch, refusal.message)

    def _submit(self, verb: _Verb, batch: Sequence[TagChange]) -> Pending:
        names = batch[0].adds if verb == "ADD" else batch[0].removes
        labels = {
            "fieldId": "labels",
            "bulkEditMultiSelectFieldOption": verb,
            "labels": [{"name": name} for name in names],
        }
        return self._bulk_task(verb, batch, "labels", {"labelsFields": [labels]})

    def _bulk_task(
        self, verb: str, batch: Sequence[TagChange], field: str, edited: Mapping[str, Any], *, tries: int = _TRIES
    ) -> Pending:
        from veaf_sync.http import Throttled  # requests costs start-up time

        body = {
            "selectedIssueIdsOrKeys": [change.handle or change.item.id for change in batch],
            "selectedActions": [field],
            "editedFieldsInput": dict(edited),
            "sendBulkNotification": False,
        }
        what = f"A bulk edit of {len(batch)} issues"
        for attempt in range(1, tries + 1):
            try:
                answer = self._client.call("POST", "bulk/issues/fields", json=body, what=what, prompt=tries == 1)
            except Throttled:
                if attempt == tries:
                    raise
                continue  # it was refused unread, so asking again doubles nothing; the session waits as long as told
            task = answer.data.get("taskId") if isinstance(answer.data, dict) else None
            if not isinstance(task, str) or not task:
                raise Incomplete(f"{what}: the answer names no task.")
            return Pending(f"{verb}:{task}")
        raise AssertionError("unreachable")

    def _put(self, change: TagChange) -> Outcome:
        if change.target == GOALS and self._reading.goals is not None:
            return self._reading.goals.write(change)
        from veaf_sync.http import Throttled  # requests costs start-up time

        project = _project(change)
        quiet = project not in self._loud
        whole = change.target != LABELS and self._fields.whole(change)
        try:
            self._edit(change, quiet=quiet, whole=whole)
        except Forbidden as refusal:
            if not quiet or "notification" not in refusal.message.lower():
                return Outcome(change.item, Result.FAILED, refusal.message)
            if self._client.settings.mail == "never":
                return Outcome(
                    change.item, Result.FAILED, f"{refusal.message} mail: never forbids to do it with mails."
                )
            self._loud.add(project)
            return self._put(change)
        except Rejected as refusal:
            busy = whole and refusal.status == _BUSY
            return Outcome(change.item, Result.FAILED, refusal.message, again=1.0 if busy else None)
        except Throttled as limit:
            if not whole:
                raise
            return Outcome(change.item, Result.FAILED, limit.message, unsent=True, again=limit.seconds)
        except Incomplete as failure:
            if not whole:
                raise
            return Outcome(change.item, Result.FAILED, failure.message, again=1.0)
        return Outcome(change.item, Result.APPLIED)

    def _edit(self, change: TagChange, *, quiet: bool, whole: bool) -> None:
        """One edit of one issue: operations, so that others' labels stay, and a field that is set `whole` only once."""
        body = self._body(change)
        path = f"issue/{change.handle or change.item.id}"
        params = {"notifyUsers": "false"} if quiet else None
        what = f"Editing {change.key}"
        for attempt in range(1, _TRIES + 1):
            try:
                self._client.call("PUT", path, json=body, params=params, what=what, prompt=whole)
            except Rejected as refusal:
                if refusal.status != _BUSY or attempt == _TRIES or whole:
                    raise
                continue  # somebody edited at the same moment; operations can simply be repeated
            return

    def _body(self, change: TagChange) -> dict[str, Any]:
        if change.target != LABELS:
            return self._fields.body(change)
        operations = [*({"add": name} for name in change.adds), *({"remove": name} for name in change.removes)]
        return {"update": {"labels": operations}}

    def _refusal(self, change: TagChange) -> str:
        if _is_property(change):
            return self._properties.refusal(change)
        if change.target == GOALS:
            goals = self._reading.goals
            return "Links to goals are not read here; say goals: true." if goals is None else goals.refusal(change)
        return _refusal(change) if change.target == LABELS else self._fields.refusal(change)

    def _settle(self, batch: Sequence[TagChange], reasons: Mapping[str, str]) -> list[Outcome]:
        """What became of changes of which Jira did not say: a direct read shows it."""
        seen = self._reading.get([change.item.id for change in batch])
        return [_seen_outcome(change, seen[change.item.id], reasons.get(change.item.id, "")) for change in batch]


def _cut_anew(batch: Sequence[TagChange], reason: str) -> list[Outcome]:
    return [Outcome(change.item, Result.FAILED, reason, unsent=True, again=0.0) for change in batch]


def _seen_outcome(change: TagChange, item: WorkItem | Absent, reason: str) -> Outcome:
    if isinstance(item, Absent):
        return Outcome(change.item, Result.FAILED, reason or "The issue is not there, or not visible.")
    seen = _seen(item, change.target)
    if seen.issuperset(change.adds) and seen.isdisjoint(change.removes):
        return Outcome(change.item, Result.APPLIED)
    return Outcome(change.item, Result.FAILED, reason or "Jira ended the bulk edit without doing it.")


def _seen(item: WorkItem, target: str) -> set[str]:
    """What stands at a target."""
    if target == LABELS:
        return set(item.labels)
    if target.startswith("field:"):
        return set(item.fields.get(target.removeprefix("field:"), ()))
    return {value for place in item.partitions for value in place.tags}


def _is_property(change: TagChange) -> bool:
    return change.target.startswith("property:")


def _at_properties(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if _is_property(change)]


def _is_quiet(change: TagChange) -> bool:
    """Nobody watches a link to a goal, or a property."""
    return change.target == GOALS or _is_property(change)


def _is_bulk(batch: Sequence[TagChange]) -> bool:
    """Whether a batch is worth a bulk edit: a field of one issue is set as fast by itself."""
    return batch[0].target == LABELS or len(batch) > 1


def _tasks(change: TagChange) -> int:
    """How many bulk edits a change takes: labels are added by one and removed by another."""
    return bool(change.adds) + bool(change.removes) if change.target == LABELS else 1


def _outcome(change: TagChange, reason: str | None) -> Outcome:
    return Outcome(change.item, Result.APPLIED if reason is None else Result.FAILED, reason or "")


def _labels(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target == LABELS]


def _project(change: TagChange) -> str:
    return change.key.rpartition("-")[0]


def _refusal(change: TagChange) -> str:
    """Why Jira would not take a change's labels; "" where it would."""
    for label in change.adds:
        if any(char.isspace() for char in label):
            return f"The label {label!r} contains a space; Jira's labels cannot."
        if len(label) > _LONGEST_LABEL:
            return f"The label {label[:40]!r}… is longer than {_LONGEST_LABEL} characters."
    return ""
