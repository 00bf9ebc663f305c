"""An organisation whose tracker is a Jira site: the whole pass over HTTP, with a store and clocks that a test moves.

organisation(profile)             a site with three projects of one, two and three pages, 46 issues, not read yet
organisation.sync(full=True)      one pass; .plan(result), .apply(planned) as the commands do
organisation.stored(run)          what the store holds as of a run, organisation.there() what stands at the site
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from veaf_sync import config as configuration
from veaf_sync.clock import ManualClock
from veaf_sync.config import Config
from veaf_sync.emulator import Exchange, Recorded
from veaf_sync.model import Membership, WorkItem
from veaf_sync.plan import dump, load
from veaf_sync.plugins import Registry
from veaf_sync.store import Filters, PartitionState, Store, open_store
from veaf_sync.sync import ApplyResult, Planned, RunResult, apply_plan, make_plan, run_sync
from veaf_sync_jira.connector import JiraConnector
from veaf_sync_jira.emulator import JiraEmulator, Knobs

from ..gate.checker import Gate, Ledger  # noqa: TID252  the plugin's tests are no package with a name

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

    def plan(self, result: RunResult) -> Planned:
        return make_plan(self.config, self.registry, self.store, self.clock, result.run)

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


MakeOrganisation = Callable[..., Organisation]


class Once(Gate):
    """The contract gate, which checks once what passes say again and again, byte for byte."""

    def __init__(self, ledger: Ledger, known: set[bytes]) -> None:
        super().__init__(ledger)
        self._known = known

    def _check(self, profile: str, exchange: Exchange, wrong: bool) -> list[str]:
        request, answer, record = exchange.request, exchange.response, exchange.record
        headers = sorted(name for name in request.headers if name != "content-length")
        said = (profile, request.method, request.target, request.body, headers, wrong)
        heard = (record.status, record.replaced, record.fault, answer.content_type, answer.body)
        mark = blake2b(repr((said, heard)).encode(), digest_size=16).digest()
        if mark in self._known:
            return []
        problems = super()._check(profile, exchange, wrong)
        if not problems:
            self._known.add(mark)
        return problems


@pytest.fixture(scope="session")
def checked() -> set[bytes]:
    """What the gate found good already, in digests."""
    return set()


@pytest.fixture
def gate(ledger: Ledger, checked: set[bytes]) -> Iterator[Gate]:
    """The contract gate of this test; what it finds fails the test when it ends."""
    gate = Once(ledger, checked)
    yield gate
    problems = gate.problems()
    assert not problems, "The contract gate objects:\n" + "\n".join(problems)


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


@pytest.fixture(name="some")
def _some() -> Callable[..., list[WorkItem]]:
    return some


@pytest.fixture(params=["cloud", "dc"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nothing was written to, made once and copied."""
    path = tmp_path_factory.mktemp("store") / "new.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def organisation(
    jira: Callable[..., JiraEmulator], new_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeOrganisation]:
    """`organisation(profile, items=…, payloads=…, knobs=…, ahead=…)`; `ahead`: how far our clock is ahead."""
    with ExitStack() as stack:

        def make(
            profile: str,
            *,
            items: Sequence[WorkItem] | None = None,
            payloads: Sequence[dict[str, Any]] = (),
            knobs: Knobs | None = None,
            at: datetime = START,
            ahead: timedelta | None = None,
            **source: Any,
        ) -> Organisation:
            theirs = ManualClock(at)
            ours = theirs if ahead is None else ManualClock(at + ahead)
            if items is None:
                items = () if payloads else [item for name, count in PROJECTS.items() for item in some(name, count)]
            site = jira(profile, items=items, payloads=payloads, clock=theirs, knobs=knobs or Knobs(page_cap=PAGE))
            for name, value in site.environment.items():
                monkeypatch.setenv(name, value)
            path = shutil.copy(new_store, tmp_path / f"veaf-sync-{profile}.db")
            store = stack.enter_context(open_store(f"sqlite:///{path}"))
            return Organisation(site=site, store=store, clock=ours, source=source)

        yield make


@pytest.fixture
def read(organisation: MakeOrganisation, profile: str) -> Organisation:
    """An organisation that was read once, whole, a day ago."""
    made = organisation(profile)
    assert not made.sync().degraded
    made.wait(24 * 3600)
    return made


@pytest.fixture
def tagged(organisation: MakeOrganisation, profile: str) -> Organisation:
    """An organisation with a tag target, not read yet, without caps on small numbers."""
    caps = {"clears": {"count": 500, "share": 1}}
    return organisation(profile, tag={"label": "okr:{objective}"}, guards=caps)
