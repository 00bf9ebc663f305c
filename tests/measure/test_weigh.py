"""Which items count and what they weigh: worked cases beside the shared ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from veaf_sync.measure import undated

Weigh = Callable[..., pl.DataFrame]
INSIDE = datetime(2026, 11, 1, tzinfo=UTC)
BEFORE = datetime(2026, 9, 1, tzinfo=UTC)


def column(weights: pl.DataFrame, name: str) -> dict[str, Any]:
    return dict(weights.select("id", name).iter_rows())


def done(identity: str, completed: datetime | None = INSIDE, **more: Any) -> dict[str, Any]:
    return {"id": identity, "state_category": "done", "completed": completed, **more}


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        ({}, {"open", "reopened", "done"}),
        ({"completed_in": None}, {"open", "reopened"}),
        ({"open": False}, {"done"}),
        ({"open": False, "completed_in": None}, set()),
    ],
)
def test_scope_is_what_is_open_and_what_was_done_in_the_period(weigh_rows: Weigh, scope: Any, inside: set[str]) -> None:
    rows = [
        {"id": "open"},
        {"id": "reopened", "completed": INSIDE},
        done("done"),
        done("old", BEFORE),
        done("undated", None),
    ]
    weights = weigh_rows(rows, **scope)
    assert set(weights.filter("in_scope")["id"]) == inside
    assert set(weights.filter("counted")["id"]) == inside


def test_the_period_includes_its_first_instant_and_not_its_end(weigh_rows: Weigh) -> None:
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    weights = weigh_rows([done("first", start), done("end", end)])
    assert column(weights, "counted") == {"first": True, "end": False}


def test_work_of_a_chain_of_subtasks_goes_to_the_nearest_other_ancestor(weigh_rows: Weigh) -> None:
    chain = [{"id": "E", "level": "epic"}, {"id": "S", "parent": "E", "hours": 1.0, "assignees": ["a"]}]
    for number in range(40):
        above = f"T{number - 1:02}" if number else "S"
        chain.append(
            {"id": f"T{number:02}", "parent": above, "level": "subtask", "hours": 0.25, "assignees": [f"p{number}"]}
        )
    weights = weigh_rows(chain)
    assert column(weights.filter("counted"), "hours") == {"S": 11.0}
    assert column(weights.filter("counted"), "people") == {"S": 41.0}


def test_a_subtask_of_an_unknown_parent_is_an_item_like_any_other(weigh_rows: Weigh) -> None:
    weights = weigh_rows([{"id": "T", "level": "subtask", "parent": "GONE", "points": 3.0, "hours": 2.0}])
    assert weights.select("counted", "points", "hours").row(0) == (True, 3.0, 2.0)


def test_an_item_below_a_subtask_makes_containers_of_all_above(weigh_rows: Weigh) -> None:
    rows = [{"id": "S"}, {"id": "T", "level": "subtask", "parent": "S"}, {"id": "N", "parent": "T"}]
    assert column(weigh_rows(rows), "counted") == {"S": False, "T": False, "N": True}


def test_hours_of_subtasks_of_what_does_not_count_count_nowhere(weigh_rows: Weigh) -> None:
    rows = [
        {"id": "E", "level": "epic"},
        {"id": "S", "parent": "E"},
        {"id": "T", "level": "subtask", "parent": "E", "hours": 5.0, "assignees": ["a"]},
        done("old", BEFORE),
        {"id": "U", "level": "subtask", "parent": "old", "hours": 7.0},
    ]
    weights = weigh_rows(rows)
    assert weights.filter("counted")["id"].to_list() == ["S"]
    assert (weights["hours"].sum(), weights["people"].sum()) == (0.0, 0.0)


def test_a_deep_tree_of_containers_counts_its_leaf_only(weigh_rows: Weigh) -> None:
    rows = [{"id": "i0000"}, *({"id": f"i{n:04}", "parent": f"i{n - 1:04}"} for n in range(1, 1500))]
    assert weigh_rows(rows).filter("counted")["id"].to_list() == ["i1499"]


def test_a_median_of_an_even_number_lies_between(weigh_rows: Weigh) -> None:
    weights = weigh_rows([{"id": "a", "points": 2.0}, {"id": "b", "points": 5.0}, {"id": "c"}])
    assert column(weights, "points") == {"a": 2.0, "b": 5.0, "c": 3.5}
    assert column(weights, "points_imputed") == {"a": 0.0, "b": 0.0, "c": 3.5}
    assert column(weights, "points_missing") == {"a": False, "b": False, "c": True}


def test_only_counted_items_teach_an_estimate(weigh_rows: Weigh) -> None:
    weights = weigh_rows([done("old", BEFORE, points=100.0), {"id": "a", "points": 4.0}, {"id": "b"}])
    assert column(weights, "points") == {"old": 0.0, "a": 4.0, "b": 4.0}


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -float("inf"), 1e300, -7.0])
def test_a_number_that_is_no_estimate_is_missing(weigh_rows: Weigh, nonsense: float) -> None:
    weights = weigh_rows([{"id": "a", "points": nonsense, "hours": nonsense}, {"id": "b", "points": 3.0, "hours": 1.0}])
    assert column(weights, "points") == {"a": 3.0, "b": 3.0}
    assert column(weights, "hours") == {"a": 0.0, "b": 1.0}
    assert column(weights, "hours_missing") == {"a": True, "b": False}


def test_points_are_na_only_where_something_would_have_to_be_imputed(weigh_rows: Weigh) -> None:
    assert weigh_rows([{"id": "a", "points": 0.0}])["points"].to_list() == [0.0]
    assert weigh_rows([{"id": "a", "points": 0.0}, {"id": "b"}])["points"].to_list() == [None, None]
    assert weigh_rows([done("old", BEFORE)])["points"].to_list() == [0.0]


def test_the_same_name_in_two_sources_is_one_person(weigh_rows: Weigh) -> None:
    rows = [
        {"id": "1", "source": "a", "assignees": ["kim", "kim"]},
        {"id": "1", "source": "b", "assignees": ["kim", ""]},
    ]
    assert weigh_rows(rows)["people"].to_list() == [0.5, 0.5]


def test_no_items_weigh_nothing(weigh_rows: Weigh) -> None:
    assert weigh_rows([]).height == 0


def test_done_items_without_a_date_are_told_by_source(make_items: Weigh, make_hierarchy: Weigh) -> None:
    rows = [
        done("a", None, source="x"),
        done("b", None, source="x"),
        done("c", INSIDE, source="x"),
        done("d", None, source="y"),
        {"id": "e", "source": "y"},
        done("t", None, source="y", level="subtask", parent="e"),
        done("u", None, source="y", level="subtask", parent="gone"),
    ]
    items = make_items(rows)
    assert undated(items, make_hierarchy(items)) == {"x": 2, "y": 2}
