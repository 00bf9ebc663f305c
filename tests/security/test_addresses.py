"""No request leaves the configured hosts, wherever a tool's answers point."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import requests

from veaf_sync.clock import SystemClock
from veaf_sync.credentials import Secret
from veaf_sync.demo import scenario
from veaf_sync.emulator.faults import Rewrite, Status
from veaf_sync.errors import Incomplete
from veaf_sync.http import Credential, Session

REDIRECTS = (301, 302, 303, 307, 308)
ADDRESS = re.compile(rb"https?://[^\s\"\\<>]*")


def test_the_other_server_counts_who_comes(elsewhere):
    requests.get(elsewhere.url, timeout=5)
    assert elsewhere.connections == 1


@pytest.mark.parametrize(
    "status", [302, 307, *(pytest.param(each, marks=pytest.mark.nightly) for each in (301, 303, 308))]
)
def test_a_redirect_elsewhere_is_followed_by_no_command(veaf, firm, elsewhere, tmp_path, status):
    at, plan = ("-C", firm.folder), tmp_path / "plan.json"
    veaf(*at, "sync")
    veaf(*at, "plan", "--out", plan)
    targets = [f"http://127.0.0.1:{elsewhere.port}/rest", f"//localhost:{elsewhere.port}/", f"{elsewhere.url}@x/"]
    for tool, target in zip(firm.tools.values(), targets, strict=True):
        tool.faults.add(Status(status, {"Location": target}), times=None)
    veaf(*at, "apply", plan, "--accept", 5000, codes=(3,))
    told = veaf(*at, "sync", "--full", codes=(3,))
    veaf(*at, "check", "--online", codes=(1,))
    assert told.err.count("was not followed") == 3
    assert elsewhere.connections == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("known", [True, False], ids=["with a credential", "without"])
def test_a_redirect_elsewhere_is_followed_by_no_method(firm, elsewhere, known, method):
    tool = firm.tools["jira"]
    session = Session(clock=SystemClock(), hosts=(tool.url.removeprefix("http://"),))
    if known:
        session.auth = Credential(Secret.parse("env:JIRA_CLOUD_WRITE_TOKEN"))
    for status in REDIRECTS:
        for target in (elsewhere.url, elsewhere.url.replace("http", "https"), f"//127.0.0.1:{elsewhere.port}/x"):
            tool.faults.clear()
            tool.faults.add(Status(status, {"Location": target}), times=None)
            with pytest.raises(Incomplete, match="was not followed"):
                session.call(method, f"{tool.url}/x")
            assert session.request(method, f"{tool.url}/x").status_code == status
    assert elsewhere.connections == 0


def test_no_address_in_an_answer_is_asked(veaf, firm, elsewhere, tmp_path):
    """Every address in every answer leads elsewhere: the site's own, `self`, avatars, permalinks, the next page."""
    at, plan = ("-C", firm.folder), tmp_path / "plan.json"
    seen: set[str] = set()
    for name, tool in firm.tools.items():
        items = scenario(SystemClock().now())
        project = {"jira": "PAY", "github_projects": "OPS", "asana": "LAUNCH"}[name]
        some = [item for item in items if item.partitions[0].partition == project and not item.parent][:10]
        many = [
            replace(item, id=f"{item.id}{copy}", key=f"{project}-{1000 + 10 * copy + number}")
            for copy in range(12)
            for number, item in enumerate(some)
        ]
        tool.load(many)

    def elsewhere_instead(response):
        seen.update(re.findall(rf'"(\w+)": *"{ADDRESS.pattern.decode()}', response.body.decode("utf-8", "replace")))
        headers = {**response.headers, "Link": f'<{elsewhere.url}/next>; rel="next"', "Content-Location": elsewhere.url}
        return replace(response, body=ADDRESS.sub(f"{elsewhere.url}/x".encode(), response.body), headers=headers)

    for tool in firm.tools.values():
        tool.faults.add(Rewrite(elsewhere_instead), times=None)
    veaf(*at, "check", "--online", codes=(0, 1))
    veaf(*at, "sync")
    veaf(*at, "plan", "--out", plan)
    veaf(*at, "apply", plan, "--accept", 5000)
    veaf(*at, "sync", "--full")
    veaf(*at, "sync", "--write", "--accept", 5000)
    items = veaf(*at, "items", "--all", "-o", "json").document["items"]
    assert len(items) > 3 * 100
    assert {"baseUrl", "self", "uri"} <= seen, seen
    assert elsewhere.connections == 0
