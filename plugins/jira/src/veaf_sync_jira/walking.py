"""What a walk of Jira's search is, on Cloud and on Data Center: one query, page by page, each page suspect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from veaf_sync.errors import Incomplete, Rejected
from veaf_sync_jira.client import Client

if TYPE_CHECKING:
    from veaf_sync.http import Patience

MOST_PAGES = 50_000


@dataclass(frozen=True, slots=True)
class Step:
    """A page of raw issues. `next` is where to go on (`None`: that was the last)."""

    issues: Sequence[Any]
    next: dict[str, Any] | None


def issues_of(data: Any, what: str) -> list[Any]:
    """The `issues` of an answer, each with id and key. Raises `Incomplete`."""
    issues = data.get("issues") if isinstance(data, dict) else None
    if not isinstance(issues, list) or not all(isinstance(raw, dict) and raw.get("id") for raw in issues):
        raise Incomplete(f"{what}: the answer holds no list of issues.")
    return issues


def keys_of(issues: Sequence[Any]) -> list[str]:
    """The keys of raw issues."""
    return [str(raw["key"]) for raw in issues if raw.get("key")]


class Walk:
    """One query of a shard; `project` is set where it is the only one."""

    def __init__(
        self,
        client: Client,
        *,
        query: str,
        fields: Sequence[str],
        size: int,
        what: str,
        patience: Patience,
        project: str = "",
    ) -> None:
        self._client = client
        self._query = query
        self._fields = list(fields)
        self._size = size
        self._what = what
        self._patience = patience
        self._project = project

    def steps(self, mark: Mapping[str, Any] | None) -> Iterator[Step]:
        """The walk from `mark`. Raises `Incomplete` for an answer that does not lead on."""
        raise NotImplementedError


def given_up(refusal: Rejected) -> Incomplete:
    """A walk that Jira refused for good, with what helps."""
    fix = refusal.fix
    if refusal.status == 410:
        fix = "This search is Data Center's, and Jira Cloud has given it up: take edition: dc out of the source."
    return Incomplete(refusal.message, fix=fix)
