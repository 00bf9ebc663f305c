"""Tasks, projects, tags and fields as Asana shows them, and the choice of fields that `opt_fields` makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from veaf_sync_asana.emulator.state import WORKSPACE, CustomField, Project, State, Task

Json = dict[str, Any]
SITE = {"gid": WORKSPACE, "resource_type": "workspace", "name": "Acme"}
_COMPACT = ("gid", "name", "resource_type", "resource_subtype")


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def compact(task: Task) -> Json:
    return {"gid": task.gid, "resource_type": "task", "name": task.name, "resource_subtype": task.subtype}


def project_view(project: Project, fields: Mapping[str, CustomField], url: str) -> Json:
    return {
        "gid": project.gid,
        "resource_type": "project",
        "name": project.name,
        "archived": project.archived,
        "permalink_url": f"{url}/1/{WORKSPACE}/project/{project.gid}",
        "workspace": SITE,
        "custom_field_settings": [
            {
                "gid": f"{project.gid}{gid}",
                "resource_type": "custom_field_setting",
                "custom_field": field_view(fields[gid]),
            }
            for gid in project.fields
        ],
    }


def task_view(state: State, task: Task, url: str) -> Json:
    """A task whole; of its projects those that may be seen."""
    seen = {gid: section for gid, section in task.places.items() if not state.projects[gid].hidden}
    above = state.tasks.get(task.parent)
    person = {"gid": f"77{sum(map(ord, task.assignee))}", "resource_type": "user", "name": task.assignee}
    return {
        **compact(task),
        "notes": task.notes,
        "completed": task.completed is not None,
        "completed_at": stamp(task.completed) if task.completed else None,
        "created_at": stamp(task.created),
        "modified_at": stamp(task.modified),
        "assignee": person if task.assignee else None,
        "parent": compact(above) if above else None,
        "num_subtasks": sum(gid in state.tasks for gid in task.children),
        "actual_time_minutes": task.minutes,
        "custom_type": {"gid": "55", "resource_type": "custom_type", "name": task.custom_type}
        if task.custom_type
        else None,
        "memberships": [
            {
                "project": {"gid": gid, "resource_type": "project", "name": state.projects[gid].name},
                "section": {"gid": at, "resource_type": "section", "name": state.projects[gid].sections[at]},
            }
            for gid, at in sorted(seen.items())
        ],
        "tags": [{"gid": gid, "resource_type": "tag", "name": state.tags[gid].name} for gid in task.tags],
        "custom_fields": [value_view(state.fields[gid], task.values.get(gid)) for gid in _fields(state, task)],
        "permalink_url": f"{url}/1/{WORKSPACE}/task/{task.gid}",
        "workspace": SITE,
    }


def _fields(state: State, task: Task) -> list[str]:
    return list(dict.fromkeys(field for gid in task.places for field in state.projects[gid].fields))


def field_view(field: CustomField) -> Json:
    return {
        "gid": field.gid,
        "resource_type": "custom_field",
        "resource_subtype": field.kind,
        "type": field.kind,
        "name": field.name,
        "is_value_read_only": field.read_only,
        "enum_options": [option_view(field, option.gid) for option in field.options],
    }


def option_view(field: CustomField, gid: str) -> Json:
    option = field.option(gid)
    assert option is not None  # noqa: S101  values name options that are there
    return {"gid": gid, "resource_type": "enum_option", "name": option.name, "enabled": option.enabled, "color": "blue"}


def value_view(field: CustomField, value: Any) -> Json:
    """A field with the value that it has on a task."""
    shown = field_view(field)
    shown["display_value"] = None
    if field.kind == "enum":
        shown["enum_value"] = option_view(field, value) if value else None
        shown["display_value"] = shown["enum_value"]["name"] if value else None
    elif field.kind == "multi_enum":
        shown["multi_enum_values"] = [option_view(field, gid) for gid in value or ()]
        shown["display_value"] = ", ".join(option["name"] for option in shown["multi_enum_values"]) or None
    elif field.kind == "number":
        shown["number_value"] = value
        shown["display_value"] = None if value is None else f"{value:g}"
    else:
        shown["text_value"] = shown["display_value"] = value or None
    return shown


def choose(document: Any, paths: Iterable[Sequence[str]]) -> Any:
    """What `opt_fields` leaves of a document: ids, what is named, and of things named as a whole the short form."""
    if isinstance(document, list):
        wanted = list(paths)
        return [choose(each, wanted) for each in document]
    if not isinstance(document, Mapping):
        return document
    heads: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        if path:
            heads.setdefault(path[0], []).append(path[1:])
    if not heads:
        return {name: document[name] for name in _COMPACT if name in document}
    shown = {"gid": document["gid"]} if "gid" in document else {}
    return shown | {head: choose(document[head], rest) for head, rest in heads.items() if head in document}
