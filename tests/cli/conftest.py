"""Running the command line in this process, as a person would in a shell without a terminal."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from veaf_sync import plugins
from veaf_sync.cli import main
from veaf_sync.clock import Clock, ManualClock, SystemClock
from veaf_sync.demo import folder as folders
from veaf_sync.demo import scenario
from veaf_sync.demo.hurry import HurriedClock


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """Standard error's last line as the JSON error."""
        error: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return error


@pytest.fixture
def veaf(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ended]:
    """`veaf("status", "-o", "json", clock=…)` runs a command, in a folder of its own."""
    monkeypatch.delenv("VEAF_SYNC_DIR", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, clock: Clock | None = None) -> Ended:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments], clock=clock)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


MONDAY = datetime(2026, 11, 23, 5, tzinfo=UTC)
SETTINGS = """\
version: 1
organisation: Example Ltd
timezone: Europe/Berlin
store: sqlite:///veaf-sync.db
period: current
people: pseudonyms
sources:
  plant:
    connector: file
    path: exports/*.csv
"""

STRATEGY = """\
vision: {title: Every order arrives, horizon: 2030-12-31}
teams:
  line: {items: {partition: north}}
objectives:
  - id: fast-line
    title: A line that does not wait
    accountable: head-of-line
    planned_share: 0.5
    key_results:
      - {id: waits, title: Waits, unit: min, baseline: 40, target: 10, due: 2026-12-31,
         values: [{date: 2026-11-02, value: 18}]}
  - id: clean-air
    title: Half the dust
    planned_share: 0.3
    key_results:
      - {id: dust, title: Dust, unit: mg, baseline: 8, target: 4, values: [{date: 2026-10-01, value: 7}]}
  - {id: new-plant, title: A second plant, planned_share: 0.05}
  - {id: old-plan, title: What we wanted last year, state: closed}
"""

MAPPING = """\
stated:
  - {from: fields.Objective}
  - {from: labels, pattern: "serves:(?P<objective>[a-z-]+)"}
rules:
  - name: on call
    when: {labels: {glob: "oncall*"}}
    exempt: {class: keep-the-lights-on, owner: head-of-line, reason: Somebody must., until: 2026-12-31, budget: 0.2}
  - {name: line epics, when: {level: epic, labels: line}, objective: fast-line}
  - {name: air, when: {components: Air}, split: {clean-air: 0.5, fast-line: 0.5}}
"""

NORTH = """\
key,title,type,parent,labels,components,Objective,state,assignees,points,created,updated
N-1,Shorter change-over,Epic,,line,,,In Progress,,,2026-07-01,2026-11-20
N-2,Tool rack beside the press,Story,N-1,,,,To Do,ada,3,2026-10-01,2026-11-20
N-3,Quick clamp,Story,N-1,,,,In Progress,ada;bo,5,2026-10-02,2026-11-21
N-4,Filter on the saw,Story,,,Air,,To Do,cy,,2026-10-03,2026-11-19
N-5,Repaint the gate,Task,,,,,To Do,,,2026-10-20,2026-11-01
N-6,"=HYPERLINK(""https://evil.example"")",Task,,,,,To Do,bo,,2026-11-01,2026-11-02
N-7,Night shift hand-over,Task,,oncall,,,To Do,,,2026-11-10,2026-11-12
N-8,\x1b[31mRed\x1b[0m alarm \u202ereversed,Task,,,,,To Do,,,2026-11-13,2026-11-14
"""

SOUTH = """\
key,title,type,parent,labels,components,Objective,state,assignees,points,created,updated
S-1,Old plan goes on,Task,,,,old-plan,To Do,,2,2026-09-01,2026-11-02
S-2,Pulled both ways,Task,,serves:clean-air,,fast-line,To Do,,2,2026-09-02,2026-11-03
S-3,Serves the line,Task,,,,fast-line,Done,dee,2,2026-09-03,2026-11-04
"""


@pytest.fixture
def monday() -> ManualClock:
    """Monday 23 November 2026, six o'clock in Berlin."""
    return ManualClock(MONDAY)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small organisation on files, its first run done on that Monday. Its items are all listed above."""
    folder = tmp_path_factory.mktemp("planted") / "plant"
    (folder / "exports").mkdir(parents=True)
    for name, text in {
        "veaf-sync.yaml": SETTINGS,
        "strategy.yaml": STRATEGY,
        "mapping.yaml": MAPPING,
        "exports/north.csv": NORTH,
        "exports/south.csv": SOUTH,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert main(["-C", str(folder), "sync"], clock=ManualClock(MONDAY)) == 0
    return folder


@pytest.fixture
def plant(planted: Path, tmp_path: Path) -> Path:
    """A copy of that organisation to do anything with."""
    return shutil.copytree(planted, tmp_path / "plant")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """The folder that `veaf-sync demo` leaves, and what it said. Its commands run in processes of their own."""
    folder = tmp_path_factory.mktemp("shell") / "veaf-demo"
    return folder, shell("demo", str(folder))


def shell(*arguments: str, **environment: str) -> Ended:
    """A command in a process of its own, without a terminal and without a network to talk to."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "VEAF_"))}
    done = subprocess.run(
        [sys.executable, "-m", "veaf_sync", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**surroundings, **environment},
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def work(veaf: Callable[..., Ended]) -> Callable[..., Ended]:
    """A command that does not wait long between two looks at a bulk task."""
    return functools.partial(veaf, clock=HurriedClock(SystemClock()))


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Jira's emulator with a part of the scenario, and a configuration that points at it."""
    clock = SystemClock()
    registry = plugins.load()
    emulator = registry.emulators["jira"](clock=clock)
    emulator.knobs.bulk_polls = 0
    emulator.separate_credentials()
    emulator.load(scenario(clock.now())[:40])
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    with emulator:
        entry = {**emulator.source(), "projects": ["PAY"]}
        folders.configure(tmp_path / "config", {"jira-main": entry}, registry.connectors, clock.now())
        yield emulator


@pytest.fixture
def synced(work: Callable[..., Ended], tool: Any, tmp_path: Path) -> Path:
    """The folder after a first pass."""
    folder = tmp_path / "config"
    ended = work("-C", folder, "sync")
    assert ended.code == 0, ended.err
    return folder
