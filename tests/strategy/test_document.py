"""strategy.yaml: what is taken, and what is refused with a sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from veaf_sync.strategy import KeyResult, ObjectiveState, PeriodSpec, Strategy


def strategy(**objective: Any) -> Strategy:
    return Strategy.model_validate({"vision": {"title": "V"}, "objectives": [{"id": "a", **objective}]})


def key_result(**given: Any) -> KeyResult:
    return KeyResult.model_validate({"id": "k", "baseline": 61, "target": 80, **given})


def test_example_of_the_design_is_read() -> None:
    read = Strategy.model_validate(
        {
            "vision": {"title": "…", "narrative": "…", "horizon": "2028-12-31"},
            "teams": {"payments": {"members": 7, "capacity": 120, "items": {"partition": "PAY"}}},
            "objectives": [
                {
                    "id": "fast-checkout",
                    "title": "Checkout that nobody abandons",
                    "accountable": "head-of-payments",
                    "responsible": ["payments"],
                    "period": "2026-Q4",
                    "planned_share": 0.30,
                    "key_results": [
                        {
                            "id": "completion",
                            "unit": "%",
                            "baseline": 61,
                            "target": 80,
                            "due": "2026-12-31",
                            "measured_by": "typed",
                            "values": [{"date": "2026-11-02", "value": 66, "confidence": 0.7, "note": "…"}],
                        }
                    ],
                }
            ],
        }
    )
    objective = read.objectives[0]
    assert (objective.supports, objective.state, objective.weight) == ("vision", ObjectiveState.ACTIVE, 1.0)
    assert objective.key_results[0].latest(date(2026, 11, 2)).value == 66  # type: ignore[union-attr]
    assert read.teams["payments"].items is not None
    assert Strategy.model_validate(read.model_dump(mode="json", by_alias=True)) == read


@pytest.mark.parametrize("period", ["current", "2026-Q4", "2026-H1", "2026", 2026])
def test_a_period_is_taken_as_a_word_or_a_year(period: str | int) -> None:
    assert strategy(period=period).objectives[0].period == str(period)


def test_a_period_is_taken_as_days() -> None:
    read = strategy(period={"id": "spring", "from": "2026-03-01", "to": "2026-05-31"}).objectives[0].period
    assert isinstance(read, PeriodSpec)
    assert (read.first, read.last) == (date(2026, 3, 1), date(2026, 5, 31))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"planned_share": 30}, "a share lies between 0 and 1"),
        ({"planned_share": -0.1}, "a share lies between 0 and 1"),
        ({"planned_share": float("nan")}, "a share lies between 0 and 1"),
        ({"state": "paused"}, "draft"),
        ({"weight": 0}, "greater than 0"),
        ({"period": "2026-Q5"}, "a period is current"),
        ({"period": "next"}, "a period is current"),
        ({"period": True}, "a period is current"),
        ({"period": {"id": "x", "from": "2026-05-02", "to": "2026-05-01"}}, "ends before it starts"),
        ({"id": "two words"}, "one word"),
        ({"id": ""}, "one word"),
        ({"id": "{theme}"}, "one word"),
        ({"suports": "b"}, "Extra inputs"),
        ({"key_results": [{"id": "k", "baseline": 5, "target": 5}]}, "baseline and target are the same"),
        ({"key_results": [{"id": "k", "baseline": 9, "target": 3, "direction": "up"}]}, "the target is below"),
        ({"key_results": [{"id": "k", "baseline": 3, "target": 9, "direction": "down"}]}, "the target is above"),
        ({"key_results": [{"id": "k", "baseline": float("inf"), "target": 9}]}, "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        strategy(**given)


def test_a_team_cannot_be_defined_by_its_team() -> None:
    with pytest.raises(ValidationError, match="team"):
        Strategy.model_validate({"vision": {"title": "V"}, "teams": {"a": {"items": {"not": {"team": "b"}}}}})


def test_direction_follows_from_baseline_and_target() -> None:
    assert key_result().rising
    assert not key_result(baseline=9, target=3).rising
    assert not key_result(baseline=5, target=5, direction="down").rising


def test_the_latest_value_is_the_last_by_date_that_is_not_in_the_future() -> None:
    values = [
        {"date": day, "value": value} for day, value in (("2026-11-02", 66), ("2026-10-02", 90), ("2026-11-02", 67))
    ]
    result = key_result(values=values)
    assert result.latest(date(2026, 12, 1)).value == 67  # type: ignore[union-attr]
    assert result.latest(date(2026, 11, 1)).value == 90  # type: ignore[union-attr]
    assert result.latest(date(2026, 10, 1)) is None
