"""Incremental = full: whatever people do in the tool, an incremental pull ends in the state of a fresh full one.

The incremental passes go into a store on either engine, the full ones always into SQLite: both hold the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from veaf_sync import config as configuration
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync.testing import ManualClock, MemoryConnector, MemoryTool

PARTITIONS = ["A", "B", "C"]


class IncrementalIsFull(RuleBasedStateMachine):
    def __init__(self, engine: str, new_url: Callable[[str], str]) -> None:
        super().__init__()
        self.engine = engine
        self.new_url = new_url

    @initialize()
    def begin(self) -> None:
        self.clock = ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
        self.name = f"s{uuid4().hex}"
        self.tool = MemoryTool(self.clock)
        MemoryConnector.tools[self.name] = self.tool
        self.store = open_store(self.new_url(self.engine))
        self.number = 0
        for partition in PARTITIONS:
            self.add(partition)
            self.add(partition)
        self.sync()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.incremental_equals_full()
            self.store.close()
            del MemoryConnector.tools[self.name]

    def _pass(self, store: Any) -> int:
        registry = Registry(connectors={"memory": MemoryConnector}, emulators={}, failures=(), described=())
        texts = {
            "veaf-sync.yaml": f"version: 1\nsources: {{mem: {{connector: memory, tool: {self.name}}}}}\n",
            "strategy.yaml": "vision: {title: V}\nobjectives: [{id: fast, title: F}]\n",
            "mapping.yaml": "rules: [{name: s, when: {type: Story}, objective: fast}]\n",
        }
        config = configuration.load_texts(texts, registry.connectors, at=self.clock.now())
        emptied = {i.partitions[0].partition for i in self.tool.items.values()} != set(self.tool.partitions())
        accept = ["mem"] if emptied and not self.tool.hidden else []
        return run_sync(config, registry, store, self.clock, accept_empty=accept).run.id

    @rule(partition=st.sampled_from(PARTITIONS))
    def add(self, partition: str) -> None:
        self.number += 1
        self.tool.add(partition, f"{partition}-{self.number}", type="Story" if self.number % 2 else "Bug")

    @rule(data=st.data(), title=st.text(max_size=5))
    def edit(self, data: st.DataObject, title: str) -> None:
        if self.tool.items:
            self.tool.edit(data.draw(st.sampled_from(sorted(self.tool.items))), title=title)

    @rule(data=st.data(), partition=st.sampled_from(PARTITIONS))
    def move(self, data: st.DataObject, partition: str) -> None:
        if self.tool.items:
            self.tool.move(data.draw(st.sampled_from(sorted(self.tool.items))), partition)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.tool.items:
            self.tool.delete(data.draw(st.sampled_from(sorted(self.tool.items))))

    @rule(partition=st.sampled_from(PARTITIONS))
    def hide(self, partition: str) -> None:
        self.tool.hidden.add(partition)

    @rule()
    def show(self) -> None:
        self.tool.hidden.clear()

    @rule(minutes=st.integers(0, 120))
    def wait(self, minutes: int) -> None:
        self.clock.advance(60 * minutes)

    @rule()
    def sync(self) -> None:
        self._pass(self.store)

    @rule()
    def incremental_equals_full(self) -> None:
        self.clock.advance(1)
        run = self._pass(self.store)
        with open_store(self.new_url("sqlite")) as fresh:
            expected = fresh.items.frame(self._pass(fresh))
        frozen = [(s.source, s.partition) for s in self.store.pulls.states(run=run) if s.state != "fresh"]
        kept = self.store.items.frame(run, unreadable=frozen)
        assert kept.filter(~pl.col("unreadable")).equals(expected.filter(~pl.col("unreadable")))
        unreadable = set(kept.filter(pl.col("unreadable"))["id"])
        visible = {i.id for i in self.tool.items.values() if i.partitions[0].partition not in self.tool.hidden}
        assert not unreadable & visible


@pytest.mark.parametrize(("engine", "part"), [("sqlite", 12), ("postgresql", 25)])
def test_incremental_is_full(engine: str, part: int, new_url: Callable[[str], str]) -> None:
    examples = settings(max_examples=settings.default.max_examples // part, stateful_step_count=16)
    run_state_machine_as_test(lambda: IncrementalIsFull(engine, new_url), settings=examples)
