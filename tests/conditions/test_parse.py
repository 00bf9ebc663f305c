"""What cannot be a condition is said in a sentence, at its place, all of it at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

from veaf_sync.conditions import (
    ConditionError,
    ConditionField,
    TeamItemsField,
    as_data,
    parse,
    properties,
    wanted,
)


@pytest.mark.parametrize(
    ("when", "place", "sentence"),
    [
        ("Bug", (), "a condition is a mapping such as {type: Bug}"),
        ([{"type": "Bug"}], (), "a condition is a mapping such as {type: Bug}"),
        ({"typ": "Bug"}, ("typ",), "typ is not a property. Did you mean type?"),
        ({"label": "ux"}, ("label",), "label is not a property. Did you mean labels?"),
        ({"Severity": "S1"}, ("Severity",), "Severity is not a property. A custom field is written fields.Severity."),
        ({"glob": "a*"}, ("glob",), "glob belongs under a property, such as labels: {glob: …}."),
        ({"fields.": "x"}, ("fields.",), "fields. is not a property."),
        ({"type": None}, ("type",), "type has no value"),
        ({"type": ""}, ("type",), "type has an empty text"),
        ({"type": []}, ("type",), "type has an empty list, which nothing can satisfy"),
        ({"type": {}}, ("type",), "type says nothing"),
        ({"type": {"anny": "Bug"}}, ("type", "anny"), "anny is not an operator of type. Did you mean any?"),
        ({"type": {"not": "Bug"}}, ("type", "not"), "Write not: {type: …}, or type: {none: […]}."),
        ({"labels": ["a", {"b": "c"}]}, ("labels", 1), "labels takes texts and numbers, not a mapping"),
        ({"labels": {"any": ["a", None]}}, ("labels", "any", 1), "labels any takes texts and numbers, not nothing"),
        (
            {"title": {"regex": "(?=x)"}},
            ("title", "regex"),
            "look-around, including look-ahead and look-behind, is not supported",
        ),
        ({"title": {"regex": ["ok", "(a"]}}, ("title", "regex", 1), "does not compile: unclosed group"),
        ({"title": {"regex": "(a{1000}){1000}{100}"}}, ("title", "regex"), "does not compile: it is too large"),
        ({"age": 30}, ("age",), "age takes over, under or both in days"),
        ({"age": {"over": "30d"}}, ("age", "over"), "age over is a whole number of days, not '30d'"),
        ({"age": {"above": 3}}, ("age", "above"), "above is not a word of age"),
        ({"not": [{"type": "Bug"}]}, ("not",), "not takes one condition"),
        ({"any": {"type": "Bug"}}, ("any",), "any takes a list of conditions"),
        ({"all": []}, ("all",), "all takes a list of conditions"),
        ({"any": [{"type": "Bug"}, "x"]}, ("any", 1), "a condition is a mapping"),
        ({"ancestor": {"levl": "epic"}}, ("ancestor", "levl"), "Did you mean level?"),
        ({"ancestor": {}}, ("ancestor",), "ancestor takes a key, a glob, a list of them, or a condition"),
    ],
)
def test_fault(when: Any, place: tuple[str | int, ...], sentence: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(when)
    assert [fault.path for fault in caught.value.faults] == [place]
    assert sentence in str(caught.value)


def test_all_faults_at_once() -> None:
    with pytest.raises(ConditionError) as caught:
        parse({"typ": "x", "any": [{"labls": "y"}], "title": {"regex": "("}})
    assert [fault.path for fault in caught.value.faults] == [("typ",), ("any", 0, "labls"), ("title", "regex")]


def test_endless_nesting_is_refused() -> None:
    when: dict[str, Any] = {"type": "Bug"}
    for _ in range(200):
        when = {"not": when}
    with pytest.raises(ConditionError, match="may not be nested this deeply"):
        parse(when)


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"type": "Bug"},
        {"labels": {"in": ["a", "b"], "any": "c", "none": "d", "all": "e", "glob": "x*", "regex": ["a", "b"]}},
        {"age": {"over": 3}, "fields.Size": ["3", "4"], "not": {"key": "A-1"}},
        {"any": [{"type": "Bug"}, {"all": [{"state": "x"}, {}]}], "ancestor": {"level": "epic"}},
    ],
)
def test_as_data_can_be_parsed_again(when: dict[str, Any]) -> None:
    assert parse(as_data(parse(when))) == parse(when)


def test_properties_include_those_of_ancestors() -> None:
    when = {"labels": "a", "ancestor": {"team": "x"}, "not": {"age": {"over": 1}}, "any": [{"fields.A b": 1}]}
    assert properties(parse(when)) == {"labels", "ancestor", "team", "age", "fields.A b"}


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ({"labels": {"any": ["a", "b c"]}}, "[a, b c]"),
        ({"labels": {"none": "a", "glob": "x*"}}, '{none: a, glob: "x*"}'),
        ({"age": {"over": 3, "under": 9}}, "{over: 3, under: 9}"),
        ({"not": {"type": "a: b"}}, '{type: "a: b"}'),
        ({"any": [{"type": date(2026, 1, 2)}, {"type": 3.0}]}, "[{type: 2026-01-02}, {type: 3}]"),
    ],
)
def test_wanted_reads_like_yaml(when: dict[str, Any], text: str) -> None:
    assert wanted(parse(when).parts[0]) == text


class Ruled(BaseModel):
    when: ConditionField


class Teamed(BaseModel):
    items: TeamItemsField


def test_field_puts_each_error_at_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        Ruled.model_validate({"when": {"typ": "x", "labels": {"any": [None]}}})
    assert [error["loc"] for error in caught.value.errors()] == [("when", "typ"), ("when", "labels", "any", 0)]
    assert caught.value.errors()[0]["msg"] == "typ is not a property. Did you mean type?"


def test_field_takes_conditions_and_gives_them_back() -> None:
    ruled = Ruled.model_validate({"when": {"labels": "x"}})
    assert Ruled(when=ruled.when) == ruled
    assert ruled.model_dump() == {"when": {"labels": "x"}}


@pytest.mark.parametrize("when", [{"team": "x"}, {"any": [{"age": {"over": 1}}]}, {"ancestor": {"team": "x"}}])
def test_teams_may_not_ask_for_teams_or_ages(when: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="cannot be asked for here"):
        Teamed.model_validate({"items": when})


def test_json_schema_knows_the_language() -> None:
    schema = Ruled.model_json_schema(mode="validation")
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    good: list[dict[str, Any]] = [
        {},
        {"type": ["Bug", 3], "labels": {"any": ["a"], "none": "b"}, "fields.Size": {"in": [3]}},
        {"any": [{"not": {"age": {"over": 3}}}], "ancestor": {"level": "epic"}},
        {"ancestor": ["A-*", "B-1"]},
    ]
    bad: list[dict[str, Any]] = [
        {"typ": "Bug"},
        {"labels": {"is": "a"}},
        {"any": {"type": "Bug"}},
        {"age": {"over": "3d"}},
        {"not": {"typ": "Bug"}},
    ]
    assert [check.is_valid({"when": when}) for when in good] == [True] * len(good)
    assert [check.is_valid({"when": when}) for when in bad] == [False] * len(bad)
