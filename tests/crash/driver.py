"""Kills `veaf-sync` at one boundary after the other, lets it go on, and says what came of it.

`driver.py SCENARIO FOLDER STEP`: the tools of a scenario are prepared once; for every STEP-th boundary a process is
forked that serves them from that state, runs the command, kills it there, runs it again, and compares the tools with
what the uninterrupted run left. Prints one JSON object a line: the boundaries there are, then what came of each.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from veaf_sync import plugins
from veaf_sync.clock import SystemClock
from veaf_sync.demo.scenario import scenario
from veaf_sync.demo.tools import HOMES
from veaf_sync.emulator import Emulator, Fault, Request
from veaf_sync.emulator.wire import Closed

FEW = 9
STAGES = ("received", "taken", "answered")
STRATEGY = """
vision: {title: Every order arrives, narrative: Fewer lost orders., horizon: 2028-12-31}
objectives:
  - {id: fast, title: Fast checkout}
  - {id: cheap, title: Cheap to run}
"""
STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
FIRST = STATED + "rules:\n  - {name: all, when: {}, objective: fast}\n"
THEN = (
    STATED
    + """rules:
  - {name: none, when: {key: {regex: "[36]$"}}, objective: none}
  - {name: move, when: {key: {regex: "[1458]$"}}, objective: cheap}
  - {name: all, when: {}, objective: fast}
"""
)
SCENARIOS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "cloud": (("jira", "cloud"),),
    "dc": (("jira", "dc"),),
    "github": (("github_projects", ""),),
    "asana": (("asana", ""),),
    "all": (("jira", "cloud"), ("github_projects", ""), ("asana", "")),
}
"""Connector and profile of the tools; a read-only file source stands beside them always."""


@dataclass
class Killer(Fault):
    """Kills a process at the `number`-th request of all tools together, in one of `STAGES`."""

    number: int
    stage: str
    pid: int = 0
    known: threading.Event = field(default_factory=threading.Event)
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def when(self, _request: Request) -> bool:
        with self.lock:
            self.seen += 1
            return self.seen == self.number

    def prepare(self, answer: Any, now: datetime) -> Any:
        if self.stage == "received":
            self.kill()
            raise Closed
        response = answer()
        if self.stage == "taken":
            self.kill()
        return response

    def deliver(self, wire: Any, response: Any) -> None:
        wire.send(response)
        if self.stage == "answered":
            self.kill()

    def kill(self) -> None:
        self.known.wait(30)
        os.kill(self.pid, signal.SIGKILL)


class Zygote:
    """The process that forks commands."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("zygote.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, request: Mapping[str, Any], killer: Killer | None = None) -> int:
        """The wait status of the commands."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        if killer is not None:
            killer.pid = pid
            killer.known.set()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


class World:
    """The tools of a scenario, their state kept between servings, and the folder of the configuration."""

    def __init__(self, name: str, folder: Path, zygote: Zygote) -> None:
        self.folder, self.zygote = folder, zygote
        registry, clock = plugins.load(), SystemClock()
        self.tools: dict[str, Emulator] = {}
        self.ports: dict[str, int] = {}
        for connector, profile in SCENARIOS[name]:
            emulator = registry.emulators[connector](clock=clock, profile=profile)
            emulator.separate_credentials()
            if connector == "jira":
                emulator.knobs.bulk_polls = 1  # type: ignore[attr-defined]
            at = datetime.now(UTC)
            emulator.load([i for i in scenario(at) if i.partitions[0].partition in HOMES[connector].projects][:FEW])
            self.tools[connector] = emulator
        self.environment = {key: value for tool in self.tools.values() for key, value in tool.environment.items()}

    @contextmanager
    def serving(self) -> Iterator[None]:
        with ExitStack() as stack:
            for name, tool in self.tools.items():
                tool.start(self.ports.get(name, 0))
                stack.callback(tool.stop)
                self.ports[name] = int(tool.url.rpartition(":")[2])
            yield

    def configure(self, mapping: str) -> None:
        caps = {"clears": {"count": 1000}, "moves": {"count": 1000}}
        sources: dict[str, Any] = {
            name: {"tag": {"label": "okr:{objective}"}, "guards": caps, **tool.source()}
            for name, tool in self.tools.items()
        }
        sources["plant"] = {"connector": "file", "path": "plant.csv"}
        (self.folder / "plant.csv").write_text("key,title,type\nX-1,Paint,Task\nX-2,Weld,Task\n")
        settings = {"version": 1, "guards": caps, "sources": sources}
        for file, text in (
            ("veaf-sync.yaml", json.dumps(settings)),
            ("strategy.yaml", STRATEGY),
            ("mapping.yaml", mapping),
        ):
            (self.folder / file).write_text(text)

    def run(self, folder: Path, *commands: Sequence[str], killer: Killer | None = None, commit: Any = None) -> int:
        request = {
            "commands": [["-C", str(folder), *command] for command in commands],
            "out": str(folder / "out.txt"),
            "environment": self.environment,
            "commit": commit,
        }
        return self.zygote.run(request, killer)

    def tags(self) -> dict[str, dict[str, list[str]]]:
        """Every value at the tag targets, people's too, as often as it stands there."""
        return {name: {key: sorted(v) for key, v in tool.tags().items()} for name, tool in self.tools.items()}

    def people(self) -> None:
        """What people did since the first run: a label of theirs, a tag taken away, a tag set."""
        hands: dict[str, Callable[[str, list[str], list[str]], None]] = {
            "jira": self._jira, "github_projects": self._github, "asana": self._asana,
        }  # fmt: skip
        for name, tool in self.tools.items():
            keys = [key for key, values in tool.tags().items() if "okr:fast" in values]
            hands[name](keys[0], ["backend"], [])
            hands[name](keys[1], [], ["okr:fast"])
            hands[name](keys[2], ["okr:cheap", "theirs"], ["okr:fast"])

    def _jira(self, key: str, add: list[str], remove: list[str]) -> None:
        tool: Any = self.tools["jira"]
        tool.edit(key, labels=(*(v for v in tool.issue(key).labels if v not in remove), *add))

    def _github(self, key: str, add: list[str], remove: list[str]) -> None:
        tool: Any = self.tools["github_projects"]
        tool.edit(key, labels=(*(v for v in tool.content(key).labels if v not in remove), *add))

    def _asana(self, key: str, add: list[str], remove: list[str]) -> None:
        tool: Any = self.tools["asana"]
        for value in remove:
            tool.untag(key, value)
        for value in add:
            tool.tag(key, value)


