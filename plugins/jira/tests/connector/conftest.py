"""A Jira connector against an emulator, and small builders of items and changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from veaf_sync.clock import ManualClock
from veaf_sync.connector import Page, Shard
from veaf_sync.errors import Incomplete
from veaf_sync.http import Limits, Session
from veaf_sync.model import ItemRef, Membership, TagChange, WorkItem
from veaf_sync_jira.connector import JiraConnector
from veaf_sync_jira.settings import JiraSettings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture(params=["cloud", "dc"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page_size(profile: str) -> int:
    return 100 if profile == "cloud" else 1000


@pytest.fixture
def connect(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., JiraConnector]]:
    """`connect(site, limits=…, **settings)`: a connector to an emulator, with its own session."""
    sessions: list[Session] = []

    def make(
        site: Any, *, limits: Limits | None = None, env: dict[str, str] | None = None, **more: Any
    ) -> JiraConnector:
        for name, value in {**site.environment, **(env or {})}.items():
            monkeypatch.setenv(name, value)
        settings = JiraSettings.model_validate({**site.source(), **more})
        session = Session(clock=clock, hosts=settings.hosts(), limits=limits)
        sessions.append(session)
        return JiraConnector(settings, session, clock)

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def many() -> Callable[..., list[WorkItem]]:
    """`many(n, "PAY", **properties)`: n items of a project, created a minute apart, a year ago."""

    def make(count: int, project: str = "PAY", **properties: Any) -> list[WorkItem]:
        first = NOW - timedelta(days=365)
        return [
            WorkItem(
                id="",
                key=f"{project}-{number}",
                partitions=(Membership(project),),
                title=f"Item {number}",
                created=first + timedelta(minutes=number),
                updated=first + timedelta(minutes=number),
                **properties,
            )
            for number in range(1, count + 1)
        ]

    return make


@pytest.fixture
def pull() -> Callable[..., tuple[dict[str, WorkItem], list[Page]]]:
    """`pull(connector)`: everything, as a run reads it: items by key, and the pages."""

    def run(connector: JiraConnector, cursors: dict[str, Any] | None = None) -> tuple[dict[str, WorkItem], list[Page]]:
        pages: list[Page] = []
        for shard in connector.shards(connector.partitions(), cursors or {}):
            pages += connector.pages(shard, None)
        return {item.key: item for page in pages for item in page.items}, pages

    return run


@pytest.fixture
def fails() -> Callable[..., list[Page]]:
    """`fails(pages, reason, kind=Incomplete)`: the pages that came before the walk failed for that reason."""

    def read(
        pages: Iterator[Page], reason: str, kind: type[Exception] | tuple[type[Exception], ...] = Incomplete
    ) -> list[Page]:
        seen: list[Page] = []
        with pytest.raises(kind, match=reason):
            seen.extend(pages)
        assert all(page.mark is not None and page.cursor is None for page in seen)
        return seen

    return read


@pytest.fixture
def whole() -> Callable[[str], Shard]:
    return lambda project: Shard(project, (project,))


@pytest.fixture
def change() -> Callable[..., TagChange]:
    """`change(item, adds, removes)`: a change of an item's labels."""

    def make(item: WorkItem, adds: tuple[str, ...] = (), removes: tuple[str, ...] = ()) -> TagChange:
        before = tuple(item.labels)
        after = (*(label for label in before if label not in removes), *adds)
        return TagChange(ItemRef("jira", item.id), item.key, "", "", "labels", before, after, "test")

    return make
