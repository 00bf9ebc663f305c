"""A page of a list, as the schema's connections show it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from veaf_sync_github.emulator.refusal import refuse

_LARGEST = 100


class Connection:
    """A page of `rows` behind `after`, by `show`. A cursor is a place: what moves meanwhile is shown twice or not."""

    def __init__(
        self, rows: Sequence[Any], show: Callable[[Any], Any], first: int | None = None, after: str | None = None
    ) -> None:
        if first is None:
            raise refuse("MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value to paginate.")
        if not 1 <= first <= _LARGEST:
            raise refuse(
                "EXCESSIVE_PAGINATION", f"Requesting {first} records exceeds the `first` limit of 100 records."
            )
        start = _place(after)
        page = rows[start : start + first]
        self.nodes = [show(row) for row in page]
        self.totalCount = len(rows)
        self.pageInfo = {
            "hasNextPage": start + first < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(start + 1) if page else None,
            "endCursor": _cursor(start + len(page)) if page else None,
        }


def _place(after: str | None) -> int:
    """The place that a cursor stands for."""
    if after is None:
        return 0
    try:
        word, _, number = base64.b64decode(after, validate=True).decode().partition(":")
        if word != "cursor":
            raise ValueError
        return int(number)
    except ValueError:
        raise refuse("INVALID_CURSOR_ARGUMENTS", f"`{after[:60]}` does not appear to be a valid cursor.") from None


def _cursor(place: int) -> str:
    return base64.b64encode(f"cursor:{place}".encode()).decode()
