"""Issues by what people call them."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import Status
from veaf_sync.errors import SourceError


@pytest.fixture
def site(jira, many, clock, profile):
    return jira(profile, items=[*many(5), *many(2, "SHOP")], clock=clock)


def test_a_key_and_an_address_name_an_issue(site, connect):
    connector = connect(site)
    address = f"{site.url}/browse/PAY-2"
    found = connector.find(["PAY-1", address, f"{address}?focusedCommentId=7", "shop-1"])
    assert {name: item.key for name, item in found.items()} == {
        "PAY-1": "PAY-1",
        address: "PAY-2",
        f"{address}?focusedCommentId=7": "PAY-2",
        "shop-1": "SHOP-1",
    }


def test_an_earlier_key_leads_to_the_moved_issue(site, connect):
    key = site.move("PAY-1", "SHOP")
    assert connect(site).find(["PAY-1"])["PAY-1"].key == key


def test_what_is_deleted_or_hidden_is_left_out(site, connect):
    connector = connect(site)
    connector.check()
    site.delete("PAY-1")
    site.forbid("SHOP")
    assert connector.find(["PAY-1", "SHOP-1", "PAY-99"]) == {}


def test_what_cannot_be_an_issue_of_this_site_costs_no_request(site, connect):
    connector = connect(site)
    connector.check()
    sent = len(site.requests)
    assert (
        connector.find(["acme/shop#1", "", "PAY", "PAY-1/../../user", "https://elsewhere.example/browse/PAY-1"]) == {}
    )
    assert len(site.requests) == sent


def test_a_refused_credential_is_raised(site, connect):
    connector = connect(site)
    site.faults.add(Status(401), times=None)
    with pytest.raises(SourceError):
        connector.find(["PAY-1"])
