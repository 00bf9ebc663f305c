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
from veaf_sync_github.connector import GitHubConnector
from veaf_sync_github.emulator import GitHubEmulator

PROJECTS = ["acme/1", "acme/2"]
REPOSITORIES = ["acme/shop", "acme/tools"]
LABELS = ["red", "okr:fast"]


class IncrementalIsFull(RuleBasedStateMachine):
    """What is compared are the items that can be read. Each project keeps two items that nobody touches."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.clock = ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
        self.site = GitHubEmulator(clock=self.clock)
        self.site.start()
        self.environment = patch.dict("os.environ", self.site.environment)
        self.environment.start()
        self.store = open_store(f"sqlite:///{self.folder.name}/kept.db")
        self.kept = {self.site.create(REPOSITORIES[0], "Kept", project) for project in [*PROJECTS, *PROJECTS]}
        for number in range(6):
            self.site.create(REPOSITORIES[number % 2], "Item", PROJECTS[number % 2])
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
        registry = Registry(connectors={"github_projects": GitHubConnector}, emulators={}, failures=(), described=())
        source = {**self.site.source(), "projects": PROJECTS, "tag": {"label": "okr:{objective}"}}
        texts = {
            "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"hub": source}}),
            "strategy.yaml": "vision: {title: V}\nobjectives: [{id: fast, title: F}]\n",
            "mapping.yaml": "rules: [{name: s, when: {type: Issue}, objective: fast}]\n",
        }
        config = configuration.load_texts(texts, registry.connectors, at=self.clock.now())
        return run_sync(config, registry, store, self.clock, **options).run.id

    def _keys(self, project: str = "") -> list[str]:
        held = self.site.state.contents.values()
        return sorted(
            content.key
            for content in held
            if content.key not in self.kept
            and (not project or any(i.project.name == project for i in self.site.state.places.get(content.id, ())))
        )

    @rule(project=st.sampled_from(PROJECTS), repository=st.sampled_from(REPOSITORIES))
    def create(self, project, repository):
        self.site.create(repository, "New", project)

    @precondition(lambda self: self._keys())
    @rule(data=st.data(), title=st.text("ab", max_size=3), labels=st.lists(st.sampled_from(LABELS), unique=True))
    def edit(self, data, title, labels):
        self.site.edit(data.draw(st.sampled_from(self._keys())), title=title, labels=labels)

    @precondition(lambda self: self._keys())
    @rule(data=st.data())
    def close(self, data):
        self.site.close(data.draw(st.sampled_from(self._keys())))

    @rule(data=st.data(), project=st.sampled_from(PROJECTS), value=st.sampled_from(["Todo", "Done", None]))
    def set_status(self, data, project, value):
        if keys := self._keys(project):
            self.site.set_field(data.draw(st.sampled_from(keys)), project, "Status", value)

    @rule(data=st.data(), project=st.sampled_from(PROJECTS), archived=st.booleans())
    def archive(self, data, project, archived):
        if keys := self._keys(project):
            self.site.archive(data.draw(st.sampled_from(keys)), project, archived=archived)

    @precondition(lambda self: self._keys())
    @rule(data=st.data(), project=st.sampled_from(PROJECTS))
    def add(self, data, project):
        self.site.add(data.draw(st.sampled_from(self._keys())), project)

    @rule(data=st.data(), project=st.sampled_from(PROJECTS))
    def remove(self, data, project):
        if keys := self._keys(project):
            self.site.remove(data.draw(st.sampled_from(keys)), project)

    @rule(data=st.data(), project=st.sampled_from(PROJECTS), place=st.integers(0, 5))
    def reorder(self, data, project, place):
        if keys := self._keys(project):
            self.site.reorder(data.draw(st.sampled_from(keys)), project, place)

    @rule(project=st.sampled_from(PROJECTS))
    def reorder_during_the_next_walk(self, project):
        if keys := self._keys(project):
            key = keys[0]

            def act():
                if key in self._keys(project):
                    self.site.reorder(key, project, 0)

            self.site.faults.add(Meanwhile(act), when=lambda request: b"items(first" in request.body)

    @precondition(lambda self: self._keys())
    @rule(data=st.data(), repository=st.sampled_from(REPOSITORIES))
    def transfer(self, data, repository):
        key = data.draw(st.sampled_from(self._keys()))
        if not key.startswith(f"{repository}#"):
            self.site.transfer(key, repository)

    @precondition(lambda self: self._keys())
    @rule(data=st.data())
    def delete(self, data):
        self.site.delete(data.draw(st.sampled_from(self._keys())))

    @rule(repository=st.sampled_from(REPOSITORIES[1:]), hidden=st.booleans())
    def hide_repository(self, repository, hidden):
        self.site.hide_repository(repository, hidden=hidden)

    @rule(project=st.sampled_from(PROJECTS), hidden=st.booleans())
    def hide_project(self, project, hidden):
        self.site.hide_project(project, hidden=hidden)

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
        self._pass(self.store, only={"hub": [self.site.content(key).id for key in keys]})

    def incremental_equals_full(self) -> None:
        self.clock.advance(1)
        self.site.faults.clear()
        run = self._pass(self.store)
        with TemporaryDirectory() as folder, open_store(f"sqlite:///{Path(folder)}/fresh.db") as fresh:
            expected = fresh.items.frame(self._pass(fresh), needed=["description", "fields", "url"])
        hidden = self.site.state.hidden_projects
        kept = self.store.items.frame(
            run, needed=["description", "fields", "url"], unreadable=[("hub", name) for name in hidden]
        )
        one, other = (frame.filter(~pl.col("unreadable")).drop("aliases") for frame in (kept, expected))
        ours, theirs = (frame.filter(pl.col("id").is_in(list(other["id"]))) for frame in (one, other))
        assert ours.equals(theirs), f"kept {ours}, fresh {theirs}"
        assert set(one["id"]) == set(other["id"]), "nothing is kept that is gone, and nothing readable is missing"


TestOnGitHub = IncrementalIsFull.TestCase
TestOnGitHub.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
