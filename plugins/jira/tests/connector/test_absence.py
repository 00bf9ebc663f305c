"""Reading issues directly, and telling deletion from lost access."""

from __future__ import annotations

import pytest

from veaf_sync.connector import Absent
from veaf_sync.emulator import Rewrite, Status
from veaf_sync.errors import Forbidden, Incomplete
from veaf_sync_jira.emulator import Knobs


@pytest.fixture
def site(jira, many, clock, profile):
    return jira(profile, items=[*many(130), *many(5, "SHOP")], clock=clock)


def _ids(site, *keys):
    return [str(site.issue(key).id) for key in keys]


def test_direct_reading_equals_the_walk(site, connect, pull, profile):
    connector = connect(site)
    items, _ = pull(connector)
    ids = [item.id for item in items.values()][:120]
    site.requests.clear()
    read = connector.get([*ids, ids[0]])
    assert read == {item.id: item for item in items.values() if item.id in ids}
    assert len(site.requests) == (2 if profile == "cloud" else 120)


def test_direct_reading_does_not_know_the_index(site, connect):
    connector = connect(site)
    site.knobs.index_lag = 600
    site.edit("PAY-1", labels=["now"])
    (id,) = _ids(site, "PAY-1")
    assert connector.get([id])[id].labels == ("now",)


def test_ten_deleted_items_are_gone(site, connect, pull):
    connector = connect(site)
    pull(connector)
    keys = [f"PAY-{number}" for number in range(1, 11)]
    ids = _ids(site, *keys)
    (stays,) = _ids(site, "PAY-11")
    for key in keys:
        site.delete(key)
    assert connector.count("PAY") == 120
    read = connector.get([*ids, stays])
    assert {id for id, item in read.items() if item is Absent.GONE} == set(ids)
    assert read[stays].key == "PAY-11"


def test_moved_item_is_read_in_its_new_place(site, connect):
    connector = connect(site)
    (id,) = _ids(site, "PAY-1")
    key = site.move("PAY-1", "SHOP")
    item = connector.get([id])[id]
    assert (item.key, item.partitions[0].partition) == (key, "SHOP")


def test_project_lost_after_the_roster_is_not_deletion(site, connect):
    connector = connect(site)
    connector.partitions()
    hidden, seen = _ids(site, "SHOP-1", "PAY-1")
    site.forbid("SHOP")
    read = connector.get([hidden, seen])
    assert read[hidden] is Absent.UNKNOWN
    assert read[seen].key == "PAY-1"
    with pytest.raises(Forbidden, match="SHOP: not visible"):
        connector.count("SHOP")


def test_everything_lost_is_forbidden(site, connect):
    connector = connect(site)
    connector.partitions()
    ids = _ids(site, "SHOP-1", "PAY-1")
    site.knobs.empty = True
    assert connector.get(ids) == dict.fromkeys(ids, Absent.FORBIDDEN)


def test_issue_that_jira_could_not_fetch_is_unknown(jira, connect, many, clock):
    site = jira("cloud", items=many(3), clock=clock)
    ids = _ids(site, "PAY-1", "PAY-2")
    body = f'{{"issues": [], "issueErrors": [{{"id": "{ids[0]}", "errorMessage": "Try again"}}]}}'
    site.faults.add(Rewrite(lambda response: type(response)(200, body.encode())), path="bulkfetch")
    assert connect(site).get(ids) == {ids[0]: Absent.UNKNOWN, ids[1]: Absent.GONE}


@pytest.mark.parametrize(("status", "absent"), [(403, Absent.FORBIDDEN), (400, Absent.UNKNOWN)])
def test_refused_single_read(jira, connect, many, clock, status, absent):
    site = jira("dc", items=many(1), clock=clock)
    (id,) = _ids(site, "PAY-1")
    site.faults.add(Status(status, body=b'{"errorMessages": ["You do not have the permission"]}'), path="/issue/")
    assert connect(site).get([id]) == {id: absent}


def test_unreadable_direct_answer_is_incomplete_not_absence(site, connect):
    site.faults.add(Rewrite(lambda response: type(response)(200, b"{}")), path="/issue/", times=None)
    with pytest.raises(Incomplete):
        connect(site).get(_ids(site, "PAY-1"))


def test_empty_site_with_200_shows_no_partition(jira, connect, many, clock, profile):
    site = jira(profile, items=many(3), clock=clock, knobs=Knobs(empty=True))
    assert list(connect(site).partitions()) == []
    (partition,) = connect(site, projects=["PAY"]).partitions()
    assert not partition.readable


def test_count_without_a_number_is_incomplete(site, connect):
    site.faults.add(Rewrite(lambda response: type(response)(200, b'{"issues": []}')), path="/search", times=None)
    with pytest.raises(Incomplete, match="no number"):
        connect(site).count("PAY")


def test_shut_out_while_listing_ids(site, connect):
    connector = connect(site)
    site.forbid("PAY")
    with pytest.raises(Forbidden):
        list(connector.ids("PAY"))
