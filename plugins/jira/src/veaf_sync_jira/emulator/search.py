"""Searching: Cloud's pages by token, Data Center's by offset, and the count."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from veaf_sync.emulator import BadRequest, Request, Response, Routes
from veaf_sync_jira.emulator.index import Found
from veaf_sync_jira.emulator.issue import Issue, millis
from veaf_sync_jira.emulator.jql import Query, parse
from veaf_sync_jira.emulator.properties import with_properties
from veaf_sync_jira.emulator.query import Compiler, SortKey
from veaf_sync_jira.emulator.refusal import Refused
from veaf_sync_jira.emulator.render import Selection
from veaf_sync_jira.emulator.service import Caller, Service

_BODY = frozenset(
    {
        "jql",
        "nextPageToken",
        "maxResults",
        "fields",
        "expand",
        "properties",
        "fieldsByKeys",
        "failFast",
        "reconcileIssues",
    }
)
_PAGE = 50
_CAPS = {"cloud": 100, "dc": 1000}
_MAX_RECONCILED = 50
_MAX_ORDER = 7


class Search:
    """`/search/jql` and `/search/approximate-count` of Cloud, `/search` of Data Center."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.generation = 0
        """Page tokens of another generation are refused."""

    def add_to(self, routes: Routes) -> None:
        root = self.service.edition.root
        if self.service.edition.cloud:
            routes.add("GET", f"{root}/search/jql", self.by_token)
            routes.add("POST", f"{root}/search/jql", self.by_token)
            routes.add("POST", f"{root}/search/approximate-count", self.count)
            routes.add("GET", f"{root}/search", self.removed)
            routes.add("POST", f"{root}/search", self.removed)
        else:
            routes.add("GET", f"{root}/search", self.by_offset)
            routes.add("POST", f"{root}/search", self.by_offset)

    def removed(self, request: Request) -> Response:
        raise Refused(410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")

    def by_token(self, request: Request) -> Response:
        caller = self.service.caller(request)
        body = _arguments(request, lists=("fields", "properties", "reconcileIssues"))
        if not _BODY.issuperset(body):
            raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        selection = Selection.of(body.get("fields", ()), "id")
        size = self._size(body, selection)
        query = self._query(body)
        fresh = self._fresh([str(id) for id in body.get("reconcileIssues", ())])
        found = self._search(caller, query, fresh)
        token = body.get("nextPageToken")
        place = self._place(str(token), str(body["jql"])) if token else None
        page, last = found.after(place, size)
        issues = self._render(page, selection, body)
        tail = '"isLast":true' if last is None else f'"nextPageToken":"{self._token(last, body["jql"])}","isLast":false'
        return Response(body=f'{{"issues":[{issues}],{tail}}}'.encode())

    def by_offset(self, request: Request) -> Response:
        caller = self.service.caller(request)
        body = _arguments(request, lists=("fields",))
        selection = Selection.of(body.get("fields", ()), "*navigable")
        cap = self.service.knobs.page_cap or _CAPS["dc"]
        size, start = min(_integer(body, "maxResults", _PAGE), cap), _integer(body, "startAt", 0)
        if size < 0 or start < 0:
            raise Refused(400, "The values of startAt and maxResults must not be negative.")
        lenient = str(body.get("validateQuery", "true")).lower() not in ("true", "strict")
        issues = self._search(caller, parse(str(body.get("jql", ""))), {}, lenient=lenient).issues
        page = self._render(issues[start : start + size], selection, body)
        head = f'"expand":"schema,names","startAt":{start},"maxResults":{size},"total":{len(issues)}'
        return Response(body=f'{{{head},"issues":[{page}]}}'.encode())

    def count(self, request: Request) -> Response:
        caller = self.service.caller(request)
        body = _arguments(request, lists=())
        return Response.of({"count": len(self._search(caller, self._query(body), {}).issues)})

    def _size(self, body: dict[str, Any], selection: Selection) -> int:
        knobs = self.service.knobs
        size = _integer(body, "maxResults", _PAGE)
        if size < 1:
            raise Refused(400, "The value of maxResults must be at least 1.")
        return min(size, knobs.id_page_cap if selection.only_keys else knobs.page_cap or _CAPS["cloud"])

    def _query(self, body: dict[str, Any]) -> Query:
        query = parse(str(body.get("jql", "")))
        if query.where is None:
            unbounded = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            raise Refused(400, unbounded)
        if len(query.order) > _MAX_ORDER:
            raise Refused(400, f"JQL can be ordered by at most {_MAX_ORDER} fields.")
        return query

    def _fresh(self, ids: Sequence[str]) -> dict[int, Issue | None]:
        if len(ids) > _MAX_RECONCILED:
            raise Refused(400, f"reconcileIssues holds at most {_MAX_RECONCILED} ids.")
        return {int(id): self.service.state.issues.get(int(id)) for id in ids if id.isdigit()}

    def _search(self, caller: Caller, query: Query, fresh: dict[int, Issue | None], *, lenient: bool = False) -> Found:
        service = self.service
        service.state.index.settle(service.now)
        view = service.view(caller)
        view.lenient = view.lenient or lenient
        plan = Compiler(view, service.zone, service.now).plan(query)
        return service.state.index.search(plan, view.visible, fresh)

    def _render(self, issues: Sequence[Issue], selection: Selection, body: dict[str, Any]) -> str:
        expand = body.get("expand", "")
        names = expand if isinstance(expand, list) else str(expand).split(",")
        renderer = self.service.renderer
        if wanted := body.get("properties"):
            return ",".join(
                [with_properties(self.service, renderer.issue(i, selection, names), i, wanted) for i in issues]
            )
        return ",".join([renderer.issue(issue, selection, names) for issue in issues])

    def _token(self, last: SortKey, jql: str) -> str:
        return base64.urlsafe_b64encode(
            json.dumps([_mark(jql), self.generation, millis(self.service.now), last]).encode()
        ).decode()

    def _place(self, token: str, jql: str) -> SortKey:
        """The place behind which a page token goes on. Raises `Refused` (400) for an expired or foreign one."""
        try:
            mark, generation, made, place = json.loads(base64.urlsafe_b64decode(token))
            expires = made + timedelta(seconds=self.service.knobs.token_lifetime) / timedelta(milliseconds=1)
            good = (mark, generation) == (_mark(jql), self.generation) and millis(self.service.now) < expires
        except (ValueError, TypeError):
            good = False
        if not good:
            raise Refused(400, "The provided next page token is invalid or has expired.")
        return tuple(int(part) for part in place)


def _mark(jql: str) -> str:
    return hashlib.blake2s(" ".join(jql.split()).encode(), digest_size=8).hexdigest()


def _arguments(request: Request, lists: tuple[str, ...]) -> dict[str, Any]:
    """The arguments of a search, from the query of a GET or the body of a POST."""
    if request.method == "POST":
        body = request.json()
        if not isinstance(body, dict):
            raise BadRequest("The request body must be an object.")
        if any(not isinstance(body.get(name, []), list) for name in lists):
            raise BadRequest(f"These must be lists: {', '.join(lists)}.")
        return body
    return {name: values if name in lists else values[-1] for name, values in request.query.items()}


def _integer(body: dict[str, Any], name: str, default: int) -> int:
    try:
        return int(body.get(name, default))
    except (TypeError, ValueError):
        raise Refused(400, f"The value of {name} is not a number.") from None
