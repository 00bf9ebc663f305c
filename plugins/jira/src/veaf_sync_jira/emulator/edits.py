"""Changing one issue by `PUT /issue/{id or key}`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from veaf_sync.emulator import BadRequest, Request, Response, Routes
from veaf_sync_jira.emulator.edition import compact
from veaf_sync_jira.emulator.issue import Issue, millis
from veaf_sync_jira.emulator.refusal import Refused
from veaf_sync_jira.emulator.render import Selection
from veaf_sync_jira.emulator.service import Caller, Service

_NO_MUTE = "To discard the user notification either admin or project admin permissions are required."
_MAX_LABEL = 255
_ALL = Selection.of((), "*all")


class Edits:
    """The edits that tags need: labels by operations or whole, the summary, and custom fields."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def add_to(self, routes: Routes) -> None:
        root = self.service.edition.root
        routes.add("PUT", f"{root}/issue/{{issueIdOrKey}}", self.put)
        routes.add("GET", f"{root}/issue/{{issueIdOrKey}}/editmeta", self.screen)

    def screen(self, request: Request, id_or_key: str) -> Response:
        """What the caller may edit on an issue: nothing where the project's screen or permissions do not allow it."""
        caller = self.service.known_caller(request)
        issue = self.service.readable(caller, id_or_key)
        state, knobs = self.service.state, self.service.knobs
        hidden = not caller.edits or issue.project in knobs.locked | knobs.off_screen
        shown = {} if hidden else {id: self._meta(id, *state.custom[id]) for id in state.custom}
        if not hidden:
            labels: dict[str, Any] = {"required": False, "name": "Labels", "operations": ["add", "set", "remove"]}
            labels["schema"] = {"type": "array", "items": "string", "system": "labels"}
            shown["labels"] = labels | ({"key": "labels"} if self.service.edition.cloud else {"fieldId": "labels"})
        return Response.of({"fields": shown})

    def _meta(self, id: str, name: str, kind: str) -> dict[str, Any]:
        several = kind.endswith(":multiselect")
        schema: dict[str, Any] = {"type": "array" if several else "string", "custom": kind}
        schema["customId"] = int(id.removeprefix("customfield_"))
        meta: dict[str, Any] = {"required": False, "schema": schema, "name": name}
        meta |= {"key": id} if self.service.edition.cloud else {"fieldId": id}
        meta["operations"] = ["add", "set", "remove"] if several else ["set"]
        if id in self.service.state.options:
            meta["allowedValues"] = [self._option(id, value) for value in self.service.state.options[id]]
        return meta

    def _option(self, id: str, value: str) -> dict[str, str]:
        """A choice as Jira shows it. Raises `Refused` (400) where the field has none of that name."""
        options = self.service.state.options.get(id)
        if options is not None and value not in options:
            raise Refused(400, errors={id: f"Option value '{value}' is not valid"})
        number = str(20_000 + (options.index(value) if options is not None else sum(map(ord, value))))
        return {"self": self.service.edition.link(f"customFieldOption/{number}"), "id": number, "value": value}

    def put(self, request: Request, id_or_key: str) -> Response:
        caller = self.service.known_caller(request)
        issue = self.service.readable(caller, id_or_key)
        self.must_edit(caller, issue)
        body = request.json()
        if not isinstance(body, dict) or not (body.get("fields") or body.get("update")):
            raise BadRequest("one of 'fields' or 'update' required")
        quiet = request.text("notifyUsers", "true").lower() == "false"
        if quiet and not self.service.knobs.admin:
            raise Refused(403, _NO_MUTE)
        changed = self.apply(issue, body.get("fields") or {}, body.get("update") or {})
        if changed and not quiet:
            self.service.mailed.append(issue.key)
        if request.text("returnIssue") == "true":
            return Response(body=self.service.renderer.issue(self.service.state.issues[issue.id], _ALL).encode())
        return Response(204)

    def must_edit(self, caller: Caller, issue: Issue) -> None:
        """Raises `Refused` (403) where the caller may only read."""
        if not caller.edits or issue.project in self.service.knobs.locked:
            raise Refused(403, "You do not have permission to edit issues in this project.")

    def apply(self, issue: Issue, fields: dict[str, Any], update: dict[str, Any]) -> bool:
        """Change the issue; true where something is different now. Raises `Refused` (400) and changes nothing."""
        both = sorted(fields.keys() & update.keys())
        if both:
            text = f"Field '{both[0]}' cannot appear in both 'fields' and 'update'"
            raise Refused(400, errors={both[0]: text})
        changes: dict[str, Any] = {}
        labels = issue.labels
        for name, value in fields.items():
            if name == "labels":
                labels = self.labels(issue, labels, [{"set": value}])
            else:
                changes[name] = value
        for name, operations in update.items():
            if name == "labels":
                labels = self.labels(issue, labels, operations)
            elif self._several(name):
                changes[name] = self._operated(issue, name, operations)
            else:
                changes[name] = _set_value(name, operations)
        kept = self._fields(issue, changes)
        if labels == issue.labels and kept == dict(issue.fields):
            return False
        service = self.service
        service.state.change(issue, service.due, labels=labels, fields=kept, updated=millis(service.now))
        return True

    def labels(self, issue: Issue, labels: tuple[str, ...], operations: Iterable[dict[str, Any]]) -> tuple[str, ...]:
        """The labels after the operations add, remove and set. Raises `Refused` (400)."""
        if issue.project in self.service.knobs.off_screen:
            raise Refused(400, errors={"labels": _off_screen("labels")})
        now = list(labels)
        for operation in operations:
            for verb, value in operation.items():
                texts = value if verb == "set" and isinstance(value, list) else [value]
                _must_be_labels(texts)
                if verb == "set":
                    now = list(dict.fromkeys(texts))
                elif verb == "add":
                    now += [text for text in texts if text not in now]
                elif verb == "remove":
                    now = [label for label in now if label not in texts]
                else:
                    raise Refused(400, errors={"labels": f"Operation '{verb}' is not supported."})
        return tuple(sorted(now))

    def _fields(self, issue: Issue, changes: dict[str, Any]) -> dict[str, str]:
        kept = dict(issue.fields)
        for name, value in changes.items():
            if name != "summary" and name not in self.service.state.custom:
                raise Refused(400, errors={name: _off_screen(name)})
            if issue.project in self.service.knobs.off_screen:
                raise Refused(400, errors={name: _off_screen(name)})
            shown = self._value(name, value)
            if shown is None or shown == []:
                kept.pop(name, None)
            else:
                kept[name] = compact(shown)
        return kept

    def _value(self, name: str, value: Any) -> Any:
        """A value as the field holds it. Raises `Refused` (400) for one that it does not take."""
        kind = self.service.state.custom.get(name, ("", ""))[1].rpartition(":")[2]
        if value is None or kind not in ("select", "multiselect", "textfield") or name == "summary":
            return value
        if kind == "textfield":
            if not isinstance(value, str):
                raise Refused(400, errors={name: "Operation value must be a string"})
            return value
        given = value if kind == "multiselect" else [value]
        if not isinstance(given, list) or not all(isinstance(one, dict) and "value" in one for one in given):
            raise Refused(400, errors={name: "Specify a valid 'id' or 'name' for the option"})
        shown = [self._option(name, one["value"]) for one in given]
        return shown if kind == "multiselect" else shown[0]

    def _several(self, name: str) -> bool:
        return self.service.state.custom.get(name, ("", ""))[1].endswith(":multiselect")

    def _operated(self, issue: Issue, name: str, operations: Any) -> list[dict[str, Any]]:
        """The choices of a field of several after the operations add, remove and set."""
        now = [{"value": one["value"]} for one in json.loads(issue.fields.get(name, "[]"))]
        for operation in operations:
            for verb, value in operation.items():
                if verb == "set":
                    now = list(value)
                elif verb == "add":
                    now += [value] if value not in now else []
                elif verb == "remove":
                    now = [one for one in now if one != value]
                else:
                    raise Refused(400, errors={name: f"Operation '{verb}' is not supported."})
        return now


def _must_be_labels(values: Iterable[Any]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise Refused(400, errors={"labels": "string expected at index 0"})
        if any(character.isspace() for character in value):
            raise Refused(400, errors={"labels": f"The label '{value}' contains spaces which is invalid."})
        if len(value) > _MAX_LABEL:
            raise Refused(400, errors={"labels": f"The label '{value}' exceeds the limit of {_MAX_LABEL} characters."})


def _set_value(name: str, operations: Any) -> Any:
    if not (isinstance(operations, list) and len(operations) == 1 and set(operations[0]) == {"set"}):
        raise Refused(400, errors={name: "Only the operation 'set' is supported."})
    return operations[0]["set"]


def _off_screen(name: str) -> str:
    return f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
