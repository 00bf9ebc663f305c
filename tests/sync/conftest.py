"""An organisation whose tracker lives in memory, and the pass over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import polars as pl
import pytest

from veaf_sync import config as configuration
from veaf_sync.config import Config
from veaf_sync.plugins import Registry
from veaf_sync.store import Store, open_store
from veaf_sync.sync import RunResult, run_sync
from veaf_sync.testing import ManualClock, MemoryConnector, MemoryTool

START = datetime(2026, 11, 24, 12, tzinfo=UTC)

STRATEGY = """
vision: {title: Every order arrives, narrative: Fewer lost orders., horizon: 2028-12-31}
objectives:
  - {id: fast, title: Fast checkout}
  - {id: cheap, title: Cheap to run}
"""
MAPPING = """
stated:
  - {from: fields.Objective}
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: stories, when: {type: Story}, objective: fast}
"""


@dataclass
class Organisation:
    """One source `mem`, one store, one clock; the texts of the configuration can be changed between passes."""

    store: Store
    clock: ManualClock
    tool: MemoryTool
    name: str
    source: dict[str, Any] = field(default_factory=dict)
    strategy: str = STRATEGY
    mapping: str = MAPPING
    extra: str = ""

    @property
    def registry(self) -> Registry:
        return Registry(connectors={"memory": MemoryConnector}, emulators={}, failures=(), described=())

    @property
    def config(self) -> Config:
        extra = "".join(f", {key}: {value}" for key, value in self.source.items())
        settings = f"version: 1\norganisation: Test\nsources:\n  mem: {{connector: memory, tool: {self.name}{extra}}}\n"
        settings += self.extra
        texts = {"veaf-sync.yaml": settings, "strategy.yaml": self.strategy, "mapping.yaml": self.mapping}
        return configuration.load_texts(texts, self.registry.connectors, at=self.clock.now())

    def sync(self, **options: Any) -> RunResult:
        return run_sync(self.config, self.registry, self.store, self.clock, **options)

    def verdicts(self, run: int) -> dict[str, str]:
        """Verdict by key as of `run`, counted or not."""
        rows = self.results(run)
        return dict(zip(rows["key"], rows["verdict"], strict=True))

    def results(self, run: int) -> pl.DataFrame:
        from veaf_sync.store import Filters

        return self.store.results.list(run, filters=Filters(counted_only=False))


@contextmanager
def an_organisation(url: str) -> Iterator[Organisation]:
    clock = ManualClock(START)
    name = f"t{uuid4().hex}"
    tool = MemoryTool(clock)
    MemoryConnector.tools[name] = tool
    with open_store(url) as store:
        yield Organisation(store=store, clock=clock, tool=tool, name=name)
    del MemoryConnector.tools[name]


def work_in(organisation: Organisation) -> Organisation:
    """Twelve items over PAY, SHOP and OPS: stories, bugs, and chores that no rule knows."""
    kinds = ["Story", "Bug", "Chore"]
    for number in range(12):
        partition = ["PAY", "SHOP", "OPS"][number // 4]
        organisation.tool.add(partition, f"{partition}-{number}", type=kinds[number % 3])
    return organisation


@pytest.fixture
def organisation(request: pytest.FixtureRequest, new_url: Callable[[str], str]) -> Iterator[Organisation]:
    """On SQLite, or on the engine that a test's parameter `organisation` names."""
    with an_organisation(new_url(getattr(request, "param", "sqlite"))) as made:
        yield made


@pytest.fixture
def busy(organisation: Organisation) -> Organisation:
    """Twelve items at work."""
    return work_in(organisation)


@pytest.fixture
def new_organisation(new_url: Callable[[str], str]) -> Callable[[], AbstractContextManager[Organisation]]:
    """As `busy`, with a tag target, as often as it is called: for properties."""

    @contextmanager
    def make() -> Iterator[Organisation]:
        with an_organisation(new_url("sqlite")) as made:
            made.source["tag"] = '{label: "okr:{objective}"}'
            made.source["guards"] = "{clears: {count: 50, share: 1}}"
            yield work_in(made)

    return make
