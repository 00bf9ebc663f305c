"""What the emulated GitHub holds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["Issue", "PullRequest", "DraftIssue"]
Value = str | float
FIELDS = {
    "TEXT": "ProjectV2Field",
    "NUMBER": "ProjectV2Field",
    "DATE": "ProjectV2Field",
    "SINGLE_SELECT": "ProjectV2SingleSelectField",
    "ITERATION": "ProjectV2IterationField",
    "TITLE": "ProjectV2Field",
    "LABELS": "ProjectV2Field",
}
"""Types of project fields, and what their configuration is called in the schema."""


@dataclass
class Repository:
    """A repository; its labels by lower-cased name."""

    id: str
    owner: str
    name: str
    labels: dict[str, Label] = field(default_factory=dict)
    last: int = 0

    @property
    def full(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass
class Label:
    id: str
    name: str
    color: str
    repository: Repository


@dataclass
class Content:
    """An issue, a pull request or (without repository) a draft. `updated` is its own clock."""

    id: str
    kind: Kind
    title: str
    created: datetime
    updated: datetime
    repository: Repository | None = None
    number: int = 0
    body: str = ""
    state: str = "OPEN"
    closed: datetime | None = None
    labels: list[str] = field(default_factory=list)
    assignees: tuple[str, ...] = ()
    milestone: str = ""
    type: str = ""
    parent: str = ""
    issue_fields: dict[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.repository.full}#{self.number}" if self.repository else ""


@dataclass
class Option:
    """A choice. Its identity is its id: the same name under another one is another choice."""

    id: str
    name: str
    color: str = "GRAY"
    description: str = ""


@dataclass
class Field:
    """A field of a project. One that `mirrors` shows the value that stands on the issue.

    Values of choices are held by name; `options` are made as they are first chosen.
    """

    id: str
    name: str
    type: str
    mirrors: bool = False
    options: list[Option] = field(default_factory=list)

    def option(self, name: object) -> Option:
        """The choice of that name, made where there is none."""
        found = next((option for option in self.options if option.name == name), None)
        if found is None:
            found = Option(f"{self.id}-{len(self.options) + 1}", str(name))
            self.options.append(found)
        return found

    def chosen(self, id_: str) -> Option | None:
        return next((option for option in self.options if option.id == id_), None)


@dataclass
class Project:
    """A project of an organisation or a user, its items in the order of their positions."""

    id: str
    owner: str
    number: int
    title: str
    fields: dict[str, Field] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    closed: bool = False

    @property
    def name(self) -> str:
        return f"{self.owner}/{self.number}"


@dataclass(eq=False)
class Item:
    """A content in a project. `updated` is the clock of its place there: field values and archiving move it."""

    id: str
    number: int
    project: Project
    content: Content
    created: datetime
    updated: datetime
    archived: bool = False
    values: dict[str, Value] = field(default_factory=dict)


class State:
    """Everything by its node id, repositories and projects also by name."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.projects: dict[str, Project] = {}
        self.contents: dict[str, Content] = {}
        self.items: dict[str, Item] = {}
        self.places: dict[str, list[Item]] = {}
        """Items by the id of their content."""
        self.users: set[str] = set()
        self.hidden_projects: set[str] = set()
        self.hidden_repositories: set[str] = set()
        self._numbers = itertools.count(1)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):06}"

    def repository(self, full: str) -> Repository:
        """The repository of that name, made where there is none."""
        if full not in self.repositories:
            owner, _, name = full.partition("/")
            self.repositories[full] = Repository(self.new_id("R"), owner, name)
        return self.repositories[full]

    def project(self, name: str, title: str = "") -> Project:
        """The project OWNER/NUMBER, made where there is none."""
        if name not in self.projects:
            owner, _, number = name.partition("/")
            project = Project(self.new_id("PVT"), owner, int(number), title or f"Project {number}")
            self.projects[name] = project
            for field_name, type_ in (("Title", "TITLE"), ("Labels", "LABELS"), ("Status", "SINGLE_SELECT")):
                self.add_field(project, field_name, type_)
        return self.projects[name]

    def add_field(self, project: Project, name: str, type_: str, *, mirrors: bool = False) -> Field:
        return project.fields.setdefault(name, Field(self.new_id("PVTF"), name, type_, mirrors))

    def issue_fields(self, owner: str) -> dict[str, Field]:
        """The issue fields of an organisation by name: those that its projects show."""
        every = (project for project in self.projects.values() if project.owner == owner)
        return {one.name: one for project in every for one in project.fields.values() if one.mirrors}

    def label(self, repository: Repository, name: str, color: str = "ededed") -> Label:
        """The repository's label of that name, made where there is none; case does not tell labels apart."""
        return repository.labels.setdefault(name.lower(), Label(self.new_id("LA"), name, color, repository))

    def label_of(self, id_: str) -> Label | None:
        every = (label for repository in self.repositories.values() for label in repository.labels.values())
        return next((label for label in every if label.id == id_), None)

    def hold(self, content: Content) -> Content:
        self.contents[content.id] = content
        for name in content.labels if content.repository else ():
            self.label(content.repository, name)  # type: ignore[arg-type]
        return content

    def put(self, content: Content, project: Project, at: datetime) -> Item:
        """`content` in `project`, at its end; the item that is there already where it is."""
        for item in self.places.get(content.id, ()):
            if item.project is project:
                return item
        item = Item(self.new_id("PVTI"), next(self._numbers), project, content, at, at)
        project.items.append(item)
        self.items[item.id] = item
        self.places.setdefault(content.id, []).append(item)
        return item

    def take_out(self, item: Item) -> None:
        """The item leaves its project; a draft is gone with that."""
        item.project.items.remove(item)
        del self.items[item.id]
        self.places[item.content.id].remove(item)
        if item.content.kind == "DraftIssue":
            del self.contents[item.content.id]

    def delete(self, content: Content) -> None:
        for item in list(self.places.get(content.id, ())):
            self.take_out(item)
        self.contents.pop(content.id, None)

    def find(self, key: str) -> Content:
        """The issue or pull request of that key. Raises `KeyError`."""
        return next(content for content in self.contents.values() if content.key == key)
