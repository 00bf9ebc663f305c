"""The journal: what was meant, what became of it, and whose each value is, as of every run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veaf_sync.errors import FenceLost
from veaf_sync.model import ItemRef, Outcome, Result, TagChange
from veaf_sync.store import Lease, open_store

REF = ItemRef("hub", "1")


def change(before=(), after=(), *, id="1"):
    return TagChange(ItemRef("hub", id), f"K-{id}", "P", f"h{id}", "labels", tuple(before), tuple(after), "why", "rule")


def outcome(result, detail=""):
    return Outcome(REF, result, detail)


def act(store, sync, run, before, after, result, *, id="1"):
    """One change from intent to outcome."""
    ids = store.journal.intend(run.id, "digest", [change(before, after, id=id)], sync.lease)
    store.journal.settle(run.id, {line: outcome(result) for line in ids}, sync.lease)


def test_an_intent_is_open_until_it_has_its_outcome(store, sync):
    run = sync.begin()
    ids = store.journal.intend(run.id, "d", [change((), ["a", "b"]), change(["c"], [], id="2")], sync.lease)
    assert len(set(ids)) == 3
    entries = store.journal.open("hub")
    assert [(e.id, e.item.id, e.value, e.action) for e in entries] == [
        (ids[0], "1", "a", "add"),
        (ids[1], "1", "b", "add"),
        (ids[2], "2", "c", "remove"),
    ]
    first = entries[0]
    assert (first.key, first.partition, first.handle, first.target) == ("K-1", "P", "h1", "labels")
    assert (first.reason, first.rule, first.digest, first.run, first.result) == ("why", "rule", "d", run.id, "")
    store.journal.task(ids[:2], "task-7", sync.lease)
    assert [e.task for e in store.journal.open("hub")] == ["task-7", "task-7", ""]
    store.journal.settle(run.id, {ids[0]: outcome(Result.APPLIED), ids[2]: outcome(Result.FAILED, "403")}, sync.lease)
    assert [e.id for e in store.journal.open("hub")] == [ids[1]]
    assert store.journal.open("other") == []
    settled = store.journal.entries(item=ItemRef("hub", "2"))[0]
    assert (settled.result, settled.detail, settled.effect) == ("failed", "403", "")
    assert settled.settled >= settled.at


def test_how_old_an_open_intent_is_only_the_database_says(store, sync):
    run = sync.begin()
    store.journal.intend(run.id, "d", [change((), ["a"])], sync.lease)
    assert [entry.value for entry in store.journal.open("hub", older_than=timedelta(0))] == ["a"]
    assert store.journal.open("hub", older_than=timedelta(days=1)) == []


def test_intending_the_same_plan_again_takes_up_what_is_open(store, sync):
    run = sync.begin()
    changes = [change((), ["a"]), change((), ["a"], id="2")]
    ids = store.journal.intend(run.id, "d", changes, sync.lease)
    store.journal.task(ids, "task-7", sync.lease)
    assert store.journal.intend(run.id, "d", changes, sync.lease) == ids
    assert [entry.task for entry in store.journal.open("hub")] == ["", ""], "it is sent anew, not by that task"
    store.journal.settle(run.id, {ids[0]: outcome(Result.APPLIED)}, sync.lease)
    again = store.journal.intend(run.id, "d", changes, sync.lease)
    assert again[1] == ids[1]
    assert again[0] not in ids
    assert len(store.journal.entries(digest="d")) == 3


@pytest.mark.parametrize(
    ("before", "after", "result", "ours"),
    [
        ((), ["a"], Result.APPLIED, ("a",)),
        ((), ["a"], Result.UNCHANGED, ()),
        ((), ["a"], Result.CONFLICT, ()),
        ((), ["a"], Result.FAILED, ()),
    ],
)
def test_a_value_is_ours_only_when_we_wrote_it(store, sync, before, after, result, ours):
    run = sync.begin()
    act(store, sync, run, before, after, result)
    assert store.journal.written("hub") == ({"1": ours} if ours else {})
    assert store.journal.claimed() == ({"hub"} if ours else set())


@pytest.mark.parametrize(
    ("result", "still"),
    [(Result.APPLIED, False), (Result.UNCHANGED, False), (Result.CONFLICT, True), (Result.FAILED, True)],
)
def test_a_removal_ends_ours_when_the_value_is_gone(store, sync, result, still):
    run = sync.begin()
    act(store, sync, run, (), ["a"], Result.APPLIED)
    act(store, sync, run, ["a"], (), result)
    assert bool(store.journal.written("hub")) is still


def test_withdrawn_and_adopted_values_in_the_frame(store, sync, item):
    first = sync.sync([item("1"), item("2")])
    act(store, sync, first, (), ["okr:a", "okr:b"], Result.APPLIED)
    run = sync.begin()
    store.journal.withdraw(run.id, "hub", [("1", "okr:a")], sync.lease, target="labels")
    store.journal.adopt(run.id, "hub", [("2", "okr:c")], sync.lease, target="labels", by="ours")
    rows = store.items.frame(run.id).select("id", "written", "withdrawn").rows()
    assert rows == [("1", ["okr:b"], ["okr:a"]), ("2", ["okr:c"], [])]
    assert store.items.frame(first.id)["written"].to_list() == [["okr:a", "okr:b"], []]
    sync.finish(run)
    later = sync.begin()
    store.journal.adopt(later.id, "hub", [("1", "okr:a"), ("2", "okr:c")], sync.lease, target="labels", by="people")
    assert store.items.frame(later.id).select("written", "withdrawn").rows() == [(["okr:b"], []), ([], [])]
    assert store.items.frame(run.id).select("id", "written", "withdrawn").rows() == rows


def test_a_write_ends_a_withdrawal(store, sync, item):
    run = sync.sync([item("1")])
    store.journal.withdraw(run.id, "hub", [("1", "a")], sync.lease, target="labels")
    act(store, sync, run, (), ["a"], Result.APPLIED)
    assert store.items.frame(run.id).select("written", "withdrawn").rows() == [(["a"], [])]


def test_a_value_is_ours_at_the_target_it_was_written_to(store, sync, item):
    run = sync.sync([item("1"), item("2")])
    at_labels, at_field = change((), ["a"]), replace(change((), ["a", "b"]), target="field:Objective")
    for each in (at_labels, at_field):
        ids = store.journal.intend(run.id, "digest", [each], sync.lease)
        store.journal.settle(run.id, {line: outcome(Result.APPLIED) for line in ids}, sync.lease)
    store.journal.withdraw(run.id, "hub", [("1", "a")], sync.lease, target="field:Objective")

    def marks(target):
        return store.items.frame(run.id, targets={"hub": target}).select("written", "withdrawn").row(0)

    assert marks("labels") == (["a"], [])
    assert marks("field:Objective") == (["b"], ["a"])
    assert marks("property:x") == ([], [])
    assert store.items.frame(run.id)["written"][0].to_list() == ["a"]
    away = store.journal.elsewhere({"hub": "property:x"}, run.id)
    assert sorted(away.rows()) == [("hub", "1", "field:Objective", "b"), ("hub", "1", "labels", "a")]
    assert store.journal.elsewhere({}, run.id).rows() == [("hub", "1", "field:Objective", "b")]
    store.journal.intend(run.id, "d", [replace(at_labels, after=("c",))], sync.lease)
    assert store.journal.elsewhere({"hub": "field:Objective"})["value"].to_list() == ["a", "c"], "maybe written"


def test_an_adoption_claims_a_source(store, sync):
    run = sync.begin()
    store.journal.withdraw(run.id, "hub", [("1", "a")], sync.lease, target="labels")
    assert store.journal.claimed() == frozenset()
    store.journal.adopt(run.id, "hub", [("1", "a")], sync.lease, target="labels", by="people")
    assert store.journal.claimed() == {"hub"}
    assert store.journal.claimed(run.id - 1) == frozenset()


def test_what_is_learnt_after_measuring_counts_from_the_next_run_on(store, sync, item, results):
    """The run that planned a write does not see it afterwards; else its report would change under its reader."""
    run = sync.begin()
    sync.walk(run, [item("1")])
    sync.publish(run)
    store.results.save(run.id, *results({"id": "1"}), sync.lease)
    act(store, sync, run, (), ["a"], Result.APPLIED)
    sync.finish(run)
    assert store.items.frame(run.id)["written"].to_list() == [[]]
    later = sync.begin()
    assert store.items.frame(later.id)["written"].to_list() == [["a"]]
    assert store.journal.written("hub", run.id) == {}
    assert store.journal.written("hub") == {"1": ("a",)}


def test_a_settled_line_keeps_its_outcome(store, sync):
    run = sync.begin()
    (line,) = store.journal.intend(run.id, "d", [change((), ["a"])], sync.lease)
    store.journal.settle(run.id, {line: outcome(Result.APPLIED, "first")}, sync.lease)
    store.journal.settle(run.id, {line: outcome(Result.FAILED, "second")}, sync.lease)
    (entry,) = store.journal.entries()
    assert (entry.result, entry.detail) == ("applied", "first")


def test_nothing_to_note_is_no_line_but_a_lost_lease_is_told(store, sync):
    run = sync.begin()
    assert store.journal.intend(run.id, "d", [], sync.lease) == []
    store.journal.adopt(run.id, "hub", [], sync.lease, target="labels", by="ours")
    assert store.journal.entries() == []
    with pytest.raises(FenceLost):
        store.journal.intend(run.id, "d", [], Lease("source:hub", "test", 99))


step = st.tuples(
    st.sampled_from(["add", "remove", "withdraw", "ours", "people"]),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(list(Result)),
)


def replay(steps):
    """The rules once more, in plain words: item and value → written | withdrawn."""
    state = {}
    for action, id, value, result in steps:
        name = (id, value)
        if action == "add" and result is Result.APPLIED:
            state[name] = "written"
        elif action == "remove" and result in (Result.APPLIED, Result.UNCHANGED):
            state.pop(name, None)
        elif action == "withdraw":
            state[name] = "withdrawn"
        elif action == "ours":
            state[name] = "written"
        elif action == "people":
            state.pop(name, None)
    return state


def perform(store, sync, run, step):
    action, id, value, result = step
    if action == "add":
        act(store, sync, run, (), [value], result, id=id)
    elif action == "remove":
        act(store, sync, run, [value], (), result, id=id)
    elif action == "withdraw":
        store.journal.withdraw(run.id, "hub", [(id, value)], sync.lease, target="labels")
    else:
        store.journal.adopt(run.id, "hub", [(id, value)], sync.lease, target="labels", by=action)


def state_of(store, run):
    frame = store.items.frame(run.id)
    return {
        (id, value): state
        for id, written, withdrawn in frame.select("id", "written", "withdrawn").rows()
        for state, values in (("written", written), ("withdrawn", withdrawn))
        for value in values
    }


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(step, max_size=8))
def test_every_prefix_of_the_journal_replays_to_the_state_it_left(new_url, driver, item, steps):
    with open_store(new_url("sqlite")) as store:
        sync = driver(store)
        sync.sync([item("1"), item("2")])
        runs = []
        for number, each in enumerate(steps):
            run = sync.begin()
            perform(store, sync, run, each)
            sync.finish(run)
            runs.append((run, replay(steps[: number + 1])))
        for run, expected in runs:
            assert state_of(store, run) == expected
