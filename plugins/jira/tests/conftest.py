"""Fixtures of all Jira tests.

`jira` starts emulators; each is watched by the contract gate, which checks every request and answer of the test
against the vendor's document when the test ends:

    def test_something(jira, browser):
        site = jira("cloud", items=[...], knobs=Knobs(index_lag=200), clock=clock)   # or jira("dc")
        browser(site).get("/search/jql", params=...)                                 # a plain client, signed in
        with gate.wrong_requests(): ...          # requests that are wrong on purpose (fixture `gate`)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
import requests

from veaf_sync.clock import Clock
from veaf_sync.model import WorkItem
from veaf_sync.testing.gate import Gate, Ledger
from veaf_sync_jira.emulator import JiraEmulator, Knobs

from .gate.documents import load

MakeJira = Callable[..., JiraEmulator]
_LEDGER = pytest.StashKey[Ledger]()


class Browser(requests.Session):
    """A plain client of an emulator, signed in with its credentials. Paths start below `/rest/api/N`."""

    def __init__(self, site: JiraEmulator, *, token: str = "") -> None:
        super().__init__()
        self.trust_env = False
        self.base = site.url + site.edition.root
        stem = f"JIRA_{site.profile.upper()}"
        secret = token or site.environment[f"{stem}_TOKEN"]
        if site.edition.cloud:
            self.auth = (site.environment[f"{stem}_USER"], secret)
        else:
            self.headers["Authorization"] = f"Bearer {secret}"

    def request(self, method: str | bytes, url: str | bytes, *args: object, **options: object) -> requests.Response:
        options.setdefault("timeout", 10)
        return super().request(method, f"{self.base}{url}", *args, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """What the gate checks against. In CI (VEAF_SYNC_CI=1) the vendor's documents must be there."""
    shared = Path(os.environ.get("VEAF_SYNC_SHARED", request.config.rootpath.parent / "shared"))
    folder, exceptions = shared / "contracts", Path(__file__).parent / "gate" / "excepted.txt"
    ledger = Ledger(partial(load, folder) if (folder / "jira").is_dir() else None, exceptions)
    if not ledger.present and os.environ.get("VEAF_SYNC_CI"):
        pytest.fail(f"{shared.name}/contracts/jira is absent although this is CI: no Jira test would be gated")
    request.config.stash[_LEDGER] = ledger
    return ledger


@pytest.fixture
def gate(ledger: Ledger) -> Iterator[Gate]:
    """The contract gate of this test; what it finds fails the test when it ends."""
    gate = Gate(ledger)
    yield gate
    problems = gate.problems()
    assert not problems, "The contract gate objects:\n" + "\n".join(problems)


@pytest.fixture
def jira(gate: Gate) -> Iterator[MakeJira]:
    """Starts an emulator: `jira("cloud" | "dc", items=…, payloads=…, clock=…, knobs=…)`. All are stopped at the end."""
    running: list[JiraEmulator] = []

    def start(
        profile: str = "cloud",
        *,
        items: Iterable[WorkItem] = (),
        payloads: Iterable[dict[str, object]] = (),
        clock: Clock | None = None,
        knobs: Knobs | None = None,
    ) -> JiraEmulator:
        site = JiraEmulator(profile=profile, clock=clock, knobs=knobs)
        gate.watch(site)
        site.load(items)
        site.load_payloads(payloads)
        site.start()
        running.append(site)
        return site

    yield start
    for site in running:
        site.stop()
    crashes = [crash for site in running for crash in site.crashes]
    assert not crashes, "The emulator failed:\n" + "\n".join(crashes)


@pytest.fixture
def emulator(jira: MakeJira) -> MakeJira:
    """The same factory under the name of its kind."""
    return jira


@pytest.fixture
def browser() -> Iterator[Callable[..., Browser]]:
    """Plain clients: `browser(site)`, or `browser(site, token="…")` with another token."""
    opened: list[Browser] = []

    def open_browser(site: JiraEmulator, **options: str) -> Browser:
        opened.append(Browser(site, **options))
        return opened[-1]

    yield open_browser
    for one in opened:
        one.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the gate checked, and what it could not."""
    ledger = config.stash.get(_LEDGER, None)
    if ledger is None:
        return
    if not ledger.present:
        terminalreporter.write_line("contract gate: off, the vendor's documents are not beside the checkout")
        return
    excepted = sum(ledger.excepted.values())
    terminalreporter.write_line(
        f"contract gate: {ledger.requests} requests and {ledger.answers} answers checked, {excepted} excepted"
    )
    for what, times in sorted(ledger.excepted.items()):
        terminalreporter.write_line(f"  {times:5} {what}")
