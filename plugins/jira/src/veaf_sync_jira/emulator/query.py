"""What a JQL query means: a predicate over issues, and an order that names every issue's place.

Facts that surprise: dates without a zone are read in the *user's* time zone and to the minute; a negated clause leaves
out issues where the field is empty; `issuekey > PAY-5` speaks only of the project PAY, and refuses a key that no
longer exists; a project that the user cannot see "does not exist".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from veaf_sync_jira.emulator.issue import Issue, Millis, Project, millis, split_key
from veaf_sync_jira.emulator.jql import Clause, Group, Node, Query
from veaf_sync_jira.emulator.refusal import Refused

Test = Callable[[Issue], bool]
SortKey = tuple[int, ...]
_FIELDS = {
    "project": "project",
    "updated": "updated",
    "updateddate": "updated",
    "created": "created",
    "createddate": "created",
    "id": "key",
    "key": "key",
    "issue": "key",
    "issuekey": "key",
    "labels": "labels",
    "issuetype": "issuetype",
    "type": "issuetype",
}
KNOWN_BUT_NOT_HERE = frozenset(
    {
        "summary",
        "description",
        "text",
        "comment",
        "status",
        "statuscategory",
        "priority",
        "resolution",
        "resolved",
        "resolutiondate",
        "assignee",
        "reporter",
        "creator",
        "watcher",
        "voter",
        "component",
        "fixversion",
        "affectedversion",
        "sprint",
        "parent",
        "epic",
        "rank",
        "due",
        "duedate",
    }
)
_PERIOD = re.compile(r"([+-]?)(?:(\d+)w)?\s*(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?")
_DATES = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class Site(Protocol):
    """What a query asks of the site, as the present user sees it."""

    lenient: bool

    def visible_project(self, value: str) -> Project | None: ...

    def visible_issue(self, value: str) -> Issue | None: ...

    def has_type(self, value: str) -> bool: ...

    def rank(self, project: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A query made ready: `projects` are those that can match (None: any), `key` identifies the plan in caches."""

    test: Test
    projects: frozenset[str] | None
    sort: Callable[[Issue], SortKey]
    key: str


