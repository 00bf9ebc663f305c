"""Items to ask, as dictionaries, and a way to ask them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from veaf_sync.conditions import Lineage, parse, prepare
from veaf_sync.frames import ITEMS

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
MISSING = {pl.String(): "", pl.List(pl.String()): [], pl.Boolean(): False}

Ask = Callable[..., list[bool]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Whether a condition holds for each of some items; `parent` is the row number of an item's parent."""

    def ask(when: object, items: Sequence[Mapping[str, Any]], *, at: datetime = AT) -> list[bool]:
        rows = []
        for number, item in enumerate(items):
            given = {"source": "work", "id": str(number), "key": f"K-{number}", **item}
            given["fields"] = json.dumps(given.get("fields", {}))
            given.pop("parent", None)
            rows.append({name: given.get(name, MISSING.get(dtype)) for name, dtype in ITEMS.items()})
        parents = pl.Series([item.get("parent") for item in items], dtype=pl.UInt32)
        condition = parse(when)
        context = prepare(pl.DataFrame(rows, schema=ITEMS), [condition], at=at, lineage=Lineage(parents))
        answer = context.ask({"holds": condition})["holds"]
        assert answer.dtype == pl.Boolean
        assert answer.null_count() == 0
        return answer.to_list()

    return ask
