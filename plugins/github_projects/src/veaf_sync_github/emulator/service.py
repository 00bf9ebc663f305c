"""Queries and mutations, executed on the schema over what is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLSchema, execute_sync, parse, validate
from graphql.language import DocumentNode

from veaf_sync.clock import Clock
from veaf_sync_github.emulator.field_changes import FieldChanges
from veaf_sync_github.emulator.refusal import refuse
from veaf_sync_github.emulator.state import Content, Label, Project, State
from veaf_sync_github.emulator.views import (
    ItemView,
    LabelView,
    ProjectView,
    RepositoryView,
    UserView,
    content_view,
    owner_view,
)

if TYPE_CHECKING:
    from veaf_sync_github.emulator.views import Info

MOST_NODES = 500_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what may be seen and changed. `rate` is what the query may tell about its cost."""

    login: str
    edits: bool
    state: State
    rate: Mapping[str, object]

    def sees(self, project: Project) -> bool:
        return project.name not in self.state.hidden_projects

    def reads(self, content: Content) -> bool:
        return content.repository is None or content.repository.full not in self.state.hidden_repositories


class Root(FieldChanges):
    """The fields of `Query` and `Mutation`."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def viewer(self, info: Info) -> UserView:
        return UserView(self._state, info.context.login)

    def rateLimit(self, info: Info, **_: Any) -> Mapping[str, object]:
        return dict(info.context.rate)

    def repositoryOwner(self, _info: Info, login: str) -> UserView | None:
        known = {project.owner for project in self._state.projects.values()} | self._state.users
        return owner_view(self._state, login) if login in known else None

    def repository(self, info: Info, owner: str, name: str, **_: Any) -> RepositoryView:
        full = f"{owner}/{name}"
        if full not in self._state.repositories or full in self._state.hidden_repositories:
            raise refuse("NOT_FOUND", f"Could not resolve to a Repository with the name '{full}'.")
        return RepositoryView(self._state, self._state.repositories[full])

    def node(self, info: Info, id: str) -> object:
        found = self._node(info.context, id)
        if isinstance(found, GraphQLError):
            raise found
        return found

    def nodes(self, info: Info, ids: Sequence[str]) -> list[object]:
        return [self._node(info.context, id_) for id_ in ids]

    def _node(self, caller: Caller, id_: str) -> object:
        content, item = self._state.contents.get(id_), self._state.items.get(id_)
        if content is not None and caller.reads(content):
            return content_view(self._state, content)
        if item is not None and caller.sees(item.project):
            return ItemView(self._state, item, caller)
        for project in self._state.projects.values():
            if project.id == id_ and caller.sees(project):
                return ProjectView(self._state, project)
        return refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{id_}'")

    def addLabelsToLabelable(self, info: Info, input: Mapping[str, Any]) -> dict[str, object]:
        return self._relabel(
            info.context, input, lambda has, label: [*has, label.name] if label.name not in has else has
        )

    def removeLabelsFromLabelable(self, info: Info, input: Mapping[str, Any]) -> dict[str, object]:
        return self._relabel(info.context, input, lambda has, label: [name for name in has if name != label.name])

    def _relabel(
        self, caller: Caller, given: Mapping[str, Any], change: Callable[[list[str], Label], list[str]]
    ) -> dict[str, object]:
        content = self._state.contents.get(given["labelableId"])
        if content is None or content.repository is None or not caller.reads(content):
            raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['labelableId']}'")
        if not caller.edits:
            raise refuse("FORBIDDEN", "Resource not accessible by personal access token")
        labels = list(content.labels)
        for id_ in given.get("labelIds") or ():
            label = self._state.label_of(id_)
            if label is None or label.repository is not content.repository:
                raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{id_}'")
            labels = change(labels, label)
        if labels != content.labels:
            content.labels, content.updated = labels, self._clock.now()
        return {"clientMutationId": given.get("clientMutationId"), "labelable": content_view(self._state, content)}

    def createLabel(self, info: Info, input: Mapping[str, Any]) -> dict[str, object]:
        every = self._state.repositories.values()
        repository = next((each for each in every if each.id == input["repositoryId"]), None)
        if repository is None or repository.full in self._state.hidden_repositories:
            raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{input['repositoryId']}'")
        if not info.context.edits:
            raise refuse("FORBIDDEN", "Resource not accessible by personal access token")
        if input["name"].lower() in repository.labels:
            raise refuse("UNPROCESSABLE", "Name has already been taken")
        return {
            "clientMutationId": None,
            "label": LabelView(self._state.label(repository, input["name"], input["color"])),
        }


def document_of(query: str, schema: GraphQLSchema) -> DocumentNode | list[dict[str, object]]:
    """The parsed query, or the errors of one that is not executed, as the vendor words them."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return [_static(error, "parseError")]
    return [_static(error, "undefinedField") for error in validate(schema, document)] or document


def _static(error: GraphQLError, code: str) -> dict[str, object]:
    return {
        "path": ["query"],
        "extensions": {"code": code},
        "locations": [{"line": place.line, "column": place.column} for place in error.locations or ()],
        "message": error.message,
    }


def run(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any], root: Root, caller: Caller
) -> dict[str, object]:
    """The answer's body: data, and errors with their type, path and place."""
    result = execute_sync(schema, document, root_value=root, context_value=caller, variable_values=dict(variables))
    body: dict[str, object] = {"data": result.data}
    if result.errors:
        body["errors"] = [_dynamic(error) for error in result.errors]
    return body


def _dynamic(error: GraphQLError) -> dict[str, object]:
    extensions = dict(error.extensions or {})
    if "type" not in extensions and error.original_error is not None:
        raise error.original_error  # a failure of the emulator itself
    shown: dict[str, object] = {"type": extensions.pop("type", "UNPROCESSABLE")}
    if error.path is not None:
        shown["path"] = error.path
    shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    shown["message"] = error.message
    return shown


def reset_at(now: datetime) -> datetime:
    """The end of the hour that points are counted in."""
    return now.replace(minute=59, second=59, microsecond=0)
