"""Whose word counts where people and rules differ: theirs, or the rules' and a report. Nothing of theirs is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from veaf_sync.sync import Planned, RunResult, make_plan

if TYPE_CHECKING:
    from conftest import Organisation

STATED = """
stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: stories, when: {type: Story}, objective: fast}
"""


@pytest.fixture(params=["keep-theirs", "report"])
def edited(request: pytest.FixtureRequest, busy: Organisation) -> Organisation:
    """After a first pass that wrote, people took PAY-0's tag, changed SHOP-6's to cheap, and tagged the chore PAY-2."""
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["on_conflict"] = request.param
    busy.mapping = STATED
    busy.sync(write=True)
    busy.tool.tag("id-PAY-0", remove=["okr:fast"])
    busy.tool.tag("id-SHOP-6", add=["okr:cheap"], remove=["okr:fast"])
    busy.tool.tag("id-PAY-2", add=["okr:fast"])
    busy.clock.advance(3600)
    return busy


def labels(organisation: Organisation) -> dict[str, tuple[str, ...]]:
    return {item.key: item.labels for item in organisation.tool.items.values()}


def plan_of(organisation: Organisation, result: RunResult) -> Planned:
    return make_plan(organisation.config, organisation.registry, organisation.store, organisation.clock, result.run)


def test_figures_follow_whose_word_counts_and_the_tools_stay_as_people_left_them(edited: Organisation) -> None:
    before = labels(edited)
    for _ in range(2):
        result = edited.sync(write=True)
        assert result.outcomes == ()
        assert labels(edited) == before
        edited.clock.advance(3600)
    got = edited.verdicts(result.run.id)
    heeded = edited.source["on_conflict"] == "keep-theirs"
    assert got["PAY-0"] == ("orphan" if heeded else "aligned")
    assert got["PAY-2"] == ("aligned" if heeded else "orphan")
    assert got["SHOP-6"] == "aligned"
    told = {(kept.key, kept.value): kept.reason for kept in plan_of(edited, result).plan.skipped}
    if heeded:
        assert told == {("PAY-0", "okr:fast"): "a person took it away, so it is not set again"}
        assert result.notes == ()
        return
    reported = "left so, and reported"
    assert told == {
        ("PAY-0", "okr:fast"): f"a person took it away, the rules want okr:fast; {reported}",
        ("PAY-2", "okr:fast"): f"a person set it, the rules want none; {reported}",
        ("SHOP-6", "okr:cheap"): f"a person set it, the rules want okr:fast; {reported}",
        ("SHOP-6", "okr:fast"): f"a person took it away, the rules want okr:fast; {reported}",
    }
    assert result.notes[0].startswith("mem: 3 items have tags that people left otherwise than the rules want")


def test_turning_the_choice_changes_figures_and_no_tool(edited: Organisation) -> None:
    edited.sync(write=True)
    before = labels(edited)
    other = {"keep-theirs": "report", "report": "keep-theirs"}[str(edited.source["on_conflict"])]
    edited.source["on_conflict"] = other
    edited.clock.advance(3600)
    result = edited.sync(write=True)
    assert labels(edited) == before
    assert edited.verdicts(result.run.id)["PAY-0"] == ("orphan" if other == "keep-theirs" else "aligned")


def test_where_nobody_differs_both_write_the_same(edited: Organisation) -> None:
    edited.tool.add("PAY", "PAY-99", type="Story")
    edited.clock.advance(3600)
    edited.sync(write=True)
    assert labels(edited)["PAY-99"] == ("okr:fast",)
