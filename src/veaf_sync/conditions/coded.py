"""Distinct values, numbered: what a condition asks of a property is asked once per distinct value, not per row.

Trackers repeat themselves: a million items have some thousand different label lists. So each property
is cut into *entries* (a distinct text, or a distinct list of texts), and rows hold an entry's number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from veaf_sync.conditions.model import FIELD

SEPARATOR = "\x1f"
"""Joins a list's texts; the store takes this character out of every value."""
COLUMN = {"partition": "partitions"}
"""Where a property stands in ITEMS, if not under its own name: an item is in all of its partitions."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A property of every row.

    `codes`: the entry's number per row (UInt32). `entries`: how many entries there are. `elements`: a
    frame (`entry` UInt32, `value` String) with the values of each entry; missing ones are left out.
    """

    codes: pl.Series
    entries: int
    elements: pl.DataFrame

    def rows(self, of_entries: pl.Series) -> pl.Series:
        """What is known per entry (a Series in the order of the numbers), per row."""
        return of_entries.gather(self.codes)


def encode(items: pl.DataFrame, names: Collection[str]) -> Mapping[str, Coded]:
    """The properties `names` of an ITEMS frame (with `team` already resolved), numbered."""
    ordered = sorted(names)
    frame = items.select(_joined(items, name) for name in ordered)
    return {name: _coded(frame[name], several=_several(items, name)) for name in ordered}


def _several(items: pl.DataFrame, name: str) -> bool:
    return name.startswith(FIELD) or items.schema[COLUMN.get(name, name)] == pl.List


def _joined(items: pl.DataFrame, name: str) -> pl.Expr:
    if name.startswith(FIELD):
        field = name.removeprefix(FIELD)
        shape = pl.Struct({field: pl.List(pl.String())})
        column = pl.col("fields").str.json_decode(shape).struct.field(field).list.join(SEPARATOR)
    else:
        column = pl.col(COLUMN.get(name, name))
        if _several(items, name):
            column = column.list.join(SEPARATOR)
    return column.fill_null("").cast(own_categories()).alias(name)


def _coded(column: pl.Series, *, several: bool) -> Coded:
    texts = distinct_texts(column)
    elements = pl.DataFrame([pl.int_range(len(texts), dtype=pl.UInt32, eager=True).alias("entry"), texts])
    if several:
        elements = elements.with_columns(pl.col("value").str.split(SEPARATOR)).explode("value")
    return Coded(column.to_physical(), len(texts), elements.filter(pl.col("value") != ""))


def own_categories() -> pl.Categorical:
    """A categorical type that shares its numbers with no other column."""
    return pl.Categorical(pl.Categories.random())


def distinct_texts(column: pl.Series) -> pl.Series:
    """The distinct texts of a column of `own_categories`, named `value`, in the order of their numbers."""
    dtype = column.dtype
    if not isinstance(dtype, pl.Categorical):
        raise TypeError(f"a categorical column is needed, not {dtype}")
    return dtype.categories.to_series().rename("value")
