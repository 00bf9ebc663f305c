"""`sync --only`: named items are read directly and published; everything else stays as the last pull left it."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import Status
from veaf_sync.errors import Incomplete, UsageError
from veaf_sync.sync import Sources, look_up

from .organisation import right_after_one_pass


def ids(made, *keys):
    return {"jira": [str(made.site.issue(key).id) for key in keys]}


def title(made, run, key):
    (row,) = made.frame(run).filter(key=key).rows(named=True)
    return row["title"]


def test_only_the_named_items_are_read(read):
    read.site.edit("PAY-1", title="New")
    read.site.edit("PAY-2", title="Also new")
    sent = len(read.sent())
    result = read.sync(only=ids(read, "PAY-1"))
    assert (result.degraded, result.sources[0].state, result.sources[0].changed) == (False, "fresh", 1)
    assert title(read, result.run.id, "PAY-1") == "New"
    assert title(read, result.run.id, "PAY-2") == "Item 2"
    assert len(read.sent(sent)) == result.sources[0].requests == 5, "serverInfo, myself, fields, roster, the items"


def test_a_hundred_items_are_one_request_on_cloud(organisation, some):
    made = organisation("cloud", items=some("PAY", 150))
    made.sync()
    keys = [f"PAY-{number}" for number in range(1, 151)]
    sent = len(made.sent())
    made.sync(only=ids(made, *keys))
    assert len(made.sent(sent)) == 4 + 2


def test_what_changed_elsewhere_is_in_the_next_pull(read):
    for key in ("PAY-1", "SHOP-2"):
        read.site.edit(key, title="New")
    before = read.states(read.sync(only=ids(read, "PAY-1")).run.id)
    assert {state.state for state in before.values()} == {"fresh"}
    right_after_one_pass(read)


def test_partitions_keep_the_time_of_their_last_complete_reading(read):
    latest = read.store.runs.latest()
    before = read.states(latest.id)
    read.wait(3600)
    after = read.states(read.sync(only=ids(read, "PAY-1")).run.id)
    assert {name: state.read_at for name, state in after.items()} == {n: s.read_at for n, s in before.items()}
    assert {name: state.items for name, state in after.items()} == {n: s.items for n, s in before.items()}


def test_what_is_deleted_leaves(read):
    only = ids(read, "PAY-1")
    read.site.delete("PAY-1")
    result = read.sync(only=only)
    assert (result.sources[0].removed, result.degraded) == (1, False)
    assert "PAY-1" not in read.verdicts(result.run.id)
    assert read.states(result.run.id)["PAY"].items == 13
    right_after_one_pass(read)


def test_what_may_not_be_read_stays_and_is_told(read):
    before = read.verdicts(read.store.runs.latest().id)
    only = ids(read, "PAY-1")
    read.site.forbid("PAY")
    result = read.sync(only=only)
    assert (result.degraded, result.sources[0].state) == (True, "partial")
    assert result.sources[0].reason == "1 item may be there still: PAY is not visible to this credential"
    assert read.verdicts(result.run.id) == before
    read.site.allow("PAY")
    right_after_one_pass(read)


def test_a_source_that_fails_changes_nothing(read):
    before = read.verdicts(read.store.runs.latest().id)
    read.site.edit("PAY-1", type="Bug")
    read.site.faults.add(Status(500), times=None)
    result = read.sync(only=ids(read, "PAY-1"))
    assert (result.degraded, result.sources[0].state) == (True, "failed")
    assert read.verdicts(result.run.id) == before
    read.site.faults.clear()
    right_after_one_pass(read)


def test_with_write_only_they_are_written(tagged):
    tagged.sync()
    result = tagged.sync(only=ids(tagged, "PAY-3"), write=True)
    assert [outcome.item.id for outcome in result.outcomes] == ids(tagged, "PAY-3")["jira"]
    assert tagged.tags() == {"PAY-3": ("okr:fast",)}


def test_a_person_who_took_our_tag_away_is_heard(tagged):
    tagged.sync(write=True)
    assert tagged.tags()["PAY-3"] == ("okr:fast",)
    tagged.site.edit("PAY-3", labels=[])
    result = tagged.sync(only=ids(tagged, "PAY-3"), write=True)
    assert result.outcomes == ()
    assert tagged.verdicts(result.run.id)["PAY-3"] == "orphan"
    assert "PAY-3" not in tagged.tags()


@pytest.mark.parametrize("other", ["OPS"])
def test_an_item_that_moved_to_another_project_lives_there(read, other):
    only = ids(read, "PAY-1")
    key = read.site.move("PAY-1", other)
    result = read.sync(only=only)
    assert read.frame(result.run.id).filter(key=key)["partition"].to_list() == [other]
    right_after_one_pass(read)


def test_an_item_that_no_sync_has_seen_is_looked_up_and_read(read):
    key = read.site.create("PAY", "Brand new", type="Bug")
    address = f"{read.site.url}/browse/{key}"
    for name in (f"jira:{key}", key, address):
        with Sources(read.config, read.registry, read.clock) as opened:
            only = look_up(read.config, read.registry, read.store, opened, [name])
            assert only == ids(read, key)
            sent = len(read.sent())
            result = read.sync(only=only, opened=opened)
            assert len(read.sent(sent)) <= 3, "fields, roster, the item: who we are was asked before"
    assert result.degraded is False
    assert title(read, result.run.id, key) == "Brand new"
    assert key in read.verdicts(result.run.id)
    assert read.states(result.run.id)["PAY"].items == 15
    right_after_one_pass(read)


def test_an_item_of_a_project_that_is_not_read_is_refused(organisation, some):
    made = organisation("cloud", items=[*some("PAY", 3), *some("OPS", 3)])
    made.source = {"projects": ["PAY"]}
    made.sync()
    with (
        Sources(made.config, made.registry, made.clock) as opened,
        pytest.raises(UsageError, match=r"OPS-1 lives in OPS, which jira has not read\. Nothing was read\."),
    ):
        look_up(made.config, made.registry, made.store, opened, ["OPS-1"])


def test_an_item_that_is_not_there_is_said_with_what_was_asked(read):
    with (
        Sources(read.config, read.registry, read.clock) as opened,
        pytest.raises(UsageError, match="No sync has seen PAY-999, and jira shows no such item"),
    ):
        look_up(read.config, read.registry, read.store, opened, ["PAY-999"])


def test_a_source_that_cannot_be_asked_is_named(read):
    read.site.faults.add(Status(500), times=None)
    with (
        Sources(read.config, read.registry, read.clock) as opened,
        pytest.raises(Incomplete, match="jira could not be asked for PAY-999: "),
    ):
        look_up(read.config, read.registry, read.store, opened, ["jira:PAY-999"])
    read.site.faults.clear()
