"""Why an item has its verdict, and what would align it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from veaf_sync.errors import UsageError
from veaf_sync.mapping import Alignment, Explanation, Said, Seen, explain, findings, fixes
from veaf_sync.model import ItemRef

Build = Callable[..., Any]
ONCALL = {"class": "ktlo", "owner": "ops", "reason": "Somebody must.", "until": "2026-11-23", "budget": 0.2}
RULES = [
    {"name": "old", "when": {"type": "Bug"}, "exempt": ONCALL},
    {"name": "themes", "when": {"title": {"regex": r"t(-(?P<theme>\w+))?$"}}, "objective": "{theme}"},
    {
        "name": "payments",
        "when": {"level": "standard", "labels": {"any": ["payments", "checkout"]}},
        "objective": "fast",
    },
    {"name": "old epics", "when": {"ancestor": {"level": "epic"}, "age": {"over": 30}}, "objective": "cheap"},
    {"name": "spikes", "when": {"type": "Spike"}, "objective": "none"},
]


def why(world: Any, key: str) -> Explanation:
    return explain(ItemRef("work", key), *world.arguments, at=world.at, tz=world.tz)


def test_every_rule_tried_with_the_values_seen(world: Build) -> None:
    created = datetime(2026, 11, 1, tzinfo=UTC)
    found = why(
        world(
            [
                {"key": "E", "level": "epic", "title": "An epic"},
                {"key": "A", "parent": "E", "type": "Bug", "title": "t", "labels": ["ux", "debt"], "created": created},
            ],
            RULES,
        ),
        "A",
    )
    assert (found.verdict, found.reason, found.origin, found.rule) == ("orphan", "nothing matched", "", "")
    assert [(tried.rule, tried.matched, tried.note) for tried in found.tried] == [
        ("old", False, "not asked: its exemption was valid until 2026-11-23"),
        ("themes", False, "builds no objective here"),
        ("payments", False, ""),
        ("old epics", False, ""),
        ("spikes", False, ""),
    ]
    assert found.tried[2].keys == (
        Seen("level", "standard", "standard", True),
        Seen("labels", "[payments, checkout]", "ux, debt", False),
    )
    assert found.tried[3].keys == (
        Seen("ancestor", "{level: epic}", "ancestor: E · level: standard", True),
        Seen("age", "{over: 30}", "23 days", False),
    )
    assert [step.key for step in found.walked] == ["A", "E"]
    assert found.walked[1].tried[0].rule == "old"
    assert found.fix == (
        'renew until of rule "old" in mapping.yaml, or add label payments: rule "payments" would match'
    )


def test_what_is_tried_ends_where_something_matched(world: Build) -> None:
    items = [{"key": "E", "labels": ["payments"]}, {"key": "A", "parent": "E"}, {"key": "B", "parent": "A"}]
    found = why(world(items, RULES), "B")
    assert found.alignments == (Alignment("fast", 1.0, "inherited", "payments"),)
    assert found.reason == "under E"
    assert [(step.key, step.result) for step in found.walked] == [("B", ""), ("A", ""), ("E", 'rule "payments"')]
    assert [tried.rule for tried in found.walked[2].tried] == ["old", "themes", "payments"]
    assert found.walked[2].tried[-1].matched
    assert found.fix == ""


def test_statements_are_shown_and_no_rule_is_tried(world: Build) -> None:
    stated = [{"from": "labels", "pattern": "okr:(?P<objective>[a-z0-9-]+)"}, {"from": "fields.Goal"}]
    item = {"key": "A", "labels": ["okr:fast", "x"], "fields": '{"Goal": ["cheap"]}', "stated": ["fast"]}
    found = why(world([item], RULES, stated), "A")
    assert found.verdict == "ambiguous"
    assert found.walked[0].statements == (
        Said("fields.Goal", "cheap", "cheap"),
        Said("labels", "okr:fast", "fast"),
        Said("stated", "fast", "fast"),
    )
    assert found.tried == ()
    assert found.fix == "keep one of cheap, fast"


def test_a_statement_of_a_closed_objective_beside_an_active_one_is_said_to_be_dropped(world: Build) -> None:
    item = {"key": "A", "stated": ["q3", "fast"]}
    found = why(world([item], RULES), "A")
    assert (found.verdict, found.reason) == ("aligned", "stated")
    assert {said.objective: said.dropped for said in found.walked[0].statements} == {"fast": False, "q3": True}
    alone = why(world([{"key": "A", "stated": ["q3"]}], RULES), "A")
    assert not alone.walked[0].statements[0].dropped


def test_an_unknown_item_is_a_usage_error(world: Build) -> None:
    with pytest.raises(UsageError, match="work has no item with the id Z"):
        why(world([{"key": "A"}]), "Z")


def test_an_item_alone_in_its_frame_is_enough_with_its_ancestors(world: Build) -> None:
    items = [{"key": f"K{n}", "parent": f"K{n - 1}", "labels": ["payments"] if n == 0 else []} for n in range(40)]
    found = world(items, RULES)
    assert len(why(found, "K39").walked) == 40
    assert why(found, "K39").alignments[0].objective == "fast"


PATTERN = {"from": "labels", "pattern": "okr:(?P<objective>[a-z0-9-]+)"}


@pytest.mark.parametrize(
    ("items", "rules", "stated", "fix"),
    [
        ([{"key": "A"}], [], [PATTERN], "set label okr:<objective>"),
        ([{"key": "A"}], [], [], ""),
        ([{"key": "A"}], [], [{"from": "fields.Goal"}], "set Goal <objective>"),
        (
            [{"key": "A"}],
            [],
            [{"from": "title", "pattern": r".*(?P<objective>x)"}],
            "set title like .*(?P<objective>x)",
        ),
        (
            [{"key": "A", "parent": "E"}, {"key": "E"}],
            [],
            [PATTERN],
            "align its parent E, or set label okr:<objective>",
        ),
        ([{"key": "A", "parent": "E"}, {"key": "E"}], [], [], "align its parent E"),
        ([{"key": "A", "labels": ["okr:none"]}], [], [PATTERN], "instead of none, set label okr:<objective>"),
        (
            [{"key": "A", "type": "Spike"}],
            RULES,
            [PATTERN],
            'rule "spikes" says none: set label okr:<objective>',
        ),
        (
            [{"key": "A", "parent": "E"}, {"key": "E", "type": "Spike"}],
            RULES,
            [PATTERN],
            'on E: rule "spikes" says none: set label okr:<objective>',
        ),
        (
            [{"key": "A", "labels": ["payments"], "withdrawn": ["fast"]}],
            RULES,
            [PATTERN],
            "set label okr:<objective>",
        ),
        ([{"key": "A", "labels": ["okr:q3"]}], RULES, [PATTERN], "objective q3 is closed: name another or reopen it"),
        (
            [{"key": "A", "labels": ["okr:idea"]}],
            RULES,
            [PATTERN],
            "objective idea is a draft: name another or activate it",
        ),
        (
            [{"key": "A", "labels": ["okr:x"]}],
            RULES,
            [PATTERN],
            "objective x is unknown: correct it or add it to strategy.yaml",
        ),
        ([{"key": "A", "labels": ["okr:vision"]}], RULES, [PATTERN], "the vision is no objective: name one"),
        (
            [{"key": "A", "labels": ["okr:below-q3"]}],
            RULES,
            [PATTERN],
            "objective below-q3 is cut off from the vision: name another or connect it in strategy.yaml",
        ),
        (
            [{"key": "A"}],
            [{"name": "r", "when": {}, "objective": "q3"}],
            [PATTERN],
            'objective q3 is closed: name another or reopen it in rule "r"',
        ),
        (
            [{"key": "A", "parent": "E"}, {"key": "E", "labels": ["okr:fast", "okr:cheap"]}],
            [],
            [PATTERN],
            "on E: keep one of cheap, fast",
        ),
        ([{"key": "A", "unreadable": True}], RULES, [PATTERN], ""),
        ([{"key": "A", "labels": ["okr:fast"]}], RULES, [PATTERN], ""),
        ([{"key": "A", "level": "epic"}], RULES, [PATTERN], "set label okr:<objective>"),
    ],
)
def test_fix(world: Build, items: Any, rules: Any, stated: Any, fix: str) -> None:
    found = world(items, rules, stated)
    every = fixes(*found.arguments, at=found.at, tz=found.tz)
    assert every.columns == ["source", "id", "fix"]
    assert every.filter(pl.col("id") == "A")["fix"].to_list() == [fix]
    assert why(found, "A").fix == fix


def rule(name: str, **when: Any) -> dict[str, Any]:
    """A rule whose other key holds."""
    return {"name": name, "when": {"level": "standard", **when}, "objective": "fast"}


@pytest.mark.parametrize(
    ("rules", "fix"),
    [
        ([rule("a", type="Story", labels="x")], 'add label x: rule "a" would match'),
        ([rule("a", type="Bug", labels="x")], ""),
        ([{"name": "a", "when": {"labels": "x"}, "objective": "fast"}], ""),
        ([rule("a", components="x"), rule("b", labels="y")], 'add label y: rule "b" would match'),
        ([rule("a", labels={"all": ["x", "have"]})], 'add label x: rule "a" would match'),
        ([rule("a", labels={"all": ["x", "y"]})], ""),
        ([rule("a", labels={"any": ["x"], "none": ["have"]})], ""),
        ([rule("a", any=[{"type": "Bug"}, {"labels": "x"}])], 'add label x: rule "a" would match'),
        ([rule("a", **{"not": {"labels": "have"}})], ""),
        ([rule("a", labels="okr:fast")], ""),
        ([{"name": "a", "when": {"level": "standard", "labels": "x"}, "objective": "q3"}], ""),
        ([{"name": "n", "when": {"labels": {"glob": "x*"}}, "objective": "none"}, rule("a", labels="x1")], ""),
        (
            [{"name": "n", "when": {"labels": "x1", "type": "Bug"}, "objective": "none"}, rule("a", labels="x1")],
            'add label x1: rule "a" would match',
        ),
        ([rule("a", sprints="s"), rule("b", milestones="m")], 'add milestone m: rule "b" would match'),
    ],
)
def test_closest_rule_is_certain(world: Build, rules: Any, fix: str) -> None:
    found = world([{"key": "A", "type": "Story", "labels": ["have"]}], rules, [PATTERN])
    fallback = "set label okr:<objective>"
    assert why(found, "A").fix == (fix or fallback)


def test_findings(world: Build) -> None:
    rules = [
        *RULES,
        {"name": "dead", "when": {}, "split": {"fast": 0.5, "q3": 0.2, "nowhere": 0.3}},
        {"name": "cut", "when": {}, "objective": "below-q3"},
        {"name": "draft", "when": {}, "objective": "idea"},
    ]
    found = world([], rules)
    assert [(each.rule, each.what) for each in findings(found.mapping, found.strategy, at=found.at, tz=found.tz)] == [
        ("old", "the exemption ktlo was valid until 2026-11-23"),
        ("dead", "objective q3 is closed"),
        ("dead", "objective nowhere is unknown"),
        ("cut", "objective below-q3 is cut off from the vision"),
        ("draft", "objective idea is a draft"),
    ]
