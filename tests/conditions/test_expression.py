"""What conditions mean, example by example."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
Ask = Callable[..., list[bool]]


def days_ago(days: float) -> datetime:
    return AT - timedelta(days=days)


@pytest.mark.parametrize(
    ("when", "item", "holds"),
    [
        ({}, {}, True),
        (None, {}, True),
        ({"type": "story"}, {"type": "Story"}, True),
        ({"type": "story"}, {"type": "Story point"}, False),
        ({"type": ["Bug", "Task"]}, {"type": "TASK"}, True),
        ({"type": "ÄRGER"}, {"type": "ärger"}, True),
        ({"labels": "ux"}, {"labels": ["debt", "UX"]}, True),
        ({"labels": {"in": "ux"}}, {"labels": ["ux"]}, True),
        ({"labels": {"any": ["a", "b"]}}, {"labels": ["b", "c"]}, True),
        ({"labels": {"all": ["a", "b"]}}, {"labels": ["B", "A"]}, True),
        ({"labels": {"all": ["a", "b"]}}, {"labels": ["b"]}, False),
        ({"labels": {"none": ["a", "b"]}}, {"labels": ["c", "B"]}, False),
        ({"labels": {"none": ["a", "b"]}}, {}, True),
        ({"labels": {"any": ["a", "b"], "none": "c"}}, {"labels": ["a", "c"]}, False),
        ({"labels": {"in": ["a", "b"], "any": ["c"]}}, {"labels": ["a", "c"]}, True),
        ({"labels": {"glob": "on*", "regex": "^x"}}, {"labels": ["oncall", "x1"]}, True),
        ({"title": {"glob": "*[x] ?efund"}}, {"title": "Login [X] refund"}, True),
        ({"title": {"glob": "*[x] ?efund"}}, {"title": "Login x refund"}, False),
        ({"title": {"glob": "log*"}}, {"title": "Login\nand more"}, True),
        ({"title": {"glob": "*more"}}, {"title": "Login\nand MORE"}, True),
        ({"title": {"glob": "*AND*"}}, {"title": "Login\nand more"}, True),
        ({"title": {"glob": "l?gin*m?re"}}, {"title": "Login\nand more"}, True),
        ({"title": {"glob": "login"}}, {"title": "login "}, False),
        ({"title": {"glob": "*"}}, {"title": ""}, False),
        ({"title": {"glob": ["x*", "lo*"]}}, {"title": "login"}, True),
        ({"title": {"regex": "KTLO|^Cache"}}, {"title": "weekly KTLO round"}, True),
        ({"title": {"regex": "KTLO|^Cache"}}, {"title": "weekly ktlo cache"}, False),
        ({"title": {"regex": "^$"}}, {"title": ""}, False),
        ({"labels": {"regex": ".*"}}, {}, False),
        ({"title": {"regex": ["a", "b"]}}, {"title": "xb"}, True),
        ({"description": "x"}, {"description": "X"}, True),
        ({"partition": "shop"}, {"partition": "PAY", "partitions": ["PAY", "SHOP"]}, True),
        ({"fields.Size": 3}, {"fields": {"Size": ["3"]}}, True),
        ({"fields.Size": {"in": [3.0, 4]}}, {"fields": {"Size": ["3"]}}, True),
        ({"fields.Size": 3}, {"fields": {"Size": ["33"]}}, False),
        ({"fields.Size": 3}, {"fields": {"Other": ["3"]}}, False),
        ({"fields.Story Points": "5"}, {"fields": {"Story Points": ["1", "5"]}}, True),
        ({"fields.Done": True}, {"fields": {"Done": ["true"]}}, True),
        ({"not": {"fields.Size": 3}}, {}, True),
        ({"age": {"over": 30}}, {"created": days_ago(31)}, True),
        ({"age": {"over": 30}}, {"created": days_ago(30.99)}, False),
        ({"age": {"under": 30}}, {"created": days_ago(29.99)}, True),
        ({"age": {"under": 30}}, {"created": days_ago(30)}, False),
        ({"age": {"over": 30, "under": 32}}, {"created": days_ago(31.5)}, True),
        ({"age": {"over": 0}}, {"created": None}, False),
        ({"not": {"age": {"over": 0}}}, {"created": None}, True),
        ({"age": {"under": 1}}, {"created": days_ago(-1)}, True),
        ({"type": "Bug", "labels": "x"}, {"type": "Bug"}, False),
        ({"any": [{"type": "Bug"}, {"labels": "x"}]}, {"labels": ["X"]}, True),
        ({"all": [{"type": "Bug"}, {"labels": "x"}]}, {"labels": ["X"]}, False),
        ({"not": {"type": "Bug", "labels": "x"}}, {"type": "Bug"}, True),
        ({"ancestor": "K-1"}, {}, False),
        ({"not": {"ancestor": "*"}}, {}, True),
    ],
)
def test_condition(ask: Ask, when: Any, item: dict[str, Any], holds: bool) -> None:
    assert ask(when, [item]) == [holds]


FAMILY = [
    {"key": "E-1", "level": "epic", "team": "blue"},
    {"key": "S-2", "parent": 0, "labels": ["x"]},
    {"key": "T-3", "parent": 1},
    {"key": "T-4", "parent": 2},
    {"key": "Z-5"},
]


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("e-1", [False, True, True, True, False]),
        ("s*", [False, False, True, True, False]),
        (["nowhere", "S-2"], [False, False, True, True, False]),
        (["E-1", "T?3"], [False, True, True, True, False]),
        ({"level": "epic", "team": "BLUE"}, [False, True, True, True, False]),
        ({"level": "epic", "team": "red"}, [False] * 5),
        ({"ancestor": {"level": "epic"}}, [False, False, True, True, False]),
        ({"ancestor": {"ancestor": {"level": "epic"}}}, [False, False, False, True, False]),
        ({"labels": "x", "ancestor": "E-1"}, [False, False, True, True, False]),
        ({"not": {"labels": "x"}}, [False, True, True, True, False]),
        ({"glob": "E*"}, [False, True, True, True, False]),
        ({"any": [{"labels": "x"}, {"key": "T-3"}]}, [False, False, True, True, False]),
        ({"any": ["T-3", "T-4"]}, [False, False, False, True, False]),
    ],
)
def test_ancestor(ask: Ask, when: Any, holds: list[bool]) -> None:
    assert ask({"ancestor": when}, FAMILY) == holds


def test_more_questions_than_a_word_has_bits(ask: Ask) -> None:
    labels = [f"l{number}" for number in range(150)]
    when = {"any": [{"labels": label} for label in labels]}
    assert ask(when, [{"labels": [label.upper()]} for label in labels] + [{"labels": ["l150"]}]) == [True] * 150 + [
        False
    ]


def test_no_items(ask: Ask) -> None:
    assert ask({"labels": "x", "ancestor": {"type": "Bug"}, "title": {"regex": "a"}}, []) == []
