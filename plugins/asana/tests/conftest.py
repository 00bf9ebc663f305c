"""Fixtures of all Asana tests.

`asana` starts emulators; each is watched by the contract gate, which checks every request and answer of the test
against the vendor's document when the test ends. Where that document is absent the gate is off, and in CI
(VEAF_SYNC_CI=1) that fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from veaf_sync.clock import Clock, ManualClock
from veaf_sync.http import Limits, Session
from veaf_sync.model import ItemRef, Membership, TagChange, WorkItem
from veaf_sync.testing.gate import Gate, Ledger
from veaf_sync_asana.connector import AsanaConnector
from veaf_sync_asana.emulator import AsanaEmulator, Knobs
from veaf_sync_asana.settings import AsanaSettings

from .gate.documents import load

MakeAsana = Callable[..., AsanaEmulator]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """What the gate checks against."""
    folder = Path(os.environ.get("VEAF_SYNC_SHARED", request.config.rootpath.parent / "shared")) / "contracts"
    there = (folder / "asana").is_dir()
    if not there and os.environ.get("VEAF_SYNC_CI"):
        pytest.fail("shared/contracts/asana is absent although this is CI: no Asana test would be gated")
    return Ledger(partial(load, folder) if there else None, Path(__file__).parent / "gate" / "excepted.txt")


@pytest.fixture
def gate(ledger: Ledger) -> Iterator[Gate]:
    """The contract gate of this test; what it finds fails the test when it ends."""
    gate = Gate(ledger)
    yield gate
    problems = gate.problems()
    assert not problems, "The contract gate objects:\n" + "\n".join(problems)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def asana(gate: Gate) -> Iterator[MakeAsana]:
    """Starts an emulator: `asana(items=…, clock=…, knobs=…)`. All are stopped at the end."""
    running: list[AsanaEmulator] = []

    def start(
        *, items: Iterable[WorkItem] = (), clock: Clock | None = None, knobs: Knobs | None = None
    ) -> AsanaEmulator:
        site = AsanaEmulator(clock=clock, knobs=knobs)
        gate.watch(site)
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
def connect(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AsanaConnector]]:
    """`connect(site, limits=…, **settings)`: a connector to an emulator, with its own session."""
    sessions: list[Session] = []

    def make(site: AsanaEmulator, *, limits: Limits | None = None, **more: Any) -> AsanaConnector:
        for name, value in site.environment.items():
            monkeypatch.setenv(name, value)
        settings = AsanaSettings.model_validate({**site.source(), "tag": {"label": "okr:{objective}"}, **more})
        session = Session(clock=clock, hosts=settings.hosts(), limits=limits)
        sessions.append(session)
        return AsanaConnector(settings, session, clock)

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def many() -> Callable[..., list[WorkItem]]:
    """`many(n, "901", first=1001, **properties)`: n tasks of the project 901, made a minute apart, a year ago."""

    def make(count: int, *projects: str, first: int = 1001, **properties: Any) -> list[WorkItem]:
        begun = NOW - timedelta(days=365)
        return [
            WorkItem(
                id="",
                key=str(number),
                partitions=tuple(map(Membership, projects or ("901",))),
                title=f"Task {number}",
                created=begun + timedelta(minutes=number),
                updated=begun + timedelta(minutes=number),
                **properties,
            )
            for number in range(first, first + count)
        ]

    return make


@pytest.fixture
def pull() -> Callable[..., dict[str, WorkItem]]:
    """`pull(connector, cursors)`: what a run reads, by id."""

    def run(connector: AsanaConnector, cursors: dict[str, Any] | None = None) -> dict[str, WorkItem]:
        connector.check()
        shards = connector.shards(connector.partitions(), cursors or {})
        pages = [page for shard in shards for page in connector.pages(shard, None)]
        return {item.id: item for page in pages for item in page.items}

    return run


@pytest.fixture
def cursors() -> Callable[[AsanaConnector], dict[str, Any]]:
    """`cursors(connector)`: the cursors of a full walk, by project."""

    def walk(connector: AsanaConnector) -> dict[str, Any]:
        connector.check()
        return {
            name: list(connector.pages(shard, None))[-1].cursor
            for shard in connector.shards(connector.partitions(), {})
            for name in shard.partitions
        }

    return walk


@pytest.fixture
def change() -> Callable[..., TagChange]:
    """`change(id, before, after, target=…)`: a change of what stands at a target."""

    def make(gid: str, before: tuple[str, ...] = (), after: tuple[str, ...] = (), target: str = "labels") -> TagChange:
        return TagChange(ItemRef("work", gid), gid, "", gid, target, before, after, "test")

    return make


@pytest.fixture
def write() -> Callable[..., dict[str, tuple[str, str]]]:
    """`write(connector, changes)`: results and details by id."""

    def run(connector: AsanaConnector, changes: list[TagChange]) -> dict[str, tuple[str, str]]:
        outcomes = [outcome for batch in connector.batches(changes) for outcome in connector.write(batch)]
        return {outcome.item.id: (outcome.result.value, outcome.detail) for outcome in outcomes}

    return run
