"""One source whose tool is an emulator, one store, and whole passes over them: drills and simulation are made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from veaf_sync import config as configuration
from veaf_sync.clock import ManualClock
from veaf_sync.config import Config
from veaf_sync.connector import Connector
from veaf_sync.emulator import Emulator, Request
from veaf_sync.plan import dump, load
from veaf_sync.plugins import Registry
from veaf_sync.store import Filters, Store
from veaf_sync.sync import ApplyResult, Planned, RunResult, apply_plan, make_plan, run_sync
from veaf_sync.testing.contract import Subject

HOUR = 3600
STRATEGY = """
vision: {title: Every order arrives, narrative: Fewer lost orders., horizon: 2028-12-31}
objectives:
  - {id: fast, title: Fast checkout}
  - {id: cheap, title: Cheap to run}
"""
MAPPING = """
stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]
rules:
  - {name: odd, when: {title: {regex: "[137]$"}}, objective: cheap}
  - {name: even, when: {title: {regex: "[02468]$"}}, objective: fast}
"""


class DrillSubject(Subject, Protocol):
    """A subject of the contract whose tool is an emulator; titles of items end in digits."""

    site: Emulator
    clock: ManualClock

    def entry(self) -> Mapping[str, Any]:
        """The entry of `sources:` that points at the emulator."""

    def show(self, partition: str) -> None:
        """The credential may see the partition again."""

    def writes(self, request: Request) -> bool:
        """Whether a request changes items."""

    def label(self, item_id: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """A person changes an item's labels."""


class Drill:
    """One source `tool`, one store; the mapping can be changed between passes."""

    def __init__(self, subject: DrillSubject, store: Store, environment: Callable[[str, str], None]) -> None:
        self.subject = subject
        self.store = store
        self.mapping = MAPPING
        self.guards = "{clears: {count: 500, share: 1}, moves: {count: 500}}"
        self._environment = environment
        kind: type[Connector[Any]] = type(subject.connector())
        self.registry = Registry(connectors={kind.name: kind}, emulators={}, failures=(), described=())
        for name, value in subject.site.environment.items():
            environment(name, value)

    def wrong_credentials(self) -> None:
        for name in self.subject.site.environment:
            self._environment(name, "refused-token")

    @property
    def config(self) -> Config:
        entry = {"tag": {"label": "okr:{objective}"}, **self.subject.entry()}
        settings = f"version: 1\nsources:\n  tool: {json.dumps(entry)[:-1]}, guards: {self.guards}}}\n"
        texts = {"veaf-sync.yaml": settings, "strategy.yaml": STRATEGY, "mapping.yaml": self.mapping}
        return configuration.load_texts(texts, self.registry.connectors, at=self.subject.clock.now())

    def sync(self, **options: Any) -> RunResult:
        """A pass, an hour after whatever was before."""
        self.subject.clock.advance(HOUR)
        return run_sync(self.config, self.registry, self.store, self.subject.clock, **options)

    def plan(self, result: RunResult) -> Planned:
        return make_plan(self.config, self.registry, self.store, self.subject.clock, result.run)

    def apply(self, planned: Planned, **options: Any) -> ApplyResult:
        plan = load(dump(planned.plan))
        return apply_plan(plan, self.config, self.registry, self.store, self.subject.clock, **options)

    def known(self, result: RunResult) -> dict[str, str]:
        """Keys by id of everything that the store holds as of a run."""
        rows = self.store.results.list(result.run.id, filters=Filters(counted_only=False))
        return dict(rows.select("id", "key").iter_rows())

    def verdicts(self, result: RunResult) -> dict[str, str]:
        rows = self.store.results.list(result.run.id, filters=Filters(counted_only=False))
        return dict(rows.select("id", "verdict").iter_rows())

    def orphans(self, result: RunResult) -> set[str]:
        return {id_ for id_, verdict in self.verdicts(result).items() if verdict == "orphan"}

    def tags(self) -> dict[str, frozenset[str]]:
        """Every value at the tag target, people's and ours, by item."""
        return {id_: self.subject.tags(id_) for id_ in self.subject.expected()}

    def is_whole(self, result: RunResult) -> None:
        """The pass read everything, and says so."""
        assert (result.degraded, [source.state for source in result.sources]) == (False, ["fresh"])
        assert self.known(result) == dict(self.subject.expected())

    def says_what_it_could_not_read(self, before: RunResult, result: RunResult) -> None:
        """DEGRADED, everything known still known, nothing new an orphan, nothing planned away."""
        assert result.degraded
        assert result.sources[0].state in ("failed", "partial")
        assert result.sources[0].reason
        assert self.known(result) == self.known(before)
        assert self.orphans(result) <= self.orphans(before)
        assert self.plan(result).plan.counts.clear == 0
