"""Numbers and times as people read them. Nothing here computes: rounding is for the eye only."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

NARROW = "\u202f"  # narrow no-break space: before a percent sign, between thousands
MINUS = "\u2212"


def percent(ratio: float | None, digits: int = 1) -> str:
    """A ratio 0–1 as `78.1 %`, `n/a` where there is none. Never shows 0 or 100 for what is not exactly that."""
    return "n/a" if ratio is None else f"{bare_percent(ratio, digits)}{NARROW}%"


def bare_percent(ratio: float | None, digits: int = 1) -> str:
    """The same without its sign, for scales."""
    if ratio is None:
        return "n/a"
    value = round(ratio * 100, digits)
    smallest = 10.0**-digits
    if value <= 0 < ratio:
        value = smallest
    elif value >= 100 > ratio * 100:
        value = 100 - smallest
    return f"{value:.{digits}f}"


def points(difference: float | None) -> str:
    """A difference of two ratios in percentage points, with its sign: `+2.4`."""
    if difference is None:
        return "n/a"
    return signed(round(difference * 100, 1), 1)


def signed(value: float, digits: int | None = None) -> str:
    """A number with its sign; `±0` for none."""
    text = f"{abs(value):,.{digits}f}".replace(",", NARROW) if digits is not None else number(abs(value))
    if float(text.replace(NARROW, "") or 0) == 0:
        return "±0"
    return ("+" if value > 0 else MINUS) + text


def number(value: float | None) -> str:
    """A count or sum: whole where it is whole, else with one decimal; thousands set apart; `n/a` for none."""
    if value is None:
        return "n/a"
    rounded = round(value, 1)
    text = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
    return text.replace(",", NARROW)


def quantity(value: float | None, unit: str) -> str:
    """A key result's value with its unit: `66 %`."""
    if value is None:
        return "–"
    text = f"{value:,.6g}" if abs(value) < 1_000_000 else f"{value:,.0f}"
    return f"{text.replace(',', NARROW)}{NARROW}{unit}" if unit else text.replace(",", NARROW)


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 2026, 06:00 CET`. Names are English whatever the machine's locale."""
    local = instant.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M} {local.tzname()}"


def short_moment(instant: datetime, zone: ZoneInfo) -> str:
    """`Sat 21 Nov 22:10`."""
    local = instant.astimezone(zone)
    return f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


def day(value: date) -> str:
    """`Mon 23 Nov 2026`."""
    return f"{_WEEKDAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"


def short_day(value: date) -> str:
    """`16 Nov`."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def plural(value: float, one: str, many: str = "") -> str:
    """`1 item`, `2 items`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
