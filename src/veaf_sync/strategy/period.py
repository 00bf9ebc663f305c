"""Periods: which days they hold, and which instants those days are in a time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from veaf_sync.connector.strict import Strict

CURRENT = "current"
_FIRST_YEAR, _LAST_YEAR = 1900, 2999  # far from the ends of the calendar, where instants cannot be converted
_NAMED = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<part>Q[1-4]|H[12]))?")
_WORDS = "a period is current, a quarter (2026-Q4), a half (2026-H2), a year (2026), or {id, from, to}"


class PeriodSpec(Strict):
    """A period by its own days, both included."""

    id: str = Field(description="What the period is called, such as 2026-Q4.")
    first: date = Field(alias="from", description="Its first day.")
    last: date = Field(alias="to", description="Its last day.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"the period {self.id} ends before it starts")
        if self.first.year < _FIRST_YEAR or self.last.year > _LAST_YEAR:
            raise ValueError(f"the period {self.id} does not lie between {_FIRST_YEAR} and {_LAST_YEAR}")
        return self


def _a_period(value: object) -> object:
    # YAML reads a bare year as a number
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str):
        named = _NAMED.fullmatch(text)
        if text != CURRENT and (named is None or not _FIRST_YEAR <= int(named["year"]) <= _LAST_YEAR):
            raise ValueError(_WORDS)
        return text
    if not isinstance(value, Mapping | PeriodSpec):
        raise ValueError(_WORDS)
    return value


PeriodField = Annotated[
    str | PeriodSpec,
    BeforeValidator(
        _a_period,
        json_schema_input_type=Annotated[str, Field(pattern=r"^(current|\d{4}(-(Q[1-4]|H[12]))?)$")] | int | PeriodSpec,
    ),
]
"""How a period is written in YAML: `current`, `2026-Q4`, `2026-H2`, `2026`, or `{id, from, to}`."""

_ADAPTER: TypeAdapter[str | PeriodSpec] = TypeAdapter(PeriodField)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    id: str
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def start(self, tz: ZoneInfo) -> datetime:
        """The first instant of the first day in `tz`, as UTC."""
        return _midnight(self.first, tz)

    def end(self, tz: ZoneInfo) -> datetime:
        """The first instant that no longer belongs to the last day in `tz`, as UTC (exclusive)."""
        return _midnight(self.last + timedelta(days=1), tz)

    def day(self, at: datetime, tz: ZoneInfo) -> tuple[int, int]:
        """Which day of how many `at` is: day 54 of 92. 0 before the period, the last day after it."""
        number = (at.astimezone(tz).date() - self.first).days + 1
        return min(max(number, 0), self.days), self.days


def resolve_period(
    spec: str | PeriodSpec | Mapping[str, Any], at: datetime, tz: ZoneInfo, fiscal_year_starts: int = 1
) -> Period:
    """The period that `spec` names.

    `current` is the quarter that holds the day of `at` in `tz`. Quarters, halves and years count from the month
    `fiscal_year_starts` (1–12), and a fiscal year has the number of the calendar year in which it starts: with 4,
    `2026-Q4` is January to March 2027. Raises `ValueError` (pydantic's included) with a sentence for anything else.
    """
    if not 1 <= fiscal_year_starts <= 12:
        raise ValueError("fiscal_year_starts is a month, 1 to 12")
    read = _ADAPTER.validate_python(spec)
    if isinstance(read, PeriodSpec):
        return Period(read.id, read.first, read.last)
    if read == CURRENT:
        day = at.astimezone(tz).date()
        months = day.year * 12 + day.month - fiscal_year_starts
        return _months(f"{months // 12}-Q{months % 12 // 3 + 1}", months // 3 * 3 + fiscal_year_starts - 1, 3)
    year, part = read[:4], read[5:]
    length = {"": 12, "H": 6, "Q": 3}[part[:1]]
    offset = (int(part[1:]) - 1) * length if part else 0
    return _months(read, int(year) * 12 + fiscal_year_starts - 1 + offset, length)


def _months(name: str, first: int, length: int) -> Period:
    """The period of `length` months from month `first`, counted from January of the year 0."""
    behind = first + length
    return Period(
        name,
        date(first // 12, first % 12 + 1, 1),
        date(behind // 12, behind % 12 + 1, 1) - timedelta(days=1),
    )


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    # fold=0: of two midnights the first; of a midnight that daylight saving skips, the instant of the change
    return datetime.combine(day, time.min, tzinfo=tz).astimezone(UTC)
