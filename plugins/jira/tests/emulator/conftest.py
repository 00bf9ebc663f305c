"""Items and clock of the emulator's own tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from veaf_sync.clock import ManualClock
from veaf_sync.model import Membership, WorkItem

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """Stands at noon UTC on 10 March 2026."""
    return ManualClock(NOON)


@pytest.fixture
def item() -> Callable[..., WorkItem]:
    """A work item by its key; it was made as many minutes after new year as its number says."""

    def make(key: str, **properties: Any) -> WorkItem:
        project, _, number = key.rpartition("-")
        made = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=int(number))
        id = 1_000 * crc32(project.encode()) + int(number)
        given = {"id": str(id), "created": made, "title": f"Item {key}"}
        return WorkItem(key=key, partitions=(Membership(project),), **{**given, **properties})

    return make


@pytest.fixture
def found() -> Callable[..., list[str]]:
    """The keys that a search finds, over all pages, in order; a refusal comes back as its first message."""

    def search(web: Any, jql: str, **arguments: Any) -> list[str]:
        keys: list[str] = []
        token: str | None = None
        while True:
            if "/3" in web.base:
                body = {"jql": jql, "fields": ["key"], **arguments} | ({"nextPageToken": token} if token else {})
                answer = web.post("/search/jql", json=body)
            else:
                answer = web.get("/search", params={"jql": jql, "fields": "key", "startAt": len(keys), **arguments})
            page = answer.json()
            if answer.status_code != 200:
                return page["errorMessages"]
            keys += [issue["key"] for issue in page["issues"]]
            token = page.get("nextPageToken")
            if page["isLast"] if "isLast" in page else len(keys) >= page["total"] or not page["issues"]:
                return keys

    return search


@pytest.fixture(params=["cloud", "dc"])
def profile(request: pytest.FixtureRequest) -> str:
    """Both editions."""
    return str(request.param)
