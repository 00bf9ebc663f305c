"""The objective side: states in their order, shares by the chosen weight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from veaf_sync.measure import Allocation, objective_side
from veaf_sync.strategy import Strategy, tree

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)
Side = Callable[..., dict[str, Any]]


def result(value: float | None) -> dict[str, Any]:
    values = [] if value is None else [{"date": "2026-11-02", "value": value}]
    return {"id": "k", "baseline": 0, "target": 10, "values": values}


@pytest.fixture
def side(make_items: Callable[..., pl.DataFrame], make_verdicts: Callable[..., pl.DataFrame], weigh_rows: Any) -> Side:
    """The row of objective `x`: (its own keys; rows of items that are aligned to `serves`, default x; allocation)."""

    def of(
        objective: dict[str, Any], rows: list[dict[str, Any]], others: Any = (), **allocation: Any
    ) -> dict[str, Any]:
        rows = [{"id": f"i{n}", "updated": AT, **row} for n, row in enumerate(rows)]
        told = [
            {
                "id": row["id"],
                "verdict": "aligned" if row.get("serves", "x") else "orphan",
                "objective": row.get("serves", "x"),
            }
            for row in rows
        ]
        strategy = Strategy.model_validate(
            {"vision": {"title": "V"}, "objectives": [{"id": "x", **objective}, {"id": "active"}, *others]}
        )
        found = objective_side(
            make_items(rows),
            make_verdicts(told),
            weigh_rows(rows),
            tree(strategy),
            at=AT,
            tz=ZoneInfo("UTC"),
            allocation=Allocation(**allocation),
            stalled_after=FORTNIGHT,
        )
        return found.filter(pl.col("objective") == "x").row(0, named=True)

    return of


DONE = {"state_category": "done", "completed": AT}


@pytest.mark.parametrize(
    ("objective", "rows", "state"),
    [
        ({"state": "draft"}, [], "inactive"),
        ({"state": "closed", "planned_share": 1}, [], "inactive"),
        ({"planned_share": 1, "key_results": [result(1)]}, [{"serves": ""}], "unserved"),
        ({"key_results": [result(9)]}, [DONE], "closed-unmet"),
        ({"key_results": [result(None)]}, [DONE], "closed-unmet"),
        ({"key_results": [result(10)]}, [DONE], "served"),
        ({"key_results": [result(9)]}, [DONE, {}], "served"),
        ({"key_results": [result(9)]}, [DONE, {"updated": AT - FORTNIGHT - timedelta(seconds=1)}], "stalled"),
        ({}, [{"updated": AT - FORTNIGHT}], "served"),
        ({}, [{"updated": None}, {"updated": None}], "stalled"),
        ({"planned_share": 1}, [{"updated": None}, {"serves": ""}], "stalled"),
        ({"planned_share": 0.56}, [{}, {"serves": ""}], "underfunded"),
        ({"planned_share": 0.55}, [{}, {"serves": ""}], "served"),
        ({"planned_share": 0.55}, [{}, {"serves": ""}, DONE], "served"),
    ],
)
def test_the_first_state_that_holds(side: Side, objective: Any, rows: Any, state: str) -> None:
    assert side(objective, rows)["state"] == state


def test_an_update_of_a_done_item_moves_nothing(side: Side) -> None:
    assert side({}, [{"updated": None}, {**DONE, "updated": AT}])["state"] == "stalled"


def test_an_objective_has_the_items_below_it(side: Side) -> None:
    below = [{"id": "y", "supports": "x"}, {"id": "z", "supports": "y"}]
    row = side({}, [{"serves": "x"}, {"serves": "z"}, {"serves": "z"}, {"serves": ""}], below)
    assert (row["count"], row["items"], row["actual_share"], row["state"]) == (1.0, 3.0, 0.75, "served")


def test_the_share_is_taken_in_the_weight_of_allocation(side: Side) -> None:
    rows = [{"points": 1.0, "hours": 9.0}, {"serves": "", "points": 4.0, "hours": 1.0}]
    assert [side({}, rows, weight=name)["actual_share"] for name in ("count", "points", "hours")] == [0.5, 0.2, 0.9]
    assert side({"planned_share": 0.5}, rows, weight="points", tolerance=0.3)["state"] == "served"


def test_a_share_that_is_na_underfunds_nothing(side: Side) -> None:
    row = side({"planned_share": 1}, [{"points": 0.0}, {"serves": ""}], weight="points")
    assert (row["actual_share"], row["points"], row["state"]) == (None, None, "served")
    assert side({}, [{"serves": ""}], weight="people")["actual_share"] is None


def test_without_items_everything_is_there_and_unserved(side: Side) -> None:
    row = side({"planned_share": 0.2}, [])
    assert (row["state"], row["count"], row["points"], row["actual_share"]) == ("unserved", 0.0, 0.0, None)


def test_exactly_the_tolerance_below_the_plan_is_served_whatever_floats_say(side: Side) -> None:
    rows = [{"serves": "x" if n < 3 else ""} for n in range(10)]
    assert 0.4 - 0.1 - 0.3 > 0
    assert side({"planned_share": 0.4}, rows, tolerance=0.1)["state"] == "served"
    assert side({"planned_share": 0.41}, rows, tolerance=0.1)["state"] == "underfunded"
