"""Setting and clearing a field of project items: in every project of an item that has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from veaf_sync.connector import Preview, Refusal, Rehearsal
from veaf_sync.model import Membership, Outcome, Result, TagChange
from veaf_sync_github.client import Client
from veaf_sync_github.reading import Reading
from veaf_sync_github.sending import AT_ONCE, UNREAD, Call, Failure, send
from veaf_sync_github.target_fields import ONE, TEXT, TargetField, TargetFields

STALE = "UNPROCESSABLE"
"""What GitHub calls a value that the field does not take, such as a choice that is no longer there."""


class FieldWriting:
    """Writes a project's text or choice, or the organisation's issue field behind it. They hold one value."""

    def __init__(self, client: Client, reading: Reading) -> None:
        self._client = client
        self._reading = reading
        self._fields = TargetFields(client)

    def rehearse(self, name: str) -> Rehearsal:
        """Where a field of that name is, and whether it can hold a tag."""
        projects = list(self._reading.projects.values())
        self._fields.learn(projects, name)
        problems, without = [], []
        for project in projects:
            target = self._fields.get(project.name, name)
            if target is None:
                without.append(project.name)
            elif target.type not in (TEXT, ONE):
                where = f"The field {name!r} of {project.name}"
                problems.append(f"{where} is a {target.type.lower()}; a tag needs a text or a choice of one.")
        if without and len(without) == len(projects):
            return Rehearsal((f"No project has a field called {name!r}, so no tag is written.",))
        told = f"No field is called {name!r} in {', '.join(without)}: items that are only there get no tag."
        return Rehearsal(tuple(problems), (told,) if without else ())

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        """Requests and refusals that writing `changes` would bring. GitHub mails nobody about project fields."""
        self._learn(changes)
        refused = [Refusal(change, reason) for change in changes if (reason := self._refusal(change))]
        hopeless = {id(refusal.change) for refusal in refused}
        good = [change for change in changes if id(change) not in hopeless]
        calls = sum(len(self._targets(change)) for change in good)
        return Preview(len(self._lacking(good)) + -(-calls // AT_ONCE), tuple(refused))

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        """Write a batch, one outcome a change; a choice that is gone meanwhile is looked up once more.

        A field is set whole, so what a limit leaves undone is to be tried `again`, behind a fresh look.
        """
        self._learn(batch)
        reasons = {id(change): self._refusal(change) for change in batch}
        left = [change for change in batch if not reasons[id(change)]]
        if self._lacking(left):  # their lists are replaced as a whole, so what people added since must be known
            self._learn_anew(left)
        later: dict[int, Failure] = {}
        for attempt in (1, 2):
            for target, values in self._lacking(left):
                if said := self._fields.add(target, values):
                    for change in left:
                        if any(one is target for _, one in self._targets(change)) and set(change.adds) & set(values):
                            reasons[id(change)] = said
            calls = [call for change in left if not reasons[id(change)] for call in self._calls(change)]
            stale: list[TagChange] = []
            for failure in self._send(calls, f"Writing a field of {len(left)} items"):
                change = failure.call.change
                if failure.kind == STALE and attempt == 1:
                    stale.append(change)
                else:
                    reasons[id(change)] = failure.message
                    if failure.again is not None:
                        later[id(change)] = failure
            if not stale:
                break
            self._learn_anew(stale)
            left = stale
        return [_outcome(change, reasons[id(change)], later.get(id(change))) for change in batch]

    def _send(self, calls: Sequence[Call], what: str) -> list[Failure]:
        """Make the calls; where a limit stops an item that stands in one project already, the others follow at once."""
        failures = send(self._client, calls, what, prompt=True)
        failed = {id(failure.call) for failure in failures}
        begun = {id(call.change) for call in calls if id(call) not in failed}
        halves = [f.call for f in failures if f.again is not None and id(f.call.change) in begun]
        rest = {id(call) for call in halves}
        return [failure for failure in failures if id(failure.call) not in rest] + send(self._client, halves, what)

    def _learn(self, changes: Sequence[TagChange]) -> None:
        self._reading.know([change.item.id for change in changes])
        for name in sorted({_name(change) for change in changes}):
            self._fields.learn(list(self._reading.projects.values()), name)

    def _learn_anew(self, changes: Sequence[TagChange]) -> None:
        for change in changes:
            for place in self._places(change):
                self._fields.forget(place.partition, _name(change))
        self._learn(changes)

    def _places(self, change: TagChange) -> Sequence[Membership]:
        return self._reading.known(change.item.id)

    def _targets(self, change: TagChange) -> list[tuple[Membership, TargetField]]:
        """The places that have the field; an issue's own field once, wherever it shows."""
        found = [
            (place, target)
            for place in self._places(change)
            if (target := self._fields.get(place.partition, _name(change))) is not None
        ]
        shared = [pair for pair in found if pair[1].of_issue]
        return [*(pair for pair in found if not pair[1].of_issue), *shared[:1]]

    def _refusal(self, change: TagChange) -> str:
        """Why a change cannot be written; "" where it can."""
        name, targets = _name(change), self._targets(change)
        if not targets:
            return f"None of its projects has a field called {name!r}."
        for place, target in targets:
            where = f"The field {name!r} of {place.partition}"
            if target.type not in (TEXT, ONE):
                return f"{where} is a {target.type.lower()}; a tag needs a text or a choice of one."
            if len(change.after) > 1:
                return f"{where} holds one value, and {len(change.after)} would stand there."
            if target.of_issue and ("#draft-" in change.key or "/pull/" in change.key):
                return f"{where} is an issue field of the organisation, which only issues have."
            missing = [value for value in change.adds if target.type == ONE and value not in target.options]
            if missing and target.of_issue:
                return f"{where} has no choice {missing[0]!r}; add it in the organisation's settings."
            if missing and not self._client.server.option_ids:
                return f"{where} has no choice {missing[0]!r}; add it by hand: this server would clear the others."
        return ""

    def _lacking(self, changes: Sequence[TagChange]) -> list[tuple[TargetField, list[str]]]:
        """The choices that are missing, by field."""
        wanted: dict[str, tuple[TargetField, set[str]]] = {}
        for change in changes:
            for _, target in self._targets(change):
                if missing := {value for value in change.adds if target.type == ONE and value not in target.options}:
                    wanted.setdefault(target.id, (target, set()))[1].update(missing)
        return [(target, sorted(values)) for target, values in wanted.values()]

    def _calls(self, change: TagChange) -> Iterator[Call]:
        for place, target in self._targets(change):
            value = change.after[0] if change.after else None
            if target.of_issue:
                entry: dict[str, Any] = {"fieldId": target.id}
                if value is None:
                    entry["delete"] = True
                elif target.type == ONE:
                    entry["singleSelectOptionId"] = target.options[value]
                else:
                    entry["textValue"] = value
                yield Call(change, "setIssueFieldValue", {"issueId": change.item.id, "issueFields": [entry]})
                continue
            given: dict[str, Any] = {
                "projectId": self._reading.projects[place.partition].id,
                "itemId": place.handle,
                "fieldId": target.id,
            }
            if value is None:
                yield Call(change, "clearProjectV2ItemFieldValue", given)
            else:
                given["value"] = (
                    {"singleSelectOptionId": target.options[value]} if target.type == ONE else {"text": value}
                )
                yield Call(change, "updateProjectV2ItemFieldValue", given)


def _outcome(change: TagChange, reason: str, later: Failure | None) -> Outcome:
    if later is not None:
        return Outcome(change.item, Result.FAILED, reason, unsent=later.kind == UNREAD, again=later.again)
    return Outcome(change.item, Result.FAILED if reason else Result.APPLIED, reason)


def _name(change: TagChange) -> str:
    return change.target.partition(":")[2]
