"""Tasks as Asana itself gave them, held as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from veaf_sync_asana.emulator.state import CustomField, Option, Project, State, Tag, Task


def load_task(state: State, payload: Mapping[str, Any], project: Project, tags: Mapping[str, str]) -> Task:
    """A recorded task into a project; `tags` are the names of tags by id."""
    task = Task(
        gid=payload["gid"],
        name=payload["name"],
        created=datetime.fromisoformat(payload["created_at"]),
        modified=datetime.fromisoformat(payload["modified_at"]),
        notes=payload.get("notes") or "",
        subtype=payload.get("resource_subtype", "default_task"),
        assignee=(payload.get("assignee") or {}).get("name", ""),
        completed=datetime.fromisoformat(payload["completed_at"]) if payload.get("completed_at") else None,
    )
    for tag in payload["tags"]:
        state.tags.setdefault(tag["gid"], Tag(tag["gid"], tags[tag["gid"]]))
        task.tags.append(tag["gid"])
    for raw in payload.get("custom_fields") or ():
        field = state.fields.setdefault(raw["gid"], CustomField(raw["gid"], raw["name"], raw["type"]))
        known = {option.gid for option in field.options}
        field.options += [
            Option(each["gid"], each["name"], each["enabled"])
            for each in raw.get("enum_options") or ()
            if each["gid"] not in known
        ]
        if field.gid not in project.fields:
            project.fields.append(field.gid)
        task.values[field.gid] = raw["enum_value"]["gid"] if raw.get("enum_value") else raw.get("number_value")
    state.put(state.hold(task), project)
    return task
