"""From an issue as Jira sends it to a work item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from veaf_sync.connector import USUAL_LEVELS
from veaf_sync.errors import Incomplete
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_jira.fields import Fields, pick
from veaf_sync_jira.properties import values_of
from veaf_sync_jira.settings import JiraSettings
from veaf_sync_jira.texts import clean, instant, line, name_of, names_of, number, person, rich, sprint_names, title

_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
"""A key that stands in an address as it is."""
_CATEGORIES = {
    "new": StateCategory.TODO,
    "undefined": StateCategory.TODO,
    "indeterminate": StateCategory.IN_PROGRESS,
    "done": StateCategory.DONE,
}


class ItemReader:
    """Reads issues with the fields of one site. `address` is where people open the site."""

    def __init__(self, settings: JiraSettings, fields: Fields, address: str) -> None:
        self._settings = settings
        self._fields = fields
        self._address = address
        self._levels = {name.lower(): level for level, names in settings.levels.items() for name in names}
        self._states = {name.lower(): category for category, names in settings.states.items() for name in names}

    def read(self, raw: Any) -> WorkItem:
        """One issue. Raises `Incomplete` where it is not an issue of the form asked for."""
        try:
            return self._read(raw)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            key = raw.get("key") if isinstance(raw, dict) else None
            name = line(key)[:40] or "without key"
            raise Incomplete(f"An issue ({name}) is not of the form asked for: {type(error).__name__}.") from None

    def _read(self, raw: Mapping[str, Any]) -> WorkItem:
        id, key, values = str(raw["id"]), str(raw["key"]), raw["fields"]
        if not id.isdigit() or "-" not in key:
            raise ValueError("no issue")
        project = values.get("project") or {}
        partition = line(project.get("key")) or key.rpartition("-")[0]
        project_id = str(project.get("id", ""))
        fields = self._fields
        type_ = values.get("issuetype") or {}
        status = values.get("status") or {}
        kind, state = line(type_.get("name")), line(status.get("name"))
        category = self._category(state, status)
        labels = tuple(map(clean, values.get("labels") or ()))
        texts = self._custom(values, project_id)
        return WorkItem(
            id=id,
            key=key,
            partitions=(Membership(partition, tags=self._tags(labels, texts, raw)),),
            title=title(values.get("summary")),
            type=kind,
            level=self._level(kind, type_),
            state=state,
            state_category=category,
            parent=self._parent(values, project_id),
            url=f"{self._address}/browse/{key if _PLAIN.fullmatch(key) else quote(key)}",
            description=rich(values.get("description")),
            labels=labels,
            components=names_of(values.get("components") or []),
            milestones=names_of(values.get("fixVersions") or []),
            sprints=sprint_names(pick(fields.sprint, values, project_id)),
            assignees=(assignee,) if (assignee := person(values.get("assignee"))) else (),
            team=name_of(pick(fields.team, values, project_id)),
            points=number(pick(fields.points, values, project_id)),
            hours=_hours(values.get("timespent")),
            created=instant(values.get("created")),
            updated=instant(values.get("updated")),
            completed=instant(values.get("resolutiondate"))
            or (instant(values.get("statuscategorychangedate")) if category is StateCategory.DONE else None),
            fields=texts,
        )

    def _tags(
        self, labels: tuple[str, ...], texts: Mapping[str, tuple[str, ...]], raw: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """What stands at the tag target: of labels those that have our form, of a field or property every value."""
        tag = self._settings.tag
        if tag is None or tag.goal:
            return ()
        if tag.property_ is not None:
            return values_of(raw, tag.property_)
        if tag.field is not None:
            return tuple(sorted(texts.get(tag.field, ())))
        return tuple(label for label in labels if tag.objective(label) is not None)

    def _category(self, state: str, status: Mapping[str, Any]) -> StateCategory:
        """The settings' word first, then Jira's own."""
        told = self._states.get(state.lower()) if self._states else None
        return told or _CATEGORIES.get(str((status.get("statusCategory") or {}).get("key")), StateCategory.TODO)

    def _level(self, kind: str, type_: Mapping[str, Any]) -> Level:
        """The settings' word first, then Cloud's `hierarchyLevel`, then what Data Center says, then the usual names."""
        if self._levels and (told := self._levels.get(kind.lower())) is not None:
            return told
        height = type_.get("hierarchyLevel")
        if isinstance(height, int):
            if height < 0:
                return Level.SUBTASK
            return (Level.STANDARD, Level.EPIC, Level.INITIATIVE)[min(height, 2)]
        return Level.SUBTASK if type_.get("subtask") is True else USUAL_LEVELS.get(kind.lower(), Level.STANDARD)

    def _parent(self, values: Mapping[str, Any], project_id: str) -> str:
        """`parent` holds every level on Cloud and sub-tasks' on Data Center; the links hold the rest there."""
        for value in (
            values.get("parent"),
            pick(self._fields.epic_link, values, project_id),
            pick(self._fields.parent_link, values, project_id),
        ):
            if value is None:
                continue
            if isinstance(value, dict):
                inner = value.get("data")
                value = value.get("key") or (inner.get("key") if isinstance(inner, dict) else None)
            if key := line(value):
                return key
        return ""

    def _custom(self, values: Mapping[str, Any], project_id: str) -> dict[str, tuple[str, ...]]:
        groups = self._fields.custom
        if not groups:
            return {}
        read = {name: names_of(pick(group, values, project_id)) for name, group in groups.items()}
        return {name: texts for name, texts in read.items() if texts}


def _hours(seconds: Any) -> float | None:
    logged = number(seconds)
    return None if logged is None else logged / 3600
