"""How what is held is shown: objects whose attributes and methods are named as the fields of the schema.

The class attribute `__typename` is what the executor looks for to tell the types of an interface or union apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from graphql import GraphQLResolveInfo

from veaf_sync_github.emulator.connection import Connection
from veaf_sync_github.emulator.refusal import refuse
from veaf_sync_github.emulator.state import Content, Field, Item, Label, Project, Repository, State

if TYPE_CHECKING:
    from veaf_sync_github.emulator.service import Caller

    Info = GraphQLResolveInfo[Caller]


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class UserView:
    __typename = "User"

    def __init__(self, state: State, login: str) -> None:
        self._state = state
        self.login = login
        self.id = f"U_{login}"

    def projectV2(self, info: Info, number: int) -> ProjectView:
        return _owned(self._state, info.context, self.login, number)

    def projectsV2(self, info: Info, first: int | None = None, after: str | None = None, **_: Any) -> Connection:
        return _projects(self._state, info.context, self.login, first, after)


class OrganizationView(UserView):
    __typename = "Organization"

    def issueFields(self, _info: Info, first: int | None = None, after: str | None = None, **_: Any) -> Connection:
        return Connection(list(self._state.issue_fields(self.login).values()), _issue_field, first, after)


def _issue_field(field: Field) -> dict[str, object]:
    options = [{"id": option.id, "name": option.name} for option in field.options]
    kind = {"SINGLE_SELECT": "IssueFieldSingleSelect", "NUMBER": "IssueFieldNumber"}.get(field.type, "IssueFieldText")
    shown = {"__typename": kind, "id": f"IF_{field.name}", "name": field.name, "dataType": field.type}
    return shown | ({"options": options} if field.type == "SINGLE_SELECT" else {})


def _owned(state: State, caller: Caller, login: str, number: int) -> ProjectView:
    project = state.projects.get(f"{login}/{number}")
    if project is None or not caller.sees(project):
        raise refuse("NOT_FOUND", f"Could not resolve to a ProjectV2 with the number {number}.")
    return ProjectView(state, project)


def _projects(state: State, caller: Caller, login: str, first: int | None, after: str | None) -> Connection:
    rows = [project for project in state.projects.values() if project.owner == login and caller.sees(project)]
    return Connection(rows, lambda project: ProjectView(state, project), first, after)


def owner_view(state: State, login: str) -> UserView:
    return UserView(state, login) if login in state.users else OrganizationView(state, login)


class LabelView:
    __typename = "Label"

    def __init__(self, label: Label) -> None:
        self.id, self.name, self.color = label.id, label.name, label.color


class RepositoryView:
    __typename = "Repository"

    def __init__(self, state: State, repository: Repository) -> None:
        self._state = state
        self._repository = repository
        self.id, self.name, self.nameWithOwner = repository.id, repository.name, repository.full

    def owner(self, _info: Info) -> UserView:
        return owner_view(self._state, self._repository.owner)

    def issueOrPullRequest(self, _info: Info, number: int) -> DraftView:
        for content in self._state.contents.values():
            if content.repository is self._repository and content.number == number:
                return content_view(self._state, content)
        raise refuse("NOT_FOUND", f"Could not resolve to an issue or pull request with the number of {number}.")

    def label(self, _info: Info, name: str) -> LabelView | None:
        label = self._repository.labels.get(name.lower())
        return None if label is None else LabelView(label)


class FieldView:
    def __init__(self, field: Field) -> None:
        self.id, self.name = field.id, field.name
        self.dataType = "SINGLE_SELECT" if field.mirrors else field.type
        self._options = field.options

    def options(self, _info: Info, names: Sequence[str] | None = None) -> list[dict[str, object]]:
        return [
            {"id": one.id, "name": one.name, "color": one.color, "description": one.description}
            for one in self._options
            if names is None or one.name in names
        ]


class PlainFieldView(FieldView):
    __typename = "ProjectV2Field"


class SelectFieldView(FieldView):
    __typename = "ProjectV2SingleSelectField"


class IterationFieldView(FieldView):
    __typename = "ProjectV2IterationField"


def field_view(field: Field) -> FieldView:
    kinds = {"SINGLE_SELECT": SelectFieldView, "ITERATION": IterationFieldView}
    return kinds.get(field.type, PlainFieldView)(field)


class ProjectView:
    __typename = "ProjectV2"

    def __init__(self, state: State, project: Project) -> None:
        self._state = state
        self._project = project
        self.id, self.number, self.title, self.closed = project.id, project.number, project.title, project.closed
        group = "users" if project.owner in state.users else "orgs"
        self.url = f"https://github.com/{group}/{project.owner}/projects/{project.number}"

    def owner(self, _info: Info) -> UserView:
        return owner_view(self._state, self._project.owner)

    def fields(self, _info: Info, first: int | None = None, after: str | None = None, **_: Any) -> Connection:
        return Connection(list(self._project.fields.values()), field_view, first, after)

    def items(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        archivedStates: Sequence[str] | None = None,
        **_: Any,
    ) -> Connection:
        wanted = archivedStates or ["NOT_ARCHIVED"]
        rows = [item for item in self._project.items if ("ARCHIVED" if item.archived else "NOT_ARCHIVED") in wanted]
        return Connection(rows, lambda item: ItemView(self._state, item, info.context), first, after)


class ItemView:
    __typename = "ProjectV2Item"

    def __init__(self, state: State, item: Item, caller: Caller) -> None:
        self._state = state
        self._item = item
        self._shown = caller.reads(item.content)
        self.id, self.isArchived, self.fullDatabaseId = item.id, item.archived, str(item.number)
        kind = {"Issue": "ISSUE", "PullRequest": "PULL_REQUEST", "DraftIssue": "DRAFT_ISSUE"}[item.content.kind]
        self.type = kind if self._shown else "REDACTED"
        self.createdAt, self.updatedAt = stamp(item.created), stamp(item.updated)

    def project(self, _info: Info) -> ProjectView:
        return ProjectView(self._state, self._item.project)

    def content(self, _info: Info) -> object:
        return content_view(self._state, self._item.content) if self._shown else None

    def fieldValueByName(self, _info: Info, name: str) -> object:
        field = self._item.project.fields.get(name)
        if field is None or not self._shown:
            return None
        if field.mirrors:
            value = self._item.content.issue_fields.get(name)
            return None if value is None else _mirrored(self._item.id, field, value)
        value = self._item.values.get(name)
        return None if value is None else _value(self._item.id, field, value)


def _value(item: str, field: Field, value: str | float) -> dict[str, object]:
    kind, shown = {
        "TEXT": ("ProjectV2ItemFieldTextValue", {"text": value}),
        "NUMBER": ("ProjectV2ItemFieldNumberValue", {"number": value}),
        "DATE": ("ProjectV2ItemFieldDateValue", {"date": value}),
        "SINGLE_SELECT": ("ProjectV2ItemFieldSingleSelectValue", {"name": value, "optionId": _option(field, value)}),
        "ITERATION": ("ProjectV2ItemFieldIterationValue", {"title": value, "iterationId": f"it-{value}"}),
    }[field.type]
    return {"__typename": kind, "id": f"{item}-{field.id}", **shown}


def _option(field: Field, value: object) -> str:
    return field.option(value).id if field.type == "SINGLE_SELECT" else ""


def _mirrored(item: str, field: Field, value: str | float) -> dict[str, object]:
    inner: dict[str, object]
    if isinstance(value, float):
        inner = {"__typename": "IssueFieldNumberValue", "value": value}
    elif field.type == "SINGLE_SELECT":
        inner = {"__typename": "IssueFieldSingleSelectValue", "name": value, "optionId": _option(field, value)}
    else:
        inner = {"__typename": "IssueFieldTextValue", "value": value}
    inner["id"] = f"{item}-{field.id}-value"
    return {"__typename": "ProjectV2ItemIssueFieldValue", "issueFieldValue": inner}


class DraftView:
    __typename = "DraftIssue"

    def __init__(self, state: State, content: Content) -> None:
        self._state = state
        self._content = content
        self.id, self.title, self.body, self.bodyText = content.id, content.title, content.body, content.body
        self.createdAt, self.updatedAt = stamp(content.created), stamp(content.updated)

    def assignees(self, _info: Info, first: int | None = None, after: str | None = None, **_: Any) -> Connection:
        return Connection(self._content.assignees, lambda login: UserView(self._state, login), first, after)


class IssueView(DraftView):
    __typename = "Issue"

    def __init__(self, state: State, content: Content) -> None:
        super().__init__(state, content)
        assert content.repository is not None  # noqa: S101  only drafts have none
        self._repository = content.repository
        part = "pull" if content.kind == "PullRequest" else "issues"
        self.number, self.state = content.number, content.state
        self.url = f"https://github.com/{self._repository.full}/{part}/{content.number}"
        self.closedAt = stamp(content.closed)

    def repository(self, _info: Info) -> RepositoryView:
        return RepositoryView(self._state, self._repository)

    def labels(self, _info: Info, first: int | None = None, after: str | None = None, **_: Any) -> Connection:
        rows = [self._repository.labels[name.lower()] for name in self._content.labels]
        return Connection(rows, LabelView, first, after)

    def milestone(self, _info: Info) -> dict[str, object] | None:
        name = self._content.milestone
        return {"id": f"MI_{name}", "number": 1, "title": name} if name else None

    def issueType(self, _info: Info) -> dict[str, object] | None:
        name = self._content.type
        return {"id": f"IT_{name}", "name": name} if name else None

    def parent(self, info: Info) -> IssueView | None:
        above = self._state.contents.get(self._content.parent)
        return IssueView(self._state, above) if above is not None and info.context.reads(above) else None

    def projectItems(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        includeArchived: bool = True,
        **_: Any,
    ) -> Connection:
        caller = info.context
        rows = [
            item
            for item in self._state.places.get(self._content.id, ())
            if caller.sees(item.project) and (includeArchived or not item.archived)
        ]
        return Connection(rows, lambda item: ItemView(self._state, item, caller), first, after)


class PullRequestView(IssueView):
    __typename = "PullRequest"


def content_view(state: State, content: Content) -> DraftView:
    kinds = {"Issue": IssueView, "PullRequest": PullRequestView, "DraftIssue": DraftView}
    return kinds[content.kind](state, content)
