"""The addresses that issues link to outside of Jira: one request an issue, so only where the settings ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from veaf_sync.connector.texts import line
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.model import WorkItem
from veaf_sync_jira.client import Client

READERS = 8


def with_remote_links(client: Client, items: Sequence[WorkItem]) -> list[WorkItem]:
    """The items with what they link to, read side by side. Raises what asking raises."""
    with ThreadPoolExecutor(min(READERS, max(1, len(items)))) as pool:
        return list(pool.map(lambda item: _with_links(client, item), items))


def _with_links(client: Client, item: WorkItem) -> WorkItem:
    what = f"Reading what {item.key} links to"
    try:
        data = client.call("GET", f"issue/{item.id}/remotelink", what=what).data
    except Rejected as refusal:
        if refusal.status == 404:
            return item  # it was deleted meanwhile, which is seen elsewhere
        raise
    if not isinstance(data, list):
        raise Incomplete(f"{what}: the answer is no list.")
    objects = [row.get("object") for row in data if isinstance(row, dict)]
    urls = [line(each.get("url")) for each in objects if isinstance(each, dict)]
    return replace(item, links=tuple(filter(None, urls)))
