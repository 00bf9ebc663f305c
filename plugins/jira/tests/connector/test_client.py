"""Addresses, credentials and the site's own word, against recorded-style answers."""

from __future__ import annotations

import base64
import logging

import pytest
import responses

from veaf_sync.errors import AuthError, Incomplete
from veaf_sync.http import Session
from veaf_sync_jira.connector import JiraConnector
from veaf_sync_jira.settings import JiraSettings

CLOUD_ID = "11111111-2222-4333-8444-555555555555"
GATEWAY = f"https://api.atlassian.com/ex/jira/{CLOUD_ID}"
TOKEN = "a-token-that-nobody-may-see"
INFO = {
    "deploymentType": "Cloud",
    "version": "1001.0.0",
    "baseUrl": "https://acme.atlassian.net",
    "serverTime": "2026-11-24T13:00:00.000+0100",
}


@pytest.fixture
def mock():
    with responses.RequestsMock() as requests_mock:
        yield requests_mock


@pytest.fixture
def make(clock, monkeypatch):
    def build(**settings):
        monkeypatch.setenv("JIRA_USER", "me@example.com")
        monkeypatch.setenv("JIRA_TOKEN", TOKEN)
        parsed = JiraSettings.model_validate({"token": "env:JIRA_TOKEN", **settings})
        return JiraConnector(parsed, Session(clock=clock, hosts=parsed.hosts()), clock)

    return build


def test_gateway_keeps_its_path_and_shows_the_sites_own_address(mock, make):
    mock.get(f"{GATEWAY}/rest/api/3/serverInfo", json=INFO)
    mock.get(f"{GATEWAY}/rest/api/3/myself", json={"accountId": "u1", "timeZone": "Asia/Tokyo"})
    row = {"id": "1", "key": "PAY", "name": "Pay", "self": f"{GATEWAY}/rest/api/3/project/1"}
    mock.get(f"{GATEWAY}/rest/api/3/project/search", json={"values": [row], "isLast": True})
    mock.get(f"{GATEWAY}/rest/api/3/field", json=[])
    connector = make(site=GATEWAY, user="env:JIRA_USER")
    identity = connector.check()
    assert (identity.user, identity.time_zone, identity.server_time.hour) == ("u1", "Asia/Tokyo", 12)
    assert connector.partitions()[0].url == "https://acme.atlassian.net/browse/PAY"
    pair = base64.b64encode(f"me@example.com:{TOKEN}".encode()).decode()
    assert {call.request.headers["Authorization"] for call in mock.calls} == {f"Basic {pair}"}


def test_personal_access_token_is_a_bearer_and_the_context_path_stays(mock, make):
    info = {"version": "10.3.24", "deploymentType": "Server", "serverTime": "2026-11-24T12:00:00.000+0000"}
    mock.get("https://tools.example.com/jira/rest/api/2/serverInfo", json=info)
    mock.get("https://tools.example.com/jira/rest/api/2/myself", json={"name": "sync", "key": "sync"})
    assert make(site="https://tools.example.com/jira/").check().product == "Jira Data Center 10.3.24"
    assert mock.calls[0].request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_secret_is_shown_nowhere(make):
    connector = make(site="https://tools.example.com")
    assert TOKEN not in repr(connector) + repr(connector.config) + repr(connector.session) + repr(
        vars(connector.session)
    )


@pytest.mark.parametrize("myself", [{}, {"displayName": "Anonymous"}, []])
def test_nobody_in_particular_is_refused(mock, make, myself):
    mock.get("https://tools.example.com/rest/api/2/serverInfo", json={**INFO, "deploymentType": "Server"})
    mock.get("https://tools.example.com/rest/api/2/myself", json=myself)
    with pytest.raises(AuthError, match="anonymous"):
        make(site="https://tools.example.com").check()


@pytest.mark.parametrize("info", [[], {}, {"hello": "world"}])
def test_what_is_no_jira_is_named(mock, make, info):
    mock.get("https://tools.example.com/rest/api/2/serverInfo", json=info)
    mock.get("https://tools.example.com/rest/api/2/myself", json=info)
    with pytest.raises(Incomplete, match="does not answer like a Jira"):
        make(site="https://tools.example.com").check()


@pytest.mark.parametrize(
    ("more", "headers", "hour"),
    [
        ({"serverTime": "24/Nov/26"}, {"Date": "Tue, 24 Nov 2026 09:00:00 GMT"}, 9),
        ({"serverTime": None}, {"Date": "Tue, 24 Nov 2026 09:00:00 GMT"}, 9),
        ({"serverTime": None}, {"Date": "never"}, 12),
    ],
)
def test_server_time_falls_back_on_the_header_then_on_our_clock(mock, make, more, headers, hour):
    mock.get("https://tools.example.com/rest/api/2/serverInfo", json={**INFO, **more}, headers=headers)
    mock.get("https://tools.example.com/rest/api/2/myself", json={"accountId": "u1"})
    assert make(site="https://tools.example.com", user="me").check().server_time.hour == hour


def test_secrets_are_in_no_error_and_no_log(mock, make, caplog):
    caplog.set_level(logging.DEBUG)
    for what in ("serverInfo", "myself"):
        refusal = {"errorMessages": [f"bad {TOKEN}"]}
        mock.get(f"https://tools.example.com/rest/api/2/{what}", status=401, json=refusal)
    with pytest.raises(AuthError) as caught:
        make(site="https://tools.example.com").check()
    assert TOKEN not in repr(caught.value) + str(caught.value) + caplog.text


def test_redirect_to_a_log_in_host_is_not_followed(mock, make):
    headers = {"Location": "https://sso.example.org/login?next=x"}
    for what in ("serverInfo", "myself"):
        mock.get(f"https://tools.example.com/rest/api/2/{what}", status=302, headers=headers)
    with pytest.raises(Incomplete, match=r"redirected to https://sso\.example\.org/login, which was not followed"):
        make(site="https://tools.example.com").check()
    assert len(mock.calls) == 2
