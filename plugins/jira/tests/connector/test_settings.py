"""What an admin may write, and what is said about the rest."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from veaf_sync.credentials import Secret
from veaf_sync_jira.settings import JiraSettings

GOOD = {"connector": "jira", "site": "https://acme.atlassian.net", "user": "env:JIRA_USER", "token": "env:JIRA_TOKEN"}


def test_the_documented_entry_is_good():
    settings = JiraSettings.model_validate(
        {
            **GOOD,
            "write_token": "env:JIRA_WRITE_TOKEN",
            "projects": ["PAY", "SHOP"],
            "fields": {"points": "Story Points", "team": "Team"},
            "levels": {"epic": ["Epic", "Feature"]},
            "states": {"done": ["Released"]},
            "tag": {"label": "okr:{objective}", "on": "all"},
            "freshness": {"warn_after": "26h", "error_after": "72h"},
            "guards": {"clears": {"count": 50, "share": 0.1}, "changes": {"count": 5000}},
        }
    )
    assert settings.hosts() == ("acme.atlassian.net",)
    assert isinstance(settings.user, Secret)
    assert settings.for_writing().token == Secret.parse("env:JIRA_WRITE_TOKEN")


@pytest.mark.parametrize(
    ("site", "hosts"),
    [
        ("https://jira.example.com", ("jira.example.com",)),
        ("https://jira.example.com:8443/jira/", ("jira.example.com:8443",)),
        ("http://127.0.0.1:8090", ("127.0.0.1:8090",)),
        ("http://[::1]:8090", ("[::1]:8090",)),
        ("https://api.atlassian.com/ex/jira/11111111-2222-4333-8444-555555555555", ("api.atlassian.com",)),
    ],
)
def test_only_the_sites_own_host_is_talked_to(site, hosts):
    assert JiraSettings.model_validate({**GOOD, "site": site}).hosts() == hosts


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"site": "acme.atlassian.net"}, "a site is an address such as https://acme.atlassian.net"),
        ({"site": "ftp://acme"}, "a site is an address"),
        ({"site": "https://acme:99999"}, "a site is an address"),
        ({"site": "https://me:secret@acme.example"}, "set user and token"),
        ({"site": "https://acme.atlassian.net/browse/PAY-1"}, "only the beginning of the address"),
        ({"site": "https://acme.atlassian.net/rest/api/3"}, "only the beginning of the address"),
        ({"site": "https://acme.atlassian.net?x=1"}, "only the beginning of the address"),
        ({"site": "http://acme.atlassian.net"}, "Jira Cloud is reached by https://"),
        ({"site": "https://api.atlassian.com"}, "needs the cloud id"),
        ({"user": None}, "user: env:JIRA_USER"),
        ({"token": "ATATT3xFfGF0"}, "a literal secret is refused"),
        ({"projects": ["pay project"]}, "is not a project key"),
        ({"projects": ['PAY" OR 1=1']}, "is not a project key"),
        ({"edition": "server"}, "'auto', 'cloud' or 'dc'"),
        ({"tokn": "env:X"}, "Extra inputs are not permitted"),
    ],
)
def test_mistakes_are_explained(change, said):
    with pytest.raises(ValidationError) as caught:
        JiraSettings.model_validate({**GOOD, **change})
    assert said in str(caught.value)


def test_json_schema_is_complete_for_editors():
    schema = JiraSettings.model_json_schema()
    assert {"site", "token", "user", "projects", "fields", "edition", "mail"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
