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
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_jira.connector import JiraConnector
from veaf_sync_jira.emulator import JiraEmulator, Knobs

PROJECTS = ["A", "B", "C"]
KINDS = ["Story", "Bug"]
LABELS = ["red", "blue", "okr:fast"]


class IncrementalIsFull(RuleBasedStateMachine):
    """What is compared are the items that can be read; those of hidden projects are frozen and say so."""

    profile = "cloud"

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.clock = ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
        self.site = JiraEmulator(profile=self.profile, clock=self.clock, knobs=Knobs(page_cap=2, id_page_cap=3))
        self.site.start()
        self.environment = patch.dict("os.environ", self.site.environment)
        self.environment.start()
        self.store = open_store(f"sqlite:///{self.folder.name}/kept.db")
        for project in PROJECTS:
            self.site.create_project(project)
        for project in "ABCAAB":
            self.site.create(project, "Item", type="Story")
        self.sync()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.incremental_equals_full()
            self.store.close()
            self.environment.stop()
            self.site.stop()
            self.folder.cleanup()
            assert not self.site.crashes

    def _pass(self, store, **options) -> int:
        registry = Registry(connectors={"jira": JiraConnector}, emulators={}, failures=(), described=())
        source = {**self.site.source(), "tag": {"label": "okr:{objective}"}}
        texts = {
            "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"jira": source}}),
            "strategy.yaml": "vision: {title: V}\nobjectives: [{id: fast, title: F}]\n",
            "mapping.yaml": "rules: [{name: s, when: {type: Story}, objective: fast}]\n",
        }
        config = configuration.load_texts(texts, registry.connectors, at=self.clock.now())
        return run_sync(config, registry, store, self.clock, **options).run.id

    def _keys(self) -> list[str]:
        """Keys of what people change. The first issue of each project stays: a project that is suddenly empty is
        not believed, which is another test's business."""
        return sorted(i.key for i in self.site.service.state.issues.values() if i.number > 1)

    @rule(project=st.sampled_from(PROJECTS), kind=st.sampled_from(KINDS))
    def create(self, project, kind):
        self.site.create(project, "New", type=kind)

    @precondition(lambda self: self._keys())
    @rule(data=st.data(), title=st.text("ab", max_size=3), kind=st.sampled_from(KINDS))
    def edit(self, data, title, kind):
        self.site.edit(data.draw(st.sampled_from(self._keys())), title=title, type=kind)

    @precondition(lambda self: self._keys())
    @rule(data=st.data(), labels=st.lists(st.sampled_from(LABELS), unique=True))
    def label(self, data, labels):
        self.site.edit(data.draw(st.sampled_from(self._keys())), labels=labels)

    @precondition(lambda self: self._keys())
    @rule(data=st.data(), project=st.sampled_from(PROJECTS))
    def move(self, data, project):
        key = data.draw(st.sampled_from(self._keys()))
        if not key.startswith(f"{project}-"):
            self.site.move(key, project)

    @precondition(lambda self: self._keys())
    @rule(data=st.data())
    def delete(self, data):
        self.site.delete(data.draw(st.sampled_from(self._keys())))

    @rule(project=st.sampled_from(PROJECTS))
    def forbid(self, project):
        self.site.forbid(project)

    @rule(project=st.sampled_from(PROJECTS))
    def allow(self, project):
        self.site.allow(project)

    @rule(minutes=st.sampled_from([0, 1, 30, 24 * 60]))
    def wait(self, minutes):
        self.clock.advance(60 * minutes)

    @rule()
    def sync(self):
        self._pass(self.store)

    @precondition(lambda self: self._keys())
    @rule(data=st.data())
    def refresh(self, data):
        keys = data.draw(st.lists(st.sampled_from(self._keys()), min_size=1, max_size=3, unique=True))
        self._pass(self.store, only={"jira": [str(self.site.issue(key).id) for key in keys]})

    def incremental_equals_full(self) -> None:
        self.clock.advance(1)
        run = self._pass(self.store)
        with TemporaryDirectory() as folder, open_store(f"sqlite:///{Path(folder)}/fresh.db") as fresh:
            expected = fresh.items.frame(self._pass(fresh), needed=["description", "fields", "url"])
        hidden = self.site.service.forbidden
        kept = self.store.items.frame(
            run, needed=["description", "fields", "url"], unreadable=[("jira", name) for name in hidden]
        )
        one, other = (frame.filter(~pl.col("unreadable")).drop("aliases") for frame in (kept, expected))
        assert one.equals(other), f"kept {one}, fresh {other}"
        readable = {str(i.id) for i in self.site.service.state.issues.values() if i.project not in hidden}
        assert set(one["id"]) == readable, "the site itself says the same"
        assert set(kept["partition"]) >= hidden, "what cannot be read is kept"


class OnDataCenter(IncrementalIsFull):
    profile = "dc"


SMALL = settings(max_examples=5, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))
TestOnCloud = IncrementalIsFull.TestCase
TestOnCloud.settings = SMALL
TestOnDataCenter = OnDataCenter.TestCase
TestOnDataCenter.settings = SMALL
