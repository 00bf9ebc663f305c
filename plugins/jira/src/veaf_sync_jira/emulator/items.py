"""From the neutral scenario to issues: work items as Jira would hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from veaf_sync.model import Level, StateCategory, WorkItem
from veaf_sync_jira.emulator.edition import compact
from veaf_sync_jira.emulator.issue import Issue, Millis, millis, split_key
from veaf_sync_jira.emulator.state import State

LEVELS: Mapping[Level, tuple[str, int]] = {
    Level.INITIATIVE: ("Initiative", 2),
    Level.EPIC: ("Epic", 1),
    Level.STANDARD: ("Story", 0),
    Level.SUBTASK: ("Sub-task", -1),
}
STATES: Mapping[StateCategory, tuple[str, str]] = {
    StateCategory.TODO: ("To Do", "new"),
    StateCategory.IN_PROGRESS: ("In Progress", "indeterminate"),
    StateCategory.DONE: ("Done", "done"),
}
_SELECT = "com.atlassian.jira.plugin.system.customfieldtypes:multiselect"


class ItemLoader:
    """Makes issues of work items. Parents may come later in the same batch, or stand in the site already."""

    def __init__(self, state: State, now: datetime) -> None:
        self.state = state
        self.now = now
        self._named: dict[tuple[str, str], str] = {}
        self._ids: dict[str, int] = {}
        self._lists: dict[tuple[str, tuple[str, ...]], str] = {}
        self._teams: dict[str, str] = {}
        self._custom = {role: state.edition.field(role) for role in ("points", "team", "sprint")}

    def load(self, items: Iterable[WorkItem]) -> list[Issue]:
        """The issues of these items, held by the site. Raises `ValueError` naming an item that Jira cannot hold."""
        batch = list(items)
        for item in batch:
            self._ids[item.key] = int(item.id) if item.id.isdigit() else self.state.new_id()
        issues = [self._issue(item) for item in batch]
        for issue in issues:
            self.state.must_be_new(issue.id, issue.key)
            self.state.hold(issue)
        return issues

    def _issue(self, item: WorkItem) -> Issue:
        project, number = split_key(item.key)
        self.state.project(project)
        name, level = LEVELS[item.level]
        status, category = STATES[item.state_category]
        created = millis(item.created or self.now)
        resolved: Millis | None = None
        if item.state_category is StateCategory.DONE and item.completed:
            resolved = millis(item.completed)
        parent, outside = self._parent(item)
        return Issue(
            id=self._ids[item.key],
            project=project,
            number=number,
            type=self.state.issue_type(item.type or name, level),
            status=self.state.status(item.state or status, category),
            created=created,
            updated=millis(item.updated) if item.updated else created,
            resolved=resolved,
            labels=tuple(dict.fromkeys([*item.labels, *(tag for place in item.partitions for tag in place.tags)])),
            fields=self.fields(item) | outside,
            parent=parent,
            former=item.aliases,
        )

    def _parent(self, item: WorkItem) -> tuple[int, dict[str, str]]:
        if not item.parent:
            return 0, {}
        known = self._ids.get(item.parent) or self.state.id_of(item.parent)
        if known:
            return known, {}
        try:
            split_key(item.parent)
        except ValueError:
            raise ValueError(
                f"{item.key}: Jira cannot hold the parent {item.parent}, which is no issue of it"
            ) from None
        if self.state.edition.cloud or item.level is Level.SUBTASK:
            return 0, {"parent": compact({"key": item.parent})}
        role = "parent_link" if item.level is Level.EPIC else "epic_link"
        return 0, {self.state.edition.field(role): compact(item.parent)}

    def fields(self, item: WorkItem) -> dict[str, str]:
        """The item's other properties as JSON texts of Jira's fields."""
        edition, custom = self.state.edition, self._custom
        values: dict[str, str | None] = {
            "summary": compact(item.title),
            "description": compact(edition.rich(item.description)) if item.description else None,
            "components": self._list("component", item.components),
            "fixVersions": self._list("version", item.milestones),
            "issuelinks": "[]",
            "assignee": self.state.user(item.assignees[0]) if item.assignees else None,
            "timespent": None if item.hours is None else str(round(item.hours * 3600)),
            custom["points"]: None if item.points is None else compact(item.points),
            custom["team"]: self._team(item.team) if item.team else None,
            custom["sprint"]: self._sprints(item.sprints) if item.sprints else None,
        }
        for name, texts in item.fields.items():
            values[self.state.field_id(name, _SELECT)] = self._list("option", texts)
        return {name: value for name, value in values.items() if value is not None}

    def field_ids(self, name: str, value: object) -> list[str]:
        """The ids of Jira's fields behind one property of a work item (several for `fields`)."""
        if name == "fields" and isinstance(value, Mapping):
            return [self.state.field_id(custom, _SELECT) for custom in value]
        renamed = {"title": "summary", "milestones": "fixVersions", "assignees": "assignee", "hours": "timespent"}
        role = {"points": "points", "team": "team", "sprints": "sprint"}.get(name)
        return [self.state.edition.field(role) if role else renamed.get(name, name)]

    def _id(self, kind: str, name: str) -> str:
        return self._named.setdefault((kind, name), str(10_000 + len(self._named)))

    def _list(self, kind: str, names: tuple[str, ...]) -> str:
        known = self._lists.get((kind, names))
        if known is None:
            word, link = ("value", "customFieldOption") if kind == "option" else ("name", kind)
            ids = [self._id(kind, name) for name in names]
            pairs = zip(ids, names, strict=True)
            shown = [{"self": self.state.edition.link(f"{link}/{id}"), "id": id, word: name} for id, name in pairs]
            known = self._lists[kind, names] = compact(shown)
        return known

    def _team(self, name: str) -> str:
        if name not in self._teams:
            id = self._id("team", name)
            shown: dict[str, object] = {"id": f"team-{id}", "name": name, "avatarUrl": "", "isVisible": True}
            if not self.state.edition.cloud:
                shown = {"self": self.state.edition.link(f"customFieldOption/{id}"), "value": name, "id": id}
            self._teams[name] = compact(shown)
        return self._teams[name]

    def _sprints(self, names: tuple[str, ...]) -> str:
        states = ["closed"] * (len(names) - 1) + ["active"]
        shown = [
            self.state.edition.sprint({"id": int(self._id("sprint", name)), "name": name, "state": state, "boardId": 1})
            for name, state in zip(names, states, strict=True)
        ]
        return compact(shown)
