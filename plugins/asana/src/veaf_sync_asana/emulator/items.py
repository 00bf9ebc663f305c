"""The neutral scenario's work items as Asana would hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from veaf_sync.model import Level, StateCategory, WorkItem
from veaf_sync_asana.emulator.state import State, Task

_SUBTYPES = {"milestone": "milestone", "approval": "approval"}
_PLAIN = frozenset({"task", "subtask", "sub-task", ""})
_OPEN = frozenset({"open", "completed", ""})


class ItemLoader:
    """Puts work items into projects.

    A key that is a number is taken as it is; any other item gets a number of its own. Partitions are projects by
    number or name, states sections of theirs, points the number field Story Points, other fields text fields.
    """

    def __init__(self, state: State, now: datetime) -> None:
        self._state = state
        self._now = now

    def load(self, items: Iterable[WorkItem]) -> list[Task]:
        """The tasks of these items, held."""
        batch = list(items)
        gids = {item.key: item.key if item.key.isdigit() else self._state.gid() for item in batch}
        made = [self._state.hold(self._task(item, gids[item.key])) for item in batch]
        for item, task in zip(batch, made, strict=True):
            task.parent = self._parent(item, gids)
            self._state.hold(task)
            if task.parent and item.level is Level.SUBTASK:
                continue  # it lives where the task above it does
            for place in item.partitions:
                project = self._state.project(place.partition)
                section = item.state if item.state.lower() not in _OPEN else ""
                self._state.put(task, project, self._state.section(project, section) if section else "")
                self._values(item, task, project.gid)
        return made

    def _parent(self, item: WorkItem, gids: Mapping[str, str]) -> str:
        known = item.parent if item.parent in self._state.tasks else ""
        return gids.get(item.parent, known) if item.parent else ""

    def _task(self, item: WorkItem, gid: str) -> Task:
        created = item.created or self._now
        kind = item.type.lower()
        tags = [tag for place in item.partitions for tag in place.tags]
        done = item.state_category is StateCategory.DONE
        return Task(
            gid=gid,
            name=item.title,
            created=created,
            modified=item.updated or created,
            notes=item.description,
            subtype=_SUBTYPES.get(kind, "default_task"),
            custom_type="" if kind in _PLAIN or kind in _SUBTYPES else item.type,
            completed=(item.completed or item.updated or created) if done else None,
            assignee=item.assignees[0] if item.assignees else "",
            minutes=None if item.hours is None else item.hours * 60,
            tags=[self._state.tag(name).gid for name in dict.fromkeys([*item.labels, *tags])],
        )

    def _values(self, item: WorkItem, task: Task, project: str) -> None:
        given = {name: ("text", ", ".join(texts)) for name, texts in item.fields.items()}
        values = {**given, "Story Points": ("number", item.points)} if item.points is not None else given
        for name, (kind, value) in values.items():
            field = self._state.custom_field(name, kind)
            fields = self._state.projects[project].fields
            if field.gid not in fields:
                fields.append(field.gid)
            task.values[field.gid] = value