WRITE = ["sync", "--write"]
NOTHING_LEFT = ("Nothing needs changing", "Nothing can or need be changed")


def prepared(name: str, folder: Path, zygote: Zygote) -> World:
    """The tools after a first run that wrote its tags, what people did since, and another mapping."""
    world = World(name, folder, zygote)
    with world.serving():
        world.configure(FIRST)
        if world.run(folder, WRITE):
            sys.exit((folder / "out.txt").read_text())
        world.people()
        world.configure(THEN)
    for tool in world.tools.values():
        tool.requests.clear()
    while threading.active_count() > 1:  # forking is for a process that is alone with itself
        time.sleep(0.01)
    return world


def forked(world: World, work: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What `work` brings, done in a process of its own on a copy of the folder; the tools' state here is untouched."""
    copy = world.folder.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(world.folder, copy)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reading)
            with world.serving():
                found = work(copy)
            with os.fdopen(writing, "w") as pipe:
                json.dump(found, pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else {"problem": "the driver itself failed"}


def uninterrupted(world: World, folder: Path) -> dict[str, Any]:
    code = world.run(folder, WRITE)
    requests = sum(len(tool.requests) for tool in world.tools.values())
    return {
        "code": code,
        "requests": requests,
        "commits": int((folder / "out.txt.commits").read_text()),
        "tags": world.tags(),
        "said": (folder / "out.txt").read_text() if code else "",
    }


def interrupted(world: World, folder: Path, point: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What came of a kill at `point`; `problem` is empty where all holds."""
    killer = None
    if "request" in point:
        killer = Killer(point["request"], point["stage"])
        for tool in world.tools.values():
            tool.faults.add(killer, when=killer.when, times=None)
    status = world.run(folder, WRITE, killer=killer, commit=point.get("commit"))
    for tool in world.tools.values():
        tool.faults.clear()
    killed = os.WIFSIGNALED(status)
    problems = []
    _wait_for_the_lease(folder)
    if code := world.run(folder, WRITE):
        problems.append(f"going on ended with {code}: {(folder / 'out.txt').read_text()[-600:]}")
    if (tags := world.tags()) != wanted:
        differ = {
            f"{name}:{key}": (values, wanted[name].get(key))
            for name, of in tags.items()
            for key, values in of.items()
            if values != wanted[name].get(key)
        }
        problems.append(f"the tools differ (now, wanted): {differ}")
    if code := world.run(folder, ["plan"], ["audit", "verify"]):
        problems.append(f"afterwards: {code}: {(folder / 'out.txt').read_text()[-600:]}")
    elif not any(said in (folder / "out.txt").read_text() for said in NOTHING_LEFT):
        problems.append(f"something is left to do: {(folder / 'out.txt').read_text()[-600:]}")
    return {"point": point, "killed": killed, "problem": "; ".join(problems)}


def _wait_for_the_lease(folder: Path) -> None:
    """The lease of a killed process runs out by itself after a minute; here that minute is over at once."""
    import sqlite3

    with sqlite3.connect(folder / "veaf-sync.db") as connection:
        connection.execute("UPDATE leases SET expires = 0")


def main() -> None:
    name, folder, step = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    (folder / "config").mkdir()
    world = prepared(name, folder / "config", Zygote())
    whole = forked(world, lambda copy: uninterrupted(world, copy))
    points = [{"request": n, "stage": stage} for n in range(1, whole["requests"] + 1) for stage in STAGES]
    points += [{"commit": [n, when]} for n in range(1, whole["commits"] + 1) for when in ("before", "after")]
    print(json.dumps({**whole, "points": len(points)}), flush=True)
    for point in points[::step]:
        print(json.dumps(forked(world, lambda copy, at=point: interrupted(world, copy, at, whole["tags"]))), flush=True)  # type: ignore[misc]


if __name__ == "__main__":
    main()
