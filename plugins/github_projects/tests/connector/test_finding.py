"""Issues and pull requests by what people call them."""

from __future__ import annotations

import pytest

from veaf_sync.model import Membership, WorkItem


@pytest.fixture
def site(github, many, clock):
    pull_request = WorkItem(id="", key="acme/shop#9", partitions=(Membership("acme/1"),), type="Pull request")
    return github(items=[*many(5), pull_request], clock=clock)


def test_a_key_and_an_address_name_an_item(site, connect):
    connector = connect(site)
    issue, pull = f"{site.url}/acme/shop/issues/2", f"{site.url}/acme/shop/pull/9"
    connector.partitions()
    sent = len(site.requests)
    found = connector.find(["acme/shop#1", issue, f"{pull}#discussion_r1"])
    assert {name: item.key for name, item in found.items()} == {
        "acme/shop#1": "acme/shop#1",
        issue: "acme/shop#2",
        f"{pull}#discussion_r1": "acme/shop#9",
    }
    assert [place.partition for place in found["acme/shop#1"].partitions] == ["acme/1"]
    assert len(site.requests) - sent == 2, "their ids, then all of them"


def test_what_is_not_there_or_hidden_is_left_out(site, connect):
    connector = connect(site)
    assert list(connector.find(["acme/shop#77", "acme/nowhere#1", "acme/shop#1"])) == ["acme/shop#1"]
    site.hide_repository("acme/shop")
    assert connector.find(["acme/shop#1"]) == {}


def test_what_cannot_be_an_item_of_this_site_costs_no_request(site, connect):
    connector = connect(site)
    connector.check()
    sent = len(site.requests)
    assert connector.find(["PAY-1", "acme/1#draft-3", "https://elsewhere.example/acme/shop/issues/1", "a/b/c#1"]) == {}
    assert len(site.requests) == sent
