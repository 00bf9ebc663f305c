"""The emulator is believed by a client that nobody here wrote: the `jira` library, with its defaults."""

from __future__ import annotations

from typing import Any

import pytest
from jira import JIRA, JIRAError


@pytest.fixture
def client(jira, item, profile):
    """The library's client, signed in, and the site."""
    site = jira(profile, items=[item("PAY-1", labels=("a",)), *(item(f"PAY-{n}") for n in range(2, 121))])
    stem = f"JIRA_{profile.upper()}"
    token = site.environment[f"{stem}_TOKEN"]
    access: dict[str, Any] = {"token_auth": token}
    if profile == "cloud":
        access = {"basic_auth": (site.environment[f"{stem}_USER"], token)}
    opened = JIRA(site.url, options={"rest_api_version": site.edition.api}, max_retries=0, proxies={}, **access)
    opened._session.trust_env = False
    yield opened, site
    opened.close()


def test_it_finds_out_the_edition(client):
    library, site = client
    assert library._is_cloud == (site.profile == "cloud")


def test_it_searches_over_all_pages(client):
    library, site = client
    search = library.enhanced_search_issues if site.profile == "cloud" else library.search_issues
    issues = search("project = PAY order by key", maxResults=False, fields="summary,labels")
    assert [issue.key for issue in issues] == [f"PAY-{n}" for n in range(1, 121)]


def test_it_reads_and_lists(client):
    library, _ = client
    assert library.issue("PAY-7", fields="summary").fields.summary == "Item PAY-7"
    assert "Story Points" in {field["name"] for field in library.fields()}
    assert library.myself()["displayName"] == "Alignment Sync"


def test_it_is_told_what_is_wrong(client):
    library, _ = client
    with pytest.raises(JIRAError) as refused:
        library.issue("PAY-999")
    assert refused.value.status_code == 404
    assert refused.value.text == "Issue does not exist or you do not have permission to see it."
