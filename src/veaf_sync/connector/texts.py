"""Values as tools give them, as plain texts, numbers and times."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(value: Any) -> str:
    """A text without control characters (line ends and tabs stay) and surrogates, in one normal form."""
    if not isinstance(value, str):
        return ""
    return unicodedata.normalize("NFC", _UNFIT.sub("", value.replace("\r\n", "\n").replace("\r", "\n")))


def line(value: Any) -> str:
    """A text of one line: trimmed, its white space single."""
    return " ".join(clean(value).split())


def number(value: Any) -> str:
    """A number as people write it."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)


def instant(value: Any) -> datetime | None:
    """A time as the server gives it, in UTC. Raises `ValueError` for what is none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("a time is a text")
    at = datetime.fromisoformat(value)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
