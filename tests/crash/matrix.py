"""One command against one scene, killed at a point, run again, and held against the run that nothing killed."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from veaf_sync.emulator import Recorded
from veaf_sync.store import Filters, open_store

from .killing import Instant, Point, Trap, points
from .scene import Scene
from .shell import KILLED, Shell

LEASE = 61.0
"""Seconds after which the lease of a process that died has run out."""
HOUR = 3600.0
SLOW = 600.0
"""Seconds that a bulk edit of Jira takes which nobody asks for, at every other point: longer than a lease."""
_GRAPHQL = re.compile(r"(query|mutation)[^{]*\{\s*(\w+)")

Command = Literal["sync", "apply", "first sync"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in the store behind a run: values that are ours, open lines, and the results of the last run."""

    written: dict[str, dict[str, tuple[str, ...]]]
    open: tuple[tuple[str, str], ...]
    """Source and task."""
    results: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How things stand in the end: all that the tools hold, and what the store knows."""

    held: dict[str, Any]
    kept: Kept


@dataclass
class Matrix:
    """`command` against `scene`. `dying` runs what is killed, `living` everything else."""

    scene: Scene
    command: Command
    dying: Shell
    living: Shell
    requests: list[str] = field(default_factory=list)
    boundaries: list[str] = field(default_factory=list)

    @cached_property
    def points(self) -> list[Point]:
        """All points of the run that nothing kills."""
        assert self.reference
        return points(self.requests, self.boundaries)

    @cached_property
    def reference(self) -> Ended:
        """The end without a kill. It is right by itself: the tags are those that the scene wants."""
        self._template()
        self._begin()
        told = self.scene.folder / "boundaries.txt"
        before = len(list(self._requests()))
        code = self.dying.run(self._arguments, self.scene.clock.now(), self.scene.environment, boundaries=told)
        assert code == 0, self.dying.output.read_text()
        self.requests = list(self._requests())[before:]
        self.boundaries = told.read_text().splitlines()
        for tool in self.scene.tools:
            wanted = tool.wanted(first=self.command == "first sync")
            assert tool.tags() == wanted, difference(tool.tags(), wanted)
        self.scene.clock.advance(HOUR)
        assert self._once_more() == []
        return Ended(self.scene.held(), self._kept())

    def problems(self, point: Point) -> list[str]:
        """What is wrong after a kill at `point` and a second run, and a third one."""
        self._begin()
        for tool in self.scene.tools:
            if tool.name == "jira-cloud" and point.number % 2:
                tool.site.knobs.bulk_seconds = SLOW  # type: ignore[attr-defined]
        sites = [tool.site for tool in self.scene.tools]
        Trap(point, self.dying.kill).set(sites)
        die_at = point.number if point.instant is Instant.COMMIT else 0
        clock = self.scene.clock
        code = self.dying.run(self._arguments, clock.now(), self.scene.environment, die_at=die_at)
        # Two threads may share a commit: the last ones are not there in every run.
        last = point.instant is Instant.COMMIT and point.number > len(self.boundaries) - 4
        if code != KILLED and not (last and code == 0):
            return [f"was not killed, but ended with {code}: {self.dying.output.read_text()}"]
        for site in sites:
            site.faults.clear()
        with closing(sqlite3.connect(self.scene.store)) as store, closing(sqlite3.connect(":memory:")) as older:
            store.backup(older)
            self._leases_run_out()
            clock.advance(LEASE)
            found = list(self._wrong_after())
            if point.instant is Instant.COMMIT and not found:
                older.backup(store)
                found = list(self._wrong_with_the_older_store())
        return found

    def _wrong_after(self) -> Iterator[str]:
        code = self.living.run(self._arguments, self.scene.clock.now(), self.scene.environment)
        if code:
            yield f"the second run ended with {code}: {self.living.output.read_text()}"
        if (held := self.scene.held()) != self.reference.held:
            yield f"the tools hold otherwise: {difference(held, self.reference.held)}"
        # Cloud writes by tasks: one that is still at work, or whose number was lost, is for the third run.
        lost = [line for line in self._kept_open() if line[0] != "jira-cloud"]
        if lost:
            yield f"lines of the journal stayed open: {lost}"
        self.scene.clock.advance(HOUR)
        if wrote := self._once_more():
            yield f"the third run wrote: {wrote}"
        if (held := self.scene.held()) != self.reference.held:
            yield f"the tools hold otherwise after the third run: {difference(held, self.reference.held)}"
        if self.living.run(self._audit, self.scene.clock.now(), self.scene.environment):
            yield f"the audit does not hold: {self.living.output.read_text()}"
        if (kept := self._kept()) != self.reference.kept:
            yield f"the store knows otherwise: {kept} instead of {self.reference.kept}"
        yield from (crash for tool in self.scene.tools for crash in tool.site.crashes)

    def _wrong_with_the_older_store(self) -> Iterator[str]:
        """The store as the kill left it is brought back after all is done: a journal that lacks its later lines."""
        self._leases_run_out()
        self.scene.clock.advance(HOUR)
        if wrote := self._once_more():
            yield f"the older store wrote: {wrote}"
        if (held := self.scene.held()) != self.reference.held:
            yield f"with the older store the tools hold otherwise: {difference(held, self.reference.held)}"

    @property
    def _arguments(self) -> list[str]:
        folder = ["-C", str(self.scene.folder)]
        if self.command == "apply":
            return [*folder, "apply", str(self.scene.folder / "plan.json")]
        return [*folder, "sync", "--write"]

    @property
    def _audit(self) -> list[str]:
        return ["-C", str(self.scene.folder), "audit", "verify"]

    def _template(self) -> None:
        """The configuration, and the store as it is before the command is run."""
        scene = self.scene
        scene.open(tagged=self.command != "first sync")
        scene.configure()
        if self.command == "first sync":
            return
        self._must("sync", "--adopt-tags", "ours", "--auto-approve")
        if self.command == "apply":
            scene.people_act()
            self._must("sync")
            self._must("plan", "--out", str(scene.folder / "plan.json"))
        shutil.copy(scene.store, scene.folder / "template.db")

    def _begin(self) -> None:
        """Everything as it is before the command is run."""
        for path in self.scene.folder.glob(f"{self.scene.store.name}*"):
            path.unlink()
        if self.command != "first sync":
            shutil.copy(self.scene.folder / "template.db", self.scene.store)
        first = self.command == "first sync"
        self.scene.open(tagged=not first)
        if not first:
            self.scene.people_act()

    def _must(self, *arguments: str) -> None:
        code = self.living.run(
            ["-C", str(self.scene.folder), *arguments], self.scene.clock.now(), self.scene.environment
        )
        assert code == 0, self.living.output.read_text()

    def _once_more(self) -> list[Any]:
        """Run the pass again; what it wrote, or planned to."""
        self._must("sync", "--write", "-o", "json")
        printed = self.living.output.read_text()
        outcomes: dict[str, Any] = json.loads(printed[printed.index("\n{") if "\n{" in printed else 0 :])["outcomes"]
        return [outcomes] if any(outcomes["counts"].values()) else []

    def _leases_run_out(self) -> None:
        """A minute passes for the database, by whose clock leases end."""
        if self.scene.store.exists():
            with closing(sqlite3.connect(self.scene.store)) as store:
                if store.execute("SELECT 1 FROM sqlite_master WHERE name = 'leases'").fetchone():
                    store.execute("UPDATE leases SET expires = 0")
                    store.commit()

    def _kept_open(self) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self.scene.store)) as store:
            return store.execute("SELECT source, task FROM journal WHERE result = ''").fetchall()

    def _kept(self) -> Kept:
        with closing(open_store(f"sqlite:///{self.scene.store}")) as store:
            last = store.runs.latest()
            assert last is not None
            names = [tool.name for tool in self.scene.tools]
            rows = store.results.list(last.id, filters=Filters(counted_only=False))
            return Kept(
                written={name: store.journal.written(name) for name in names},
                open=tuple((line.item.source, line.task) for name in names for line in store.journal.open(name)),
                results=tuple(rows.select("source", "key", "verdict", "reason", "origin", "objective").rows()),
            )

    def _requests(self) -> Iterator[str]:
        """The kinds of the requests that the tools got, in order."""
        for tool in self.scene.tools:
            yield from (f"{tool.name}: {_name(request)}" for request in tool.site.requests)


def _name(request: Recorded) -> str:
    if found := _GRAPHQL.search(json.loads(request.body)["query"] if request.template.endswith("graphql") else ""):
        return f"{found[1]} {found[2]}"
    if request.template.endswith("/batch"):
        acts = json.loads(request.body)["data"]["actions"]
        return f"batch of {acts[0]['method']} {re.sub('[0-9]+', '#', acts[0]['relative_path'])}"
    return f"{request.method} {request.template}"


def difference(found: Any, wanted: Any, path: str = "") -> list[str]:
    """Where two documents differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted({*found, *wanted}, key=str)
        parts: Sequence[list[str]] = [difference(found.get(k), wanted.get(k), f"{path}/{k}") for k in keys]
        return [line for part in parts for line in part]
    return [] if found == wanted else [f"{path}: {found!r} instead of {wanted!r}"]
