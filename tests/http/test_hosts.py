"""Requests and credentials stay on the configured hosts."""

from __future__ import annotations

import logging

import pytest

from veaf_sync.credentials import Secret
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.http import Credential, Patience, Session, Throttled

TOKEN = "s3cr3t-t0ken-value"


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("HTTP_TEST_TOKEN", TOKEN)
    return Secret.parse("env:HTTP_TEST_TOKEN")


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/x",
        "http://[::1]/x",
        "http://localhost/x",
        "https://jira.example.com@elsewhere.example/x",
        "https://elsewhere.example\\@jira.example.com/x",
        "https://jira.example.com.elsewhere.example/x",
        "https://jira.example.com:8443/x",
        "https://jira.example.com#@elsewhere.example:9/x",
    ],
)
def test_other_hosts_are_refused_without_a_request(clock, url):
    session = Session(clock=clock, hosts=("jira.example.com:444",))
    with pytest.raises(Rejected):
        session.call("GET", url)
    with pytest.raises(Rejected):
        session.get(url)
    assert session.requests_sent == 0


def test_private_address_is_named_and_served_when_configured(server, make_session, clock):
    assert make_session().call("GET", f"{server.url}/x").data == {}
    with pytest.raises(Rejected, match=r"10\.0\.0\.1, a private address,"):
        Session(clock=clock, hosts=("jira.example.com",)).call("GET", "http://10.0.0.1/x")


def test_same_path_on_the_host_is_followed(server, make_session):
    server.script = lambda wire, n: wire.answer(302, Location="/there") if n == 1 else wire.answer(body=b'{"there": 1}')
    assert make_session().call("GET", f"{server.url}/here").data == {"there": 1}


@pytest.mark.parametrize(
    "target", ["http://elsewhere.example/x", "//elsewhere.example/x", "http://169.254.169.254/", "http://127.0.0.1:9/"]
)
def test_redirect_to_another_host_is_not_followed(server, make_session, secret, target):
    server.script = lambda wire, n: wire.answer(302, Location=target)
    session = make_session()
    session.auth = Credential(secret)
    with pytest.raises(Incomplete, match="was not followed"):
        session.call("GET", f"{server.url}/x")
    assert session.get(f"{server.url}/x").status_code == 302
    assert len(server.heads) == 2


def test_redirect_between_two_configured_hosts_is_not_followed(server, make_session):
    server.script = lambda wire, n: wire.answer(302, Location="http://second.example/x")
    session = make_session(hosts=("second.example",))
    with pytest.raises(Incomplete, match="was not followed"):
        session.call("GET", f"{server.url}/x")
    assert len(server.heads) == 1


def test_a_write_never_follows_a_redirect(server, make_session):
    server.script = lambda wire, n: wire.answer(303, Location="/task/1")
    with pytest.raises(Incomplete, match="was not followed"):
        make_session().call("POST", f"{server.url}/x", json={})
    assert len(server.heads) == 1


def test_what_is_redirected_waits_no_longer_than_it_may(server, make_session):
    server.script = lambda wire, n: (
        wire.answer(302, Location="/y") if n == 1 else wire.answer(429, **{"Retry-After": "50"})
    )
    with pytest.raises(Throttled, match="Walking PAY"):
        make_session().call("GET", f"{server.url}/x", what="Walking PAY", patience=Patience(10))
    assert len(server.heads) == 2


def test_redirect_ring_ends(server, make_session):
    server.script = lambda wire, n: wire.answer(302, Location="/x")
    with pytest.raises(Incomplete, match="redirected more than 5 times"):
        make_session().call("GET", f"{server.url}/x")


def test_credential_is_bearer_or_basic_and_hidden(server, make_session, secret):
    session = make_session()
    session.auth = Credential(secret)
    session.call("GET", f"{server.url}/x")
    session.auth = Credential(secret, "me@example.com")
    session.call("GET", f"{server.url}/x")
    assert f"Authorization: Bearer {TOKEN}" in server.heads[0]
    assert "Authorization: Basic bWVAZXhhbXBsZS5jb206" in server.heads[1]
    assert TOKEN not in repr(session) + repr(session.auth) + str(vars(session.auth))


def test_netrc_is_never_used(server, make_session, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    make_session().call("GET", f"{server.url}/x")
    assert "Authorization" not in server.heads[0]


def test_secrets_are_in_no_error_and_no_log(server, make_session, secret, caplog):
    caplog.set_level(logging.DEBUG)
    pair = "bWU6czNjcjN0LXQwa2VuLXZhbHVl"
    server.script = lambda wire, n: wire.answer(
        400, body=b'{"errorMessages": ["bad: s3cr3t-t0ken-value bWU6czNjcjN0LXQwa2VuLXZhbHVl"]}'
    )
    session = make_session()
    session.auth = Credential(secret, "me")
    with pytest.raises(Rejected) as caught:
        session.call("GET", f"{server.url}/x/{TOKEN}", params={"token": TOKEN}, what="reading")
    text = repr(caught.value) + str(caught.value) + caplog.text
    assert f"Basic {pair}" in server.heads[0]
    assert TOKEN not in text
    assert pair not in text
    assert "veaf_sync.http" in caplog.text
