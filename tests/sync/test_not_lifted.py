"""Guards that a small step beside them does not lift."""

from __future__ import annotations

import pytest

from veaf_sync.plan import dump, load
from veaf_sync.sync import apply_plan, make_undo

MOVED = """
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: stories, when: {type: Story}, objective: cheap}
"""


@pytest.fixture
def tagged(busy):
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["guards"] = "{clears: {count: 500, share: 1}, moves: {count: 1}}"
    return busy


def apply(organisation, plan):
    return apply_plan(
        load(dump(plan)), organisation.config, organisation.registry, organisation.store, organisation.clock
    )


@pytest.mark.parametrize("small", ["one item", "undo"])
def test_a_small_write_does_not_lift_the_cap_on_moves(tagged, small):
    tagged.sync(write=True)
    tagged.tool.add("OPS", "OPS-99", type="Bug")
    tagged.clock.advance(3600)
    second = tagged.sync(write=True)
    tagged.mapping = MOVED
    tagged.clock.advance(3600)
    assert tagged.sync(write=True).refusal is not None
    if small == "undo":
        undone = tagged.store.runs.get(second.run.id)
        apply(tagged, make_undo(tagged.config, tagged.registry, tagged.store, tagged.clock, undone).plan)
    else:
        one = next(item.id for item in tagged.tool.items.values() if item.key == "SHOP-6")
        tagged.clock.advance(60)
        assert len(tagged.sync(write=True, only={"mem": [one]}).outcomes) == 1
    tagged.clock.advance(60)
    assert tagged.sync(write=True).refusal is not None


def test_accepting_what_was_told_accepts_nothing_else(busy):
    busy.sync()
    for item in [item for item in busy.tool.items.values() if item.key.startswith("PAY-")]:
        busy.tool.delete(item.id)
    busy.clock.advance(3600)
    busy.sync(full=True)  # tells that PAY is doubted
    busy.clock.advance(3600)
    busy.tool.hidden.add("SHOP")
    result = busy.sync(full=True, accept_empty=["mem"])
    assert any(key.startswith("SHOP") for key in busy.verdicts(result.run.id))
