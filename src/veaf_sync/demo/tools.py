"""Which of the organisation's projects stand in which tool: one strategy over several trackers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from veaf_sync.clock import Clock
from veaf_sync.demo.scenario import LAUNCH, OPERATIONS, PAYMENTS, SHOP, scenario
from veaf_sync.emulator import Emulator
from veaf_sync.model import WorkItem
from veaf_sync.plugins import Registry


@dataclass(frozen=True, slots=True)
class Home:
    """A source of the demo's configuration, and the projects of the scenario that stand in its tool."""

    source: str
    projects: tuple[str, ...]


HOMES: Mapping[str, Home] = {
    "jira": Home("jira-main", (PAYMENTS, SHOP)),
    "github_projects": Home("github-main", (OPERATIONS,)),
    "asana": Home("asana-main", (LAUNCH,)),
}
"""By connector, the first first. What belongs to one that is not installed stands in the first that is."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A running emulator, and the entry of `sources:` that points at it."""

    source: str
    emulator: Emulator
    entry: Mapping[str, object]


@contextmanager
def running(registry: Registry, clock: Clock, at: datetime) -> Iterator[list[Tool]]:
    """The tools of the organisation as of `at`, one for each installed emulator, until the block is left."""
    with ExitStack() as stack:
        tools = []
        for name, items in _shares(list(registry.emulators), scenario(at)).items():
            emulator = registry.emulators[name](clock=clock)
            emulator.separate_credentials()
            emulator.load(items)
            stack.enter_context(emulator)
            entry = {"tag": {"label": "okr:{objective}", "on": "all"}, **emulator.source()}
            if name == "jira":
                entry["projects"] = sorted({place.partition for item in items for place in item.partitions})
            tools.append(Tool(HOMES[name].source if name in HOMES else f"{name}-main", emulator, entry))
        yield tools


def _shares(installed: Sequence[str], items: Sequence[WorkItem]) -> dict[str, list[WorkItem]]:
    """The items of each installed tool. One that is not among `HOMES` gets all: nobody said what is its part."""
    known = [name for name in HOMES if name in installed]
    shares: dict[str, list[WorkItem]] = {name: [] for name in known}
    for item in items:
        project = item.partitions[0].partition
        home = next((name for name in known if project in HOMES[name].projects), known[0] if known else None)
        if home is not None:
            shares[home].append(item)
    return shares | {name: list(items) for name in installed if name not in HOMES}
