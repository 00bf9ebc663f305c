"""Fixtures of all GitHub tests.

`github` starts emulators on the vendor's own schema, which therefore holds every request and every answer of a test;
where that document is absent they run on our part of it, and in CI (VEAF_SYNC_CI=1) that fails.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from veaf_sync.clock import Clock, ManualClock
from veaf_sync.http import Limits, Session
from veaf_sync.model import ItemRef, Membership, TagChange, WorkItem
from veaf_sync_github.connector import GitHubConnector
from veaf_sync_github.emulator import GitHubEmulator, Knobs
from veaf_sync_github.settings import GitHubSettings

MakeGitHub = Callable[..., GitHubEmulator]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def contracts(request: pytest.FixtureRequest) -> Path | None:
    """The vendor's documents; `None` where they are not beside the checkout."""
    shared = Path(os.environ.get("VEAF_SYNC_SHARED", request.config.rootpath.parent / "shared"))
    folder = shared / "contracts" / "github"
    if folder.is_dir():
        return folder
    if os.environ.get("VEAF_SYNC_CI"):
        pytest.fail(f"{shared.name}/contracts/github is absent although this is CI: no GitHub test would be gated")
    return None


@pytest.fixture(scope="session")
def vendor_schema(contracts: Path | None) -> GraphQLSchema | None:
    if contracts is None:
        return None
    text = gzip.decompress((contracts / "schema.graphql.gz").read_bytes()).decode()
    return build_schema(text, assume_valid=True)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def github(vendor_schema: GraphQLSchema | None) -> Iterator[MakeGitHub]:
    """Starts an emulator: `github(items=…, clock=…, knobs=…)`. All are stopped at the end."""
    running: list[GitHubEmulator] = []

    def start(
        *, items: Iterable[WorkItem] = (), clock: Clock | None = None, knobs: Knobs | None = None
    ) -> GitHubEmulator:
        old = knobs is not None and knobs.old
        site = GitHubEmulator(clock=clock, knobs=knobs, schema=None if old else vendor_schema)
        site.load(items)
        site.start()
        running.append(site)
        return site

    yield start
    for site in running:
        site.stop()
    crashes = [crash for site in running for crash in site.crashes]
    assert not crashes, "The emulator failed:\n" + "\n".join(crashes)


@pytest.fixture
def connect(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., GitHubConnector]]:
    """`connect(site, limits=…, **settings)`: a connector to an emulator, with its own session."""
    sessions: list[Session] = []

    def make(site: GitHubEmulator, *, limits: Limits | None = None, **more: Any) -> GitHubConnector:
        for name, value in site.environment.items():
            monkeypatch.setenv(name, value)
        settings = GitHubSettings.model_validate({**site.source(), "tag": {"label": "okr:{objective}"}, **more})
        session = Session(clock=clock, hosts=settings.hosts(), limits=limits)
        sessions.append(session)
        return GitHubConnector(settings, session, clock)

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def many() -> Callable[..., list[WorkItem]]:
    """`many(n, "acme/1", repository="acme/shop", **properties)`: n issues, created a minute apart, a year ago."""

    def make(
        count: int, *projects: str, repository: str = "acme/shop", first: int = 1, **properties: Any
    ) -> list[WorkItem]:
        begun = NOW - timedelta(days=365)
        return [
            WorkItem(
                id="",
                key=f"{repository}#{number}",
                partitions=tuple(map(Membership, projects or ("acme/1",))),
                title=f"Item {number}",
                created=begun + timedelta(minutes=number),
                updated=begun + timedelta(minutes=number),
                **properties,
            )
            for number in range(first, first + count)
        ]

    return make


@pytest.fixture
def pull() -> Callable[..., dict[str, WorkItem]]:
    """`pull(connector, cursors)`: what a run reads, by key."""

    def run(connector: GitHubConnector, cursors: dict[str, Any] | None = None) -> dict[str, WorkItem]:
        connector.check()
        shards = connector.shards(connector.partitions(), cursors or {})
        pages = [page for shard in shards for page in connector.pages(shard, None)]
        return {item.key: item for page in pages for item in page.items}

    return run


@pytest.fixture
def cursors() -> Callable[[GitHubConnector], dict[str, Any]]:
    """`cursors(connector)`: the cursors of a full walk, by project."""

    def walk(connector: GitHubConnector) -> dict[str, Any]:
        connector.check()
        return {
            name: list(connector.pages(shard, None))[-1].cursor
            for shard in connector.shards(connector.partitions(), {})
            for name in shard.partitions
        }

    return walk


@pytest.fixture
def change() -> Callable[..., TagChange]:
    """`change(item, adds, removes)`: a change of an item's labels."""

    def make(item: WorkItem, adds: tuple[str, ...] = (), removes: tuple[str, ...] = ()) -> TagChange:
        before = tuple(item.labels)
        after = (*(label for label in before if label not in removes), *adds)
        return TagChange(ItemRef("hub", item.id), item.key, "", "", "labels", before, after, "test")

    return make
