"""Incremental = full over HTTP: whatever people do, an incremental pull ends where a fresh full one does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from veaf_sync import config as configuration
from veaf_sync.clock import ManualClock
from veaf_sync.emulator import Meanwhile
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_asana.connector import AsanaConnector
from veaf_sync_asana.emulator import AsanaEmulator

PROJECTS = ["901", "902"]
LABELS = ["red", "okr:fast"]
NEEDED = ["description", "fields", "url", "components"]


class IncrementalIsFull(RuleBasedStateMachine):
    """What is compared are the items that can be read. Each project keeps two tasks that nobody touches."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.clock = ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
        self.site = AsanaEmulator(clock=self.clock)
        self.site.start()
        self.environment = patch.dict("os.environ", self.site.environment)
        self.environment.start()
        self.store = open_store(f"sqlite:///{self.folder.name}/kept.db")
        self.kept = {self.site.create(project, "Kept") for project in [*PROJECTS, *PROJECTS]}
        for number in range(6):
            self.site.create(PROJECTS[number % 2], "Item")
        self.sync()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.incremental_equals_full()
            self.store.close()
            self.environment.stop()
            self.site.stop()
            self.folder.cleanup()
            assert not self.site.crashes, self.site.crashes

    def _pass(self, store, **options) -> int:
        registry = Registry(connectors={"asana": AsanaConnector}, emulators={}, failures=(), described=())
        source = {**self.site.source(), "projects": PROJECTS, "tag": {"label": "okr:{objective}"}}
        texts = {
            "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"work": source}}),
            "strategy.yaml": "vision: {title: V}\nobjectives: [{id: fast, title: F}]\n",
            "mapping.yaml": "rules: [{name: s, when: {type: Task}, objective: fast}]\n",
        }
        config = configuration.load_texts(texts, registry.connectors, at=self.clock.now())
        return run_sync(config, registry, store, self.clock, **options).run.id

    def _tasks(self, project: str = "") -> list[str]:
        held = self.site.state.tasks.values()
        return sorted(
            task.gid for task in held if task.gid not in self.kept and (not project or project in task.places)
        )

    @rule(project=st.sampled_from(PROJECTS))
    def create(self, project):
        self.site.create(project, "New")

    @precondition(lambda self: self._tasks())
    @rule(data=st.data())
    def create_below(self, data):
        self.site.create("901", "Below", parent=data.draw(st.sampled_from(self._tasks())))

    @precondition(lambda self: self._tasks())
    @rule(data=st.data(), name=st.text("ab", max_size=3))
    def edit(self, data, name):
        self.site.edit(data.draw(st.sampled_from(self._tasks())), name=name)

    @precondition(lambda self: self._tasks())
    @rule(data=st.data(), label=st.sampled_from(LABELS), away=st.booleans())
    def tag(self, data, label, away):
        (self.site.untag if away else self.site.tag)(data.draw(st.sampled_from(self._tasks())), label)

    @precondition(lambda self: self._tasks())
    @rule(data=st.data(), completed=st.booleans())
    def complete(self, data, completed):
        self.site.complete(data.draw(st.sampled_from(self._tasks())), completed=completed)

    @precondition(lambda self: self._tasks())
    @rule(data=st.data(), project=st.sampled_from(PROJECTS))
    def add(self, data, project):
        self.site.add(data.draw(st.sampled_from(self._tasks())), project)

    @rule(data=st.data(), project=st.sampled_from(PROJECTS))
    def remove(self, data, project):
        """A task in no project is still seen by its address, and lives where the source does not look."""
        if tasks := self._tasks(project):
            self.site.remove(data.draw(st.sampled_from(tasks)), project)

    @rule(data=st.data(), project=st.sampled_from(PROJECTS), section=st.sampled_from(["Doing", "Backlog"]))
    def move(self, data, project, section):
        if tasks := self._tasks(project):
            self.site.move(data.draw(st.sampled_from(tasks)), section, project)

    @rule(project=st.sampled_from(PROJECTS), name=st.sampled_from(["Doing", "Later"]))
    def rename_section(self, project, name):
        self.site.rename_section(project, "Untitled section", name)

    @precondition(lambda self: len(self._tasks()) > 1)
    @rule(data=st.data(), top=st.booleans())
    def put_below(self, data, top):
        tasks = self._tasks()
        self.site.put_below(data.draw(st.sampled_from(tasks)), "" if top else data.draw(st.sampled_from(tasks)))

    @rule(data=st.data(), project=st.sampled_from(PROJECTS), place=st.integers(0, 5))
    def reorder(self, data, project, place):
        if tasks := self._tasks(project):
            self.site.reorder(data.draw(st.sampled_from(tasks)), project, place)

    @rule(project=st.sampled_from(PROJECTS))
    def reorder_during_the_next_walk(self, project):
        if tasks := self._tasks(project):
            self.site.faults.add(Meanwhile(lambda: self.site.reorder(tasks[0], project)), path=".*/tasks")

    @precondition(lambda self: self._tasks())
    @rule(data=st.data())
    def delete(self, data):
        self.site.delete(data.draw(st.sampled_from(self._tasks())))

    @precondition(lambda self: self.site.state.trash)
    @rule(data=st.data())
    def restore(self, data):
        trash = self.site.state.trash
        tops = sorted(gid for gid, task in trash.items() if task.parent not in trash)
        self.site.restore(data.draw(st.sampled_from(tops)))

    @rule(project=st.sampled_from(PROJECTS), hidden=st.booleans())
    def hide_project(self, project, hidden):
        self.site.hide_project(project, hidden=hidden)

    @rule(minutes=st.sampled_from([0, 1, 30, 26 * 60]))
    def wait(self, minutes):
        self.clock.advance(60 * minutes)

    @rule()
    def sync(self):
        self._pass(self.store)

    @precondition(lambda self: self._tasks())
    @rule(data=st.data())
    def refresh(self, data):
        tasks = data.draw(st.lists(st.sampled_from(self._tasks()), min_size=1, max_size=3, unique=True))
        self._pass(self.store, only={"work": tasks})

    def incremental_equals_full(self) -> None:
        self.clock.advance(1)
        self.site.faults.clear()
        run = self._pass(self.store)
        with TemporaryDirectory() as folder, open_store(f"sqlite:///{Path(folder)}/fresh.db") as fresh:
            expected = fresh.items.frame(self._pass(fresh), needed=NEEDED)
        hidden = [("work", name) for name, project in self.site.state.projects.items() if project.hidden]
        kept = self.store.items.frame(run, needed=NEEDED, unreadable=hidden)
        one, other = (frame.filter(~pl.col("unreadable")).drop("aliases") for frame in (kept, expected))
        ours, theirs = (frame.filter(pl.col("id").is_in(list(other["id"]))) for frame in (one, other))
        assert ours.equals(theirs), f"kept {ours}, fresh {theirs}"
        assert set(one["id"]) == set(other["id"]), "nothing is kept that is gone, and nothing readable is missing"


TestOnAsana = IncrementalIsFull.TestCase
TestOnAsana.settings = settings(
    max_examples=10, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
