"""Undo: exactly what a run wrote is taken back, and what anybody changed since stays and is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veaf_sync.errors import Refused, UsageError
from veaf_sync.model import Result
from veaf_sync.plan import dump, load
from veaf_sync.sync import ApplyResult, Planned, apply_plan, make_plan, make_undo

if TYPE_CHECKING:
    from conftest import Organisation

OURS = "okr:"
MOVED = """
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: stories, when: {type: Story}, objective: cheap}
"""


@pytest.fixture
def tagged(busy: Organisation) -> Organisation:
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["guards"] = "{clears: {count: 50, share: 1}}"
    return busy


def undo(organisation: Organisation, run: int) -> Planned:
    undone = organisation.store.runs.get(run)
    assert undone is not None
    return make_undo(organisation.config, organisation.registry, organisation.store, organisation.clock, undone)


def apply(organisation: Organisation, planned: Planned, **options: Any) -> ApplyResult:
    return apply_plan(
        load(dump(planned.plan)),
        organisation.config,
        organisation.registry,
        organisation.store,
        organisation.clock,
        **options,
    )


def tags(organisation: Organisation) -> dict[str, list[str]]:
    found = {i.key: [v for v in i.labels if v.startswith(OURS)] for i in organisation.tool.items.values()}
    return {key: values for key, values in sorted(found.items()) if values}


def id_of(organisation: Organisation, key: str) -> str:
    return next(item.id for item in organisation.tool.items.values() if item.key == key)


@pytest.mark.parametrize("organisation", ["sqlite", "postgresql"], indirect=True)
def test_a_run_is_taken_back_and_then_there_is_nothing_left_to_take_back(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    before = tags(tagged)
    tagged.mapping = MOVED
    tagged.clock.advance(3600)
    second = tagged.sync(write=True)
    assert tags(tagged) != before
    planned = undo(tagged, second.run.id)
    assert planned.plan.undoes == second.run.id
    assert (planned.plan.counts.set, planned.plan.counts.clear, planned.plan.counts.skip) == (4, 4, 0)
    assert planned.plan.changes[0].reason == f'undoes run {second.run.id} (rule "stories")'
    assert any("still wants 8 of these" in note for note in planned.notes)
    assert {outcome.result for outcome in apply(tagged, planned).outcomes} == {Result.APPLIED}
    assert tags(tagged) == before
    with pytest.raises(UsageError, match="has been undone already"):
        undo(tagged, second.run.id)
    assert apply(tagged, undo(tagged, first.run.id)).outcomes
    assert tags(tagged) == {}
    assert [entry.detail["undoes"] for entry in tagged.store.audit.entries() if entry.event == "apply"] == [0, 0, 2, 1]
    assert tagged.store.audit.verify() == []


def test_what_was_undone_can_be_applied_and_undone_again(tagged: Organisation) -> None:
    """Also while the store still knows the reading from before all of it, so that the plan is the same one."""
    first = tagged.sync(write=True)
    before = tags(tagged)
    tagged.mapping = MOVED
    tagged.clock.advance(3600)
    read = tagged.sync().run
    applied: list[dict[str, list[str]]] = []
    for _ in range(2):
        planned = make_plan(tagged.config, tagged.registry, tagged.store, tagged.clock, read)
        assert {outcome.result for outcome in apply(tagged, planned).outcomes} == {Result.APPLIED}
        applied.append(tags(tagged))
        assert {outcome.result for outcome in apply(tagged, undo(tagged, read.id)).outcomes} == {Result.APPLIED}
        assert tags(tagged) == before
    assert applied[0] == applied[1] != before
    tagged.clock.advance(3600)
    tagged.sync()
    with pytest.raises(UsageError, match="has been undone already"):
        undo(tagged, read.id)
    assert undo(tagged, first.run.id).plan.changes


def test_what_people_took_back_of_an_applied_plan_is_not_written_again(tagged: Organisation) -> None:
    planned = make_plan(tagged.config, tagged.registry, tagged.store, tagged.clock, tagged.sync().run)
    apply(tagged, planned)
    tagged.tool.tag(id_of(tagged, "PAY-0"), remove=["okr:fast"])
    again = {outcome.item.id: outcome for outcome in apply(tagged, planned).outcomes}
    taken = again.pop(id_of(tagged, "PAY-0"))
    assert taken.result is Result.CONFLICT
    assert "since this plan was applied" in taken.detail
    assert {outcome.result for outcome in again.values()} == {Result.UNCHANGED}


def test_after_an_undo_the_mapping_of_before_finds_nothing_to_do(tagged: Organisation) -> None:
    tagged.sync(write=True)
    before = tagged.mapping
    tagged.mapping = MOVED
    tagged.clock.advance(3600)
    second = tagged.sync(write=True)
    apply(tagged, undo(tagged, second.run.id))
    tagged.mapping = before
    tagged.clock.advance(3600)
    third = tagged.sync(write=True)
    assert third.outcomes == (), "what an undo took away is neither withdrawn nor a person's"


def test_what_people_changed_since_stays_and_is_listed(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    taken, again, joined = (id_of(tagged, key) for key in ("PAY-0", "PAY-1", "PAY-3"))
    tagged.tool.tag(taken, remove=["okr:fast"])
    tagged.tool.tag(joined, add=["okr:other", "backend"])
    tagged.clock.advance(3600)
    tagged.sync()
    tagged.tool.tag(again, remove=["okr:cheap"])
    tagged.clock.advance(3600)
    tagged.sync()
    tagged.tool.tag(again, add=["okr:cheap"])
    tagged.clock.advance(3600)
    tagged.sync()
    planned = undo(tagged, first.run.id)
    assert {(kept.key, kept.value, kept.reason) for kept in planned.plan.skipped} == {
        ("PAY-0", "okr:fast", "okr:fast was taken away since"),
        ("PAY-1", "okr:cheap", "okr:cheap was set by a person since"),
    }
    assert not apply(tagged, planned).failed
    assert tags(tagged) == {"PAY-1": ["okr:cheap"], "PAY-3": ["okr:other"]}
    assert "backend" in tagged.tool.items[joined].labels


def test_what_a_later_run_changed_is_left_to_it(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    tagged.mapping = MOVED
    tagged.clock.advance(3600)
    tagged.sync(write=True)
    planned = undo(tagged, first.run.id)
    assert {kept.reason for kept in planned.plan.skipped} == {"okr:fast was taken away since"}
    assert {change.key for change in planned.plan.changes} == {"PAY-1", "SHOP-4", "SHOP-7", "OPS-10"}


def test_undo_does_not_put_back_what_another_undo_took(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    tagged.tool.add("OPS", "OPS-99", type="Bug")
    tagged.clock.advance(3600)
    second = tagged.sync(write=True)
    assert [outcome.result for outcome in second.outcomes] == [Result.APPLIED]
    apply(tagged, undo(tagged, first.run.id))
    assert [key for key, values in tags(tagged).items() if values] == ["OPS-99"]
    apply(tagged, undo(tagged, second.run.id))
    assert not any(tags(tagged).values())


def test_what_a_later_run_wrote_again_is_not_taken_back(tagged: Organisation) -> None:
    mapping = tagged.mapping
    first = tagged.sync(write=True)
    tagged.mapping = "rules: []\n"
    tagged.clock.advance(3600)
    tagged.sync(write=True)
    tagged.mapping = mapping
    tagged.clock.advance(3600)
    third = tagged.sync(write=True)
    before = tags(tagged)
    planned = undo(tagged, first.run.id)
    assert planned.plan.changes == ()
    assert any(f"written again since, by run {third.run.id}" in note for note in planned.notes)
    assert tags(tagged) == before


def test_what_a_person_does_between_undo_and_apply_wins(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    planned = undo(tagged, first.run.id)
    tagged.tool.tag(id_of(tagged, "PAY-0"), add=["okr:mine"])
    outcomes = {outcome.item.id: outcome.result for outcome in apply(tagged, planned).outcomes}
    assert outcomes[id_of(tagged, "PAY-0")] is Result.CONFLICT
    assert tags(tagged) == {"PAY-0": ["okr:fast", "okr:mine"]}


def test_the_same_guards_hold(tagged: Organisation) -> None:
    tagged.source["guards"] = "{clears: {count: 2}}"
    first = tagged.sync(write=True)
    planned = undo(tagged, first.run.id)
    with pytest.raises(Refused, match="3 clears are more than the cap of 2"):
        apply(tagged, planned)
    assert len(tags(tagged)) == 8
    assert not apply(tagged, planned, accept=6).failed
    assert tags(tagged) == {}


def test_items_that_are_gone_or_unreadable_are_listed(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    tagged.tool.delete(id_of(tagged, "PAY-0"))
    tagged.tool.hidden.add("SHOP")
    tagged.clock.advance(3600)
    tagged.sync()
    plan = undo(tagged, first.run.id).plan
    assert {(kept.key, kept.reason) for kept in plan.skipped} == {
        ("PAY-0", "the item is not known any more"),
        *((key, "the item cannot be read now") for key in ("SHOP-4", "SHOP-6", "SHOP-7")),
    }
    assert plan.changes == ()
    assert {each.reason for each in plan.refused} == {"mem was not read completely, so nothing is cleared there"}


def test_a_target_that_changed_since_or_is_read_only_now_is_left_alone(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    tagged.source["read_only"] = "true"
    plan = undo(tagged, first.run.id).plan
    assert plan.changes == ()
    assert {kept.reason for kept in plan.skipped} == {"its source has no tag target now, or is read-only"}


_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove"]),
        st.integers(0, 11),
        st.sampled_from(["okr:fast", "okr:cheap", "okr:other", "backend"]),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_EDITS, since=_EDITS)
def test_undo_restores_every_item_that_nobody_touched_and_takes_nothing_of_people(
    new_organisation: Any, before: Any, since: Any
) -> None:
    """A law: after undo, an untouched item is as before the run; of the others, whatever people set still stands."""
    with new_organisation() as tagged:
        people(tagged, before)
        tagged.sync(adopt_tags="people")
        earlier = labels(tagged)
        tagged.clock.advance(3600)
        wrote = tagged.sync(write=True)
        if not wrote.outcomes:
            return
        left = labels(tagged)
        people(tagged, since)
        touched = {key for key, now in labels(tagged).items() if now != left[key]}
        kept = labels(tagged)
        tagged.clock.advance(3600)
        tagged.sync()
        assert not apply(tagged, undo(tagged, wrote.run.id)).failed
        for key, now in labels(tagged).items():
            if key not in touched:
                assert now == earlier[key]
            else:
                ours = left[key] ^ earlier[key]
                assert now ^ kept[key] <= ours, "nothing but what the run wrote is changed"
                assert kept[key] - left[key] <= now, "what people set since stands"


def people(organisation: Organisation, edits: Any) -> None:
    for what, number, value in edits:
        item = id_of(organisation, f"{['PAY', 'SHOP', 'OPS'][number // 4]}-{number}")
        organisation.tool.tag(item, add=[value] if what == "add" else [], remove=[value] if what == "remove" else [])


def labels(organisation: Organisation) -> dict[str, frozenset[str]]:
    return {item.key: frozenset(item.labels) for item in organisation.tool.items.values()}
