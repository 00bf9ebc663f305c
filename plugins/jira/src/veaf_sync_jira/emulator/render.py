"""Issues as JSON, for a selection of fields. Field values are kept as JSON text, so a page is a join of strings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache

from veaf_sync_jira.emulator.edition import compact
from veaf_sync_jira.emulator.issue import Issue, stamp
from veaf_sync_jira.emulator.state import State

EXPAND = "operations,versionedRepresentations,editmeta,changelog,renderedFields"
_KEYS = frozenset({"id", "key"})
_UNBOUNDED = frozenset({"*all", "*navigable"})
_LONG = frozenset({"description", "comment", "attachment", "issuelinks", "worklog"})
"""Fields that are not navigable: `*all` brings them, `*navigable` does not."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which fields a request wants: all (minus `without`), or `names`."""

    all: bool
    names: tuple[str, ...]
    without: frozenset[str]

    @classmethod
    def of(cls, fields: Iterable[str], default: str) -> Selection:
        """From the `fields` of a request: names, `*all`, `*navigable`, `-name`; nothing = `default`."""
        wanted = [name.strip() for field in fields for name in field.split(",") if name.strip()] or [default]
        without = {name[1:] for name in wanted if name.startswith("-")}
        names = tuple(dict.fromkeys(name for name in wanted if not name.startswith("-")))
        if not names:
            names = ("*navigable",) if default == "id" else (default,)
        if "*navigable" in names and "*all" not in names:
            without |= _LONG
        return cls(bool(_UNBOUNDED.intersection(names)), names, frozenset(without))

    @property
    def only_id(self) -> bool:
        return set(self.names) <= {"id"}

    @property
    def only_keys(self) -> bool:
        """Whether nothing beyond id and key is wanted: such pages may be far longer."""
        return _KEYS.issuperset(self.names)


@lru_cache(maxsize=10_000)
def _labels(labels: tuple[str, ...]) -> str:
    return compact(labels)


Step = tuple[str, str, Callable[[Issue], str] | None, str]
"""One field of a selection: its JSON prefix, its id, how it is computed (None: it is kept), its text where missing."""


class Renderer:
    """Renders issues in one time zone."""

    def __init__(self, state: State, zone: tzinfo) -> None:
        self.state = state
        self.zone = zone
        self._computed: dict[str, Callable[[Issue], str]] = {
            "project": lambda issue: state.projects[issue.project].json,
            "issuetype": lambda issue: issue.type.json,
            "status": lambda issue: issue.status.json,
            "created": lambda issue: f'"{stamp(issue.created, zone)}"',
            "updated": lambda issue: f'"{stamp(issue.updated, zone)}"',
            "resolutiondate": lambda issue: "null" if issue.resolved is None else f'"{stamp(issue.resolved, zone)}"',
            "labels": lambda issue: _labels(issue.labels),
            "parent": self._parent,
        }
        if not state.edition.cloud:
            self._computed[state.edition.field("epic_link")] = self._epic_link
            self._computed[state.edition.field("parent_link")] = self._parent_link
        self._known = {id: "[]" if kind == "array" else "null" for id, kind in state.edition.fields}
        self._known |= dict.fromkeys(state.custom, "null")
        self._link = state.edition.link("issue/")
        self._steps: dict[Selection, list[Step]] = {}
        self._unknown: dict[Selection, frozenset[str]] = {}
        self._stubs: dict[int, tuple[Issue, str]] = {}

    def issue(self, issue: Issue, selection: Selection, expand: Sequence[str] = ()) -> str:
        """One issue as JSON text."""
        if selection.only_id:
            return f'{{"id":"{issue.id}"}}'
        head = f'"expand":"{EXPAND}","id":"{issue.id}","self":"{self._link}{issue.id}","key":"{issue.key}"'
        if selection.only_keys:
            return f"{{{head}}}"
        extra = "".join(f',"{name}":{issue.extra[name]}' for name in expand if issue.extra and name in issue.extra)
        return f'{{{head}{extra},"fields":{{{self._fields(issue, selection)}}}}}'

    def _fields(self, issue: Issue, selection: Selection) -> str:
        steps = self._steps.get(selection)
        if steps is None:
            steps = self._steps[selection] = self._steps_for(selection)
        kept = issue.fields
        parts = [prefix + (build(issue) if build else kept.get(name, blank)) for prefix, name, build, blank in steps]
        others = kept.keys() - self._known.keys() if selection.all else kept.keys() & self._unknown.get(selection, ())
        if others:
            parts += [f'"{name}":{kept[name]}' for name in sorted(others - selection.without)]
        return ",".join(parts)

    def _steps_for(self, selection: Selection) -> list[Step]:
        names = self._known if selection.all else selection.names
        if rare := frozenset(names) - self._known.keys():
            self._unknown[selection] = rare
        return [
            (f'"{name}":', name, self._computed.get(name), self._known[name])
            for name in names
            if name in self._known and name not in selection.without
        ]

    def _above(self, issue: Issue) -> Issue | None:
        return self.state.issues.get(issue.parent) if issue.parent else None

    def _parent(self, issue: Issue) -> str:
        above = self._above(issue)
        if above is None or not (self.state.edition.cloud or issue.type.subtask):
            return issue.fields.get("parent", "null")
        known = self._stubs.get(above.id)
        if known is None or known[0] is not above:
            inner = f'"summary":{above.fields["summary"]},"status":{above.status.json},"issuetype":{above.type.json}'
            text = f'{{"id":"{above.id}","key":"{above.key}","self":"{self._link}{above.id}","fields":{{{inner}}}}}'
            known = self._stubs[above.id] = (above, text)
        return known[1]

    def _epic_link(self, issue: Issue) -> str:
        above = self._above(issue)
        if above is not None and above.type.level == 1 and not issue.type.subtask:
            return f'"{above.key}"'
        return issue.fields.get(self.state.edition.field("epic_link"), "null")

    def _parent_link(self, issue: Issue) -> str:
        above = self._above(issue)
        if above is not None and above.type.level != 1 and not issue.type.subtask:
            return f'"{above.key}"'
        return issue.fields.get(self.state.edition.field("parent_link"), "null")
