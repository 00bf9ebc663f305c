"""Walking a project: its tasks page by page, then what is below them, at any depth."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from veaf_sync.errors import Incomplete
from veaf_sync_asana.client import AT_ONCE, PAGE, Action, Client, Reply, rows_of
from veaf_sync_asana.items import places_of

if TYPE_CHECKING:
    from veaf_sync.http import Patience

DEEPEST = 50
"""Levels of sub-tasks; the vendor allows far fewer."""


@dataclass(frozen=True, slots=True)
class Found:
    """A task as it came, and the projects of the source that it lives in, maybe by the task above it."""

    raw: Mapping[str, Any]
    places: tuple[str, ...]


@dataclass(slots=True)
class Branch:
    """A task whose sub-tasks are still to be read, and where they live unless they say otherwise."""

    gid: str
    places: tuple[str, ...]
    depth: int = 1

    def as_json(self) -> list[Any]:
        return [self.gid, list(self.places), self.depth]

    @classmethod
    def of(cls, given: Sequence[Any]) -> Branch:
        gid, places, depth = given
        return cls(str(gid), tuple(map(str, places)), int(depth))


@dataclass(slots=True)
class Step:
    """A page's tasks, and the walk's place behind it (`None` at its end)."""

    found: list[Found]
    place: Place | None


@dataclass(slots=True)
class Place:
    """`listed`: the list of tasks was read to its end. `branches` wait for it, so that no page is asked for late."""

    listed: bool = False
    offset: str | None = None
    branches: deque[Branch] = field(default_factory=deque)

    def as_json(self) -> dict[str, Any]:
        """Where to go on: JSON-able."""
        return {
            "listed": self.listed,
            "offset": self.offset,
            "branches": [branch.as_json() for branch in self.branches],
        }

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Place:
        if given is None:
            return cls()
        return cls(bool(given["listed"]), given["offset"], deque(Branch.of(each) for each in given["branches"]))


class Walk:
    """Walks projects; `fields` is what is asked of a task, `projects` are those that the source reads.

    `into`: only below these tasks; not given: below all.
    """

    def __init__(
        self,
        client: Client,
        projects: Collection[str],
        fields: str,
        patience: Patience,
        into: Collection[str] | None = None,
    ) -> None:
        self._client = client
        self._projects = projects
        self._fields = fields
        self._patience = patience
        self._into = into

    def project(self, gid: str, place: Place, what: str, **filters: str) -> Iterator[Step]:
        """The tasks of a project from `place` on, and those below them.

        Raises `TokenExpired` where the place in the list is not known any more.
        """
        if not place.listed:
            params = {"project": gid, "opt_fields": self._fields, **filters}
            pages = self._client.pages("/tasks", what, after=place.offset, patience=self._patience, **params)
            for rows, offset in pages:
                found = self._found(rows, (gid,), place, depth=1)
                place.offset, place.listed = offset, offset is None
                done = place.listed and not place.branches
                yield Step(found, None if done else place)
        yield from self.below(place, what)

    def below(self, place: Place, what: str) -> Iterator[Step]:
        """The tasks below the branches of `place`, ten branches a request."""
        found: list[Found] = []
        while place.branches:
            chunk = [place.branches.popleft() for _ in range(min(AT_ONCE, len(place.branches)))]
            replies = self._client.batch([self._action(branch) for branch in chunk], what, patience=self._patience)
            for branch, reply in zip(chunk, replies, strict=True):
                if reply.status == 404:
                    continue  # gone since its page came
                if not reply.good:
                    raise reply.raised(what)
                if branch.depth > DEEPEST:
                    raise Incomplete(f"{what}: the sub-tasks of {branch.gid} have no end.")
                for rows in self._all(branch, reply, what):
                    found += self._found(rows, branch.places, place, depth=branch.depth + 1)
            if not place.branches:
                yield Step(found, None)
            elif found:
                yield Step(found, place)
                found = []

    def _found(
        self, rows: Sequence[Mapping[str, Any]], above: tuple[str, ...], place: Place, *, depth: int
    ) -> list[Found]:
        found = []
        for raw in rows:
            places = places_of(raw, self._projects, above)
            found.append(Found(raw, places))
            if raw.get("num_subtasks") and (depth > 1 or self._into is None or raw["gid"] in self._into):
                place.branches.append(Branch(str(raw["gid"]), places, depth))
        return found

    def _action(self, branch: Branch) -> Action:
        return Action("get", f"/tasks/{branch.gid}/subtasks", {"opt_fields": self._fields, "limit": PAGE})

    def _all(self, branch: Branch, reply: Reply, what: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The pages of a branch: the first as a batch brought it, which takes no place in a list, then the rest."""
        rows, offset = rows_of(reply.body, what)
        yield rows
        if offset is not None:
            path = f"/tasks/{branch.gid}/subtasks"
            pages = self._client.pages(path, what, after=offset, patience=self._patience, opt_fields=self._fields)
            yield from (rows for rows, _ in pages)
