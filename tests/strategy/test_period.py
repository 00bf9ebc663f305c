"""Periods: their days, and the instants these days are where daylight saving changes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync.strategy import Period, resolve_period

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
AT = datetime(2026, 11, 23, 5, tzinfo=UTC)


def resolve(spec: Any, *, at: datetime = AT, tz: ZoneInfo = BERLIN, starts: int = 1) -> Period:
    return resolve_period(spec, at, tz, starts)


@pytest.mark.parametrize(
    ("spec", "starts", "first", "last"),
    [
        ("2026-Q4", 1, date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-Q1", 1, date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-H2", 1, date(2026, 7, 1), date(2026, 12, 31)),
        ("2026", 1, date(2026, 1, 1), date(2026, 12, 31)),
        (2026, 1, date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q4", 4, date(2027, 1, 1), date(2027, 3, 31)),
        ("2026-H1", 4, date(2026, 4, 1), date(2026, 9, 30)),
        ("2026", 10, date(2026, 10, 1), date(2027, 9, 30)),
        ("2024-Q1", 2, date(2024, 2, 1), date(2024, 4, 30)),
        ({"id": "x", "from": "2026-02-03", "to": "2026-02-03"}, 1, date(2026, 2, 3), date(2026, 2, 3)),
    ],
)
def test_a_period_has_its_days(spec: Any, starts: int, first: date, last: date) -> None:
    read = resolve(spec, starts=starts)
    assert (read.first, read.last) == (first, last)


@pytest.mark.parametrize(
    ("at", "starts", "name"),
    [
        ("2026-11-23T05:00:00Z", 1, "2026-Q4"),
        ("2026-12-31T22:59:59Z", 1, "2026-Q4"),
        ("2026-12-31T23:00:00Z", 1, "2027-Q1"),
        ("2026-03-31T12:00:00Z", 4, "2025-Q4"),
        ("2026-04-01T12:00:00Z", 4, "2026-Q1"),
        ("2026-01-15T12:00:00Z", 2, "2025-Q4"),
    ],
)
def test_current_is_the_quarter_of_the_local_day(at: str, starts: int, name: str) -> None:
    read = resolve("current", at=datetime.fromisoformat(at), starts=starts)
    assert read.id == name
    assert read == resolve(name, starts=starts)


def test_days_begin_and_end_in_the_zone() -> None:
    read = resolve("2026-Q4")
    assert read.start(BERLIN) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert read.end(BERLIN) == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_a_midnight_that_daylight_saving_skips_is_the_instant_of_the_change() -> None:
    day = Period("d", date(2018, 11, 4), date(2018, 11, 4))
    zone = ZoneInfo("America/Sao_Paulo")
    assert day.start(zone) == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert day.end(zone) - day.start(zone) == timedelta(hours=23)


def test_a_day_that_the_zone_never_had_has_no_length() -> None:
    day = Period("d", date(2011, 12, 30), date(2011, 12, 30))
    assert day.end(ZoneInfo("Pacific/Apia")) >= day.start(ZoneInfo("Pacific/Apia"))


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("2026-11-23T05:00:00Z", 54),
        ("2026-09-30T21:59:59Z", 0),
        ("2026-09-30T22:00:00Z", 1),
        ("2027-05-01T00:00:00Z", 92),
    ],
)
def test_the_day_of_the_period(at: str, number: int) -> None:
    assert resolve("2026-Q4").day(datetime.fromisoformat(at), BERLIN) == (number, 92)


@pytest.mark.parametrize(
    "spec",
    [
        "2026-Q0",
        "0001-Q1",
        "9999",
        {"id": "x", "from": "2026-01-01", "to": "9999-12-31"},
        "Q4",
        "2026-10",
        "",
        None,
        3.5,
        {"id": "x", "from": "2026-01-01"},
    ],
)
def test_anything_else_is_refused(spec: Any) -> None:
    with pytest.raises(ValueError, match=r"period|to\n"):
        resolve(spec)


def test_a_fiscal_year_starts_in_a_month() -> None:
    with pytest.raises(ValueError, match="1 to 12"):
        resolve("2026", starts=13)


@given(st.integers(0, 2_200_000_000), st.sampled_from(ZONES), st.integers(1, 12))
def test_the_current_period_holds_its_instant(seconds: int, zone: str, starts: int) -> None:
    at, tz = datetime.fromtimestamp(seconds, UTC), ZoneInfo(zone)
    read = resolve("current", at=at, tz=tz, starts=starts)
    assert read.start(tz) <= at < read.end(tz)
    number, of = read.day(at, tz)
    assert 1 <= number <= of == read.days


@given(st.integers(1990, 2060), st.sampled_from(ZONES), st.integers(1, 12))
def test_quarters_follow_each_other_without_gap_or_overlap(year: int, zone: str, starts: int) -> None:
    tz = ZoneInfo(zone)
    names = [f"{of}-Q{part}" for of in (year, year + 1) for part in (1, 2, 3, 4)]
    quarters = [resolve(name, tz=tz, starts=starts) for name in names]
    for one, following in pairwise(quarters):
        assert one.end(tz) == following.start(tz)
    assert resolve(str(year), tz=tz, starts=starts).end(tz) == quarters[4].start(tz)
