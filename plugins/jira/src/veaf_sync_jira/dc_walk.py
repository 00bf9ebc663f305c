"""Walking Jira Data Center's search so that edits and deletions meanwhile lose nothing.

Offsets shift when something before them goes. So within a project each page asks for what comes *behind the last key*;
where that cannot go on (the last issue was deleted or moved), and where several projects are read at once, pages go by
offset with at least one row of overlap, and step back until it is found.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from veaf_sync.errors import Incomplete, Rejected
from veaf_sync_jira import jql
from veaf_sync_jira.walking import MOST_PAGES, Step, Walk, issues_of, keys_of

_KEPT = 50  # keys of the last page that a mark keeps: what an overlap is looked for in


class DcWalk(Walk):
    """By key within one project, else by offset with an overlap."""

    _seen: int
    _tail: list[str]

    def steps(self, mark: Mapping[str, Any] | None) -> Iterator[Step]:
        mark = mark or {}
        self._seen, self._tail = int(mark.get("seen") or 0), list(mark.get("tail") or ())
        if self._project and not mark.get("by_offset"):
            left = mark.get("left")
            ended = yield from self._by_key(None if left is None else int(left))
            if ended:
                return
        yield from self._by_offset()

    def _by_key(self, expected: int | None) -> Generator[Step, None, bool]:
        """Pages behind the last key. Returns whether the walk ended; if not, it has to go on by offset.

        `expected` is how many issues were left behind the last page, at least.
        """
        for _ in range(MOST_PAGES):
            query = jql.behind(self._project, self._tail[-1]) if self._tail else self._query
            try:
                issues, total, _ = self._ask(query, 0)
            except Rejected as refusal:
                if refusal.status == 400 and self._tail:
                    return False  # the last issue is not there any more
                raise
            if expected is not None and total < expected:
                return False  # too few are left: it was moved, and Jira compares with its new key, or others went
            if not issues and total:
                raise Incomplete(f"{self._what}: {total} issues are announced and none came.")
            if issues and self._tail and keys_of(issues)[0] in self._tail:
                raise Incomplete(f"{self._what}: the same page came twice; the walk would not end.")
            expected = total - len(issues)
            yield self._step(issues, self._seen + len(issues), None if expected <= 0 else {"left": expected})
            if expected <= 0:
                return True
        raise Incomplete(f"{self._what}: more than {MOST_PAGES} pages.")

    def _by_offset(self) -> Iterator[Step]:
        start = max(0, self._seen - 1)
        for _ in range(MOST_PAGES):
            issues, total, size = self._ask(self._query, start)
            known = set(self._tail)
            keys = keys_of(issues)
            if start > 0 and known.isdisjoint(keys):
                start = max(0, start - max(size, 1))  # rows before this place are gone: step back to what was seen
                continue
            if self._seen > 0 and total == 0:
                raise Incomplete(f"{self._what}: {self._seen} issues were read, and now there is none.")
            end = start + len(issues)
            if not issues and total:
                raise Incomplete(f"{self._what}: {total} issues are announced and none came.")
            if len(keys) > 1 and keys == self._tail and start == self._seen - 1:
                raise Incomplete(f"{self._what}: the same page came twice; the walk would not end.")
            yield self._step(issues, end, None if end >= total else {"by_offset": True})
            if end >= total:
                return
            start = end - 1 if len(issues) > 1 else end
        raise Incomplete(f"{self._what}: more than {MOST_PAGES} pages.")

    def _step(self, issues: Sequence[Any], seen: int, rest: dict[str, Any] | None) -> Step:
        """The page as a step, and the mark behind it; `rest` is `None` where the walk ends."""
        self._seen = seen
        if issues:
            self._tail = keys_of(issues)
        return Step(issues, None if rest is None else {"seen": seen, "tail": self._tail[-_KEPT:], **rest})

    def _ask(self, query: str, start: int) -> tuple[list[Any], int, int]:
        """Issues, how many the query has, and the page size that the server allowed."""
        body = {"jql": query, "fields": self._fields, "maxResults": self._size, "startAt": start}
        data = self._client.call("POST", "search", json=body, safe=True, what=self._what, patience=self._patience).data
        issues = issues_of(data, self._what)
        total, at, size = data.get("total"), data.get("startAt"), data.get("maxResults")
        if not isinstance(total, int) or total < 0 or at != start or not isinstance(size, int):
            raise Incomplete(f"{self._what}: the answer does not say where in the list it stands.")
        return issues, total, size
