"""Tags beyond labels: whatever the place, what we wrote is output and never input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veaf_sync.connector import GOALS, LABELS
from veaf_sync.model import Result
from veaf_sync.store import open_store
from veaf_sync.sync import make_plan
from veaf_sync.testing import ManualClock, MemoryConnector, MemoryTool

if TYPE_CHECKING:
    from conftest import Organisation

FIELD = "field:Objective"
TAGS = {LABELS: '{label: "okr:{objective}"}', FIELD: "{field: Objective}", GOALS: "{goal: true}"}
KEYS = {"fast": "G-1", "cheap": "G-2"}
WITH_GOALS = """
vision: {title: V}
objectives:
  - {id: fast, goal: "mem:G-1"}
  - {id: cheap, goal: ["mem:G-2", "other:7"]}
  - {id: lone}
"""
STATED = """
stated:
  - {from: fields.Objective}
  - {from: labels, pattern: "okr:(?P<objective>[a-z]+)"}
"""
BUGS = "rules:\n  - {name: bugs, when: {type: Bug}, objective: cheap}\n"
NO_RULES = "rules: []\n"


@pytest.fixture
def fielded(busy: Organisation) -> Organisation:
    """`busy` with tags in the field that the mapping reads, and without caps on small numbers."""
    busy.source |= {"tag": TAGS[FIELD], "guards": "{clears: {count: 50, share: 1}}"}
    busy.mapping = STATED + BUGS
    return busy


def values(organisation: Organisation) -> dict[str, list[str]]:
    """What stands in the field, by key, where anything does."""
    found = {item.key: list(item.fields.get("Objective", ())) for item in organisation.tool.items.values()}
    return {key: held for key, held in sorted(found.items()) if held}


CHEAP = {key: ["cheap"] for key in ("OPS-10", "PAY-1", "SHOP-4", "SHOP-7")}


def test_a_field_is_written_and_cleared(fielded: Organisation) -> None:
    result = fielded.sync(write=True)
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}
    assert result.planned is not None
    assert {change.target for change in result.planned.plan.changes} == {FIELD}
    assert values(fielded) == CHEAP
    assert fielded.sync(write=True).outcomes == ()
    fielded.mapping = STATED + NO_RULES
    result = fielded.sync(write=True)
    assert values(fielded) == {}, "what stands there is ours, so it states nothing and is cleared"
    again = make_plan(fielded.config, fielded.registry, fielded.store, fielded.clock, result.run)
    assert (again.plan.changes, again.plan.skipped) == ((), ()), "what we cleared states nothing, also unread"


def test_what_people_put_into_the_field_is_a_statement_and_stays(fielded: Organisation) -> None:
    fielded.sync(write=True)
    fielded.clock.advance(3600)
    fielded.tool.tag("id-PAY-2", add=["fast"], target=FIELD)
    fielded.tool.tag("id-PAY-1", remove=["cheap"], target=FIELD)
    result = fielded.sync(write=True)
    verdicts = fielded.verdicts(result.run.id)
    assert (verdicts["PAY-2"], verdicts["PAY-1"]) == ("aligned", "orphan")
    assert values(fielded) == {key: value for key, value in CHEAP.items() if key != "PAY-1"} | {"PAY-2": ["fast"]}


def test_a_value_in_the_field_that_nobody_claims_is_neither_read_nor_cleared(fielded: Organisation) -> None:
    fielded.tool.tag("id-PAY-2", add=["fast"], target=FIELD)
    result = fielded.sync(write=True)
    assert fielded.verdicts(result.run.id)["PAY-2"] == "orphan"
    assert (result.outcomes, values(fielded)) == ((), {"PAY-2": ["fast"]})
    assert fielded.verdicts(fielded.sync(adopt_tags="people").run.id)["PAY-2"] == "aligned"


@pytest.mark.parametrize(("before", "after"), [(LABELS, FIELD), (FIELD, LABELS)])
def test_what_an_interrupted_write_left_elsewhere_is_judged_where_it_was_sent(
    fielded: Organisation, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    fielded.source["tag"] = TAGS[before]
    written = MemoryConnector.write

    def dies(self: MemoryConnector, batch: Any) -> Any:
        written(self, batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(MemoryConnector, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        fielded.sync(write=True)
    monkeypatch.setattr(MemoryConnector, "write", written)
    fielded.source["tag"], fielded.mapping = TAGS[after], STATED + NO_RULES
    result = fielded.sync()
    assert [entry.result for entry in fielded.store.journal.entries(source="mem")] == ["applied"]
    assert set(fielded.verdicts(result.run.id).values()) == {"orphan"}, "it is ours, wherever it stands"


@pytest.fixture
def goaled(busy: Organisation) -> Organisation:
    """`busy` with links to the tool's own goals as tags, and without caps on small numbers."""
    busy.source |= {"tag": TAGS[GOALS], "guards": "{clears: {count: 50, share: 1}}"}
    busy.strategy, busy.mapping = WITH_GOALS, BUGS
    return busy


