"""Atlassian's own goals: what they are, which issues are linked to them, and links made and taken away.

The platform's GraphQL interface, on Cloud only. Points that nobody has verified stand in docs/adr/0017.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from veaf_sync.connector import GOALS, Cursor, Goal
from veaf_sync.credentials import redact
from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected, SourceError
from veaf_sync.model import Outcome, Result, TagChange, WorkItem
from veaf_sync_jira.client import Client
from veaf_sync_jira.texts import line

PATH = "/gateway/api/graphql"
MOST_PAGES = 1_000
FRESH_SECONDS = 30.0
"""So old may links be that a write or a direct reading relies on."""
_HEADERS = {"X-ExperimentalApi": "opt-in"}
_WORK = """workItems(first: 100, after: %s) @optIn(to: "GraphStoreJiraEpicContributesToAtlasGoal") {
      edges { node { ... on JiraIssue { key } } } pageInfo { hasNextPage endCursor }
    }"""
_SEARCH = f"""query Goals($container: ID!, $after: String) {{
  goals_search(containerId: $container, searchString: "", sort: [HIERARCHY_ASC], first: 50, after: $after) {{
    edges {{ node {{
    id key name url isArchived state {{ value label }} owner {{ name }} parentGoal {{ key }}
    {_WORK % "null"} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
_MORE = f"query Work($goal: ID!, $after: String) {{ goals_byId(goalId: $goal) {{ {_WORK % '$after'} }} }}"
_ENDED = frozenset({"archived", "cancelled", "completed", "done"})
_UNLINK = ("goals_unlinkWorkItem", "goals_removeWorkItemLink")
_UNKNOWN_FIELD = ("cannot query field", "fieldundefined", "undefined field", "is undefined")
_THERE, _NOT_THERE = ("already",), ("not linked", "no link", "does not exist", "not found")
"""How an error reads by which a link is there, or is not there, before we asked for it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A goal, and the name by which the interface wants to see it."""

    goal: Goal
    address: str
    archived: bool


class Goals:
    """The goals of one site. Read whole, at once for all its readers, and again where they must be fresh."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._cloud = ""
        self._known: dict[str, Known] = {}
        self._by_item: dict[str, tuple[str, ...]] = {}
        self._read_at: float | None = None
        self._unlink = _UNLINK[0]

    def read(self, *, fresh: bool = False) -> Mapping[str, Known]:
        """Goals by key, parents first. `fresh`: asked again where the last answer is older than `FRESH_SECONDS`.

        Raises `Forbidden` or `Incomplete`: a list that is not whole would look as if people had taken links away.
        """
        with self._lock:
            now = self._client.clock.monotonic()
            if self._read_at is None or (fresh and now - self._read_at > FRESH_SECONDS):
                self._known = {known.goal.key: known for known in self._search()}
                by_item: dict[str, list[str]] = {}
                for key, known in self._known.items():
                    for item in known.goal.items:
                        by_item.setdefault(item, []).append(key)
                self._by_item = {item: tuple(sorted(keys)) for item, keys in by_item.items()}
                self._read_at = now
            return self._known

    def links(self, projects: Sequence[str], *, fresh: bool = False) -> dict[str, list[str]]:
        """Goals' keys by the keys of the issues of `projects` that are linked to any."""
        self.read(fresh=fresh)
        return {key: list(goals) for key, goals in sorted(self._by_item.items()) if key.rpartition("-")[0] in projects}

    def onto(self, item: WorkItem) -> WorkItem:
        """The item with its links, as last read; at the tag target too, where that is goals."""
        tag, keys = self._client.settings.tag, self._by_item.get(item.key, ())
        if not keys:
            return item
        places = item.partitions
        if tag is not None and tag.goal:
            places = tuple(replace(place, tags=keys) for place in places)
        return replace(item, partitions=places, fields={**item.fields, GOALS: keys})

    def refusal(self, change: TagChange) -> str:
        """Why a change would not be taken; "" where it would."""
        known = self.read(fresh=True)
        for key in (*change.adds, *change.removes):
            if key not in known:
                return f"There is no goal {key} that this user sees."
            if known[key].archived:
                return f"The goal {key} is archived; its links stay as they are."
        return ""

    def write(self, change: TagChange) -> Outcome:
        """Link and unlink, one request each; a link that is there, or gone, is what was wanted."""
        if reason := self.refusal(change):
            return Outcome(change.item, Result.FAILED, reason)
        steps = [("goals_linkWorkItem", key) for key in change.adds] + [("", key) for key in change.removes]
        done: list[str] = []
        for name, key in steps:
            try:
                reason = self._mutate(name, key, change.item.id)
            except AuthError:
                if not done:
                    raise
                reason = "the credentials are not taken any more"
            except (Forbidden, Rejected) as refusal:
                reason = refusal.message
            except BaseException:
                self._read_at = None  # it may have been done: who wants to know must ask
                raise
            if reason:
                so_far = f" {', '.join(done)} was done before." if done else ""
                return Outcome(change.item, Result.FAILED, f"{key}: {reason.rstrip('.')}.{so_far}")
            done.append(key)
            with self._lock:
                held = {*self._by_item.get(change.key, ()), key} - ({key} if not name else set())
                self._by_item[change.key] = tuple(sorted(held))
        return Outcome(change.item, Result.APPLIED)

    def _mutate(self, name: str, key: str, item: str) -> str:
        """Why a link was not made or (without a name) taken away; "" where it is as wanted."""
        names = [name] if name else sorted(_UNLINK, key=lambda each: each != self._unlink)
        variables = {"goal": self._known[key].address, "item": f"ari:cloud:jira:{self._cloud_id()}:issue/{item}"}
        for mutation in names:
            document = (
                f"mutation Link($goal: ID!, $item: ID!) {{ {mutation}(input: {{goalId: $goal, workItemId: $item}}) "
                "{ success errors { message } } }"
            )
            try:
                answer = self._ask(document, variables, f"Linking to {key}", safe=True).get(mutation)
            except Rejected as refusal:
                if mutation != names[-1] and any(words in refusal.message.lower() for words in _UNKNOWN_FIELD):
                    continue  # an older interface, or a newer one
                raise
            if not name:
                self._unlink = mutation
            return _complaint(answer, _THERE if name else _NOT_THERE)
        raise AssertionError("unreachable")

    def _search(self) -> Iterator[Known]:
        container, after = f"ari:cloud:townsquare::site/{self._cloud_id()}", None
        for _ in range(MOST_PAGES):
            found = self._ask(_SEARCH, {"container": container, "after": after}, "Reading goals").get("goals_search")
            nodes, after = _page(found, "Reading goals")
            for node in nodes:
                yield self._goal(node)
            if after is None:
                return
        raise Incomplete(f"Reading goals: more than {MOST_PAGES} pages.")

    def _goal(self, node: Mapping[str, Any]) -> Known:
        key, address = line(node.get("key")), node.get("id")
        if not key or not isinstance(address, str):
            raise Incomplete("Reading goals: a goal without key.")
        items, after = _page(node.get("workItems"), f"Reading what is linked to {key}")
        for _ in range(MOST_PAGES):
            if after is None:
                break
            what = f"Reading what is linked to {key}"
            more = self._ask(_MORE, {"goal": address, "after": after}, what).get("goals_byId")
            rest, after = _page(more.get("workItems") if isinstance(more, dict) else None, what)
            items += rest
        archived = node.get("isArchived") is True
        value = _inner(node, "state", "value")
        return Known(
            Goal(
                key=key,
                title=line(node.get("name")),
                parent=_inner(node, "parentGoal", "key"),
                state="archived" if archived else _inner(node, "state", "label") or value,
                open=not archived and value.lower() not in _ENDED,
                owner=_inner(node, "owner", "name"),
                url=line(node.get("url")),
                items=tuple(sorted({issue for row in items if (issue := line(row.get("key")))})),
            ),
            address,
            archived,
        )

    def _cloud_id(self) -> str:
        if not self._cloud:
            url = f"{self._client.settings.site}/_edge/tenant_info"
            told = self._client.session.call("GET", url, what="Asking for the cloud id").data
            self._cloud = line(told.get("cloudId")) if isinstance(told, dict) else ""
            if not self._cloud:
                raise Incomplete("Asking for the cloud id: the answer holds none.")
        return self._cloud

    def _ask(self, document: str, variables: Mapping[str, Any], what: str, *, safe: bool = True) -> Mapping[str, Any]:
        """The `data` of an answer. Any error in it, under whatever status, is raised: half of it is no answer."""
        _ = self._client.site
        url, body = self._client.settings.site + PATH, {"query": document, "variables": variables}
        data = self._client.session.call("POST", url, json=body, headers=_HEADERS, safe=safe, what=what).data
        if not isinstance(data, dict):
            raise Incomplete(f"{what}: the answer is none of this interface.")
        if errors := data.get("errors"):
            raise _error(errors[0] if isinstance(errors, list) and errors else errors, what)
        answer: Any = data.get("data")
        if not isinstance(answer, dict):
            raise Incomplete(f"{what}: the answer holds no data.")
        return answer


def links_of(cursors: Mapping[str, Cursor], keys: Sequence[str]) -> dict[str, list[str]]:
    """Goals by the keys of linked issues, as the cursors of these projects last saw them."""
    found: dict[str, list[str]] = {}
    for name in keys:
        held = cursors[name].get("links") or {}
        found |= {key: goals for key, goals in held.items() if key.rpartition("-")[0] == name}
    return found


def _page(found: Any, what: str) -> tuple[list[Mapping[str, Any]], str | None]:
    """The nodes of a connection, and where it goes on."""
    edges, info = (found.get("edges"), found.get("pageInfo")) if isinstance(found, dict) else (None, None)
    if not isinstance(edges, list) or not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
        raise Incomplete(f"{what}: the answer does not say whether it is whole.")
    nodes = [edge.get("node") for edge in edges if isinstance(edge, dict)]
    after = info.get("endCursor") if info["hasNextPage"] else None
    if info["hasNextPage"] and not (isinstance(after, str) and after and nodes):
        raise Incomplete(f"{what}: the answer says that more follows, but not where.")
    return [node for node in nodes if isinstance(node, dict)], after


def _error(error: Any, what: str) -> SourceError:
    told = error if isinstance(error, dict) else {"message": error}
    more = told.get("extensions")
    message = f"{what}: {redact(line(told.get('message')))[:300] or 'refused without a word'}"
    status = more.get("statusCode") if isinstance(more, dict) else None
    if status == 401:
        return AuthError(message, fix="Check the source's user and token, then: veaf-sync check --online")
    if status == 403 or "permission" in message.lower() or "forbidden" in message.lower():
        return Forbidden(message, fix="Goals need access to Atlassian Home; without it take goals out of the source.")
    return Rejected(message, status=status if isinstance(status, int) else 200)


def _complaint(answer: Any, fine: Sequence[str]) -> str:
    if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
        return "the answer does not say whether it was done"
    if answer["success"]:
        return ""
    errors = answer.get("errors")
    said = "; ".join(line(each.get("message")) for each in errors or () if isinstance(each, dict)) or "refused"
    return "" if any(words in said.lower() for words in fine) else said


def _inner(node: Mapping[str, Any], name: str, key: str) -> str:
    inner = node.get(name)
    return line(inner.get(key)) if isinstance(inner, dict) else ""