class Compiler:
    """Compiles queries for one user at one moment; what is refused is refused here, before any issue is looked at."""

    def __init__(self, site: Site, zone: tzinfo, now: datetime) -> None:
        self.site = site
        self.zone = zone
        self.now = now
        self._said: list[str] = []

    def plan(self, query: Query) -> Plan:
        test = self._node(query.where) if query.where else (lambda issue: True)
        projects = self._projects(query.where) if query.where else None
        order = [(self._sortable(name), down) for name, down in query.order] or [("created", True)]
        return Plan(test, projects, self._sort(order), "|".join([*self._said, str(order)]))

    def _sortable(self, name: str) -> str:
        field = _field(name)
        if field in ("labels", "issuetype"):
            raise Refused(501, f"This emulator of Jira does not sort by '{name}'.")
        return field

    def _sort(self, order: Sequence[tuple[str, bool]]) -> Callable[[Issue], SortKey]:
        def key(issue: Issue) -> SortKey:
            places: list[int] = []
            for field, down in order:
                sign = -1 if down else 1
                if field == "created":
                    places.append(sign * issue.created)
                elif field == "updated":
                    places.append(sign * issue.updated)
                else:
                    places.append(sign * self.site.rank(issue.project))
                    if field == "key":
                        places.append(sign * issue.number)
            return (*places, issue.id)

        return key

    def _node(self, node: Node) -> Test:
        if isinstance(node, Clause):
            return self._clause(node)
        self._said.append(f"{node.word}{len(node.parts)}")
        tests = [self._node(part) for part in node.parts]
        if node.word == "not":
            only = tests[0]
            return lambda issue: not only(issue)
        if node.word == "and":
            return lambda issue: all(test(issue) for test in tests)
        return lambda issue: any(test(issue) for test in tests)

    def _clause(self, clause: Clause) -> Test:
        field = _field(clause.field)
        if clause.op in ("is", "is not"):
            self._said.append(f"{field} {clause.op}")
            wanted = clause.op == "is"
            if field == "labels":
                return lambda issue: (not issue.labels) == wanted
            return lambda issue: not wanted
        build = {"project": self._project, "key": self._key, "labels": self._labels, "issuetype": self._type}
        return build.get(field, self._date)(field, clause)

    def _project(self, field: str, clause: Clause) -> Test:
        found = {project.key for project in map(self._visible, clause.values) if project}
        self._said.append(f"project {clause.op} {sorted(found)}")
        return _membership(clause, lambda issue: issue.project in found)

    def _visible(self, value: str) -> Project | None:
        project = self.site.visible_project(value)
        if project is None and not self.site.lenient:
            raise Refused(400, f"The value '{value}' does not exist for the field 'project'.")
        return project

    def _type(self, field: str, clause: Clause) -> Test:
        for value in clause.values:
            if not self.site.has_type(value) and not self.site.lenient:
                raise Refused(400, f"The value '{value}' does not exist for the field 'issuetype'.")
        wanted = {value.lower() for value in clause.values}
        self._said.append(f"type {clause.op} {sorted(wanted)}")
        return _membership(clause, lambda issue: issue.type.name.lower() in wanted or issue.type.id in wanted)

    def _labels(self, field: str, clause: Clause) -> Test:
        wanted = {value.lower() for value in clause.values}
        self._said.append(f"labels {clause.op} {sorted(wanted)}")
        test = _membership(clause, lambda issue: any(label.lower() in wanted for label in issue.labels))
        if clause.op in ("!=", "not in"):
            return lambda issue: bool(issue.labels) and test(issue)
        return test

    def _key(self, field: str, clause: Clause) -> Test:
        places = [place for place in (self._place(clause.field, value) for value in clause.values) if place]
        self._said.append(f"key {clause.op} {places}")
        if clause.op in ("=", "!=", "in", "not in"):
            wanted = set(places)
            return _membership(clause, lambda issue: (issue.project, issue.number) in wanted)
        if not places:
            return lambda issue: False
        project, number = places[0]
        compare = _COMPARE[clause.op]
        return lambda issue: issue.project == project and compare(issue.number, number)

    def _place(self, field: str, value: str) -> tuple[str, int] | None:
        issue = self.site.visible_issue(value)
        if issue:
            return issue.project, issue.number
        if not self.site.lenient:
            what = f"An issue with {'ID' if value.isdigit() else 'key'} '{value}'"
            raise Refused(400, f"{what} does not exist for field '{field}'.")
        try:
            return split_key(value)
        except ValueError:
            return None

    def _date(self, field: str, clause: Clause) -> Test:
        times = [self._moment(clause.field, value) for value in clause.values]
        self._said.append(f"{field} {clause.op} {times}")
        read: Callable[[Issue], Millis] = (lambda issue: issue.updated) if field == "updated" else (lambda i: i.created)
        if clause.op in ("in", "not in"):
            return _membership(clause, lambda issue: read(issue) in times)
        compare, bound = _COMPARE[clause.op], times[0]
        return lambda issue: compare(read(issue), bound)

    def _moment(self, field: str, text: str) -> Millis:
        """Epoch milliseconds, a period relative to now, or a date in the user's zone."""
        value = text.strip()
        if re.fullmatch(r"-?\d+", value):
            return int(value)
        period = _PERIOD.fullmatch(value)
        if period and any(period.groups()[1:]):
            weeks, days, hours, minutes = (int(part or 0) for part in period.groups()[1:])
            length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
            return millis(self.now - length if period[1] == "-" else self.now + length)
        for form in _DATES:
            try:
                return millis(datetime.strptime(value, form).replace(tzinfo=self.zone))
            except ValueError:
                continue
        raise Refused(
            400,
            f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
        )

    def _projects(self, node: Node) -> frozenset[str] | None:
        """The projects outside which nothing can match, where the query says so."""
        if isinstance(node, Group):
            parts = [self._projects(part) for part in node.parts]
            known = [part for part in parts if part is not None]
            if node.word == "and" and known:
                return frozenset.intersection(*known)
            if node.word == "or" and len(known) == len(parts):
                return frozenset.union(*known)
            return None
        if _field(node.field) == "project" and node.op in ("=", "in"):
            return frozenset(project.key for project in map(self._visible, node.values) if project)
        return None


def _field(name: str) -> str:
    field = _FIELDS.get(name.lower())
    if field:
        return field
    if name.lower() in KNOWN_BUT_NOT_HERE:
        raise Refused(501, f"This emulator of Jira does not search by '{name}'.")
    raise Refused(400, f"Field '{name}' does not exist or you do not have permission to view it.")


def _membership(clause: Clause, inside: Test) -> Test:
    if clause.op in ("=", "in"):
        return inside
    if clause.op in ("!=", "not in"):
        return lambda issue: not inside(issue)
    raise Refused(400, f"The operator '{clause.op}' is not supported by the '{clause.field}' field.")
