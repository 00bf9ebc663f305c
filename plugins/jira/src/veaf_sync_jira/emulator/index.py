"""The search index: it may lag behind the issues themselves, as Jira's does."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from veaf_sync_jira.emulator.issue import Issue
from veaf_sync_jira.emulator.query import Plan, SortKey

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Found:
    """All issues of a query in its order, and their places."""

    issues: list[Issue]
    places: list[SortKey]

    def after(self, place: SortKey | None, count: int) -> tuple[list[Issue], SortKey | None]:
        """The next `count` issues behind `place` (None: from the start), wherever edits have moved the others.

        The second part is the place of the last of them, where more follow.
        """
        start = 0 if place is None else bisect_right(self.places, place)
        stop = start + count
        return self.issues[start:stop], self.places[stop - 1] if stop < len(self.places) else None


class Index:
    """Holds the version of each issue that searches see."""

    def __init__(self) -> None:
        self._by_project: dict[str, dict[int, Issue]] = {}
        self._seen: dict[int, Issue] = {}
        self._waiting: deque[tuple[datetime, int, Issue | None]] = deque()
        self._results: OrderedDict[tuple[object, ...], Found] = OrderedDict()

    def put(self, id: int, issue: Issue | None, due: datetime) -> None:
        """Show this version (None: the issue is gone) from `due` on."""
        self._waiting.append((due, id, issue))

    def load(self, issues: Iterable[Issue]) -> None:
        """Show these at once."""
        self._results.clear()
        for issue in issues:
            self._show(issue.id, issue)

    def settle(self, now: datetime) -> None:
        """Take in what is due."""
        if not self._waiting or all(due > now for due, _, _ in self._waiting):
            return
        self._results.clear()
        for due, id, issue in list(self._waiting):
            if due <= now:
                self._show(id, issue)
        self._waiting = deque(entry for entry in self._waiting if entry[0] > now)

    def search(self, plan: Plan, visible: frozenset[str], fresh: Mapping[int, Issue | None]) -> Found:
        """All matching issues of the visible projects, in order. `fresh` are versions that this search must see."""
        cache = (
            plan.key,
            visible,
            tuple((id, issue and issue.updated, issue and issue.key) for id, issue in fresh.items()),
        )
        found = self._results.get(cache)
        if found is None:
            found = self._find(plan, visible, fresh)
            self._results[cache] = found
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)
        else:
            self._results.move_to_end(cache)
        return found

    def _find(self, plan: Plan, visible: frozenset[str], fresh: Mapping[int, Issue | None]) -> Found:
        wanted: Collection[str] = visible if plan.projects is None else plan.projects & visible
        matching = [
            issue
            for project in wanted
            for issue in self._by_project.get(project, {}).values()
            if issue.id not in fresh and plan.test(issue)
        ]
        matching += [issue for issue in fresh.values() if issue and issue.project in wanted and plan.test(issue)]
        placed = sorted((plan.sort(issue), issue) for issue in matching)
        return Found([issue for _, issue in placed], [place for place, _ in placed])

    def _show(self, id: int, issue: Issue | None) -> None:
        before = self._seen.pop(id, None)
        if before is not None:
            del self._by_project[before.project][id]
        if issue is not None:
            self._seen[id] = issue
            self._by_project.setdefault(issue.project, {})[id] = issue
