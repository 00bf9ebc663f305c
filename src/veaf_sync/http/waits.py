"""What an answer says about waiting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_SKEW = timedelta(hours=24)
_EPOCH_FROM = 1e9


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds (≥ 0) that a `Retry-After` value asks for, `None` where it says nothing usable.

    Takes seconds and HTTP dates (RFC 9110 section 10.2.3), and ISO 8601 times, which some gateways send. A negative
    number and a past date are 0; a number too large for a date is infinite. Never raises.
    """
    text = (value or "").strip()
    if not text:
        return None
    if _is_number(text):
        seconds = float(text)
        return None if math.isnan(seconds) else max(0.0, seconds)
    at = _date(text)
    return None if at is None else max(0.0, (at - now).total_seconds())


def told_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a refused answer asks for: `Retry-After`, else `X-RateLimit-Reset` as ISO time or epoch.

    The latter stands in every answer of some tools, and says something only where nothing of the limit remains.
    Dates are counted from the server's own `Date`, so that a wrong clock on this side shortens nothing; a
    `Date` more than a day from `now` is not believed.
    """
    server = _date(headers.get("Date") or "")
    here = server if server is not None and abs(server - now) < _SKEW else now
    told = retry_after(headers.get("Retry-After"), here)
    if told is not None:
        return told
    if (headers.get("X-RateLimit-Remaining") or "0").strip() != "0":
        return None
    reset = (headers.get("X-RateLimit-Reset") or "").strip()
    if _is_number(reset):
        epoch = float(reset)
        return max(0.0, epoch - here.timestamp()) if _EPOCH_FROM < epoch < math.inf else None
    return retry_after(reset, here)


def server_time(headers: Mapping[str, str], otherwise: datetime) -> datetime:
    """The instant in UTC that an answer's `Date` tells, `otherwise` where it tells none."""
    return _date(headers.get("Date") or "") or otherwise


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _date(text: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = parse(text)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        try:
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
