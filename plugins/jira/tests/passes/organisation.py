"""An organisation whose tracker is a Jira site, what the tests of passes ask of it, and which requests are which."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from veaf_sync import config as configuration
from veaf_sync.clock import ManualClock
from veaf_sync.config import Config
from veaf_sync.emulator import Recorded, Request
from veaf_sync.model import Membership, Outcome, Result, WorkItem
from veaf_sync.plan import dump, load
from veaf_sync.plugins import Registry
from veaf_sync.store import Filters, PartitionState, Store
from veaf_sync.sync import ApplyResult, Planned, RunResult, apply_plan, make_plan, run_sync
from veaf_sync_jira.connector import JiraConnector
from veaf_sync_jira.emulator import JiraEmulator

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROJECTS = {"OPS": 8, "PAY": 14, "SHOP": 24}
PAGE = 10
KINDS = ("Story", "Bug", "Chore")
STRATEGY = """
vision: {title: Every order arrives, narrative: Fewer lost orders., horizon: 2028-12-31}
objectives:
  - {id: fast, title: Fast checkout}
  - {id: cheap, title: Cheap to run}
"""
MAPPING = """
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: stories, when: {type: Story}, objective: fast}
"""


@dataclass
class Organisation:
    """One source `jira`, one store, our clock and the site's; the texts of the configuration can be changed."""

    site: JiraEmulator
    store: Store
    clock: ManualClock
    source: dict[str, Any] = field(default_factory=dict)
    strategy: str = STRATEGY
    mapping: str = MAPPING

    @property
    def registry(self) -> Registry:
        return Registry(connectors={"jira": JiraConnector}, emulators={}, failures=(), described=())

    @property
    def config(self) -> Config:
        settings = {"version": 1, "organisation": "Test", "sources": {"jira": {**self.site.source(), **self.source}}}
        texts = {"veaf-sync.yaml": json.dumps(settings), "strategy.yaml": self.strategy, "mapping.yaml": self.mapping}
        return configuration.load_texts(texts, self.registry.connectors, at=self.clock.now())

    def sync(self, **options: Any) -> RunResult:
        return run_sync(self.config, self.registry, self.store, self.clock, **options)

    def plan(self, result: RunResult, **options: Any) -> Planned:
        return make_plan(self.config, self.registry, self.store, self.clock, result.run, **options)

    def apply(self, planned: Planned, **options: Any) -> ApplyResult:
        """Apply a plan as it comes out of its file."""
        plan = load(dump(planned.plan))
        return apply_plan(plan, self.config, self.registry, self.store, self.clock, **options)

    def wait(self, seconds: float) -> None:
        """Time passes, here and at the site."""
        for clock in {id(c): c for c in (self.clock, self.site.clock)}.values():
            assert isinstance(clock, ManualClock)
            clock.advance(seconds)

    def frame(self, run: int, *, lost: Sequence[str] = ()) -> pl.DataFrame:
        """ITEMS as of `run`; items of the partitions `lost` are unreadable."""
        return self.store.items.frame(run, unreadable=[("jira", name) for name in lost])

    def stored(self, run: int) -> dict[str, tuple[Any, ...]]:
        """What the store holds as of `run`: id → key, project, type, title, labels, updated."""
        columns = ("id", "key", "partition", "type", "title", "labels", "updated")
        rows = self.frame(run).select(columns).rows()
        return {row[0]: (*row[1:5], tuple(sorted(row[5])), row[6]) for row in rows}

    def there(self) -> dict[str, tuple[Any, ...]]:
        """What stands at the site, hidden projects included, in the same form."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return {
            str(issue.id): (
                issue.key,
                issue.project,
                issue.type.name,
                json.loads(issue.fields["summary"]),
                tuple(sorted(issue.labels)),
                epoch + timedelta(milliseconds=issue.updated),
            )
            for issue in self.site.service.state.issues.values()
        }

    def verdicts(self, run: int) -> dict[str, str]:
        """Verdict by key as of `run`, counted or not."""
        rows = self.store.results.list(run, filters=Filters(counted_only=False))
        return dict(zip(rows["key"], rows["verdict"], strict=True))

    def of(self, run: int, project: str) -> set[str]:
        """The verdicts in a project as of `run`."""
        return {verdict for key, verdict in self.verdicts(run).items() if key.startswith(f"{project}-")}

    def states(self, run: int) -> dict[str, PartitionState]:
        return {state.partition: state for state in self.store.pulls.states(run=run)}

    def sent(self, since: int = 0) -> Sequence[Recorded]:
        """The requests that the site got, from the `since`-th on."""
        return self.site.requests[since:]

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Our tags at the site, by key, where there are any."""
        ours = {key: tuple(v for v in labels if v.startswith("okr:")) for key, labels in self.site.tags().items()}
        return {key: labels for key, labels in ours.items() if labels}


