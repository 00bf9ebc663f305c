"""What docs/known-defects.md lists of the core: each test says what should hold, and fails until it does."""

from __future__ import annotations

import pytest

from veaf_sync.errors import Incomplete
from veaf_sync.plan import dump, load
from veaf_sync.sync import apply_plan, make_plan
from veaf_sync.testing import MemoryConnector

STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
BUGS = "{name: bugs, when: {type: Bug}, objective: cheap}"
MOVED = f"rules: [{BUGS}, {{name: stories, when: {{type: Story}}, objective: cheap}}]\n"


@pytest.fixture
def tagged(busy):
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["guards"] = "{clears: {count: 500, share: 1}, moves: {count: 1}}"
    return busy


def apply(organisation, plan):
    return apply_plan(
        load(dump(plan)), organisation.config, organisation.registry, organisation.store, organisation.clock
    )


@pytest.mark.xfail(strict=True, reason="a write that takes effect after it was given up is read as a person's")
def test_a_late_write_is_ours(tagged, monkeypatch):
    tagged.source["guards"] = "{clears: {count: 500, share: 1}}"
    tagged.mapping = f"{STATED}rules: [{BUGS}]\n"
    tagged.sync(write=True)
    tagged.clock.advance(3600)
    tagged.mapping = f"{STATED}rules: [{BUGS}, {{name: stories, when: {{type: Story}}, objective: fast}}]\n"
    whole, late = MemoryConnector.write, []

    def slow(self, batch):
        late.append((self, batch))
        raise Incomplete("no complete answer within 120 s")

    monkeypatch.setattr(MemoryConnector, "write", slow)
    tagged.sync(write=True)
    for connector, batch in late:  # the tool does it a moment later
        whole(connector, batch)
    monkeypatch.setattr(MemoryConnector, "write", whole)
    tagged.clock.advance(3600)
    tagged.mapping = STATED + MOVED
    rows = tagged.results(tagged.sync(write=True).run.id)
    assert "statement" not in set(rows["origin"])


@pytest.mark.xfail(strict=True, reason="caps hold for each plan of a run by itself")
def test_two_plans_of_a_run_clear_no_more_than_one(tagged):
    tagged.source["guards"] = "{clears: {count: 2, share: 1}}"
    for number in range(20, 24):
        tagged.tool.add("PAY", f"PAY-{number}", type="Bug")
    tagged.sync(write=True)
    tagged.mapping = "rules: [{name: stories, when: {type: Story}, objective: fast}]\n"
    tagged.clock.advance(3600)
    result = tagged.sync(write=True)
    assert result.refusal is not None
    full = make_plan(tagged.config, tagged.registry, tagged.store, tagged.clock, result.run).plan
    pay = [change.item for change, place in zip(full.changes, full.partitions, strict=True) if place == "PAY"]

    def part(items):
        return make_plan(tagged.config, tagged.registry, tagged.store, tagged.clock, result.run, items=items).plan

    assert apply(tagged, part(pay[:2])).outcomes
    with pytest.raises(Exception, match="more than"):
        apply(tagged, part(pay[2:4]))
