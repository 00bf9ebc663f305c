"""What the site holds: projects, issue types, statuses, custom fields and issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from veaf_sync_jira.emulator.edition import Edition, compact
from veaf_sync_jira.emulator.index import Index
from veaf_sync_jira.emulator.issue import Issue, IssueType, Project, Status

_CATEGORIES = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
_FIRST_ID = 10_000
_KEY_LENGTH = 32


class State:
    """The site's tables. An issue is found by id, key and former keys; changing one replaces its version."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.projects: dict[str, Project] = {}
        self.types: dict[str, IssueType] = {}
        self.statuses: dict[str, Status] = {}
        self.issues: dict[int, Issue] = {}
        self.custom: dict[str, tuple[str, str]] = {id: (name, kind) for id, _, name, kind in edition.custom}
        self.options: dict[str, list[str]] = {}
        """The choices of a select field by its id; a field that is not here takes any."""
        self.index = Index()
        self._ids: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._ranks: dict[str, int] = {}
        self._next_id = _FIRST_ID
        self._users: dict[str, str] = {}

    def project(self, key: str, name: str = "", raw: Mapping[str, Any] | None = None) -> Project:
        """The project with this key, created where it is new; `raw` is how a payload shows it."""
        known = self.projects.get(key)
        if known is None:
            id = int(raw["id"]) if raw else _FIRST_ID + len(self.projects)
            link = self.edition.link(f"project/{id}")
            shown: dict[str, Any] = {"self": link, "id": str(id), "key": key, "name": name or key.title()}
            shown["projectTypeKey"] = "software"
            shown |= {"simplified": False} if self.edition.cloud else {}
            shown |= raw or {}
            known = self.projects[key] = Project(id, key, str(shown["name"]), compact(shown))
            self._ranks[key] = int.from_bytes(key.encode().ljust(_KEY_LENGTH, b"\0"), "big")
        return known

    def rank(self, project: str) -> int:
        """The project's place by key; it stays the same when others come or go."""
        return self._ranks[project]

    def issue_type(self, name: str, level: int, raw: Mapping[str, Any] | None = None) -> IssueType:
        """The issue type with this name, created with `level` where it is new."""
        known = self.types.get(name.lower())
        if known is None:
            id = str(raw["id"]) if raw else str(10_000 + len(self.types))
            shown: dict[str, Any] = {
                "self": self.edition.link(f"issuetype/{id}"),
                "id": id,
                "description": "",
                "name": name,
            }
            shown |= {"subtask": level < 0, **(raw or {})}
            if self.edition.cloud:
                shown.setdefault("hierarchyLevel", level)
            else:
                shown.pop("hierarchyLevel", None)
            known = self.types[name.lower()] = IssueType(id, name, level, compact(shown))
        return known

    def status(self, name: str, category: str, raw: Mapping[str, Any] | None = None) -> Status:
        """The status with this name, created in `category` (new, indeterminate, done) where it is new."""
        known = self.statuses.get(name.lower())
        if known is None:
            id = str(raw["id"]) if raw else str(10_000 + len(self.statuses))
            group = {
                "self": self.edition.link(f"statuscategory/{_CATEGORIES[category]['id']}"),
                **_CATEGORIES[category],
            }
            shown = {
                "self": self.edition.link(f"status/{id}"),
                "id": id,
                "description": "",
                "name": name,
                **(raw or {}),
            }
            shown["statusCategory"] = group | shown.get("statusCategory", {})
            known = self.statuses[name.lower()] = Status(id, name, category, compact(shown))
        return known

    def field_id(self, name: str, kind: str) -> str:
        """The id of the custom field with this name, created as `kind` (its schema.custom) where it is new."""
        for id, (known, _) in self.custom.items():
            if known.lower() == name.lower():
                return id
        id = f"customfield_{11_000 + len(self.custom)}"
        self.custom[id] = (name, kind)
        return id

    def choice(self, name: str, kind: str, *options: str) -> str:
        """A field of choices, or a text field, with this name; its id."""
        id = self.field_id(name, _TYPES + kind)
        if kind in ("select", "multiselect"):
            self.options[id] = list(options)
        return id

    def user(self, name: str) -> str:
        """A user as JSON text."""
        if name not in self._users:
            self._users[name] = compact(self.edition.user(name))
        return self._users[name]

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def new_number(self, project: str) -> int:
        return self._last.get(project, 0) + 1

    def must_be_new(self, id: int, key: str) -> None:
        """Raises `ValueError` where the site holds an issue with this id or key."""
        if id in self.issues or key in self._ids:
            raise ValueError(f"{key}: the site has an issue with this key or with the id {id} already")

    def hold(self, issue: Issue) -> None:
        """Take in this version of an issue: it is found by its id, its key and its former keys."""
        self.issues[issue.id] = issue
        self._ids[issue.key] = issue.id
        for key in issue.former:
            self._ids.setdefault(key, issue.id)
        self._last[issue.project] = max(self._last.get(issue.project, 0), issue.number)
        self._next_id = max(self._next_id, issue.id)

    def change(self, issue: Issue, due: datetime, **changes: Any) -> Issue:
        """Replace an issue's version; searches see it from `due` on."""
        changed = replace(issue, **changes)
        self.hold(changed)
        self.index.put(changed.id, changed, due)
        return changed

    def drop(self, issue: Issue, due: datetime) -> None:
        """The issue is gone; searches show it until `due`. Its keys are never used again."""
        del self.issues[issue.id]
        self._ids = {key: id for key, id in self._ids.items() if id != issue.id}
        self.index.put(issue.id, None, due)

    def id_of(self, key: str) -> int | None:
        """The id behind a key or former key."""
        return self._ids.get(key.upper())

    def find(self, id_or_key: str) -> Issue | None:
        """An issue by id, key or former key."""
        id = int(id_or_key) if id_or_key.isdigit() else self.id_of(id_or_key)
        return self.issues.get(id) if id is not None else None

    def find_project(self, value: str) -> Project | None:
        """A project by key, name (whatever the case) or id."""
        by_key = self.projects.get(value.upper())
        if by_key:
            return by_key
        wanted = value.lower()
        return next((p for p in self.projects.values() if p.name.lower() == wanted or str(p.id) == value), None)


class View:
    """The site as one user sees it, for queries."""

    def __init__(self, state: State, visible: frozenset[str], *, lenient: bool) -> None:
        self.state = state
        self.visible = visible
        self.lenient = lenient

    def visible_project(self, value: str) -> Project | None:
        project = self.state.find_project(value)
        return project if project and project.key in self.visible else None

    def visible_issue(self, value: str) -> Issue | None:
        issue = self.state.find(value)
        return issue if issue and issue.project in self.visible else None

    def has_type(self, value: str) -> bool:
        return value.lower() in self.state.types or any(known.id == value for known in self.state.types.values())

    def rank(self, project: str) -> int:
        return self.state.rank(project)
