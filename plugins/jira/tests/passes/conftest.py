"""Fixtures of the whole pass over HTTP, with a store and clocks that a test moves. See `organisation.py`.

organisation(profile)             a site with three projects of one, two and three pages, 46 issues, not read yet
read                              the same, read once, whole, a day ago
tagged                            the same with a tag target, not read yet
organisation.sync(full=True)      one pass; .plan(result), .apply(planned) as the commands do
organisation.stored(run)          what the store holds as of a run, organisation.there() what stands at the site
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import pytest

from veaf_sync.clock import ManualClock
from veaf_sync.emulator import Exchange
from veaf_sync.model import WorkItem
from veaf_sync.store import open_store
from veaf_sync.testing.gate import Gate, Ledger
from veaf_sync_jira.emulator import JiraEmulator, Knobs

from .organisation import PAGE, PROJECTS, START, Organisation, some

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


@pytest.fixture(name="some")
def _some() -> Callable[..., list[WorkItem]]:
    return some


@pytest.fixture(params=["cloud", "dc"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine() -> str:
    """Where stores are; a test names another engine by a parameter of this name."""
    return "sqlite"


@pytest.fixture
def organisation(
    jira: Callable[..., JiraEmulator], engine: str, new_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
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
            store = stack.enter_context(open_store(new_url(engine)))
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
