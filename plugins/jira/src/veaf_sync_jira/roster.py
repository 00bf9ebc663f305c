"""The visible projects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from veaf_sync.connector import Partition
from veaf_sync.errors import Incomplete
from veaf_sync_jira.client import Client
from veaf_sync_jira.texts import line

_WHAT = "Listing the projects"
_PAGE = 100
_MOST_KEYS = 50
_MOST_PAGES = 1000


def projects(client: Client) -> list[Any]:
    """The projects as Jira tells of them: one request on Data Center and for up to 100 projects on Cloud."""
    cloud = client.settings.cloud
    return list(_cloud(client) if (client.site.cloud if cloud is None else cloud) else _data_center(client))


def roster(client: Client, rows: Sequence[Any]) -> list[Partition]:
    """The projects that this credential may browse, sorted; what only the settings name is unreadable."""
    wanted = client.settings.projects
    address = client.site.address
    found = {}
    for row in rows:
        if not isinstance(row, dict) or not line(row.get("key")):
            raise Incomplete(f"{_WHAT}: an entry has no key.")
        key = line(row["key"])
        if not wanted or key in wanted:
            found[key] = Partition(key, line(row.get("name")), f"{address}/browse/{key}")
    for key in wanted:
        reason = "It does not exist, or this user may not browse it."
        found.setdefault(key, Partition(key, readable=False, reason=reason))
    return [found[key] for key in sorted(found)]


def _data_center(client: Client) -> Iterator[Any]:
    rows = client.call("GET", "project", what=_WHAT).data
    if not isinstance(rows, list):
        raise Incomplete(f"{_WHAT}: the answer is not a list.")
    yield from rows


def _cloud(client: Client) -> Iterator[Any]:
    params: dict[str, Any] = {"maxResults": _PAGE, "orderBy": "key"}
    if 0 < len(client.settings.projects) <= _MOST_KEYS:
        params["keys"] = list(client.settings.projects)
    start = 0
    for _ in range(_MOST_PAGES):
        data = client.call("GET", "project/search", params={**params, "startAt": start}, what=_WHAT).data
        rows = data.get("values") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not isinstance(data.get("isLast"), bool):
            raise Incomplete(f"{_WHAT}: the answer is not a page.")
        yield from rows
        if data["isLast"]:
            return
        if not rows:
            raise Incomplete(f"{_WHAT}: an empty page that is not the last.")
        start += len(rows)
    raise Incomplete(f"{_WHAT}: more than {_MOST_PAGES} pages.")
