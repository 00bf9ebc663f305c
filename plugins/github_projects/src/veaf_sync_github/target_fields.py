"""The field that holds our tags: in each project a text or a choice of one, or the organisation's issue field."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from veaf_sync.connector.texts import line
from veaf_sync.errors import Incomplete
from veaf_sync_github import queries
from veaf_sync_github.client import Client
from veaf_sync_github.judging import nodes_of
from veaf_sync_github.roster import Project

AT_ONCE = 20
TEXT, ONE = "TEXT", "SINGLE_SELECT"
COLOUR = "GRAY"


@dataclass(slots=True)
class TargetField:
    """A field of a project. `of_issue`: it shows the organisation's issue field, which is written on the issue itself.

    `options` are ids by name, `raw` the options as the server wants them back when one is added.
    """

    id: str
    type: str
    of_issue: bool = False
    options: dict[str, str] = field(default_factory=dict)
    raw: list[dict[str, Any]] = field(default_factory=list)


class TargetFields:
    """Fields by project and name, asked for once for all projects: one request for every 20."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], TargetField | None] = {}

    def learn(self, projects: Sequence[Project], name: str) -> None:
        """Ask for the fields called `name` of those projects that are not known yet."""
        with self._lock:
            missing = [project for project in projects if (project.name, name) not in self._known]
            for start in range(0, len(missing), AT_ONCE):
                self._ask(missing[start : start + AT_ONCE], name)

    def get(self, project: str, name: str) -> TargetField | None:
        """The field, after `learn`; none where the project has none of that name."""
        return self._known.get((project, name))

    def forget(self, project: str, name: str) -> None:
        """Somebody changed it meanwhile: ask again."""
        self._known.pop((project, name), None)

    def add(self, target: TargetField, values: Sequence[str]) -> str:
        """Add options to a project's choice, those there keeping their identity; why that failed, else "".

        The list of options is replaced as a whole: what is sent without its id loses its identity, and every item its
        value. Another option that a person adds in the same moment is lost; its items keep nothing either.
        """
        options = [*target.raw, *({"name": value, "color": COLOUR, "description": ""} for value in values)]
        what = f"Creating {len(values)} choices"
        shown = "projectV2Field { ... on ProjectV2SingleSelectField { options { id name color description } } }"
        given = {"fieldId": target.id, "singleSelectOptions": options}
        result = self._client.change(queries.mutations([("updateProjectV2Field", shown)]), {"i0": given}, what)
        made = (result.data.get("m0") or {}).get("projectV2Field")
        if result.errors or not isinstance(made, dict):
            said = result.errors[0].message if result.errors else "GitHub did not say why"
            return f"{what}: {said}"
        _options(target, made)
        return "" if all(value in target.options for value in values) else f"{what}: they are not there."

    def _ask(self, projects: Sequence[Project], name: str) -> None:
        what = f"Asking for the field {name!r}"
        query = queries.target_fields(self._client.server)
        result = self._client.ask(query, {"ids": [project.id for project in projects]}, what)
        nodes = result.complete(what).get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(projects):
            raise Incomplete(f"{what}: the answer holds another number of projects.")
        for project, raw in zip(projects, nodes, strict=True):
            self._known[project.name, name] = _field_of(raw, name, what) if isinstance(raw, dict) else None


def _field_of(raw: Mapping[str, Any], name: str, what: str) -> TargetField | None:
    own = next((one for one in _named(raw.get("fields"), name, what)), None)
    if own is None:
        return None
    shared = (raw.get("owner") or {}).get("issueFields")
    issue = next((one for one in _named(shared, name, what)), None) if shared else None
    chosen = issue or own
    target = TargetField(str(chosen["id"]), line(chosen.get("dataType")), of_issue=issue is not None)
    _options(target, chosen)
    return target


def _named(connection: Any, name: str, what: str) -> Iterator[Mapping[str, Any]]:
    for one in nodes_of(connection, what):
        if isinstance(one, dict) and one.get("name") == name and one.get("id"):
            yield one


def _options(target: TargetField, raw: Mapping[str, Any]) -> None:
    given = [one for one in raw.get("options") or () if isinstance(one, dict) and one.get("id")]
    target.raw = [
        {name: one.get(name) or "" for name in ("id", "name", "color", "description") if name in one} for one in given
    ]
    target.options = {str(one.get("name")): str(one["id"]) for one in given}
