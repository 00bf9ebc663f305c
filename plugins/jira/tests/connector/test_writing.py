"""Labels written back: in bulk on Cloud, singly otherwise, and nobody else's label touched."""

from __future__ import annotations

import pytest

from veaf_sync.connector import Pending
from veaf_sync.emulator import AnswerLost, Meanwhile, Refuse, Status, Throttle
from veaf_sync.errors import AuthError, Incomplete
from veaf_sync.model import Result
from veaf_sync_jira.emulator import Knobs


@pytest.fixture
def write():
    """Writes changes to their end, as the core does; returns outcomes by key."""

    def run(connector, changes):
        outcomes = {}
        for batch in connector.batches(changes):
            result = connector.write(batch)
            for _ in range(20):
                if not isinstance(result, Pending):
                    break
                result = connector.poll(result.task, batch)
            assert [outcome.item for outcome in result] == [change.item for change in batch]
            outcomes |= {change.key: outcome for change, outcome in zip(batch, result, strict=True)}
        return outcomes

    return run


@pytest.fixture
def ready(jira, connect, pull, many, clock, profile):
    """`ready(n, labels, **knobs)`: a site with n items, a connector that has read it, and the items."""

    def make(count=4, labels=("mine",), items=(), settings=None, **knobs):
        site = jira(profile, items=[*many(count, labels=labels), *items], clock=clock, knobs=Knobs(**knobs))
        connector = connect(site, **(settings or {}))
        read, _ = pull(connector)
        site.requests.clear()
        return site, connector, read

    return make


def test_add_and_remove_leave_everything_else(ready, write, change):
    site, connector, items = ready(labels=("mine", "okr:old"))
    outcomes = write(connector, [change(item, ("okr:new",), ("okr:old",)) for item in items.values()])
    assert {outcome.result for outcome in outcomes.values()} == {Result.APPLIED}
    assert set(site.tags().values()) == {("mine", "okr:new")}
    assert site.mailed == ()


def test_label_that_a_person_adds_meanwhile_stays(ready, write, change, profile):
    site, connector, items = ready(1)
    act = Meanwhile(lambda: site.edit("PAY-1", labels=["mine", "person"]))
    site.faults.add(act, method="GET" if profile == "cloud" else "PUT", path="bulk|issue")
    write(connector, [change(items["PAY-1"], ("okr:new",))])
    assert site.tags()["PAY-1"] == ("mine", "okr:new", "person")


def test_writing_twice_changes_nothing_more(ready, write, change):
    site, connector, items = ready()
    changes = [change(item, ("okr:new",)) for item in items.values()]
    write(connector, changes)
    updated = [site.issue(key).updated for key in items]
    site.clock.advance(60)
    assert {outcome.result for outcome in write(connector, changes).values()} == {Result.APPLIED}
    assert [site.issue(key).updated for key in items] == updated


def test_label_with_a_space_is_refused_before_anything_is_sent(ready, write, change):
    site, connector, items = ready(2)
    changes = [change(items["PAY-1"], ("bad label",)), change(items["PAY-2"], ("x" * 300,))]
    preview = connector.preview(changes)
    assert (preview.requests, len(preview.refused)) == (0, 2)
    assert {outcome.result for outcome in write(connector, changes).values()} == {Result.FAILED}
    assert site.requests == []


def test_lost_credentials_end_the_write(ready, change):
    site, connector, items = ready(1)
    site.faults.add(Status(401), path="bulk|issue", times=None)
    with pytest.raises(AuthError):
        connector.write([change(items["PAY-1"], ("okr:new",))])


def test_read_only_credential_and_write_credential(jira, connect, pull, write, change, many, clock, profile):
    site = jira(profile, items=many(2), clock=clock, knobs=Knobs(reader_may_edit=False))
    token = f"env:JIRA_{profile.upper()}_WRITE_TOKEN"
    reader = connect(site, write_token=token)
    items, _ = pull(reader)
    changes = [change(item, ("okr:new",)) for item in items.values()]
    refused = write(reader, changes)
    assert {outcome.result for outcome in refused.values()} == {Result.FAILED}
    assert all("permission" in outcome.detail for outcome in refused.values())
    writer = connect(site, token=reader.config.for_writing().token)
    assert {outcome.result for outcome in write(writer, changes).values()} == {Result.APPLIED}


