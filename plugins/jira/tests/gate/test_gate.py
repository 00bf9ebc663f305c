"""The gate itself: it objects to what the document does not know, and its exceptions are few and needed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from veaf_sync import emulator as faults
from veaf_sync.emulator import Rewrite, Status
from veaf_sync.model import Membership, WorkItem
from veaf_sync.testing.gate import Gate, Ledger


@pytest.fixture
def site(jira, shared):
    """A Cloud site; without the vendor's documents these tests skip."""
    return jira("cloud", items=[WorkItem(id="10001", key="PAY-1", partitions=(Membership("PAY"),))])


def test_what_the_document_says_passes(site, browser, gate):
    browser(site).post("/search/jql", json={"jql": "project = PAY", "fields": ["*all"]})
    assert gate.problems() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("POST", "/search/jql", {"jql": "project = PAY", "startAt": 0}, "unexpected"),
        ("POST", "/search/jql", {"jql": 5}, "not of type 'string'"),
        ("POST", "/issue/bulkfetch", {"fields": ["summary"]}, "required property"),
        ("GET", "/project/search?maxResults=500", None, "greater than the maximum"),
        ("GET", "/nowhere", None, "is not in the document"),
    ],
)
def test_a_wrong_request_is_an_objection(site, browser, gate, method, path, body, problem):
    browser(site).request(method, path, json=body)
    found = gate.problems()
    assert len(found) == 1
    assert problem in found[0]


def test_a_request_that_is_wrong_on_purpose_is_none(site, browser, gate):
    with gate.wrong_requests():
        browser(site).post("/search/jql", json={"jql": "project = PAY", "startAt": 0})
    assert gate.problems() == []


def drifting(answer):
    """The emulator's answer with a member that the vendor does not know."""
    return replace(answer, body=answer.body.replace(b"{", b'{"surprise":1,', 1))


def test_an_emulator_that_drifts_is_an_objection(site, browser, ledger):
    seen = []
    site.observers.append(seen.append)
    browser(site).get("/serverInfo")
    drifted = replace(seen[0], response=drifting(seen[0].response))
    assert ledger.check("cloud", seen[0]) == []
    assert "surprise" in ledger.check("cloud", drifted)[0]


def test_an_answer_that_a_fault_replaced_is_excepted_but_its_request_is_checked(site, browser, gate):
    site.faults.add(Rewrite(drifting), times=2)
    web = browser(site)
    web.get("/serverInfo")
    assert gate.problems() == []
    web.post("/search/jql", json={"jql": "project = PAY", "startAt": 0})
    assert len(gate.problems()) == 1


def test_an_exception_that_is_not_listed_is_an_objection(site, browser, gate):
    site.faults.add(Status(418))
    browser(site).get("/serverInfo")
    assert gate.problems() == ["cannot be checked, and is not in excepted.txt: fault Status 418"]


def test_every_listed_exception_is_still_needed(jira, ledger, shared):
    """A line is stale where the document has an entry and a schema by now, or the emulator no longer has the route."""
    routes = {profile: jira(profile).routes.templates() for profile in ("cloud", "dc")}
    stale = []
    for line in sorted(ledger.exceptions):
        if line.startswith("fault "):
            needed = hasattr(faults, line.split()[1]) and getattr(faults, line.split()[1]).replaces
        else:
            profile, method, template, rest = line.split(" ", 3)
            operation = ledger.document(profile).operation(method, template)
            status = re.match(r"(\d+) ", rest)
            needed = (method, template) in routes[profile] and not describes(operation, status and status[1])
        if not needed:
            stale.append(line)
    assert stale == []


def describes(operation, status):
    """Whether the document says what an answer looks like; `status` None asks for the operation alone."""
    if operation is None or status is None:
        return operation is not None
    return any(kind.get("schema") for kind in operation["responses"].get(status, {}).get("content", {}).values())


def test_without_the_documents_the_gate_is_off_and_says_so(site, browser):
    off = Ledger(None, Path(__file__).with_name("excepted.txt"))
    gate = Gate(off)
    gate.watch(site)
    browser(site).post("/search/jql", json={"jql": "project = PAY"})
    assert not off.present
    assert gate.problems() == []
    assert off.requests == 0
