"""Which of Jira's fields carry what: discovered by their kind, never by their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from veaf_sync.errors import Incomplete, Rejected

_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
_PARENT_LINK = "com.atlassian.jpo:jpo-custom-field-parent"
_SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
_STORY_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
_TEAMS = ("atlassian-team", "rm-teams-custom-field-team")
_POINT_NAMES = frozenset({"story points", "story point estimate"})
_SYSTEM = (
    "summary",
    "issuetype",
    "project",
    "status",
    "labels",
    "components",
    "fixVersions",
    "assignee",
    "created",
    "updated",
    "resolutiondate",
    "description",
    "timespent",
    "parent",
)
_DONE_SINCE = "statuscategorychangedate"
_OWN = ("points", "team")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that may carry something; `project` is the id of the only project it belongs to, where it has one."""

    id: str
    project: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields to ask for. Several may carry the same thing, in different projects."""

    epic_link: tuple[Candidate, ...] = ()
    parent_link: tuple[Candidate, ...] = ()
    sprint: tuple[Candidate, ...] = ()
    points: tuple[Candidate, ...] = ()
    team: tuple[Candidate, ...] = ()
    custom: Mapping[str, tuple[Candidate, ...]] | None = None
    done_since: bool = False

    def wanted(self) -> list[str]:
        """Ids for the `fields` of a request: what is read, and nothing else."""
        groups = [self.epic_link, self.parent_link, self.sprint, self.points, self.team, *(self.custom or {}).values()]
        extra = [_DONE_SINCE] if self.done_since else []
        return list(dict.fromkeys([*_SYSTEM, *extra, *(field.id for group in groups for field in group)]))


def pick(candidates: Sequence[Candidate], raw: Mapping[str, Any], project: str) -> Any:
    """The value that one of `candidates` has on an issue; a field of the issue's own project goes first."""
    found = None
    for field in candidates:
        if field.project and field.project != project:
            continue
        value = raw.get(field.id)
        if value is None or value == "" or value == []:
            continue
        if field.project:
            return value
        found = value if found is None else found
    return found


def discover(answer: Any, named: Mapping[str, Sequence[str]], tag: str = "") -> Fields:
    """The fields of `GET /field`, those that the settings name included, and that in which our tags stand (`tag`).

    Raises `Incomplete` for an answer that is no list of fields, `Rejected` for a name that Jira does not know:
    points that are silently missing would be a wrong number.
    """
    if not isinstance(answer, list) or not answer or not all(isinstance(row, dict) and row.get("id") for row in answer):
        raise Incomplete("The list of fields is not one.")
    points = _by_name(answer, "fields.points", named["points"]) if named.get("points") else _points(answer)
    team = _by_name(answer, "fields.team", named["team"]) if named.get("team") else _by_kind(answer, *_TEAMS)
    return Fields(
        epic_link=_by_kind(answer, _EPIC_LINK),
        parent_link=_by_kind(answer, _PARENT_LINK),
        sprint=_by_kind(answer, _SPRINT),
        points=points,
        team=team,
        custom=_custom(answer, named, tag),
        done_since=any(row["id"] == _DONE_SINCE for row in answer),
    )


def _custom(
    rows: Sequence[Mapping[str, Any]], named: Mapping[str, Sequence[str]], tag: str
) -> dict[str, tuple[Candidate, ...]]:
    found = {name: _by_name(rows, f"fields.{name}", wanted) for name, wanted in named.items() if name not in _OWN}
    return found if not tag or tag in found else {**found, tag: _by_name(rows, "tag.field", [tag])}


def _kind(row: Mapping[str, Any]) -> str:
    schema = row.get("schema")
    return str(schema.get("custom") or "") if isinstance(schema, dict) else ""


def _by_kind(rows: Sequence[Mapping[str, Any]], *kinds: str) -> tuple[Candidate, ...]:
    return tuple(_candidate(row) for row in rows if _kind(row).endswith(kinds))


def _points(rows: Sequence[Mapping[str, Any]]) -> tuple[Candidate, ...]:
    named = [row for row in rows if str(row.get("name", "")).lower() in _POINT_NAMES and _is_number(row)]
    return tuple(dict.fromkeys(map(_candidate, [*named, *(row for row in rows if _kind(row) == _STORY_POINTS)])))


def _is_number(row: Mapping[str, Any]) -> bool:
    schema = row.get("schema")
    return isinstance(schema, dict) and schema.get("type") == "number"


def _by_name(rows: Sequence[Mapping[str, Any]], setting: str, names: Sequence[str]) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    for name in names:
        wanted = name.strip().lower()
        hits = [row for row in rows if wanted in (str(row.get("name", "")).lower(), str(row["id"]).lower())]
        if not hits:
            known = {str(row.get("name", "")).lower(): str(row.get("name", "")) for row in rows}
            close = get_close_matches(wanted, known, 1)
            raise Rejected(
                f"{setting}: this Jira has no field named {name!r}. Nothing was read.",
                fix=f"Did you mean {known[close[0]]}?"
                if close
                else "Look the name up in Jira, under Issues, Custom fields.",
            )
        found += map(_candidate, hits)
    return tuple(dict.fromkeys(found))


def _candidate(row: Mapping[str, Any]) -> Candidate:
    scope = row.get("scope")
    project = scope.get("project") if isinstance(scope, dict) else None
    return Candidate(str(row["id"]), str(project.get("id", "")) if isinstance(project, dict) else "")
