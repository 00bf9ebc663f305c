"""Caps hold for all plans of a run together, and for runs of single items since the last whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from veaf_sync.errors import Refused
from veaf_sync.plan import Plan, dump, load
from veaf_sync.sync import ApplyResult, apply_plan, make_plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from conftest import Organisation

BUGS = "{name: bugs, when: {type: Bug}, objective: cheap}"
STORIES = "{name: stories, when: {type: Story}, objective: fast}"


@pytest.fixture
def clearing(busy: Organisation) -> Organisation:
    """Bugs lose their tags by the mapping, and two may in one partition."""
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["guards"] = "{clears: {count: 2, share: 1}}"
    for number in range(20, 26):
        busy.tool.add("PAY", f"PAY-{number}", type="Bug")
    busy.mapping = f"rules: [{BUGS}, {STORIES}]\n"
    busy.sync(write=True)
    busy.mapping = f"rules: [{STORIES}]\n"
    busy.clock.advance(3600)
    return busy


def apply(organisation: Organisation, plan: Plan, **options: Any) -> ApplyResult:
    return apply_plan(
        load(dump(plan)), organisation.config, organisation.registry, organisation.store, organisation.clock, **options
    )


def part(organisation: Organisation, result: Any, items: Collection[Any]) -> Plan:
    return make_plan(
        organisation.config,
        organisation.registry,
        organisation.store,
        organisation.clock,
        result.run,
        items=items,
    ).plan


def test_two_plans_of_a_run_clear_no_more_than_one(clearing: Organisation) -> None:
    result = clearing.sync(write=True)
    assert result.refusal is not None
    assert result.planned is not None
    full = result.planned.plan
    pay = [change.item for change, place in zip(full.changes, full.partitions, strict=True) if place == "PAY"]
    assert apply(clearing, part(clearing, result, pay[:2])).outcomes
    again = part(clearing, result, pay[2:4])
    with pytest.raises(Refused, match=r"PAY: 4 clears are more than the cap of 2 \(with 2 changes that were written"):
        apply(clearing, again)
    assert apply(clearing, again, accept=2).outcomes, "only what this plan would write is asked for"


def test_one_item_after_the_other_is_no_way_around_a_cap(clearing: Organisation) -> None:
    ids = [item.id for item in clearing.tool.items.values() if item.key in ("PAY-20", "PAY-21", "PAY-22")]
    clearing.sync()
    for item in ids[:2]:
        clearing.clock.advance(60)
        assert clearing.sync(write=True, only={"mem": [item]}).refusal is None
    clearing.clock.advance(60)
    result = clearing.sync(write=True, only={"mem": [ids[2]]})
    assert result.refusal is not None
    assert "3 clears are more than the cap of 2" in result.refusal.message
    clearing.clock.advance(60)
    clearing.sync()
    clearing.clock.advance(60)
    assert clearing.sync(write=True, only={"mem": [ids[2]]}).refusal is None, "a whole pass begins anew"


def test_an_undo_counts_by_itself(clearing: Organisation) -> None:
    from veaf_sync.sync import make_undo

    result = clearing.sync(write=True)
    assert result.planned is not None
    full = result.planned.plan
    pay = [change.item for change, place in zip(full.changes, full.partitions, strict=True) if place == "PAY"]
    for _ in range(2):
        assert apply(clearing, part(clearing, result, pay[:2])).outcomes
        undone = make_undo(clearing.config, clearing.registry, clearing.store, clearing.clock, result.run)
        assert apply(clearing, undone.plan).outcomes
