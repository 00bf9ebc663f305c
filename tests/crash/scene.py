"""A tiny organisation whose tools hold one item of every kind that matters to writing, and what must become of them.

In each tool, two partitions: seven items whose tags are to be set (two to the same, one to a tag that the tool has
not seen yet), exchanged, taken away, or left as they are: a person's, one that a person withdrew, one that is right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from veaf_sync.clock import ManualClock
from veaf_sync.emulator import Emulator
from veaf_sync.model import Membership, WorkItem
from veaf_sync_asana.emulator import AsanaEmulator
from veaf_sync_github.emulator import GitHubEmulator
from veaf_sync_jira.emulator import JiraEmulator

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
FOREIGN = "keep-me"
"""A label that is none of ours, on every item."""

STRATEGY = """\
vision: {title: Every order arrives, narrative: Fewer lost orders., horizon: 2028-12-31}
objectives:
  - {id: fast, title: Fast checkout}
  - {id: cheap, title: Cheap to run}
  - {id: fresh, title: Fresh data}
"""
MAPPING = """\
stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]
rules:
  - {name: cheap, when: {title: {glob: "*cheap"}}, objective: cheap}
  - {name: fresh, when: {title: {glob: "*fresh"}}, objective: fresh}
"""
EXPORT = "Id,Title,State\nPLANT-1,Filter that is cheap,To Do\nPLANT-2,Paint the gate,Done\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One item: our tag on it at first, what a person then did to our tags, and our tags that stand in the end."""

    partition: str
    title: str
    ours: str = ""
    added: str = ""
    withdrawn: str = ""
    after: str = ""


