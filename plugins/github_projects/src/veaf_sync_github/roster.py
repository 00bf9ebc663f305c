"""The projects of a source: asked for by number, or all open ones of an owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veaf_sync.connector import Partition
from veaf_sync.connector.texts import line
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync_github import queries
from veaf_sync_github.client import Client
from veaf_sync_github.judging import next_of, nodes_of
from veaf_sync_github.settings import split_project

AT_ONCE = 20
MOST_PAGES = 200
_VALUES = frozenset({"TEXT", "NUMBER", "DATE", "SINGLE_SELECT", "ITERATION"})
"""Types of fields that carry a value of their own; the others show what stands on the issue anyway."""


@dataclass(frozen=True, slots=True)
class Project:
    """A visible project. `name` is OWNER/NUMBER, `fields` the names of those that hold values of their own."""

    id: str
    name: str
    title: str
    url: str
    size: int
    fields: tuple[str, ...]

    def partition(self, field: str | None) -> Partition:
        """As the core knows it; `field`: the one in which our tags stand."""
        return Partition(self.name, self.title, self.url, self.size, target=field is None or field in self.fields)


def roster(client: Client) -> tuple[list[Project], list[Partition]]:
    """The visible projects by name, and those that were asked for and are not."""
    named = client.settings.projects
    found: dict[str, Project] = {}
    hidden: list[Partition] = []
    for start in range(0, len(named), AT_ONCE):
        chunk = named[start : start + AT_ONCE]
        for name, project in zip(chunk, _by_number(client, chunk), strict=True):
            if project is None:
                reason = "there is no such project, or this token may not see it"
                hidden.append(Partition(name, readable=False, reason=reason))
            else:
                found[name] = project
    for owner in client.settings.owners:
        found |= {project.name: project for project in _of_owner(client, owner) if project.name not in found}
    return [found[name] for name in sorted(found)], hidden


def visible(client: Client, name: str) -> bool:
    """Whether a project can be seen, open or closed. Raises where GitHub does not answer clearly."""
    return next(iter(_by_number(client, [name]))) is not None


def _by_number(client: Client, names: Sequence[str]) -> Iterator[Project | None]:
    what = "Asking for the projects"
    pairs = [split_project(name) for name in names]
    variables: dict[str, Any] = {}
    for place, (owner, number) in enumerate(pairs):
        variables |= {f"o{place}": owner, f"n{place}": number}
    result = client.ask(queries.projects(pairs, client.server), variables, what)
    for place, name in enumerate(names):
        for error in result.under(f"p{place}"):
            if not error.missing and error.kind not in ("FORBIDDEN", "SAML_ENFORCED"):
                raise error.raised(what)
        owner_ = result.data.get(f"p{place}")
        raw = owner_.get("projectV2") if isinstance(owner_, dict) else None
        yield None if raw is None else _project(raw, name, what)
    for error in result.errors:
        if not error.path:
            raise error.raised(what)


def _of_owner(client: Client, owner: str) -> Iterator[Project]:
    what = f"Asking for the projects of {owner}"
    after: str | None = None
    for _ in range(MOST_PAGES):
        result = client.ask(queries.owned(client.server), {"login": owner, "after": after}, what)
        shown = result.complete(what).get("repositoryOwner")
        if not isinstance(shown, dict) or "projectsV2" not in shown:
            raise Rejected(f"{what}: there is no organisation or user of that name.", status=404)
        for raw in nodes_of(shown["projectsV2"], what):
            if isinstance(raw, dict) and raw.get("closed") is False:
                yield _project(raw, f"{owner}/{raw.get('number')}", what)
        after = next_of(shown["projectsV2"], what)
        if after is None:
            return
    raise Incomplete(f"{what}: more than {MOST_PAGES} pages.")


def _project(raw: Mapping[str, Any], name: str, what: str) -> Project:
    id_, items = raw.get("id"), raw.get("items")
    size = items.get("totalCount") if isinstance(items, dict) else None
    if not isinstance(id_, str) or not id_ or not isinstance(size, int):
        raise Incomplete(f"{what}: the answer is not about a project.")
    fields = [field for field in nodes_of(raw.get("fields"), what) if isinstance(field, dict)]
    names = tuple(str(field["name"]) for field in fields if field.get("dataType") in _VALUES and field.get("name"))
    url = line(raw.get("url"))
    return Project(id_, name, line(raw.get("title")), url if url.startswith("https://") else "", size, names)
