"""The thin walk over a project: which items it holds, what changed, and how many may not be seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from veaf_sync.connector.texts import instant
from veaf_sync.errors import Forbidden, Incomplete, TokenExpired
from veaf_sync_github import queries
from veaf_sync_github.client import Client
from veaf_sync_github.judging import GraphError, Result, next_of, nodes_of
from veaf_sync_github.roster import Project

if TYPE_CHECKING:
    from veaf_sync.http import Patience

LARGEST, SMALLEST = 100, 5
MOST_PAGES = 50_000
TRIES = 4
"""At the smallest page, how often a server that is too busy is asked before the walk is given up."""


@dataclass(slots=True)
class Swept:
    """A project's items by their content's id (drafts: their own), with the later of their two clocks.

    `redacted`: how many more there are that may not be seen. `whole`: from the first item on.
    """

    clocks: dict[str, datetime] = field(default_factory=dict)
    redacted: int = 0
    whole: bool = True


class Pages:
    """A project's items page after page; a page that is too heavy for the server is asked for in halves."""

    def __init__(self, client: Client, project: Project, what: str, patience: Patience) -> None:
        self._client = client
        self._project = project
        self._what = what
        self._patience = patience
        self.size = LARGEST

    def ask(self, query: str, after: str | None, **more: Any) -> tuple[Result, dict[str, Any]]:
        """One page: the result with its errors, and the connection.

        Raises `Forbidden` where the project is gone, `TokenExpired` where the place `after` is not known any more.
        """
        result = self._result(query, after, more)
        node = result.data.get("node")
        if node is None and (missing := next((error for error in result.errors if error.missing), None)):
            raise Forbidden(f"{self._project.name}: not visible to this token any more ({missing.message}).")
        shown = node.get("items") if isinstance(node, dict) else None
        if not isinstance(shown, dict):
            if after is not None and any("CURSOR" in error.kind.upper() for error in result.errors):
                raise TokenExpired(f"{self._what}: the place in the list is not known any more.")
            for error in result.errors:
                raise error.raised(self._what)
            raise Incomplete(f"{self._what}: the answer holds no items.")
        return result, shown

    def _result(self, query: str, after: str | None, more: dict[str, Any]) -> Result:
        from veaf_sync.http import Unavailable

        busy = 0
        while True:
            variables = {"project": self._project.id, "first": self.size, "after": after, **more}
            try:
                return self._client.ask(query, variables, self._what, patience=self._patience, less=True)
            except Unavailable as heavy:
                busy += self.size == SMALLEST
                if busy == TRIES:
                    raise
                wait = 2.0**busy
                self._patience.spend(wait, self._client.clock, self._what)
                self._client.clock.sleep(wait)
                if heavy.status in (502, 504):
                    self.size = max(SMALLEST, self.size // 2)


def sweep(client: Client, project: Project, patience: Patience) -> Swept:
    """Every item of a project once, however the order changes meanwhile. Raises `Incomplete`."""
    what = f"Listing {project.name}"
    pages = Pages(client, project, what, patience)
    swept, after, seen = Swept(), None, set[str]()
    for _ in range(MOST_PAGES):
        result, shown = pages.ask(queries.sweep(client.server), after)
        partial(result, what)
        for raw in nodes_of(shown, what):
            _note(raw, swept, what)
        after = next_of(shown, what)
        if after is None:
            return swept
        if after in seen:
            raise Incomplete(f"{what}: the same place was answered twice; the walk would not end.")
        seen.add(after)
    raise Incomplete(f"{what}: more than {MOST_PAGES} pages.")


def _of_node(error: GraphError) -> bool:
    """Whether an error is about one item that may not be seen, and not about the page."""
    return "nodes" in error.path and error.kind in ("FORBIDDEN", "NOT_FOUND", "SAML_ENFORCED")


def _note(raw: Any, swept: Swept, what: str) -> None:
    content = raw.get("content") if isinstance(raw, dict) else None
    if not isinstance(content, dict) or not isinstance(raw.get("id"), str):
        swept.redacted += 1
        return
    try:
        clocks = [clock for text in (raw.get("updatedAt"), content.get("updatedAt")) if (clock := instant(text))]
    except ValueError:
        raise Incomplete(f"{what}: the answer holds a time that is none.") from None
    if not clocks:
        raise Incomplete(f"{what}: the answer holds an item without a time.")
    id_ = content.get("id") or raw["id"]
    swept.clocks[str(id_)] = max(clocks)


def partial(result: Result, what: str) -> None:
    """Raise for errors of a page that are about more than one item of it."""
    for error in result.errors:
        if not _of_node(error):
            raise error.raised(what)
