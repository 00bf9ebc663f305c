"""What the emulated Asana holds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WORKSPACE = "1200000000000001"


@dataclass
class Tag:
    gid: str
    name: str


@dataclass
class Option:
    gid: str
    name: str
    enabled: bool = True


@dataclass
class CustomField:
    """A field of the workspace. `kind`: text, number, enum, multi_enum."""

    gid: str
    name: str
    kind: str
    options: list[Option] = field(default_factory=list)
    read_only: bool = False

    def option(self, gid: str) -> Option | None:
        return next((option for option in self.options if option.gid == gid), None)


@dataclass
class Task:
    """`places` are its own projects with the section there; `values` are those of custom fields, by the field's id."""

    gid: str
    name: str
    created: datetime
    modified: datetime
    notes: str = ""
    subtype: str = "default_task"
    custom_type: str = ""
    completed: datetime | None = None
    assignee: str = ""
    parent: str = ""
    minutes: float | None = None
    places: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)


@dataclass
class Project:
    """A project: its tasks in their order, its sections by id, and its change feed."""

    gid: str
    name: str
    archived: bool = False
    hidden: bool = False
    order: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    events: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)


class State:
    """Everything by its id."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1203000000000001)
        self.projects: dict[str, Project] = {}
        self.tasks: dict[str, Task] = {}
        self.trash: dict[str, Task] = {}
        self.tags: dict[str, Tag] = {}
        self.fields: dict[str, CustomField] = {}
        self.portfolios: dict[str, list[str]] = {}

    def gid(self) -> str:
        """A number that nothing has yet."""
        return next(gid for number in self._numbers if (gid := str(number)) not in self.tasks)

    def project(self, name: str) -> Project:
        """The project of that id or name, made where there is none."""
        found = self.projects.get(name) or next((p for p in self.projects.values() if p.name == name), None)
        if found is None:
            found = Project(name if name.isdigit() else self.gid(), name)
            self.projects[found.gid] = found
            self.section(found, "Untitled section")
        return found

    def section(self, project: Project, name: str) -> str:
        """The id of a project's section, made where there is none."""
        gid = next((gid for gid, title in project.sections.items() if title == name), "")
        if not gid:
            gid = self.gid()
            project.sections[gid] = name
        return gid

    def tag(self, name: str) -> Tag:
        """The oldest tag of that name, made where there is none."""
        found = next((tag for tag in self.tags.values() if tag.name == name), None)
        return found or self.new_tag(name)

    def new_tag(self, name: str) -> Tag:
        """A tag of that name beside those that are there: names are not unique."""
        made = Tag(self.gid(), name)
        self.tags[made.gid] = made
        return made

    def custom_field(self, name: str, kind: str) -> CustomField:
        found = next((each for each in self.fields.values() if each.name == name), None)
        if found is None:
            found = CustomField(self.gid(), name, kind)
            self.fields[found.gid] = found
        return found

    def option(self, which: CustomField, name: str) -> Option:
        found = next((option for option in which.options if option.name == name), None)
        if found is None:
            found = Option(self.gid(), name)
            which.options.append(found)
        return found

    def lineage(self, task: Task) -> list[Task]:
        """A task and those above it."""
        line, seen = [task], {task.gid}
        while (above := self.tasks.get(line[-1].parent)) is not None and above.gid not in seen:
            line.append(above)
            seen.add(above.gid)
        return line

    def below(self, task: Task) -> list[Task]:
        """A task and those below it, at any depth."""
        found, stack = [], [task]
        while stack:
            one = stack.pop()
            found.append(one)
            stack += [self.tasks[gid] for gid in one.children if gid in self.tasks]
        return found

    def homes(self, task: Task) -> set[str]:
        """The projects whose feeds tell of a task: its own and those of the tasks above it."""
        return {gid for each in self.lineage(task) for gid in each.places}

    def visible(self, task: Task) -> bool:
        """Whether the caller may see it: in a visible project, or below such a task, or in no project at all."""
        homes = self.homes(task)
        return not homes or any(not self.projects[gid].hidden for gid in homes)

    def put(self, task: Task, project: Project, section: str = "") -> None:
        """Into a project, at its end."""
        task.places[project.gid] = section or next(iter(project.sections))
        if task.gid not in project.order:
            project.order.append(task.gid)

    def take_out(self, task: Task, project: Project) -> None:
        task.places.pop(project.gid, None)
        if task.gid in project.order:
            project.order.remove(task.gid)

    def hold(self, task: Task) -> Task:
        self.tasks[task.gid] = task
        if task.parent in self.tasks and task.gid not in self.tasks[task.parent].children:
            self.tasks[task.parent].children.append(task.gid)
        return task
