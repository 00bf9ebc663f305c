"""Walking Jira Cloud's search: page by page, each one suspect.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/ : the walk ends where there is no
token; a short page is not the end; the page size is the server's to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from veaf_sync.errors import Incomplete, Rejected
from veaf_sync_jira import jql
from veaf_sync_jira.walking import MOST_PAGES, Step, Walk, issues_of, keys_of

TAIL = 5
_RESTARTS = 3


class CloudWalk(Walk):
    """One query of a shard. A lost page token costs one query where `project` is the only one, else a new start."""

    _restarts: int
    _tokens: set[str]

    def steps(self, mark: Mapping[str, Any] | None) -> Iterator[Step]:
        self._restarts, self._tokens = 0, set()
        query = str((mark or {}).get("query") or self._query)
        token: str | None = (mark or {}).get("token")
        tail: list[str] = list((mark or {}).get("tail") or ())
        last: list[str] = []
        for _ in range(MOST_PAGES):
            try:
                data = self._ask(query, token)
            except Rejected as refusal:
                if token is None or refusal.status != 400:
                    raise
                query, data = self._restart(tail, refusal)
                last = []
            issues = issues_of(data, self._what)
            token = self._lead(data, issues)
            ids = [str(raw["id"]) for raw in issues]
            if ids and ids == last:
                raise Incomplete(f"{self._what}: the same page came twice; the walk would not end.")
            last = ids
            tail = (tail + keys_of(issues))[-TAIL:]
            yield Step(issues, None if token is None else {"query": query, "token": token, "tail": tail})
            if token is None:
                return
        raise Incomplete(f"{self._what}: more than {MOST_PAGES} pages.")

    def _ask(self, query: str, token: str | None) -> Any:
        body: dict[str, Any] = {"jql": query, "fields": self._fields, "maxResults": self._size}
        body |= self._client.properties
        if token is not None:
            body["nextPageToken"] = token
        path, patience = "search/jql", self._patience
        return self._client.call("POST", path, json=body, safe=True, what=self._what, patience=patience).data

    def _lead(self, data: Any, issues: Sequence[Any]) -> str | None:
        """The next page's token. Where the answer contradicts itself, the walk is not finished: it is broken."""
        token, ended = data.get("nextPageToken"), data.get("isLast")
        if not isinstance(ended, bool):
            raise Incomplete(f"{self._what}: the answer does not say whether it is the last page.")
        if token in (None, ""):
            if not ended:
                raise Incomplete(f"{self._what}: the answer says that more follows, but not where.")
            return None
        if not isinstance(token, str) or token in self._tokens:
            raise Incomplete(f"{self._what}: the page token was repeated; the walk would not end.")
        if not issues:
            raise Incomplete(f"{self._what}: an empty page with a token; the walk would not end.")
        self._tokens.add(token)
        return token

    def _restart(self, tail: Sequence[str], refusal: Rejected) -> tuple[str, Any]:
        """The page token was refused: go on from the last key that is still there, else from the start.

        The query begins *at* that key, so that an answer without it (it was moved meanwhile, and Jira compares with
        its new key) is seen for what it is.
        """
        self._tokens.clear()
        for key in reversed(tail if self._project else ()):
            query = jql.from_issue(self._project, key)
            try:
                data = self._ask(query, None)
            except Rejected as gone:
                if gone.status != 400:
                    raise
                continue
            if keys_of(issues_of(data, self._what))[:1] == [key]:
                return query, data
        self._restarts += 1
        if self._restarts > _RESTARTS:
            raise Incomplete(f"{self._what}: page tokens expire faster than the pages can be read.") from refusal
        return self._query, self._ask(self._query, None)