class TestCloud:
    @pytest.fixture
    def profile(self):
        return "cloud"

    def test_requests_are_at_the_floor(self, ready, write, change):
        """⌈m/1000⌉ bulk edits for each group, the polls, and ⌈m/100⌉ direct reads of preconditions."""
        site, connector, items = ready(1250, bulk_polls=0)
        changes = [change(item, ("okr:a",) if item.key != "PAY-7" else ("okr:b",)) for item in items.values()]
        connector.get([one.item.id for one in changes])
        write(connector, changes)
        assert [len(batch) for batch in connector.batches(changes)] == [1000, 249, 1]
        paths = [one.path.rpartition("/3/")[2] for one in site.requests]
        assert paths.count("issue/bulkfetch") == 13
        assert paths.count("bulk/issues/fields") == 3
        assert len(paths) == 13 + 3 + 3
        assert {labels for key, labels in site.tags().items() if key != "PAY-7"} == {("mine", "okr:a")}
        assert site.tags()["PAY-7"] == ("mine", "okr:b")

    def test_preview_counts_what_is_sent(self, ready, write, change):
        site, connector, items = ready(6, labels=("okr:old",), bulk_polls=0)
        changes = [change(item, ("okr:a",), ("okr:old",)) for item in items.values()]
        changes[0] = change(items["PAY-1"], (), ("okr:old",))
        preview = connector.preview(changes)
        site.requests.clear()
        write(connector, changes)
        posts_and_polls = [one for one in site.requests if "bulk/" in one.path]
        assert preview.requests == len(posts_and_polls) == 6
        assert (preview.mailed, preview.refused) == (0, ())

    def test_partly_failed_task_has_an_outcome_for_each(self, ready, write, change):
        site, connector, items = ready(5, unwritable={"PAY-2": "Field is locked"})
        changes = [change(item, ("okr:a",)) for item in items.values()]
        site.delete("PAY-3")
        outcomes = write(connector, changes)
        assert {key: outcome.result for key, outcome in outcomes.items()} == {
            "PAY-1": Result.APPLIED,
            "PAY-2": Result.FAILED,
            "PAY-3": Result.FAILED,
            "PAY-4": Result.APPLIED,
            "PAY-5": Result.APPLIED,
        }
        assert outcomes["PAY-2"].detail == "Field is locked"
        assert "not there" in outcomes["PAY-3"].detail

    @pytest.mark.parametrize("end", ["FAILED", "CANCELLED", "DEAD"])
    def test_task_that_ends_badly_fails_each(self, ready, write, change, end):
        _, connector, items = ready(3, bulk_end=end)
        outcomes = write(connector, [change(item, ("okr:a",)) for item in items.values()])
        assert {outcome.result for outcome in outcomes.values()} == {Result.FAILED}

    @pytest.mark.parametrize("done", [True, False])
    def test_forgotten_task_is_settled_by_reading_not_by_sending_again(self, ready, change, done):
        site, connector, items = ready(3)
        batch = [change(item, ("okr:a",)) for item in items.values()]
        task = connector.write(batch).task
        if done:
            site.finish_tasks()
        site.forget_tasks()
        outcomes = connector.poll(task, batch)
        assert {outcome.result for outcome in outcomes} == {Result.APPLIED if done else Result.FAILED}
        assert sum(one.path.endswith("bulk/issues/fields") for one in site.requests) == 1

    def test_another_connector_can_go_on_polling(self, ready, connect, change):
        site, connector, items = ready(3, labels=("okr:old",), bulk_polls=0)
        batch = [change(item, ("okr:a",), ("okr:old",)) for item in items.values()]
        result = connector.write(batch)
        for _ in range(5):
            if isinstance(result, Pending):
                result = connect(site).poll(result.task, batch)
        assert {outcome.result for outcome in result} == {Result.APPLIED}
        assert set(site.tags().values()) == {("okr:a",)}

    def test_both_verbs_keep_the_first_ones_failures(self, ready, write, change):
        _, connector, items = ready(3, labels=("okr:old",), unwritable={"PAY-2": "Locked"})
        outcomes = write(connector, [change(item, ("okr:a",), ("okr:old",)) for item in items.values()])
        assert [outcome.result for outcome in outcomes.values()] == [Result.APPLIED, Result.FAILED, Result.APPLIED]
        assert outcomes["PAY-2"].detail == "Locked"

    def test_lost_answer_of_a_bulk_edit_is_not_sent_again(self, ready, change):
        site, connector, items = ready(2)
        planned = site.faults.add(AnswerLost(), path="bulk/issues/fields", times=None)
        with pytest.raises(Incomplete):
            connector.write([change(item, ("okr:a",)) for item in items.values()])
        assert planned.hits == 1

    def test_too_many_tasks_at_once_are_waited_for(self, ready, write, change, clock):
        site, connector, items = ready(2)
        planned = site.faults.add(Throttle(5), path="bulk/issues/fields", times=2)
        outcomes = write(connector, [change(item, ("okr:a",)) for item in items.values()])
        assert planned.hits == 2
        assert {outcome.result for outcome in outcomes.values()} == {Result.APPLIED}
        assert sum(clock.slept) >= 10

    def test_without_bulk_permission_each_is_edited_singly_and_muted(self, ready, write, change):
        site, connector, items = ready(3, bulk_change=False)
        changes = [change(item, ("okr:a",)) for item in items.values()]
        assert (connector.preview(changes).requests, connector.preview(changes).mailed) == (3, 0)
        outcomes = write(connector, changes)
        assert {outcome.result for outcome in outcomes.values()} == {Result.APPLIED}
        assert site.mailed == ()
        bulk = [one for one in site.requests if one.path.endswith("bulk/issues/fields")]
        assert bulk == [], "the permissions said so already"
        assert [len(batch) for batch in connector.batches(changes)] == [1, 1, 1]