PARTS = (
    Part("PAY", "To be set: cheap", after="okr:cheap"),
    Part("PAY", "To be exchanged: cheap", ours="okr:fast", after="okr:cheap"),
    Part("PAY", "To be cleared", ours="okr:cheap"),
    Part("PAY", "A person's own", added="okr:fast", after="okr:fast"),
    Part("PAY", "Withdrawn by a person: cheap", ours="okr:cheap", withdrawn="okr:cheap"),
    Part("SHOP", "Right as it is: cheap", ours="okr:cheap", after="okr:cheap"),
    Part("SHOP", "To be set as well: cheap", after="okr:cheap"),
    Part("SHOP", "To be set to what is new: fresh", after="okr:fresh"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A tool: how its emulator is made, what its items are called, how a person sets labels, and all it holds."""

    make: Callable[[ManualClock], Emulator]
    key: Callable[[str, int], str]
    relabel: Callable[[Any, str, set[str]], None]
    held: Callable[[Any], dict[str, Any]]


def _jira_held(site: JiraEmulator) -> dict[str, Any]:
    issues = {}
    for issue in site.service.state.issues.values():
        names = ("project", "number", "created", "resolved", "fields", "parent", "former")
        held = {name: getattr(issue, name) for name in names}
        labels = sorted(issue.labels)
        issues[issue.key] = held | {"labels": labels, "type": issue.type.name, "status": issue.status.name}
    return {"issues": issues, "mailed": list(site.mailed)}


def _github_held(site: GitHubEmulator) -> dict[str, Any]:
    contents, repositories = {}, {}
    for content in site.state.contents.values():
        held = {name: value for name, value in vars(content).items() if name not in ("updated", "repository")}
        contents[content.key] = held | {"labels": sorted(content.labels)}
        if content.repository:
            repositories[content.repository.full] = sorted(content.repository.labels)
    places = {item.content.key: dict(item.values) for item in site.state.items.values()}
    return {"contents": contents, "labels": repositories, "places": places}


def _asana_held(site: AsanaEmulator) -> dict[str, Any]:
    names = {gid: tag.name for gid, tag in site.state.tags.items()}
    tasks = {}
    for task in site.state.tasks.values():
        held = {name: value for name, value in vars(task).items() if name != "modified"}
        tasks[task.gid] = held | {"tags": sorted(names[gid] for gid in task.tags)}
    return {"tasks": tasks, "tags": sorted(names.values())}


def _asana_relabel(site: AsanaEmulator, key: str, labels: set[str]) -> None:
    present = {site.state.tags[gid].name for gid in site.state.tasks[key].tags}
    for name in sorted(labels - present):
        site.tag(key, name)
    for name in sorted(present - labels):
        site.untag(key, name)


def _edit_labels(site: Any, key: str, labels: set[str]) -> None:
    site.edit(key, labels=sorted(labels))


KINDS: Mapping[str, Kind] = {
    "jira-cloud": Kind(
        lambda clock: JiraEmulator(profile="cloud", clock=clock), "{}-{}".format, _edit_labels, _jira_held
    ),
    "jira-dc": Kind(lambda clock: JiraEmulator(profile="dc", clock=clock), "{}-{}".format, _edit_labels, _jira_held),
    "github": Kind(
        lambda clock: GitHubEmulator(clock=clock),
        lambda partition, number: f"acme/{partition.lower()}#{number}",
        _edit_labels,
        _github_held,
    ),
    "asana": Kind(
        lambda clock: AsanaEmulator(clock=clock),
        lambda partition, number: f"10{len(partition)}{number}",
        _asana_relabel,
        _asana_held,
    ),
}


@dataclass
class Tool:
    """A running emulator as the source `name`."""

    name: str
    site: Emulator
    keys: tuple[str, ...]
    """Of the items, in the order of `PARTS`."""

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    def held(self) -> dict[str, Any]:
        """Everything that the tool holds, but the clocks that an edit moves."""
        return self.kind.held(self.site)

    def tags(self) -> dict[str, tuple[str, ...]]:
        """All labels by key."""
        return self.site.tags()

    def wanted(self, *, first: bool) -> dict[str, tuple[str, ...]]:
        """What `tags` is when all is done. Before the `first` pass nobody has tagged, or withdrawn, anything."""
        found = {}
        for key, part in zip(self.keys, PARTS, strict=True):
            ours = part.withdrawn or ("" if part.added else part.after) if first else part.after
            found[key] = tuple(sorted(filter(None, (FOREIGN, ours))))
        return found


@dataclass
class Scene:
    """The tools `names` at work at addresses that stay the same, and a folder whose configuration points at them."""

    folder: Path
    names: tuple[str, ...]
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    tools: list[Tool] = field(default_factory=list)
    _ports: dict[str, int] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def store(self) -> Path:
        return self.folder / "veaf-sync.db"

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for tool in self.tools for name, value in tool.site.environment.items()}

    def open(self, *, tagged: bool) -> None:
        """The tools anew, as they were at first: with our tags of old (`tagged`), or never written to."""
        self.close()
        self.clock = ManualClock(START)
        self.tools = []
        for name in self.names:
            site = KINDS[name].make(self.clock)
            site.separate_credentials()
            keys = _load(site, KINDS[name], tagged=tagged)
            _start(site, self._ports.get(name, 0))
            self._stack.callback(site.stop)
            self._ports[name] = int(site.url.rpartition(":")[2])
            self.tools.append(Tool(name, site, keys))

    def close(self) -> None:
        self._stack.close()

    def configure(self) -> None:
        """Write the configuration. Every tool is a source, beside one that reads a file."""
        guards = {"clears": {"share": 1.0}}
        sources: dict[str, Any] = {
            tool.name: {**tool.site.source(), "tag": {"label": "okr:{objective}"}, "guards": guards}
            for tool in self.tools
        }
        sources["plant"] = {"connector": "file", "path": "plant.csv", "columns": {"key": "Id", "title": "Title"}}
        settings = {"version": 1, "organisation": "Test", "store": "sqlite:///veaf-sync.db", "sources": sources}
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "veaf-sync.yaml").write_text(json.dumps(settings))
        (self.folder / "strategy.yaml").write_text(STRATEGY)
        (self.folder / "mapping.yaml").write_text(MAPPING)
        (self.folder / "plant.csv").write_text(EXPORT)

    def people_act(self) -> None:
        """A day later people have tagged, and taken tags of ours away."""
        self.clock.advance(timedelta(days=1).total_seconds())
        for tool in self.tools:
            present = tool.tags()
            for key, part in zip(tool.keys, PARTS, strict=True):
                labels = (set(present[key]) | {part.added}) - {part.withdrawn, ""}
                if labels != set(present[key]):
                    tool.kind.relabel(tool.site, key, labels)
        self.clock.advance(timedelta(hours=1).total_seconds())

    def held(self) -> dict[str, Any]:
        return {tool.name: tool.held() for tool in self.tools}


def _load(site: Emulator, kind: Kind, *, tagged: bool) -> tuple[str, ...]:
    keys: list[str] = []
    numbers: dict[str, int] = {}
    items = []
    for part in PARTS:
        numbers[part.partition] = numbers.get(part.partition, 0) + 1
        key = kind.key(part.partition, numbers[part.partition])
        keys.append(key)
        labels = (FOREIGN, part.ours) if tagged and part.ours else (FOREIGN,)
        created = START - timedelta(days=30) + timedelta(minutes=len(keys))
        place = (Membership(part.partition),)
        items.append(
            WorkItem(
                id="", key=key, partitions=place, title=part.title, labels=labels, created=created, updated=created
            )
        )
    site.load(items)
    return tuple(keys)


def _start(site: Emulator, port: int) -> None:
    """Serve at `port`, where it served before: somebody may have taken that in between, for a moment."""
    for _ in range(100):
        try:
            site.start(port)
        except OSError:
            site.clock.sleep(0)
        else:
            return
    raise RuntimeError(f"port {port} of the loopback interface does not come free")
