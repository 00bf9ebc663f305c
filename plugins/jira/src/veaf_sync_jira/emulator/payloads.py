"""From recorded issues to issues: raw JSON of Jira Server, Data Center or Cloud, in either edition of the emulator.

What the two forms say differently is translated (users, rich text, epic and parent, sprints); everything else is kept
as it came and served again. Fields of the agile interface (`epic`, `sprint`, `closedSprints`, `flagged`) become the
custom fields that carry the same facts on the platform interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from veaf_sync_jira.emulator.edition import CLOUD, compact
from veaf_sync_jira.emulator.issue import Issue, Millis, millis, split_key
from veaf_sync_jira.emulator.state import State

EXPANDABLE = ("renderedFields", "transitions", "changelog")
_COMPUTED = ("project", "issuetype", "status", "created", "updated", "resolutiondate", "labels")
_AGILE = ("epic", "sprint", "closedSprints", "flagged")
_USERS = ("assignee", "reporter", "creator")
_RICH = ("description", "environment")
_UNKNOWN = "com.example.unknown:recorded"


class PayloadLoader:
    """Makes issues of raw payloads. Parents and epics may stand anywhere in the batch, or outside the site."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.edition = state.edition
        self._sprint = next(id for id, role, *_ in self.edition.custom if role == "sprint")

    def load(self, payloads: Iterable[Mapping[str, Any]]) -> list[Issue]:
        """The issues, held by the site. Raises `ValueError` for a payload without id, key or fields."""
        batch = list(payloads)
        for payload in batch:
            if not {"id", "key", "fields"} <= set(payload):
                raise ValueError("an issue needs id, key and fields")
        ids = {str(payload["key"]): int(payload["id"]) for payload in batch}
        issues = [self._issue(payload, ids) for payload in batch]
        for issue in issues:
            self.state.must_be_new(issue.id, issue.key)
            self.state.hold(issue)
        return issues

    def _issue(self, payload: Mapping[str, Any], ids: Mapping[str, int]) -> Issue:
        raw = payload["fields"]
        project, number = split_key(payload["key"])
        self.state.project(project, raw=raw["project"])
        kind, status = raw["issuetype"], raw["status"]
        parent, above = self._parent(raw, ids)
        return Issue(
            id=int(payload["id"]),
            project=project,
            number=number,
            type=self.state.issue_type(kind["name"], _level(kind), kind),
            status=self.state.status(status["name"], status["statusCategory"]["key"], status),
            created=_moment(raw["created"]) or 0,
            updated=_moment(raw["updated"]) or 0,
            resolved=_moment(raw.get("resolutiondate")),
            labels=tuple(raw.get("labels") or ()),
            fields=self._fields(raw) | above,
            parent=parent,
            extra={name: compact(payload[name]) for name in EXPANDABLE if payload.get(name) is not None} or None,
        )

    def _parent(self, raw: Mapping[str, Any], ids: Mapping[str, int]) -> tuple[int, dict[str, str]]:
        """The parent's id in the site (0: none), and the fields by which the rest is said."""
        parent, epic = raw.get("parent"), raw.get("epic")
        said: dict[str, str] = {}
        if epic:
            said[self.edition.field("epic_link")] = compact(epic["key"])
        if parent is None and epic and self.edition.cloud:
            inner = {"summary": epic.get("summary") or epic.get("name") or epic["key"]}
            parent = {"id": str(epic["id"]), "key": epic["key"], "fields": inner}
        if parent and (self.edition.cloud or raw["issuetype"].get("subtask")):
            said["parent"] = compact(parent)
        elif parent:
            said.setdefault(self.edition.field("epic_link"), compact(parent["key"]))
        nearest = parent or epic
        return (ids.get(nearest["key"]) or self.state.id_of(nearest["key"]) or 0 if nearest else 0), said

    def _fields(self, raw: Mapping[str, Any]) -> dict[str, str]:
        values: dict[str, Any] = {
            name: value for name, value in raw.items() if name not in _COMPUTED and name not in (*_AGILE, "parent")
        }
        for name in _USERS:
            if values.get(name):
                values[name] = self._user(values[name])
        for name in _RICH:
            values[name] = self.edition.rich(values.get(name))
        sprints = [*(raw.get("closedSprints") or ()), *([raw["sprint"]] if raw.get("sprint") else ())]
        recorded = values.pop(CLOUD.field("sprint"), None) if not self.edition.cloud else None
        if sprints or recorded:
            values[self._sprint] = [self._as_sprint(sprint) for sprint in sprints or recorded or ()]
        if raw.get("flagged"):
            values[self.edition.field("flagged")] = [{"id": "10019", "value": "Impediment"}]
        for name in values:
            if name.startswith("customfield_") and name not in self.state.custom:
                self.state.custom[name] = (f"Recorded {name.removeprefix('customfield_')}", _UNKNOWN)
        return {name: compact(value) for name, value in values.items() if value is not None}

    def _user(self, user: Mapping[str, Any]) -> dict[str, Any]:
        """A user in this edition's form; what the other form says besides is kept."""
        name = str(user.get("accountId") or user.get("name"))
        hidden = ("name", "key") if self.edition.cloud else ("accountId", "accountType")
        kept = {key: value for key, value in user.items() if key not in (*hidden, "self")}
        return {**self.edition.user(name), **kept}

    def _as_sprint(self, sprint: Mapping[str, Any]) -> Any:
        board = sprint.get("boardId", sprint.get("originBoardId"))
        return self.edition.sprint({**{k: v for k, v in sprint.items() if k != "originBoardId"}, "boardId": board})


def _level(kind: Mapping[str, Any]) -> int:
    if "hierarchyLevel" in kind:
        return int(kind["hierarchyLevel"])
    if kind.get("subtask"):
        return -1
    return {"epic": 1, "initiative": 2}.get(str(kind["name"]).lower(), 0)


def _moment(text: str | None) -> Millis | None:
    return millis(datetime.fromisoformat(text)) if text else None
