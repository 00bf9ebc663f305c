"""Every kind of error that Asana answers with, and what it comes to: vendor's table of errors."""

from __future__ import annotations

import pytest

from veaf_sync.connector import Absent
from veaf_sync.emulator import Response, Rewrite, Status, Throttle, login_page
from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected
from veaf_sync.http import Throttled


def answers(status, message="It is so."):
    return Status(status, body=b'{"errors":[{"message":"' + message.encode() + b'"}]}')


@pytest.fixture
def site(asana, clock, many):
    return asana(items=many(3), clock=clock)


@pytest.mark.parametrize(
    ("status", "error", "asked"),
    [
        (400, Rejected, 1),
        (401, AuthError, 1),
        (402, Rejected, 1),
        (403, Forbidden, 1),
        (404, Rejected, 1),
        (500, Incomplete, 6),
        (502, Incomplete, 6),
        (503, Incomplete, 6),
        (504, Incomplete, 6),
    ],
)
def test_a_refusal_for_good_is_not_repeated_and_trouble_is(site, connect, pull, status, error, asked):
    site.faults.add(answers(status), path=".*/tasks", times=None)
    with pytest.raises(error, match=r"Reading project 901.*" + ("" if asked > 1 else "It is so")):
        pull(connect(site))
    assert sum(request.path.endswith("/tasks") for request in site.requests) == asked


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_that_passes_costs_nothing(site, connect, pull, status):
    site.faults.add(answers(status), path=".*/tasks", times=2)
    assert len(pull(connect(site))) == 3


@pytest.mark.parametrize("form", ["seconds", "date", "absent"])
def test_the_rate_limit_is_waited_for(site, connect, pull, clock, form):
    site.faults.add(Throttle(20, form), path=".*/tasks")
    begun = clock.now()
    assert len(pull(connect(site))) == 3
    assert form == "absent" or (clock.now() - begun).total_seconds() >= 20


def test_a_rate_limit_beyond_patience_says_until_when(site, connect, pull):
    site.faults.add(Throttle(3600), path=".*/tasks", times=None)
    with pytest.raises(Throttled, match="13:00:00 UTC"):
        pull(connect(site))


def test_a_log_in_page_is_no_answer(site, connect, pull):
    site.faults.add(login_page(), path=".*/tasks", times=None)
    with pytest.raises(Incomplete, match="HTML page"):
        pull(connect(site))


def test_a_wrong_token_is_said_at_once_and_not_tried_again(site, connect, monkeypatch):
    connector = connect(site)
    monkeypatch.setenv("ASANA_TOKEN", "wrong-token")
    with pytest.raises(AuthError, match="Not Authorized"):
        connector.check()
    assert len(site.requests) == 1


def test_what_answers_as_nobody_is_refused(site, connect):
    site.faults.add(Rewrite(lambda _: Response.of({"data": {"gid": "1"}})), path=".*/users/.*")
    with pytest.raises(AuthError, match="as to nobody"):
        connect(site).check()


@pytest.mark.parametrize(
    ("status", "absent"), [(404, Absent.GONE), (403, Absent.FORBIDDEN), (500, Absent.UNKNOWN), (429, Absent.UNKNOWN)]
)
def test_single_tasks_say_what_became_of_them(site, connect, status, absent):
    reply = {"status_code": status, "headers": {}, "body": {"errors": [{"message": "So."}]}}
    site.faults.add(Rewrite(lambda _: Response.of({"data": [reply]})), path=".*/batch")
    assert connect(site, projects=[]).get(["1001"]) == {"1001": absent}


def test_trouble_below_a_task_ends_the_walk_and_not_silently(site, connect, pull):
    site.create("901", "Below", parent="1001")
    reply = {"status_code": 500, "headers": {}, "body": {"errors": [{"message": "Oops."}]}}
    site.faults.add(Rewrite(lambda _: Response.of({"data": [reply]})), path=".*/batch")
    with pytest.raises(Incomplete, match="Oops"):
        pull(connect(site))
