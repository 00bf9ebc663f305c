"""What an answer is turned into."""

from __future__ import annotations

import json

import pytest
import responses

from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected
from veaf_sync.http import Session

SITE = "https://jira.example.com"


@pytest.fixture
def session(clock):
    return Session(clock=clock, hosts=("jira.example.com",))


@pytest.fixture
def mock():
    with responses.RequestsMock() as requests_mock:
        yield requests_mock


def test_json_comes_back_with_status_and_headers(mock, session):
    mock.get(f"{SITE}/x", json={"a": [1]}, headers={"X-One": "1"})
    answer = session.call("GET", f"{SITE}/x", params={"q": "v"})
    assert (answer.status, answer.data, answer.headers["x-one"], answer.url) == (200, {"a": [1]}, "1", f"{SITE}/x?q=v")


def test_no_content_is_none(mock, session):
    mock.put(f"{SITE}/x", status=204)
    assert session.call("PUT", f"{SITE}/x", json={}).data is None


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [(401, AuthError, "401"), (403, Forbidden, "403"), (400, Rejected, "400"), (404, Rejected, "404"),
     (410, Rejected, "410"),
     (409, Rejected, "409"), (422, Rejected, "422"), (501, Incomplete, "501")],
)  # fmt: skip
def test_statuses(mock, session, status, error, word):
    mock.get(f"{SITE}/x", json={"errorMessages": ["No such thing."], "errors": {"labels": "has spaces"}}, status=status)
    with pytest.raises(error, match=word) as caught:
        session.call("GET", f"{SITE}/x", what="Jira search")
    assert str(caught.value).startswith("Jira search: ")
    assert "labels: has spaces; No such thing." in str(caught.value)
    assert getattr(caught.value, "status", status) == status


def test_error_text_is_bounded_and_clean(mock, session):
    mock.get(f"{SITE}/x", json={"errorMessages": ["\x1b[31mred\r\n" + "long " * 500]}, status=400)
    with pytest.raises(Rejected) as caught:
        session.call("GET", f"{SITE}/x")
    assert len(caught.value.message) < 400
    assert all(char.isprintable() for char in caught.value.message)


@pytest.mark.parametrize("status", [200, 401, 403, 404])
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"},
        {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"},
        {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp"},
    ],
)
def test_failed_login_on_any_status_is_an_auth_error(mock, session, status, headers):
    mock.get(f"{SITE}/x", json={"issues": []}, status=status, headers=headers)
    with pytest.raises(AuthError):
        session.call("GET", f"{SITE}/x")


def test_login_reason_ok_is_ordinary(mock, session):
    mock.get(f"{SITE}/x", json=[], headers={"X-Seraph-LoginReason": "OK"})
    assert session.call("GET", f"{SITE}/x").data == []


UNREADABLE = {
    "broken JSON": ('{"issues": [', "application/json", "broken JSON"),
    "log-in page": ("<html>Log in</html>", "text/html;charset=UTF-8", "HTML page, probably a log-in page"),
    "wrong type": ('{"issues": []}', "text/plain", "text/plain instead of JSON"),
    "empty": ("", "application/json", "empty"),
    "NaN": ('{"points": NaN}', "application/json", "broken JSON"),
    "nested": ("[" * 100_000, "application/json", "broken JSON"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_200_is_asked_for_once_more(mock, session, name):
    body, kind, _ = UNREADABLE[name]
    mock.get(f"{SITE}/x", body=body, content_type=kind)
    mock.get(f"{SITE}/x", json={"fine": True})
    assert session.call("GET", f"{SITE}/x").data == {"fine": True}


@pytest.mark.parametrize("name", UNREADABLE)
def test_twice_unreadable_is_incomplete_with_the_reason(mock, session, name):
    body, kind, reason = UNREADABLE[name]
    mock.get(f"{SITE}/x", body=body, content_type=kind)
    with pytest.raises(Incomplete, match=reason):
        session.call("GET", f"{SITE}/x")
    assert len(mock.calls) == 2


def test_unreadable_answer_to_a_write_is_not_sent_again(mock, session):
    mock.post(f"{SITE}/x", body="<html>", content_type="text/html")
    with pytest.raises(Incomplete):
        session.call("POST", f"{SITE}/x", json={})
    assert len(mock.calls) == 1


def test_plain_requests_return_any_status(mock, session):
    mock.get(f"{SITE}/x", status=404, body=json.dumps({"errorMessages": []}))
    assert session.get(f"{SITE}/x").status_code == 404


def test_observers_and_counter_see_every_attempt(mock, session):
    seen = []
    session.observers.append(lambda request, response: seen.append((request.method, response.status_code)))
    mock.get(f"{SITE}/x", status=502)
    mock.get(f"{SITE}/x", json={})
    session.call("GET", f"{SITE}/x")
    assert seen == [("GET", 502), ("GET", 200)]
    assert session.requests_sent == 2