class TestSingly:
    @pytest.fixture
    def profile(self):
        return "dc"

    def test_one_request_each(self, ready, write, change):
        site, connector, items = ready(4)
        changes = [change(item, ("okr:a",)) for item in items.values()]
        preview = connector.preview(changes)
        site.requests.clear()
        write(connector, changes)
        assert preview.requests == len(site.requests) == 4
        assert {one.method for one in site.requests} == {"PUT"}
        assert all(one.query == {"notifyUsers": ["false"]} for one in site.requests)

    def test_answer_lost_is_repeated_without_harm(self, ready, write, change):
        site, connector, items = ready(20)
        planned = site.faults.add(AnswerLost(), method="PUT", every=5, times=None)
        outcomes = write(connector, [change(item, ("okr:a",)) for item in items.values()])
        assert planned.hits >= 4
        assert {outcome.result for outcome in outcomes.values()} == {Result.APPLIED}
        assert set(site.tags().values()) == {("mine", "okr:a")}

    def test_conflicting_update_is_repeated(self, ready, write, change):
        site, connector, items = ready(1)
        site.faults.add(Status(409), method="PUT", times=2)
        assert write(connector, [change(items["PAY-1"], ("okr:a",))])["PAY-1"].result is Result.APPLIED

    def test_conflict_that_does_not_end_fails(self, ready, write, change):
        site, connector, items = ready(1)
        planned = site.faults.add(Status(409), method="PUT", times=None)
        assert write(connector, [change(items["PAY-1"], ("okr:a",))])["PAY-1"].result is Result.FAILED
        assert planned.hits == 4

    def test_without_the_right_to_mute_the_default_writes_and_says_how_many_are_mailed(self, ready, write, change):
        site, connector, items = ready(3, admin=False)
        changes = [change(item, ("okr:a",)) for item in items.values()]
        assert connector.preview(changes).requests == 3
        site.requests.clear()
        assert {outcome.result for outcome in write(connector, changes).values()} == {Result.APPLIED}
        assert len(site.mailed) == 3
        assert len(site.requests) == 4  # the first one learns that muting is refused in this project

    def test_mail_never_leaves_them_undone(self, ready, write, change):
        site, connector, items = ready(3, admin=False, settings={"mail": "never"})
        changes = [change(item, ("okr:a",)) for item in items.values()]
        preview = connector.preview(changes)
        assert len(preview.refused) == 3
        assert preview.mailed == 0
        outcomes = write(connector, changes)
        assert {outcome.result for outcome in outcomes.values()} == {Result.FAILED}
        assert "mail: never" in outcomes["PAY-1"].detail
        assert site.mailed == ()

    def test_reasons_are_told_singly(self, ready, write, change, many):
        extra = [*many(1, "LOCK"), *many(1, "SCR")]
        site, connector, items = ready(2, items=extra, locked={"LOCK"}, off_screen={"SCR"})
        site.delete("PAY-2")
        outcomes = write(connector, [change(item, ("okr:a",)) for item in items.values()])
        assert {key: outcome.result is Result.APPLIED for key, outcome in outcomes.items()} == {
            "PAY-1": True,
            "PAY-2": False,
            "LOCK-1": False,
            "SCR-1": False,
        }
        assert "permission to edit" in outcomes["LOCK-1"].detail
        assert "screen" in outcomes["SCR-1"].detail
        assert "404" in outcomes["PAY-2"].detail

    def test_no_connection_is_not_an_outcome(self, ready, change):
        site, connector, items = ready(1)
        site.faults.add(Refuse(), method="PUT", times=None)
        with pytest.raises(Incomplete):
            connector.write([change(items["PAY-1"], ("okr:a",))])
