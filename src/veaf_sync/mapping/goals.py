"""Links to the vendors' own goals as what they are: statements of people."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from veaf_sync.connector import GOALS


def with_goals(items: pl.DataFrame, goals: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    """ITEMS, `stated` with the objectives whose goals an item is linked to; our own links are taken out by `claim`.

    `goals` holds, by source, the goals' keys by objective. A goal there that is no objective's counterpart states its
    own key, which is an unknown objective. In sources without any counterpart links say nothing.
    """
    speaking = [source for source, keys in goals.items() if keys]
    linked = (
        items.lazy()
        .with_row_index("row")
        .filter(pl.col("source").is_in(speaking) & pl.col("fields").str.contains(f'"{GOALS}"', literal=True))
    )
    rows = linked.select("row", "source", "fields", "stated").collect() if speaking else None
    if rows is None or rows.is_empty():
        return items
    by_key = {source: {key: objective for objective, key in goals[source].items()} for source in speaking}
    stated = items["stated"].to_list()
    for row, source, fields, _ in rows.iter_rows():
        said = [by_key[source].get(key, key) for key in json.loads(fields).get(GOALS, ())]
        stated[row] = list(dict.fromkeys([*stated[row], *said]))
    return items.with_columns(pl.Series("stated", stated, dtype=items.schema["stated"]))
