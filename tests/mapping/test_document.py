"""What cannot be a mapping is said in a sentence at its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from veaf_sync.mapping import MappingFile, columns
from veaf_sync.strategy import Strategy

EXEMPT = {"class": "on-call", "owner": "ops", "reason": "Somebody must.", "until": "2026-12-31", "budget": 0.2}
THEME = {"labels": {"regex": "^theme-(?P<theme>[a-z]+)$"}}


def rule(**changes: Any) -> dict[str, Any]:
    return {"name": "r", "when": {"type": "Bug"}, "objective": "fast", **changes}


@pytest.mark.parametrize(
    ("mapping", "place", "sentence"),
    [
        ({"rules": [rule(split={"a": 1.0})]}, ("rules", 0), "split and exempt: it has objective and split"),
        ({"rules": [rule(objective=None)]}, ("rules", 0), "it has none of them"),
        ({"rules": [rule(objective=" ")]}, ("rules", 0, "objective"), "objective is empty"),
        (
            {"rules": [rule(objective=None, split={"a": 0.5, "b": 0.4})]},
            ("rules", 0, "split"),
            "sum to 1, these to 0.9",
        ),
        ({"rules": [rule(objective=None, split={"a": 1.5, "b": -0.5})]}, ("rules", 0, "split"), "above 0 and up to 1"),
        (
            {"rules": [rule(objective=None, split={"none": 0.5, "b": 0.5})]},
            ("rules", 0, "split"),
            "none cannot have a share",
        ),
        ({"rules": [rule(), rule(name="s"), rule()]}, ("rules", 2, "name"), "rule 1 is called 'r' already"),
        ({"rules": [rule(name=" ")]}, ("rules", 0, "name"), "a name is needed"),
        ({"rules": [rule(when={"typ": "Bug"})]}, ("rules", 0, "when", "typ"), "Did you mean type?"),
        ({"rules": [rule(when=THEME, objective="{theme-growth")]}, ("rules", 0), "braces"),
        (
            {"rules": [rule(when=THEME, objective="{topic}-growth")]},
            ("rules", 0),
            "{topic} of '{topic}-growth' is no named group",
        ),
        ({"rules": [rule(when={"not": THEME}, objective="{theme}")]}, ("rules", 0), "is no named group"),
        ({"rules": [rule(when={"ancestor": THEME}, objective="{theme}")]}, ("rules", 0), "is no named group"),
        (
            {"rules": [rule(objective=None, exempt={**EXEMPT, "budget": 20})]},
            ("rules", 0, "exempt", "budget"),
            "share between 0 and 1",
        ),
        (
            {"rules": [rule(objective=None, exempt={**EXEMPT, "owner": ""})]},
            ("rules", 0, "exempt", "owner"),
            "name is needed",
        ),
        ({"stated": [{"from": "labels"}]}, ("stated", 0), "labels needs a pattern"),
        (
            {"stated": [{"from": "label", "pattern": "(?P<objective>x)"}]},
            ("stated", 0, "from"),
            "label cannot carry statements",
        ),
        (
            {"stated": [{"from": "labels", "pattern": "okr:(.*)"}]},
            ("stated", 0, "pattern"),
            "needs a group (?P<objective>…)",
        ),
        ({"stated": [{"from": "labels", "pattern": "(?P<objective>"}]}, ("stated", 0, "pattern"), "does not compile"),
        ({"stated": [{"from": "labels", "pattern": "(?=a)(?P<objective>a)"}]}, ("stated", 0, "pattern"), "look-around"),
        ({"rule": []}, ("rule",), "Extra inputs are not permitted"),
    ],
)
def test_problem(mapping: dict[str, Any], place: tuple[str | int, ...], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MappingFile.model_validate(mapping)
    assert [error["loc"] for error in caught.value.errors()] == [place]
    assert sentence in caught.value.errors()[0]["msg"]


def test_all_problems_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        MappingFile.model_validate({"stated": [{"from": "x"}], "rules": [rule(when={"a": 1}), rule(objective=None)]})
    assert len(caught.value.errors()) == 3


def test_the_design_s_own_example_is_valid() -> None:
    mapping = MappingFile.model_validate(
        {
            "stated": [{"from": "labels", "pattern": "okr:(?P<objective>[a-z0-9-]+)"}, {"from": "fields.Objective"}],
            "rules": [
                rule(
                    name="a", when={"source": "jira-main", "level": "epic", "labels": {"any": ["payments", "checkout"]}}
                ),
                rule(name="b", objective=None, split={"fast": 0.6, "cheap": 0.4}),
                rule(
                    name="c",
                    objective=None,
                    exempt=EXEMPT,
                    when={"any": [{"type": "Incident"}, {"labels": {"glob": "oncall*"}}]},
                ),
                rule(name="d", objective="none"),
                rule(name="e", when=THEME, objective="{theme}-growth"),
                rule(name="f", when={}),
            ],
            "golden": [{"item": "jira-main:PAY-412", "objective": "fast"}],
        }
    )
    assert [each.groups for each in mapping.rules] == [(), (), (), (), ("theme",), ()]


def test_thirds_sum_to_one() -> None:
    MappingFile.model_validate({"rules": [rule(objective=None, split={"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})]})


def test_columns_that_must_be_loaded() -> None:
    strategy = Strategy.model_validate(
        {
            "vision": {"title": "v"},
            "teams": {"t": {"items": {"fields.Squad": "x"}}},
        }
    )
    mapping = MappingFile.model_validate(
        {
            "stated": [{"from": "fields.Objective"}],
            "rules": [rule(when={"ancestor": {"fields.Story Points": 3}, "not": {"description": {"regex": "x"}}})],
        }
    )
    needed = columns(mapping, strategy)
    assert needed.description
    assert needed.fields == {"Squad", "Objective", "Story Points"}
    assert needed.columns == {"description", "fields"}
    none = columns(MappingFile(), Strategy.model_validate({"vision": {"title": "v"}}))
    assert (none.description, none.fields, none.columns) == (False, frozenset(), frozenset())