def linked(organisation: Organisation) -> dict[str, list[str]]:
    """Keys of the goals that items are linked to, by the items' keys."""
    found = {item.key: list(item.fields.get(GOALS, ())) for item in organisation.tool.items.values()}
    return {key: held for key, held in sorted(found.items()) if held}


LINKED = {key: ["G-2"] for key in CHEAP}


def test_items_are_linked_to_the_goals_of_their_objectives(goaled: Organisation) -> None:
    result = goaled.sync(write=True)
    assert result.planned is not None
    assert {change.target for change in result.planned.plan.changes} == {GOALS}
    assert linked(goaled) == LINKED
    assert goaled.sync(write=True).outcomes == ()
    goaled.mapping = NO_RULES
    goaled.sync(write=True)
    assert linked(goaled) == {}, "the links are ours, so they state nothing and are taken away"


def test_an_objective_without_a_goal_links_nothing(goaled: Organisation) -> None:
    goaled.mapping = BUGS.replace("cheap", "lone")
    result = goaled.sync(write=True)
    assert result.outcomes == ()
    assert goaled.verdicts(result.run.id)["PAY-1"] == "aligned"


def test_a_persons_link_overrules_the_rule(goaled: Organisation) -> None:
    """PAY-1 is a bug, so a rule says cheap; a person links it to the goal of fast."""
    goaled.sync(write=True)
    goaled.clock.advance(3600)
    goaled.tool.tag("id-PAY-1", add=["G-1"], remove=["G-2"], target=GOALS)
    goaled.tool.tag("id-PAY-2", add=["G-99"], target=GOALS)
    result = goaled.sync(write=True)
    rows = {row["key"]: row for row in goaled.results(result.run.id).to_dicts()}
    assert (rows["PAY-1"]["objective"], rows["PAY-1"]["origin"]) == ("fast", "statement")
    assert rows["PAY-2"]["verdict"] == "dangling", "a goal that is no objective's"
    assert linked(goaled) == LINKED | {"PAY-1": ["G-1"], "PAY-2": ["G-99"]}, "nothing was overwritten"


def test_links_are_statements_where_tags_stand_elsewhere_too(goaled: Organisation) -> None:
    goaled.source["tag"] = TAGS[LABELS]
    goaled.tool.tag("id-PAY-2", add=["G-1"], target=GOALS)
    assert goaled.verdicts(goaled.sync(write=True).run.id)["PAY-2"] == "aligned"
    assert goaled.tool.items["id-PAY-2"].labels == ("okr:fast",)
    goaled.strategy = WITH_GOALS.replace("mem:", "other:").replace('["other:G-2", "other:7"]', "[]")
    assert goaled.verdicts(goaled.sync().run.id)["PAY-2"] == "orphan", "no objective has a counterpart here"


def raw(place: str, objective: str) -> str:
    """What stands for an objective at a place."""
    return f"okr:{objective}" if place == LABELS else KEYS[objective] if place == GOALS else objective


people = st.dictionaries(
    st.integers(0, 5),
    st.tuples(st.sampled_from([LABELS, FIELD, GOALS]), st.sampled_from(["fast", "cheap"])),
    max_size=3,
)
places = st.lists(st.sampled_from([LABELS, FIELD, GOALS]), min_size=1, max_size=3)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(people=people, places=places, kinds=st.lists(st.sampled_from(["Bug", "Chore"]), min_size=6, max_size=6))
def test_output_is_never_input_wherever_it_was_written(
    organisation: Organisation, new_url: Callable[[str], str], people: Any, places: list[str], kinds: list[str]
) -> None:
    """Written at one place after the other, then without any rule: only what people said aligns an item."""
    clock = ManualClock(organisation.clock.now())
    name, tool = f"t{uuid4().hex}", MemoryTool(clock)
    MemoryConnector.tools[name] = tool
    for number, kind in enumerate(kinds):
        tool.add("PAY", f"PAY-{number}", type=kind)
    for number, (place, objective) in people.items():
        tool.tag(f"id-PAY-{number}", add=[raw(place, objective)], target=place)
    with open_store(new_url("sqlite")) as store:
        made = type(organisation)(
            store=store, clock=clock, tool=tool, name=name, mapping=STATED + BUGS, strategy=WITH_GOALS
        )
        made.source |= {"guards": "{clears: {count: 50, share: 1}}"}
        for number, place in enumerate(places):
            made.source["tag"] = TAGS[place]
            clock.advance(3600)
            made.sync(write=True, adopt_tags=None if number else "people")
        made.mapping = STATED + NO_RULES
        clock.advance(3600)
        found = made.verdicts(made.sync(write=True).run.id)
        again = made.verdicts(made.sync().run.id)
    stated = {f"PAY-{number}" for number in people}
    assert {key for key, verdict in found.items() if verdict != "orphan"} == stated
    assert again == found
    held = {number: {*tool.items[f"id-PAY-{number}"].labels} for number in people}
    for place in ("Objective", GOALS):
        held = {n: held[n] | set(tool.items[f"id-PAY-{n}"].fields.get(place, ())) for n in people}
    for number, (place, objective) in people.items():
        assert raw(place, objective) in held[number], "what people put there stays"
    del MemoryConnector.tools[name]
