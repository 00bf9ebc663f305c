"""Tags in an issue property, which no screen shows: Cloud only, as Data Center's search brings no properties.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-properties/ : up to 100 issues a request,
done by a task; taking a property away is one request an issue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from veaf_sync.connector import Pending
from veaf_sync.connector.texts import line
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.model import Outcome, Result, TagChange
from veaf_sync_jira.client import Client

MOST = 100
"""Issues in one request."""
TASK = "PROPERTY"
"""How a task of this kind is told from bulk edits."""
_LONGEST_KEY, _LONGEST_VALUE = 255, 32_768
_PREFIX = "property:"
_NAME = "objectives"
"""A property holds an object: by the vendor's description the request for many takes nothing else."""
NO_PROPERTIES = "Jira Data Center's search shows no properties, so a tag cannot stand there."


def values_of(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """What stands in the property of a raw issue: texts under `objectives`, or a list or text of somebody else's."""
    held = raw.get("properties")
    value = held.get(key) if isinstance(held, dict) else None
    value = value.get(_NAME) if isinstance(value, dict) else value
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({text for each in values if (text := line(each))}))


class Properties:
    """Sets properties whole: what was there is read right before, and an app's edit in between would be lost."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def refusal(self, change: TagChange) -> str:
        """Why Jira would not take a change; "" where it would."""
        if not self._client.site.cloud:
            return NO_PROPERTIES
        if len(_key(change)) > _LONGEST_KEY or len(repr(change.after)) > _LONGEST_VALUE:
            return "The property's key or value is longer than Jira holds."
        return ""

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        """Up to 100 that set something; those that leave nothing singly."""
        setting = [change for change in changes if change.after]
        for start in range(0, len(setting), MOST):
            yield tuple(setting[start : start + MOST])
        yield from ((change,) for change in changes if not change.after)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        """Write a batch of `batches`. Raises what `Session.call` raises."""
        if refused := next((reason for change in batch if (reason := self.refusal(change))), ""):
            return [Outcome(change.item, Result.FAILED, refused) for change in batch]
        if len(batch) == 1:
            return [self._single(batch[0])]
        body = {
            "issues": [
                {"issueID": int(change.item.id), "properties": {_key(change): _value(change)}} for change in batch
            ]
        }
        what = f"Setting a property of {len(batch)} issues"
        path = "issue/properties/multi"
        answer = self._client.call("POST", path, json=body, safe=True, taken=(303,), what=what)
        task = str(answer.headers.get("Location") or "").rstrip("/").rpartition("/task/")[2]
        if not task:
            raise Incomplete(f"{what}: the answer names no task.")
        return Pending(f"{TASK}:{task}")

    def running(self, task: str) -> bool:
        """Whether a task still runs; one that Jira knows no more does not."""
        try:
            data = self._client.call("GET", f"task/{quote(task, safe='')}", what="Asking for a task").data
        except Rejected:
            return False
        if not isinstance(data, dict) or not isinstance(data.get("status"), str):
            raise Incomplete("Asking for a task: the answer does not say how it stands.")
        return data["status"] in ("ENQUEUED", "RUNNING", "CANCEL_REQUESTED")

    def _single(self, change: TagChange) -> Outcome:
        path = f"issue/{change.item.id}/properties/{quote(_key(change), safe='')}"
        try:
            if change.after:
                self._client.call("PUT", path, json=_value(change), what=f"Setting a property of {change.key}")
            else:
                self._client.call("DELETE", path, what=f"Taking a property of {change.key} away", taken=(404,))
        except Rejected as refusal:
            return Outcome(change.item, Result.FAILED, refusal.message)
        return Outcome(change.item, Result.APPLIED)


def _value(change: TagChange) -> dict[str, list[str]]:
    return {_NAME: list(change.after)}


def _key(change: TagChange) -> str:
    return change.target.removeprefix(_PREFIX)
