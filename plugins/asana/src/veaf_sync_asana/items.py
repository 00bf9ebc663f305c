"""From what Asana shows of a task to a work item."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from veaf_sync.connector import BOARD_STATES, USUAL_LEVELS
from veaf_sync.connector.texts import clean, instant, line, number
from veaf_sync.errors import Incomplete
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_asana.settings import AsanaSettings

PLACES = "parent,memberships.project,num_subtasks,modified_at"
"""What a thin walk asks for: where a task lives, what is below it, and its clock."""
FIELDS = ",".join(
    [
        *(PLACES, "memberships.section.name", "name", "notes", "resource_subtype", "custom_type.name"),
        *("completed", "completed_at", "created_at", "permalink_url", "actual_time_minutes", "assignee.name"),
        *("tags.name", "custom_fields.name", "custom_fields.type", "custom_fields.display_value"),
        *("custom_fields.number_value", "custom_fields.text_value", "custom_fields.enum_value.name"),
        "custom_fields.multi_enum_values.name",
    ]
)
POINTS = ("Story Points", "Points", "Estimate", "Effort")
"""Number fields that hold points where `fields: {points: …}` names none."""
_TYPES = {"default_task": "Task", "milestone": "Milestone", "approval": "Approval"}


def places_of(raw: Mapping[str, Any], projects: Collection[str], inherited: Sequence[str] = ()) -> tuple[str, ...]:
    """The projects of the source that a task lives in: its own, else those of the task above it, sorted."""
    own = {str(place["project"]["gid"]) for place in raw.get("memberships") or () if place.get("project")}
    return tuple(sorted(own & set(projects))) or tuple(inherited)


def parent_of(raw: Mapping[str, Any]) -> str:
    parent = raw.get("parent")
    return str(parent["gid"]) if isinstance(parent, dict) and parent.get("gid") else ""


class ItemReader:
    """Reads tasks; `projects` are the numbers of those that the source reads."""

    def __init__(self, settings: AsanaSettings, projects: Collection[str]) -> None:
        self.projects = frozenset(projects)
        self._settings = settings
        self._levels = {name.lower(): level for level, names in settings.levels.items() for name in names}
        self._states = {**BOARD_STATES} | {
            name.lower(): category for category, names in settings.states.items() for name in names
        }
        roles = {role.lower(): names for role, names in settings.fields.items()}
        self._status = roles.get("status", ())
        self._points = roles.get("points", POINTS)
        self._team = roles.get("team", ())

    def read(self, raw: Mapping[str, Any], places: Sequence[str]) -> WorkItem:
        """The item that a task is, living in `places`. Raises `Incomplete` for what is not of the form asked for."""
        try:
            return self._read(raw, places)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = line(raw.get("gid"))[:40] or "without a number"
            raise Incomplete(f"A task ({name}) is not of the form asked for: {type(error).__name__}.") from None

    def _read(self, raw: Mapping[str, Any], places: Sequence[str]) -> WorkItem:
        gid, parent = _gid(raw["gid"]), parent_of(raw)
        labels = tuple(dict.fromkeys(name for tag in raw["tags"] if (name := line(tag["name"]))))
        values = {name: field for field in raw["custom_fields"] or () if (name := line(field["name"]))}
        texts = {name: found for name, field in values.items() if (found := _texts(field))}
        sections = tuple(
            dict.fromkeys(
                name for place in raw["memberships"] or () if (name := line((place.get("section") or {}).get("name")))
            )
        )
        type_ = self._type(raw, parent)
        completed = bool(raw["completed"])
        state = self._state(texts, sections)
        minutes = raw.get("actual_time_minutes")
        return WorkItem(
            id=gid,
            key=gid,
            partitions=tuple(Membership(place, handle=gid, tags=self._tags(labels, texts)) for place in places),
            title=line(raw["name"]),
            type=type_,
            level=self._level(type_, parent),
            state=state or ("Completed" if completed else "Open"),
            state_category=StateCategory.DONE if completed else self._category(state),
            parent=parent,
            url=_url(raw.get("permalink_url")),
            description=clean(raw.get("notes")).strip(),
            labels=labels,
            components=sections,
            assignees=(name,) if (name := line((raw["assignee"] or {}).get("name"))) else (),
            team=_first(texts, self._team),
            points=next((points for name in self._points if (points := _number(values.get(name))) is not None), None),
            hours=minutes / 60 if isinstance(minutes, (int, float)) and not isinstance(minutes, bool) else None,
            created=instant(raw["created_at"]),
            updated=instant(raw["modified_at"]),
            completed=instant(raw["completed_at"]) if completed else None,
            fields=texts,
        )

    def _type(self, raw: Mapping[str, Any], parent: str) -> str:
        custom = line((raw.get("custom_type") or {}).get("name"))
        kind = line(raw["resource_subtype"])
        return custom or ("Subtask" if parent and kind == "default_task" else _TYPES.get(kind, kind))

    def _level(self, type_: str, parent: str) -> Level:
        """What `levels` says of the type, else the usual names; else a task below another is a sub-task."""
        told = self._levels.get(type_.lower()) or USUAL_LEVELS.get(type_.lower())
        return told or (Level.SUBTASK if parent else Level.STANDARD)

    def _state(self, texts: Mapping[str, Sequence[str]], sections: Sequence[str]) -> str:
        """The value of the status field, else the first section that is called like a state."""
        return _first(texts, self._status) or next(
            (section for section in sections if section.lower() in self._states), ""
        )

    def _category(self, state: str) -> StateCategory:
        """The category of a task that is not completed, whatever its status is called."""
        told = self._states.get(state.lower(), StateCategory.TODO)
        return StateCategory.IN_PROGRESS if told is StateCategory.DONE else told

    def _tags(self, labels: Sequence[str], texts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """What stands at the tag target: of tags those that have our form, of a field every value."""
        tag = self._settings.tag
        if tag is None:
            return ()
        if tag.field is not None:
            return tuple(sorted(texts.get(tag.field, ())))
        return tuple(label for label in labels if tag.objective(label) is not None)


def _first(texts: Mapping[str, Sequence[str]], names: Sequence[str]) -> str:
    return next((texts[name][0] for name in names if name in texts), "")


def _gid(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 100:
        raise ValueError("no id")
    return value


def _url(value: Any) -> str:
    url = line(value)
    return url if url.startswith(("https://", "http://")) else ""


def _number(field: Mapping[str, Any] | None) -> float | None:
    value = (field or {}).get("number_value")
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _texts(field: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of a custom field of any type, as people see them."""
    if isinstance(options := field.get("multi_enum_values"), list) and options:
        return tuple(dict.fromkeys(name for option in options if (name := line(option["name"]))))
    if isinstance(option := field.get("enum_value"), dict):
        return (name,) if (name := line(option["name"])) else ()
    text = line(field.get("text_value")) or number(field.get("number_value")) or line(field.get("display_value"))
    return (text,) if text else ()