def some(project: str, count: int, **properties: Any) -> list[WorkItem]:
    """`count` items of a project, created a minute apart, a month ago: stories, bugs, and chores that no rule knows."""
    first = START - timedelta(days=30)
    return [
        WorkItem(
            id="",
            key=f"{project}-{number}",
            partitions=(Membership(project),),
            title=f"Item {number}",
            **{
                "type": KINDS[number % 3],
                "created": first + timedelta(minutes=number),
                "updated": first + timedelta(minutes=number),
                **properties,
            },
        )
        for number in range(1, count + 1)
    ]


SEARCH = r"/search(/jql)?$"
"""Paths of searches; on Data Center counts go there too."""


def page_of(project: str) -> Callable[[Request], bool]:
    """Whether a request asks for a page of the project as a whole: no count, no ids, no query for changes."""
    name = f'project = \\"{project}\\"'.encode()
    return lambda request: name in request.body and b'"issuetype"' in request.body


def count_of(project: str) -> Callable[[Request], bool]:
    """Whether a request counts the project's issues, or lists their ids."""
    name = f'project = \\"{project}\\"'.encode()
    return lambda request: name in request.body and b'"issuetype"' not in request.body


def changes(request: Request) -> bool:
    """Whether a request is the query for what changed."""
    return b"updated >=" in request.body


def right_after_one_pass(made: Organisation) -> RunResult:
    """What went wrong is over: one pass an hour on, and what is stored stands at the site, all of it read."""
    made.wait(3600)
    result = made.sync()
    assert (result.degraded, result.sources[0].state) == (False, "fresh")
    assert made.stored(result.run.id) == made.there()
    assert "unreadable" not in made.verdicts(result.run.id).values()
    return result


STORIES = {f"{project}-{number}" for project, count in PROJECTS.items() for number in range(3, count + 1, 3)}
BUGS = {f"{project}-{number}" for project, count in PROJECTS.items() for number in range(1, count + 1, 3)}
WANTED = dict.fromkeys(STORIES, ("okr:fast",)) | dict.fromkeys(BUGS, ("okr:cheap",))
"""The tags that the rules want, by key, and how many items that are."""
M = len(WANTED)
BULK, QUEUE, EDIT = r"/bulk/issues/fields$", r"/bulk/queue/", r"/issue/\d+$"
"""Paths of bulk edits, of their tasks, and of edits of one issue."""


def results(outcomes: Iterable[Outcome]) -> Counter[Result]:
    """How many outcomes there are of each kind."""
    return Counter(outcome.result for outcome in outcomes)


def count(made: Organisation, method: str, part: str, since: int = 0) -> int:
    """Requests with this method and `part` in their path."""
    return sum(one.method == method and part in one.path for one in made.sent(since))


def settled(made: Organisation, *, writes: int = 0) -> None:
    """What must hold in the end: our tags stand, the journal knows them all as ours, nothing more is planned.

    `writes` is how many items the pass that leads there has still to write.
    """
    made.wait(3600)
    result = made.sync(write=True)
    assert not result.degraded
    assert len(result.outcomes) == writes
    assert made.tags() == WANTED
    assert made.store.journal.open("jira") == []
    ids = {str(made.site.issue(key).id): values for key, values in WANTED.items()}
    assert made.store.journal.written("jira") == ids
    assert made.plan(result).plan.changes == ()
    assert "withdrawn" not in set(made.store.results.list(result.run.id)["reason"])
