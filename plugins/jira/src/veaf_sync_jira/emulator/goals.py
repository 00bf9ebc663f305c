"""Atlassian's goals beside the site: a small part of the platform's GraphQL interface (Cloud)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from veaf_sync.emulator import Request, Response, Routes
from veaf_sync_jira.emulator.edition import CLOUD_ID
from veaf_sync_jira.emulator.service import Caller, Service

if TYPE_CHECKING:
    from graphql import GraphQLSchema

PATH = "/gateway/api/graphql"
_ISSUE = f"ari:cloud:jira:{CLOUD_ID}:issue/"
_SITE = f"ari:cloud:townsquare::site/{CLOUD_ID}"
_UNLINK = ("goals_unlinkWorkItem", "goals_removeWorkItemLink")


@dataclass
class HeldGoal:
    """A goal. `items` are ids of issues."""

    key: str
    name: str
    parent: str = ""
    state: str = "on_track"
    owner: str = ""
    archived: bool = False
    items: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"ari:cloud:townsquare:{CLOUD_ID}:goal/{self.key.lower()}"


@cache
def _schema(without: str) -> GraphQLSchema:
    """The interface; `without` names the mutation that it does not know."""
    from graphql import build_schema  # takes 0.2 s to import, which commands that start no emulator need not pay

    text = files(__package__).joinpath("goals.graphql").read_text(encoding="utf-8")
    return build_schema("\n".join(row for row in text.splitlines() if not without or f"  {without}(" not in row))


class GoalsApi:
    """The goals of a site, and the interface that shows them to those who have access."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.held: dict[str, HeldGoal] = {}

    def add_to(self, routes: Routes) -> None:
        routes.add("POST", PATH, self.answer)

    def answer(self, request: Request) -> Response:
        from graphql import GraphQLError, execute_sync, parse, validate

        caller = self._service.known_caller(request)
        given = request.json()
        query = given.get("query") if isinstance(given, dict) else None
        if not isinstance(query, str):
            return Response.of({"errors": [{"message": "No query was given."}]}, 400)
        if request.headers.get("x-experimentalapi", "").lower() != "opt-in":
            return _refused("goals_search is experimental: opt in with the header X-ExperimentalApi", 400)
        knobs = self._service.knobs
        if not knobs.goals:
            return _refused("The user has no permission for goals.", 403)
        schema = _schema(_UNLINK[not knobs.older_goals])
        try:
            document = parse(query)
        except GraphQLError as error:
            return _refused(error.message, 400)
        if errors := validate(schema, document):
            return _refused(errors[0].message, 400)
        result = execute_sync(
            schema,
            document,
            root_value=_Root(self, self._service, caller),
            variable_values=given.get("variables") or {},
            type_resolver=lambda *_: "JiraIssue",
        )
        body: dict[str, object] = {"data": result.data}
        if result.errors:
            body["errors"] = [{"message": each.message, "path": each.path} for each in result.errors]
        return Response.of(body)


class _Root:
    """`Query` and `Mutation`."""

    def __init__(self, api: GoalsApi, service: Service, caller: Caller) -> None:
        self._api, self._service, self._caller = api, service, caller

    def me(self, _info: Any) -> Mapping[str, object]:
        return {"user": {"name": self._caller.name}}

    def goals_search(
        self, _info: Any, containerId: str, first: int = 20, after: str | None = None, **_: Any
    ) -> Mapping[str, object] | None:
        if containerId != _SITE:
            raise ValueError("The container does not exist.")
        ordered = sorted(self._api.held.values(), key=lambda goal: (self._depth(goal), goal.key))
        return _connection([self._shown(goal) for goal in ordered], min(first, self._service.knobs.goals_page), after)

    def goals_byKey(self, _info: Any, containerId: str, goalKey: str) -> Mapping[str, object] | None:
        return self._shown(self._api.held[goalKey]) if containerId == _SITE and goalKey in self._api.held else None

    def goals_byId(self, _info: Any, goalId: str) -> Mapping[str, object] | None:
        return next((self._shown(goal) for goal in self._api.held.values() if goal.id == goalId), None)

    def goals_linkWorkItem(self, _info: Any, input: Mapping[str, str]) -> Mapping[str, object]:
        goal, issue, refused = self._both(input)
        if refused or goal is None:
            return _payload(refused)
        if issue in goal.items:
            return _payload("A link between this goal and this work item already exists.")
        goal.items.append(issue)
        return _payload("")

    def goals_unlinkWorkItem(self, _info: Any, input: Mapping[str, str]) -> Mapping[str, object]:
        goal, issue, refused = self._both(input)
        if refused or goal is None:
            return _payload(refused)
        if issue not in goal.items:
            return _payload("This work item is not linked to this goal.")
        goal.items.remove(issue)
        return _payload("")

    goals_removeWorkItemLink = goals_unlinkWorkItem

    def _both(self, given: Mapping[str, str]) -> tuple[HeldGoal | None, int, str]:
        goal = next((each for each in self._api.held.values() if each.id == given["goalId"]), None)
        number = given["workItemId"].removeprefix(_ISSUE)
        issue = self._service.state.issues.get(int(number)) if number.isdecimal() else None
        if not self._caller.edits:
            return None, 0, "The user may not edit this goal."
        if goal is None or issue is None or issue.project not in self._service.visible(self._caller):
            return None, 0, "The goal or the work item cannot be seen."
        if goal.archived:
            return None, 0, "The goal is archived."
        return goal, issue.id, ""

    def _depth(self, goal: HeldGoal) -> int:
        depth, parent = 0, self._api.held.get(goal.parent)
        while parent is not None and depth < len(self._api.held):
            depth, parent = depth + 1, self._api.held.get(parent.parent)
        return depth

    def _shown(self, goal: HeldGoal) -> Mapping[str, object]:
        issues = self._service.state.issues
        seen = self._service.visible(self._caller)
        nodes = [
            {"id": f"{_ISSUE}{id}", "key": issues[id].key}
            for id in goal.items
            if id in issues and issues[id].project in seen
        ]
        parent = self._api.held.get(goal.parent)
        cap = self._service.knobs.goals_page
        return {
            "id": goal.id,
            "key": goal.key,
            "name": goal.name,
            "url": f"https://home.atlassian.com/goal/{goal.key}",
            "isArchived": goal.archived,
            "state": {"value": goal.state, "label": goal.state.replace("_", " ").capitalize()},
            "owner": {"name": goal.owner} if goal.owner else None,
            "parentGoal": None if parent is None else {"key": parent.key},
            "workItems": lambda _info, first=20, after=None: _connection(nodes, min(first, cap), after),
        }


def _connection(nodes: list[Any], first: int, after: str | None) -> Mapping[str, object]:
    start = int(after) if after else 0
    end = start + first
    return {
        "edges": [{"node": node, "cursor": str(place)} for place, node in enumerate(nodes[start:end], start + 1)],
        "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end) if end < len(nodes) else None},
    }


def _payload(refused: str) -> Mapping[str, object]:
    return {"success": not refused, "errors": [{"message": refused}] if refused else None}


def _refused(message: str, status: int) -> Response:
    """HTTP 200, as the interface has it; the status stands inside."""
    return Response.of({"data": None, "errors": [{"message": message, "extensions": {"statusCode": status}}]})
