"""Statements, rules, built objectives, withdrawals and inheritance, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from veaf_sync.frames import VERDICTS

Build = Callable[..., Any]
RULE = {"name": "platform", "when": {"components": "Platform"}, "split": {"fast": 0.6, "cheap": 0.4}}


def verdict_of(world: Any, key: str) -> tuple[str, dict[str, float], str, str]:
    found = world.results()[f"work:{key}"]
    return found["verdict"], found["objectives"], found["origin"], found["reason"]


def test_schema_and_order(world: Build) -> None:
    items = [
        {"key": "B", "components": ["Platform"]},
        {"key": "A"},
        {"source": "a", "key": "Z", "components": ["platform"]},
    ]
    found = world(items, [RULE]).verdicts()
    assert found.schema == VERDICTS
    assert found.select("source", "id", "objective").rows() == [
        ("a", "Z", "cheap"),
        ("a", "Z", "fast"),
        ("work", "A", ""),
        ("work", "B", "cheap"),
        ("work", "B", "fast"),
    ]


def test_no_items(world: Build) -> None:
    found = world([], [RULE]).verdicts()
    assert found.schema == VERDICTS
    assert found.height == 0


@pytest.mark.parametrize(
    ("item", "verdict", "reason"),
    [
        ({"labels": ["okr:fast"]}, "aligned", "stated"),
        ({"labels": ["okr:vision"]}, "dangling", "the vision is no objective"),
        ({"labels": ["okr:nowhere"]}, "dangling", "objective nowhere is unknown"),
        ({"labels": ["okr:idea"]}, "dangling", "objective idea is a draft"),
        ({"labels": ["okr:q3"]}, "dangling", "objective q3 is closed"),
        ({"labels": ["okr:below-q3"]}, "dangling", "objective below-q3 is cut off from the vision"),
        ({"labels": ["okr:FAST"]}, "orphan", "nothing matched"),
        ({"labels": ["okr:none"]}, "orphan", "none was said"),
        ({"labels": ["okr:fast", "okr:cheap"]}, "ambiguous", "two objectives stated: cheap, fast"),
        ({"labels": ["okr:fast"], "stated": ["fast"]}, "aligned", "stated"),
        ({"labels": ["okr:fast"], "stated": ["Fast"]}, "ambiguous", "two objectives stated: Fast, fast"),
        (
            {"labels": ["okr:fast"], "fields": '{"Goal": ["mobile"]}', "stated": ["cheap"]},
            "ambiguous",
            "three objectives stated: cheap, fast, mobile",
        ),
        ({"fields": '{"Goal": ["mobile", "mobile"]}'}, "aligned", "stated"),
        ({"title": "fix it (goal: cheap)"}, "aligned", "stated"),
        ({"labels": ["okr:fast"], "unreadable": True}, "unreadable", "cannot be read now, kept as last read"),
    ],
)
def test_statement(world: Build, item: dict[str, Any], verdict: str, reason: str) -> None:
    stated = [
        {"from": "labels", "pattern": "okr:(?P<objective>[a-z0-9-]+)"},
        {"from": "labels", "pattern": "okr/(?P<objective>[a-z0-9-]+)"},
        {"from": "fields.Goal"},
        {"from": "title", "pattern": r".*\(goal: (?P<objective>\w+)\)"},
    ]
    found = verdict_of(world([{"key": "A", **item}], stated=stated), "A")
    assert (found[0], found[3]) == (verdict, reason)


def test_inherited_alignment_names_the_ancestor(world: Build) -> None:
    found = world(
        [
            {"key": "E", "labels": ["okr:fast"]},
            {"key": "S", "parent": "E"},
            {"key": "T", "parent": "S"},
            {"key": "U", "parent": "E", "labels": ["okr:q3"]},
            {"key": "V", "parent": "U"},
        ]
    )
    assert verdict_of(found, "T") == ("aligned", {"fast": 1.0}, "inherited", "under E")
    assert verdict_of(found, "V") == ("dangling", {"q3": 1.0}, "inherited", "objective q3 is closed")


THEMES = {
    "name": "themes",
    "when": {"any": [{"labels": {"regex": "^theme-(?P<theme>[a-z]+)$"}}, {"title": {"regex": r"\[(?P<theme>\w+)\]"}}]},
    "objective": "{theme}",
}


@pytest.mark.parametrize(
    ("item", "verdict", "objectives", "rule"),
    [
        ({"labels": ["theme-fast"]}, "aligned", {"fast": 1.0}, "themes"),
        ({"title": "Do [cheap] and [fast]"}, "aligned", {"cheap": 1.0}, "themes"),
        ({"labels": ["theme-fast"], "title": "Do [fast]"}, "aligned", {"fast": 1.0}, "themes"),
        ({"labels": ["theme-fast"], "title": "Do [cheap]"}, "ambiguous", {}, "themes"),
        ({"labels": ["theme-none"]}, "orphan", {}, "themes"),
        ({"labels": ["theme-x"]}, "dangling", {"x": 1.0}, "themes"),
        ({"labels": ["themes"]}, "aligned", {"mobile": 1.0}, "rest"),
    ],
)
def test_built(world: Build, item: dict[str, Any], verdict: str, objectives: dict[str, float], rule: str) -> None:
    found = world([{"key": "A", **item}], [THEMES, {"name": "rest", "when": {}, "objective": "mobile"}]).results()
    result = found["work:A"]
    assert (result["verdict"], result["objectives"], result["rule"]) == (verdict, objectives, rule)


def test_built_from_two_regexes_joins_what_belongs_together(world: Build) -> None:
    rule = {
        "name": "two",
        "when": {
            "labels": {"regex": "^(?P<kind>[a-z]+)-(?P<half>[a-z]+)$"},
            "components": {"regex": "^(?P<tail>[a-z]+)$"},
        },
        "objective": "{kind}{half}{tail}",
    }
    items = [
        {"key": "A", "labels": ["f-a"], "components": ["st"]},
        {"key": "B", "labels": ["f-a", "x-y"], "components": ["st"]},
    ]
    found = world(items, [rule])
    assert verdict_of(found, "A")[:2] == ("aligned", {"fast": 1.0})
    assert verdict_of(found, "B")[3] == "two objectives built: fast, xyst"


def test_a_group_that_took_no_part_builds_nothing(world: Build) -> None:
    rule = {"name": "opt", "when": {"labels": {"regex": "^t(-(?P<x>[a-z]+))?$"}}, "objective": "{x}"}
    found = world([{"key": "A", "labels": ["t"]}, {"key": "B", "labels": ["t-fast"]}], [rule])
    assert verdict_of(found, "A")[0] == "orphan"
    assert verdict_of(found, "B")[0] == "aligned"


def test_expiry_is_a_day_in_the_time_zone(world: Build) -> None:
    exempt = {"class": "k", "owner": "o", "reason": "r", "until": "2026-11-24", "budget": 0.1}
    rules = [{"name": "k", "when": {}, "exempt": exempt}]
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert verdict_of(world([{"key": "A"}], rules, at=late), "A")[0] == "exempt"
    assert verdict_of(world([{"key": "A"}], rules, at=late, tz="Europe/Berlin"), "A")[0] == "orphan"


@pytest.mark.parametrize(
    ("withdrawn", "expected"),
    [
        (["fast"], ("aligned", {"cheap": 1.0}, "rule", 'rule "platform"')),
        (["fast", "cheap"], ("orphan", {}, "withdrawn", "withdrawn")),
        (["mobile"], ("aligned", {"fast": 0.6, "cheap": 0.4}, "rule", 'rule "platform"')),
    ],
)
def test_withdrawn_from_a_rule(world: Build, withdrawn: list[str], expected: Any) -> None:
    found = world([{"key": "A", "components": ["platform"], "withdrawn": withdrawn}], [RULE])
    assert verdict_of(found, "A") == expected


def line(**withdrawn: list[str]) -> list[dict[str, Any]]:
    """E above S above T above U, with what was withdrawn from each."""
    above = {"E": "", "S": "E", "T": "S", "U": "T"}
    return [{"key": key, "parent": parent, "withdrawn": withdrawn.get(key, [])} for key, parent in above.items()]


def test_withdrawal_ends_inheritance_for_those_below(world: Build) -> None:
    rules = [{"name": "top", "when": {"key": "E"}, "objective": "fast"}]
    found = world(line(S=["fast"], U=["cheap"]), rules)
    assert verdict_of(found, "E")[0] == "aligned"
    assert verdict_of(found, "S") == ("orphan", {}, "withdrawn", "withdrawn")
    assert verdict_of(found, "T") == ("orphan", {}, "inherited", "withdrawn")
    assert verdict_of(found, "U") == ("orphan", {}, "inherited", "withdrawn")


def test_withdrawals_settle_from_the_top_down(world: Build) -> None:
    rules = [{"name": "top", "when": {"key": "E"}, "split": {"fast": 0.6, "cheap": 0.4}}]
    found = world(line(S=["fast"], T=["mobile"], U=["cheap"]), rules)
    assert verdict_of(found, "S")[:3] == ("aligned", {"cheap": 1.0}, "inherited")
    assert verdict_of(found, "T")[:3] == ("aligned", {"cheap": 1.0}, "inherited")
    assert verdict_of(found, "U")[:3] == ("orphan", {}, "withdrawn")


def test_statements_are_stronger_than_withdrawals(world: Build) -> None:
    found = world([{"key": "A", "labels": ["okr:fast"], "withdrawn": ["fast"]}, {"key": "B", "withdrawn": ["fast"]}])
    assert verdict_of(found, "A")[:3] == ("aligned", {"fast": 1.0}, "statement")
    assert verdict_of(found, "B")[:3] == ("orphan", {}, "")


def test_a_dead_share_that_was_withdrawn_is_gone(world: Build) -> None:
    rules = [{"name": "half dead", "when": {}, "split": {"fast": 0.5, "q3": 0.5}}]
    found = world([{"key": "A"}, {"key": "B", "withdrawn": ["q3"]}], rules)
    assert verdict_of(found, "A")[0] == "dangling"
    assert verdict_of(found, "B")[:2] == ("aligned", {"fast": 1.0})


def test_more_rules_than_are_asked_at_once(world: Build) -> None:
    rules = [{"name": f"r{n}", "when": {"labels": f"l{n}"}, "objective": "fast"} for n in range(300)]
    items = [{"key": f"K{n}", "labels": [f"l{n}", "l299"]} for n in range(0, 300, 7)]
    found = world(items, rules).results()
    assert [found[f"work:K{n}"]["rule"] for n in range(0, 300, 7)] == [f"r{n}" for n in range(0, 300, 7)]
