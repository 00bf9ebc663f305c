"""How values stand in the database: cleaned texts, joined lists, microseconds."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

SEPARATOR = "\x1f"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REMOVED = {0: None, 0x1F: None}
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def clean(value: str) -> str:
    """`value` without NUL (PostgreSQL refuses it) and U+001F (it joins our lists); lone surrogates become U+FFFD."""
    if value.isprintable():
        return value  # none of the three is
    if value.isascii() and "\0" not in value and SEPARATOR not in value:
        return value  # a text of several lines
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value.translate(_REMOVED)


def join(values: Iterable[str]) -> str:
    """Texts as one: empty ones are left out, as `[""]` and `[]` could not be told apart."""
    if not values:
        return ""  # most lists of most items
    return SEPARATOR.join([text for value in values if (text := clean(value))])


def split(value: str) -> tuple[str, ...]:
    return tuple(value.split(SEPARATOR)) if value else ()


def digest(value: Any) -> str:
    """A hash over cleaned texts, numbers and lists of them: equal where they are, on any machine."""
    return hashlib.blake2b(orjson.dumps(value), digest_size=16).hexdigest()


def micros(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def instant_or_none(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def finite(value: float | None) -> float | None:
    """Not-a-number, infinity and an integer beyond every float are no estimate."""
    try:
        return None if value is None or not math.isfinite(value) else float(value)
    except OverflowError:
        return None


_ADDRESS = re.compile(r"https?://[^\s<>\"'\[\](){}|\\^`]+")
MOST_ADDRESSES = 50
"""So many addresses of one item are looked at."""


def addresses(links: Collection[str], description: str) -> tuple[str, ...]:
    """The addresses that an item names, by its links and in its description, each once, without their fragments."""
    found = [*links, *_ADDRESS.findall(description)] if "://" in description else links
    return tuple(dict.fromkeys(filter(None, map(bare, list(found)[: 2 * MOST_ADDRESSES]))))[:MOST_ADDRESSES]


def bare(link: str) -> str:
    """An address without its query, fragment, and the marks that end a sentence."""
    return re.split("[?#]", link.strip(), maxsplit=1)[0].rstrip("/.,;:!*_")


def as_json(value: Any) -> str:
    """Compact JSON with sorted keys. ASCII, so that nothing in it can offend a database."""
    return _encode(value)


def from_json(value: str) -> Any:
    return json.loads(value) if value else None
