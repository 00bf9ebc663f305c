"""Progress of key results, on track or not, and how it rolls up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from veaf_sync.measure import key_result_progress, roll_up
from veaf_sync.strategy import KeyResult, Period, Strategy, tree

UTC_ZONE = ZoneInfo("UTC")
QUARTER = Period("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))
AT = datetime(2026, 11, 16, 12, tzinfo=UTC)  # 46 of 92 days are over


def key_result(value: float | None = None, **given: Any) -> KeyResult:
    values = [] if value is None else [{"date": "2026-11-02", "value": value}]
    return KeyResult.model_validate({"id": "k", "baseline": 0, "target": 10, "values": values, **given})


def progress(value: float | None = None, at: datetime = AT, **given: Any) -> Any:
    return key_result_progress(key_result(value, **given), at, tz=UTC_ZONE, period=QUARTER)


@pytest.mark.parametrize(
    ("value", "given", "share", "met", "on_track"),
    [
        (5, {}, 0.5, False, True),
        (4.9, {}, 0.49, False, False),
        (10, {}, 1.0, True, True),
        (12, {}, 1.2, True, True),
        (-1, {}, -0.1, False, False),
        (2.5, {"baseline": 9, "target": 3}, 6.5 / 6, True, True),
        (6, {"baseline": 9, "target": 3}, 0.5, False, True),
        (12, {"baseline": 9, "target": 3}, -0.5, False, False),
        (99.9, {"baseline": 99.9, "target": 99.9, "direction": "up"}, 1.0, True, True),
        (99.8, {"baseline": 99.9, "target": 99.9, "direction": "up"}, 0.0, False, False),
        (3, {"due": "2027-06-30"}, 0.3, False, True),
        (9, {"due": "2026-11-15"}, 0.9, False, False),
    ],
)
def test_progress_is_the_way_from_baseline_to_target(
    value: float, given: dict[str, Any], share: float, met: bool, on_track: bool
) -> None:
    found = progress(value, **given)
    assert found.progress == pytest.approx(share)
    assert (found.met, found.on_track, found.age_days) == (met, on_track, 14)


def test_without_a_value_nothing_is_known_and_nothing_on_track() -> None:
    found = progress()
    assert (found.progress, found.met, found.on_track, found.latest, found.age_days) == (None, False, False, None, None)
    early = progress(5, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert early.progress is None


@pytest.mark.parametrize(
    ("at", "elapsed"),
    [
        ("2026-09-01T00:00:00Z", 0.0),
        ("2026-10-01T23:00:00Z", 0.0),
        ("2026-11-16T12:00:00Z", 0.5),
        ("2027-01-01T00:00:00Z", 1.0),
    ],
)
def test_elapsed_are_the_whole_days_that_are_over(at: str, elapsed: float) -> None:
    assert progress(at=datetime.fromisoformat(at)).elapsed == elapsed


def test_a_due_day_before_the_period_is_over() -> None:
    assert progress(5, due="2026-08-01").elapsed == 1.0


def test_the_day_is_the_one_of_the_time_zone() -> None:
    late = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    assert key_result_progress(key_result(5), late, tz=ZoneInfo("Europe/Berlin"), period=QUARTER).progress == 0.5
    assert key_result_progress(key_result(5), late, tz=UTC_ZONE, period=QUARTER).progress is None


def rolled(objective: str, *objectives: dict[str, Any]) -> Any:
    strategy = Strategy.model_validate({"vision": {"title": "V"}, "objectives": objectives})
    return roll_up(tree(strategy), objective, AT.date())


def measured(name: str, value: float | None, **given: Any) -> dict[str, Any]:
    return key_result(value, id=name, **given).model_dump(mode="json")


def test_mean_and_worst_stand_side_by_side() -> None:
    found = rolled(
        "a", {"id": "a", "key_results": [measured("k1", 10, weight=3), measured("k2", 2), measured("k3", None)]}
    )
    assert found.mean == pytest.approx(0.8)
    assert (found.worst, found.worst_child) == (0.2, "k2")
    assert (found.measured, found.key_results) == (2, 3)


def test_a_leader_cannot_hide_a_laggard() -> None:
    found = rolled("a", {"id": "a", "key_results": [measured("k1", 1000), measured("k2", -50)]})
    assert (found.mean, found.worst) == (0.5, 0.0)


def test_objectives_roll_up_by_weight_and_only_alive_ones() -> None:
    found = rolled(
        "vision",
        {"id": "a", "weight": 3, "key_results": [measured("k", 10)]},
        {"id": "b", "key_results": [measured("k", 2)]},
        {"id": "below", "supports": "b", "key_results": [measured("k", 6)]},
        {"id": "dead", "state": "closed", "key_results": [measured("k", 0)]},
        {"id": "silent"},
    )
    assert found.mean == pytest.approx((3 * 1.0 + 0.4) / 4)
    assert (found.worst_child, found.measured, found.key_results) == ("b", 3, 3)


def test_nothing_measured_is_not_zero() -> None:
    found = rolled("a", {"id": "a", "key_results": [measured("k", None)]})
    assert (found.mean, found.worst, found.worst_child) == (None, None, "")
