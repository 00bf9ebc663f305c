"""What a GraphQL answer says: data, errors by their place, and waits. HTTP 200 is no success here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veaf_sync.credentials import redact
from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected, SourceError

_LIMITED = ("RATE_LIMITED", "RATE_LIMIT")
_CLOSED = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "SAML_ENFORCED"})


@dataclass(frozen=True, slots=True)
class GraphError:
    """One entry of `errors`. `kind` is its `type` (`NOT_FOUND` …) or the code of a document that was not executed."""

    kind: str
    message: str
    path: tuple[str | int, ...] = ()

    @property
    def limited(self) -> bool:
        """Whether it asks to wait: https://docs.github.com/graphql/overview/rate-limits-and-query-limits"""
        return self.kind in _LIMITED or "rate limit" in self.message.lower()

    @property
    def missing(self) -> bool:
        return self.kind == "NOT_FOUND"

    def raised(self, what: str) -> SourceError:
        """As the error that says what the caller does next."""
        said = f"{what}: {self.message.rstrip('.')}."
        if self.kind == "INSUFFICIENT_SCOPES":
            return AuthError(said, fix="Give the token the scopes read:project and repo (project to write).")
        if self.kind in _CLOSED:
            return Forbidden(said, fix="Give this token the permission, or leave it out.")
        if self.missing:
            return Rejected(said, status=404)
        if self.kind in ("UNPROCESSABLE", "") or not self.kind.isupper():
            return Rejected(said, status=422)
        return Incomplete(said, fix="Run the same command again.")


@dataclass(frozen=True, slots=True)
class Result:
    """A judged answer. `data` is empty where nothing was executed; then `errors` say why."""

    data: Mapping[str, Any]
    errors: tuple[GraphError, ...]

    def under(self, *path: str | int) -> tuple[GraphError, ...]:
        """The errors at `path` and below it."""
        return tuple(error for error in self.errors if error.path[: len(path)] == path)

    def broken(self, *path: str | int) -> dict[int, GraphError]:
        """Of the list at `path` the places of entries that came without a part of their own, and the first error.

        A parent, and a project of an item, are things beside it: such a one may be hidden, and the item is whole.
        That `path` leads to the missing field is the GraphQL specification; which fields GitHub hides so is not
        published, and unverified.
        """
        found: dict[int, GraphError] = {}
        for error in self.under(*path):
            place, *below = error.path[len(path) :] or ("",)
            inside = tuple(below[1:] if below[:1] == ["content"] else below)
            beside = inside[:1] == ("parent",) or (inside[:2] == ("projectItems", "nodes") and len(inside) == 3)
            if isinstance(place, int) and inside and not beside:
                found.setdefault(place, error)
        return found

    def complete(self, what: str) -> Mapping[str, Any]:
        """The data of an answer without errors. Raises the first error."""
        for error in self.errors:
            raise error.raised(what)
        return self.data


def read_result(body: Any, what: str) -> Result:
    """`body` as a result. Raises `Incomplete` for what is no GraphQL answer."""
    if not isinstance(body, dict) or not ("data" in body or "errors" in body):
        raise Incomplete(f"{what}: the answer is not one of GraphQL.")
    data, errors = body.get("data"), body.get("errors") or []
    if not isinstance(errors, list) or not (data is None or isinstance(data, dict)):
        raise Incomplete(f"{what}: the answer is not one of GraphQL.")
    if data is None and not errors:
        raise Incomplete(f"{what}: the answer holds neither data nor errors.")
    return Result(data or {}, tuple(_error(entry) for entry in errors))


def _error(entry: Any) -> GraphError:
    if not isinstance(entry, dict):
        return GraphError("", "an error without words")
    extensions = entry.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    kind = entry.get("type") or code or ""
    path = entry.get("path")
    steps = tuple(step for step in path if isinstance(step, (str, int))) if isinstance(path, list) else ()
    return GraphError(_short(kind), _short(entry.get("message")) or "an error without words", steps)


def _short(value: Any) -> str:
    return " ".join(redact(value).split())[:300] if isinstance(value, str) else ""


def nodes_of(value: Any, what: str) -> Sequence[Any]:
    """The `nodes` of a connection, unreadable ones as `None`. Raises `Incomplete`."""
    nodes = value.get("nodes") if isinstance(value, dict) else None
    if not isinstance(nodes, list):
        raise Incomplete(f"{what}: the answer holds no list.")
    return nodes


def next_of(value: Any, what: str) -> str | None:
    """The cursor behind this page of a connection, `None` at its end. Raises `Incomplete` for a contradiction."""
    info = value.get("pageInfo") if isinstance(value, dict) else None
    if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
        raise Incomplete(f"{what}: the answer does not say whether it is the last page.")
    if not info["hasNextPage"]:
        return None
    cursor = info.get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise Incomplete(f"{what}: the answer says that more follows, but not where.")
    return cursor
