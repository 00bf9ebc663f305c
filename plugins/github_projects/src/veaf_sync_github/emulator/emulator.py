"""GitHub on the loopback interface: its GraphQL interface as far as projects need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import format_datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

from veaf_sync.clock import Clock
from veaf_sync.emulator import Emulator, Request, Response
from veaf_sync.emulator.routes import Match
from veaf_sync.model import WorkItem
from veaf_sync_github.emulator.ageing import aged
from veaf_sync_github.emulator.items import ItemLoader
from veaf_sync_github.emulator.knobs import Knobs
from veaf_sync_github.emulator.people import People
from veaf_sync_github.emulator.state import State

if TYPE_CHECKING:
    from graphql import GraphQLSchema

_READING, _WRITING = "github-reading-token", "github-writing-token"
_LOGIN = "alignment-sync"


@cache
def own_schema(old: bool = False) -> GraphQLSchema:
    """The part of the vendor's schema that this package describes itself; `old`: what older servers have of it."""
    from graphql import build_schema  # takes 0.2 s to import, which commands that start no emulator need not pay

    text = files(__package__).joinpath("schema.graphql").read_text(encoding="utf-8")
    return build_schema(aged(text) if old else text)


class GitHubEmulator(People, Emulator):
    """An Enterprise Server at a loopback address. `knobs` sets how it behaves; `People` has what people do there."""

    name = "github_projects"
    profiles: ClassVar[tuple[str, ...]] = ("default",)

    def __init__(
        self,
        *,
        profile: str = "",
        clock: Clock | None = None,
        knobs: Knobs | None = None,
        schema: GraphQLSchema | None = None,
    ) -> None:
        from veaf_sync_github.emulator.service import Root

        super().__init__(profile=profile, clock=clock)
        self.knobs = knobs or Knobs()
        self.state = State()
        self.use_tokens(_READING, _WRITING)
        self._schema = schema
        self._used: dict[object, int] = {}
        self._root = Root(self.state, self.clock)
        self.routes.add("POST", "/api/graphql", self._graphql)

    def load(self, items: Iterable[WorkItem]) -> None:
        with self.lock:
            ItemLoader(self.state, self.clock.now()).load(items)

    def source(self) -> dict[str, object]:
        entry: dict[str, object] = {
            "connector": self.name,
            "site": self.url,
            "token": "env:GITHUB_TOKEN",
            "projects": sorted(self.state.projects),
        }
        if not self.knobs.reader_may_edit:
            entry["write_token"] = "env:GITHUB_WRITE_TOKEN"  # noqa: S105  a reference
        return entry

    def separate_credentials(self) -> None:
        with self.lock:
            self.knobs.reader_may_edit = False

    def use_tokens(self, reading: str, writing: str) -> None:
        self._tokens = (reading, writing)
        self.environment = {"GITHUB_TOKEN": reading, "GITHUB_WRITE_TOKEN": writing}

    def tags(self) -> dict[str, tuple[str, ...]]:
        with self.lock:
            held = sorted(
                self.state.contents.values(), key=lambda c: (c.repository.full if c.repository else "", c.number)
            )
            return {content.key: tuple(sorted(content.labels)) for content in held if content.repository}

    def respond(self, request: Request, match: Match | None) -> Response:
        date = {"Date": format_datetime(self.clock.now(), usegmt=True)}
        token = request.headers.get("authorization", "").partition(" ")[2]
        if token not in self._tokens:
            return Response.of({"message": "Bad credentials", "status": "401"}, 401, date)
        if match is None:
            return Response.of({"message": "Not Found", "status": "404"}, 404, date)
        response = match.handler(request, *match.params.values())
        return Response(response.status, response.body, {**date, **response.headers}, response.content_type)

    def _graphql(self, request: Request) -> Response:
        from veaf_sync_github.emulator.cost import cost_of
        from veaf_sync_github.emulator.service import MOST_NODES, Caller, document_of, reset_at, run
        from veaf_sync_github.emulator.views import stamp

        given = request.json()
        query = given.get("query") if isinstance(given, dict) else None
        if not isinstance(query, str):
            return Response.of({"message": "A query attribute must be specified and must be a string."}, 400)
        variables: Mapping[str, Any] = given.get("variables") or {}
        schema = self._schema or own_schema(self.knobs.old)
        document = document_of(query, schema)
        if isinstance(document, list):
            return Response.of({"errors": document})
        cost = cost_of(document, variables)
        if cost.nodes > MOST_NODES:
            told = (
                f"This query requests up to {cost.nodes:,} possible nodes which exceeds the maximum limit of 500,000."
            )
            return Response.of({"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": told}]})
        reset = reset_at(self.clock.now())
        used = self._used.get(reset, 0)
        headers = self._headers(used, reset)
        if used + cost.points > self.knobs.points:
            limited = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
            return Response.of({"data": None, "errors": [limited]}, 200, headers | {"X-RateLimit-Remaining": "0"})
        self._used[reset] = used = used + cost.points
        if self.knobs.heavy and cost.nodes > self.knobs.heavy:
            return Response.of({"message": "We couldn't respond to your request in time."}, 502, headers)
        token = request.headers.get("authorization", "").partition(" ")[2]
        rate = {
            "cost": cost.points,
            "limit": self.knobs.points,
            "nodeCount": cost.nodes,
            "remaining": self.knobs.points - used,
            "resetAt": stamp(reset),
            "used": used,
        }
        caller = Caller(_LOGIN, token == self._tokens[1] or self.knobs.reader_may_edit, self.state, rate)
        return Response.of(run(schema, document, variables, self._root, caller), 200, self._headers(used, reset))

    def _headers(self, used: int, reset: Any) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.knobs.points),
            "X-RateLimit-Remaining": str(max(0, self.knobs.points - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(int(reset.timestamp())),
            "X-RateLimit-Resource": "graphql",
        }
