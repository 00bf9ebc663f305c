"""A small organisation in memory, synced into a real store: what the reading answers are asked about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from veaf_sync import config, read
from veaf_sync.clock import ManualClock
from veaf_sync.errors import AuthError
from veaf_sync.model import Level, StateCategory
from veaf_sync.store import Store, open_store
from veaf_sync.sync import run_sync
from veaf_sync.testing import MemoryConnector, MemoryTool

START = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
SETTINGS = """
version: 1
organisation: Example Ltd
timezone: Europe/Berlin
period: 2026-Q4
sources:
  main: {connector: memory, tool: main, tag: {label: "okr:{objective}"}}
  other: {connector: memory, tool: other, freshness: {warn_after: 26h, error_after: 72h}}
"""
STRATEGY = """
vision: {title: Every order arrives}
objectives:
  - {id: growth, title: Grow, accountable: head-of-growth}
  - id: fast
    title: A fast checkout
    supports: growth
    planned_share: 0.3
    responsible: [shop, payments]
    key_results:
      - {id: done, title: Completion, unit: "%", baseline: 60, target: 80, due: 2026-12-31,
         values: [{date: 2026-10-20, value: 66, confidence: 0.7}]}
      - {id: silent, title: Complaints, baseline: 400, target: 200, due: 2026-12-31}
  - {id: cheap, title: Half the cost, planned_share: 0.5}
  - {id: past, title: Last quarter, state: closed}
"""
MAPPING = """
stated:
  - {from: labels, pattern: "goal:(?P<objective>[a-z0-9-]+)"}
rules:
  - {name: payment epics, when: {level: epic, labels: payments}, objective: fast}
  - {name: platform, when: {components: Platform}, split: {fast: 0.6, cheap: 0.4}}
  - {name: anna works alone, when: {assignees: Anna Example, title: {regex: alone}}, objective: cheap}
  - {name: on call, when: {type: Incident},
     exempt: {class: lights, owner: head-of-operations, reason: Incidents, until: 2026-12-31, budget: 0.10}}
"""


@dataclass(slots=True)
class World:
    """The organisation's tools, its store and its clock."""

    folder: Path
    store: Store
    clock: ManualClock
    main: MemoryTool
    other: MemoryTool

    @property
    def config(self) -> config.Config:
        return config.load(self.folder, {"memory": MemoryConnector}, at=self.clock.now())

    def sync(self, after: timedelta = timedelta(0), *, write: bool = False) -> int:
        """One pass, `after` some time; its run's number. With `write` the tools get their tags."""
        self.clock.advance(after.total_seconds())
        registry = SimpleNamespace(connectors={"memory": MemoryConnector})
        return run_sync(self.config, registry, self.store, self.clock, write=write).run.id

    def snapshot(self, as_of: str | None = None) -> read.Snapshot:
        return read.open_snapshot(self.store, self.config, as_of)

    def rewrite(self, name: str, before: str, after: str) -> None:
        """Change one of the configuration's documents."""
        path = self.folder / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    def lose_other(self) -> None:
        """From now on `other` refuses our credentials in the middle of its only partition."""
        self.other.broken["OPS"] = AuthError("token refused", fix="veaf-sync check --online")


def _fill(main: MemoryTool, other: MemoryTool) -> None:
    old = START - timedelta(days=40, hours=3)
    main.add("PAY", "PAY-1", title="Payments that work", level=Level.EPIC, labels=("payments",), team="payments")
    main.add(
        "PAY", "PAY-2", title="Retry storm", parent="PAY-1", team="payments", points=3.0, assignees=("Anna Example",)
    )
    main.add("PAY", "PAY-3", title="Two aims", labels=("goal:fast", "goal:cheap"), team="payments")
    main.add("PAY", "PAY-4", title="Named the past", labels=("goal:past",), team="payments", points=5.0)
    main.add("SHOP", "SHOP-1", title="Rewrite the basket", team="shop", created=old, url="https://t.example/SHOP-1")
    main.add("SHOP", "SHOP-2", title="Nodes", components=("Platform",), team="shop", points=2.0)
    main.add("SHOP", "SHOP-3", title="Long gone", state_category=StateCategory.DONE, completed=old - timedelta(days=90))
    other.add("OPS", "OPS-1", title="Pager", type="Incident", team="ops", assignees=("Ben Example",))
    other.add(
        "OPS", "OPS-2", title="Left alone", team="ops", created=START - timedelta(days=5), assignees=("Ben Example",)
    )
    other.add("OPS", "PAY-2", title="A namesake", team="ops", labels=("goal:cheap",), created=START - timedelta(days=1))


@contextmanager
def _world(folder: Path) -> Iterator[World]:
    for name, text in (("veaf-sync.yaml", SETTINGS), ("strategy.yaml", STRATEGY), ("mapping.yaml", MAPPING)):
        (folder / name).write_text(text)
    clock = ManualClock(START)
    main, other = MemoryTool(clock), MemoryTool(clock)
    _fill(main, other)
    MemoryConnector.tools = {"main": main, "other": other}
    with open_store("sqlite:///veaf-sync.db", folder=folder) as store:
        yield World(folder, store, clock, main, other)
    MemoryConnector.tools = {}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ten items in two sources, not synced yet."""
    with _world(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[read.Snapshot]:
    """The same organisation after its first sync, for tests that only ask."""
    with _world(tmp_path_factory.mktemp("synced")) as made:
        made.sync()
        yield made.snapshot()
