"""Items edited, deleted, moved and created while pages are being read."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veaf_sync.emulator import Meanwhile
from veaf_sync_jira.emulator import Knobs

SEARCH = r"/search(/jql)?$"
COUNT = 150


@pytest.fixture
def site(jira, many, clock, profile):
    return jira(profile, items=[*many(COUNT), *many(2, "SHOP")], clock=clock, knobs=Knobs(page_cap=12))


def _shard(connector, incremental):
    cursors = {"PAY": {"since": 0}, "SHOP": {"since": 0}} if incremental else {}
    return next(shard for shard in connector.shards(connector.partitions(), cursors) if "PAY" in shard.partitions)


@pytest.mark.parametrize("incremental", [False, True])
def test_edits_while_paging_lose_nothing(site, connect, clock, incremental):
    def edit():
        clock.advance(60)
        for number in random.Random(len(site.requests)).sample(range(1, COUNT + 1), 20):
            site.edit(f"PAY-{number}", title="edited meanwhile")

    site.faults.add(Meanwhile(edit), path=SEARCH, times=None)
    connector = connect(site)
    seen = {item.key for page in connector.pages(_shard(connector, incremental), None) for item in page.items}
    assert {key for key in seen if key.startswith("PAY")} == {f"PAY-{n}" for n in range(1, COUNT + 1)}


@pytest.mark.parametrize("incremental", [False, True])
@pytest.mark.parametrize("where", ["before", "last", "behind", "anywhere", "whole pages"])
def test_deletions_while_paging_lose_nothing(site, connect, incremental, where):
    """What is there all the time is seen, wherever others disappear."""
    gone, seen = set(), []

    def delete():
        done = len(seen)
        left = [f"PAY-{n}" for n in range(1, COUNT + 1) if f"PAY-{n}" not in gone]
        read = [key for key in left if key in seen]
        unread = [key for key in left if key not in seen]
        chosen = {
            "before": read[:4],
            "last": read[-3:],
            "behind": unread[:3],
            "anywhere": random.Random(done).sample(left, min(5, len(left))),
            "whole pages": read[-30:],
        }[where]
        for key in chosen:
            site.delete(key)
            gone.add(key)

    site.faults.add(Meanwhile(delete), path=SEARCH, nth=2, times=8)
    connector = connect(site)
    for page in connector.pages(_shard(connector, incremental), None):
        seen += [item.key for item in page.items]
    stayed = {f"PAY-{n}" for n in range(1, COUNT + 1)} - gone
    assert gone
    assert stayed <= set(seen)


@pytest.mark.parametrize("which", ["first", "last"])
def test_moves_to_another_project_while_paging_lose_nothing_that_stayed(site, connect, whole, which):
    moved, last = set(), []

    def move():
        if last:
            key = last[-1][0 if which == "first" else -1]
            if key not in moved:
                site.move(key, "SHOP")
                moved.add(key)

    site.faults.add(Meanwhile(move), path=SEARCH, nth=2, times=6)
    seen = set()
    for page in connect(site).pages(whole("PAY"), None):
        last.append([item.key for item in page.items if item.key.startswith("PAY")])
        seen |= {item.key for item in page.items}
    assert moved
    assert {f"PAY-{n}" for n in range(1, COUNT + 1)} <= seen


def test_moved_item_keeps_its_identity(site, connect, pull, profile):
    before, _ = pull(connect(site))
    key = site.move("PAY-7", "SHOP")
    after, _ = pull(connect(site))
    assert after[key].id == before["PAY-7"].id
    assert after[key].partitions[0].partition == "SHOP"
    assert "PAY-7" not in after


def test_last_issue_moved_between_two_runs_of_a_shard(site, connect, whole):
    """The mark's last key leads to another project meanwhile, where Jira would compare with its new key."""
    pages = []
    for page in connect(site).pages(whole("PAY"), None):
        pages.append(page)
        if len(pages) == 3:
            break
    site.move("PAY-36", "SHOP")
    if site.profile == "cloud":
        site.expire_tokens()
        site.clock.advance(1)
    rest = list(connect(site).pages(whole("PAY"), pages[-1].mark))
    seen = {item.key for page in [*pages, *rest] for item in page.items}
    assert {f"PAY-{n}" for n in range(1, COUNT + 1)} <= seen


acts = st.lists(
    st.tuples(st.sampled_from(["edit", "delete", "move", "create", "none"]), st.integers(1, 40)), max_size=30
)


def _act(site, what, key):
    if what == "edit":
        site.edit(key, title="edited")
    elif what == "delete":
        site.delete(key)
    elif what == "move":
        site.move(key, "SHOP")
    elif what == "create":
        site.create("PAY", "new")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=acts, incremental=st.booleans())
def test_whatever_stays_is_seen(jira, connect, many, clock, profile, acts, incremental):
    site = jira(profile, items=[*many(40), *many(2, "SHOP")], clock=clock, knobs=Knobs(page_cap=7))
    todo, gone = list(acts), set()

    def act():
        for what, number in [todo.pop() for _ in range(min(3, len(todo)))]:
            key = f"PAY-{number}"
            if key not in gone:
                _act(site, what, key)
            if what in ("delete", "move"):
                gone.add(key)

    site.faults.add(Meanwhile(act), path=SEARCH, nth=2, times=None)
    connector = connect(site)
    seen = {item.key for page in connector.pages(_shard(connector, incremental), None) for item in page.items}
    assert {f"PAY-{n}" for n in range(1, 41)} - gone <= seen
    site.stop()
