"""Cloud's bulk edit: one change for up to 1,000 issues, made by a task that is polled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from veaf_sync.emulator import BadRequest, Request, Response, Routes
from veaf_sync_jira.emulator.edits import Edits
from veaf_sync_jira.emulator.issue import Issue, millis
from veaf_sync_jira.emulator.refusal import BulkRefused, Refused
from veaf_sync_jira.emulator.service import Caller, Service

_MAX_ISSUES = 1000
_KEPT = timedelta(days=14)
_VERBS = {"ADD": "add", "REMOVE": "remove", "REPLACE": "set"}


@dataclass
class Task:
    """One bulk edit: `operations` for the labels of `issues` (ids), and how it went."""

    id: str
    issues: list[int]
    operations: list[dict[str, Any]]
    fields: dict[str, Any]
    quiet: bool
    made: datetime
    lost: int
    polls: int = 0
    status: str = "ENQUEUED"
    done: list[int] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.status in ("ENQUEUED", "RUNNING")


class Bulk:
    """`POST /bulk/issues/fields` and `GET /bulk/queue/{taskId}`."""

    def __init__(self, service: Service, edits: Edits) -> None:
        self.service = service
        self.edits = edits
        self.tasks: dict[str, Task] = {}
        self._count = 0

    def add_to(self, routes: Routes) -> None:
        root = self.service.edition.root
        routes.add("POST", f"{root}/bulk/issues/fields", self.submit)
        routes.add("GET", f"{root}/bulk/queue/{{taskId}}", self.poll)

    def submit(self, request: Request) -> Response:
        caller = self._caller(request)
        body = request.json()
        if not isinstance(body, dict):
            raise BadRequest("The request body must be an object.")
        wanted = body.get("selectedIssueIdsOrKeys") or []
        edited, actions = body.get("editedFieldsInput") or {}, body.get("selectedActions") or []
        fields = self._fields(edited)
        operations = self._operations(edited, actions) if "labelsFields" in edited or not fields else []
        if fields and set(fields) != set(actions):
            raise BulkRefused(400, "The selectedActions and the editedFieldsInput are not about the same fields.")
        if not wanted:
            raise BulkRefused(400, "selectedIssueIdsOrKeys must not be empty")
        if len(wanted) > _MAX_ISSUES:
            raise BulkRefused(400, f"The number of issues must not exceed {_MAX_ISSUES}.")
        if sum(task.open for task in self.tasks.values()) >= self.service.knobs.bulk_at_once:
            raise BulkRefused(429, "Too many bulk operations are in progress.", headers={"Retry-After": "5"})
        found = [self.service.state.find(str(id)) for id in wanted]
        visible = self.service.visible(caller)
        known = [issue.id for issue in found if issue and issue.project in visible]
        self._count += 1
        id = hashlib.blake2s(f"task {self._count}".encode(), digest_size=8).hexdigest()
        quiet = body.get("sendBulkNotification") is False
        self.tasks[id] = Task(id, known, operations, fields, quiet, self.service.now, len(wanted) - len(known))
        return Response.of({"taskId": id}, 201)

    def _caller(self, request: Request) -> Caller:
        try:
            caller = self.service.known_caller(request)
        except Refused as error:
            raise BulkRefused(error.status, *error.messages, headers=error.headers) from None
        if not caller.edits or not self.service.knobs.bulk_change:
            raise BulkRefused(403, "User does not have the global permission Bulk change.")
        return caller

    def _fields(self, edited: dict[str, Any]) -> dict[str, Any]:
        """Custom fields as a single edit sets them, by id. Raises `BulkRefused` (400)."""
        found: dict[str, Any] = {
            part["fieldId"]: part["text"] or None for part in edited.get("singleLineTextFields") or []
        }
        for part in edited.get("singleSelectFields") or []:
            number, options = part["option"].get("optionId"), self.service.state.options.get(part["fieldId"], ())
            values = {20_000 + place: {"value": value} for place, value in enumerate(options)}
            if number != -1 and number not in values:
                raise BulkRefused(400, f"Option id {number} is not valid")
            found[part["fieldId"]] = None if number == -1 else values[number]
        return found

    def _operations(self, edited: dict[str, Any], actions: list[str]) -> list[dict[str, Any]]:
        """The edits of labels, as operations of a single edit. Raises `BulkRefused` (400)."""
        labels = edited.get("labelsFields") or []
        fields = [part.get("fieldId") for part in labels]
        if set(edited) - {"labelsFields", "singleLineTextFields", "singleSelectFields"} or set(fields) - {"labels"}:
            raise BulkRefused(501, "This emulator of Jira edits labels in bulk, nothing else.")
        unlisted = sorted(set(fields) - set(actions))
        if unlisted:
            text = "The following editedFieldInput values are not listed as selectedActions : "
            raise BulkRefused(400, text + ", ".join(unlisted))
        if not labels or set(actions) - set(fields):
            raise BulkRefused(400, "The selectedActions have no values in editedFieldsInput.")
        operations: list[dict[str, Any]] = []
        for part in labels:
            names = [label.get("name") for label in part.get("labels") or []]
            option = part.get("bulkEditMultiSelectFieldOption")
            if option == "REMOVE_ALL":
                operations.append({"set": []})
            elif option == "REPLACE":
                operations.append({"set": names})
            elif option in _VERBS:
                operations += [{_VERBS[option]: name} for name in names]
            else:
                raise BulkRefused(400, f"Unknown bulkEditMultiSelectFieldOption {option}")
        return operations

    def poll(self, request: Request, id: str) -> Response:
        self._caller(request)
        task = self.tasks.get(id)
        if task is None or self.service.now - task.made > _KEPT:
            raise BulkRefused(400, f"Task {id} does not exist.")
        task.polls += 1
        if task.open and task.polls > self.service.knobs.bulk_polls:
            self.finish(task)
        elif task.open and task.polls > 1:
            task.status = "RUNNING"
        done = len(task.done) + len(task.failed)
        moment = millis(self.service.now)
        return Response.of(
            {
                "taskId": task.id,
                "status": task.status,
                "submittedBy": {"accountId": self.service.user.partition("@")[0]},
                "created": millis(task.made),
                "started": millis(task.made),
                "updated": moment,
                "progressPercent": 100 * done // len(task.issues) if task.issues else 100,
                "totalIssueCount": len(task.issues) + task.lost,
                "invalidOrInaccessibleIssueCount": task.lost,
                "processedAccessibleIssues": task.done,
                "failedAccessibleIssues": task.failed,
            }
        )

    def settle(self) -> None:
        """Complete the tasks that have run for `bulk_seconds`."""
        limit = timedelta(seconds=self.service.knobs.bulk_seconds)
        for task in list(self.tasks.values()):
            if task.open and self.service.now - task.made >= limit:
                self.finish(task)

    def finish(self, task: Task) -> None:
        """Bring a task to its end; only a COMPLETE one has changed issues."""
        task.status = self.service.knobs.bulk_end
        if task.status != "COMPLETE":
            return
        for id in task.issues:
            issue = self.service.state.issues.get(id)
            if issue is None:
                task.lost += 1
            else:
                self._change(task, issue)

    def _change(self, task: Task, issue: Issue) -> None:
        reason = self.service.knobs.unwritable.get(issue.key)
        if reason is None and issue.project in self.service.knobs.locked:
            reason = "You do not have permission to edit issues in this project."
        if reason is None:
            try:
                update = {"labels": task.operations} if task.operations else {}
                changed = self.edits.apply(issue, task.fields, update)
            except Refused as error:
                reason = "; ".join([*error.messages, *error.errors.values()])
            else:
                task.done.append(issue.id)
                if changed and not task.quiet:
                    self.service.mailed.append(issue.key)
                return
        task.failed[str(issue.id)] = [reason]
