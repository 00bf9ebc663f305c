"""Numbers and times as people read them. `None` is n/a, never 0."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

NA = "n/a"
MINUS = "−"


def percent(ratio: float | None, *, digits: int = 1) -> str:
    """A ratio 0–1 as `78.1 %`."""
    return NA if ratio is None else f"{points(ratio, digits=digits)} %"


def points(ratio: float | None, *, digits: int = 1) -> str:
    """A ratio 0–1 as a bare percentage: `73.6`. Never 0 or 100 for what is not exactly that."""
    if ratio is None:
        return NA
    value, least = round(ratio * 100, digits), 10.0**-digits
    if value <= 0 < ratio:
        value = least
    elif value >= 100 and ratio < 1:
        value = 100 - least
    return f"{value:.{digits}f}"


def signed(number: float, *, digits: int = 0) -> str:
    """A change with its sign: `+4`, `−9`, `0`."""
    rounded = round(number, digits)
    text = f"{abs(rounded):.{digits}f}"
    return text if rounded == 0 else (f"+{text}" if rounded > 0 else MINUS + text)


def amount(number: float | None) -> str:
    """A weight: whole numbers bare, others with one digit, thousands apart."""
    if number is None:
        return NA
    return f"{number:,.0f}" if abs(number - round(number)) < 0.05 else f"{number:,.1f}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 item`, `412 items`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def days(number: int | None) -> str:
    return "" if number is None else f"{number} d"


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 06:00 CET`, in the configured time zone."""
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M} {local:%Z}"


def day(instant: datetime, zone: ZoneInfo) -> str:
    """`16 Nov`."""
    local = instant.astimezone(zone)
    return f"{local.day} {local:%b}"


def listed(names: list[str], *, most: int) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f", {more} more" if more > 0 else "")
