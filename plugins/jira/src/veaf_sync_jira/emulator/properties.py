"""Issue properties (Cloud): set one by one, or many by a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from veaf_sync.emulator import BadRequest, Request, Response, Routes
from veaf_sync_jira.emulator.edits import Edits
from veaf_sync_jira.emulator.issue import Issue, millis
from veaf_sync_jira.emulator.refusal import Refused
from veaf_sync_jira.emulator.service import Service

_MAX_ISSUES = 100


@dataclass
class PropertyTask:
    """What a request wanted, by issue: done when it was polled often enough."""

    id: str
    wanted: dict[int, dict[str, Any]]
    made: datetime
    polls: int = 0
    status: str = "ENQUEUED"


class PropertyApi:
    """`held` are properties by issue and key. Setting one moves no clock of the issue."""

    def __init__(self, service: Service, edits: Edits, url: Callable[[], str]) -> None:
        self._service, self._edits, self._url = service, edits, url
        self.tasks: dict[str, PropertyTask] = {}

    def add_to(self, routes: Routes) -> None:
        root = self._service.edition.root
        routes.add("POST", f"{root}/issue/properties/multi", self.many)
        routes.add("GET", f"{root}/task/{{taskId}}", self.task)
        routes.add("PUT", f"{root}/issue/{{issueIdOrKey}}/properties/{{propertyKey}}", self.set)
        routes.add("DELETE", f"{root}/issue/{{issueIdOrKey}}/properties/{{propertyKey}}", self.delete)

    def many(self, request: Request) -> Response:
        caller = self._service.known_caller(request)
        body = request.json()
        rows = body.get("issues") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not 1 <= len(rows) <= _MAX_ISSUES:
            raise Refused(400, f"issues must hold 1 to {_MAX_ISSUES} issues.")
        if not caller.edits:
            raise Refused(400, "You do not have permission to edit these issues.")
        id = str(10_000 + len(self.tasks))
        wanted = {int(row["issueID"]): dict(row["properties"]) for row in rows}
        self.tasks[id] = PropertyTask(id, wanted, self._service.now)
        return Response(303, headers={"Location": f"{self._url()}{self._service.edition.root}/task/{id}"})

    def task(self, request: Request, id: str) -> Response:
        self._service.known_caller(request)
        task = self.tasks.get(id)
        if task is None:
            raise Refused(404, f"The task with ID {id} does not exist.")
        task.polls += 1
        if task.status in ("ENQUEUED", "RUNNING"):
            task.status = "RUNNING"
            if task.polls > self._service.knobs.bulk_polls:
                self._finish(task)
        moment = millis(task.made)
        return Response.of(
            {
                "self": f"{self._url()}{self._service.edition.root}/task/{id}",
                "id": id,
                "status": task.status,
                "submittedBy": 10000,
                "progress": 100 if task.status == "COMPLETE" else 0,
                "elapsedRuntime": 0,
                "submitted": moment,
                "lastUpdate": moment,
            }
        )

    def set(self, request: Request, id_or_key: str, key: str) -> Response:
        issue = self._editable(request, id_or_key)
        try:
            value = json.loads(request.body)
        except ValueError:
            raise BadRequest("The value is no JSON.") from None
        held = self._service.properties.setdefault(issue.id, {})
        status = 200 if key in held else 201
        held[key] = value
        return Response.of({}, status)

    def delete(self, request: Request, id_or_key: str, key: str) -> Response:
        issue = self._editable(request, id_or_key)
        if self._service.properties.get(issue.id, {}).pop(key, None) is None:
            raise Refused(404, f"The property {key} does not exist.")
        return Response(204)

    def _editable(self, request: Request, id_or_key: str) -> Issue:
        caller = self._service.known_caller(request)
        issue = self._service.readable(caller, id_or_key)
        self._edits.must_edit(caller, issue)
        return issue

    def _finish(self, task: PropertyTask) -> None:
        """Issues that may not be edited, or are gone, are left out: the operation is not transactional."""
        knobs, state = self._service.knobs, self._service.state
        task.status = knobs.bulk_end
        if task.status != "COMPLETE":
            return
        for id, values in task.wanted.items():
            issue = state.issues.get(id)
            if issue is not None and issue.key not in knobs.unwritable and issue.project not in knobs.locked:
                self._service.properties.setdefault(id, {}).update(values)


def with_properties(service: Service, shown: str, issue: Issue, names: Sequence[str]) -> str:
    """An issue's JSON with those of its properties that a request names."""
    if not names:
        return shown
    held = service.properties.get(issue.id, {})
    chosen = {name: held[name] for name in names if name in held}
    return f'{shown[:-1]},"properties":{json.dumps(chosen)}}}'
