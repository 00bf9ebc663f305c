"""Ancestors by pointer jumping are the ancestors that a walk finds, and rings are found exactly."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from veaf_sync.conditions import Lineage, ring_rows

Parents = list[int | None]
graphs = st.integers(1, 12).flatmap(
    lambda size: st.lists(st.one_of(st.none(), st.integers(0, size - 1)), min_size=size, max_size=size)
)


def walk(row: int, parents: Parents) -> list[int]:
    """Ancestors, nearest first, until a row comes again."""
    seen: list[int] = []
    parent = parents[row]
    while parent is not None and parent not in seen:
        seen.append(parent)
        parent = parents[parent]
    return seen


def rings(parents: Parents) -> list[int]:
    return [row for row in range(len(parents)) if row in walk(row, parents)]


def series(parents: Parents) -> pl.Series:
    return pl.Series(parents, dtype=pl.UInt32)


@settings(max_examples=100, deadline=None)
@given(graphs)
def test_rings_are_exactly_the_rows_that_are_their_own_ancestors(parents: Parents) -> None:
    assert ring_rows(series(parents)).to_list() == rings(parents)


@settings(max_examples=100, deadline=None)
@given(graphs, st.data())
def test_jumps_equal_walks(parents: Parents, data: st.DataObject) -> None:
    for row in rings(parents):
        parents[row] = None
    size = len(parents)
    words = data.draw(st.lists(st.integers(0, 7), min_size=size, max_size=size))
    held = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    lineage = Lineage(series(parents))
    above = lineage.any_above(pl.Series(words, dtype=pl.UInt64)).to_list()
    nearest = lineage.nearest(pl.Series(held)).to_list()
    for row in range(size):
        path = walk(row, parents)
        expected = 0
        for ancestor in path:
            expected |= words[ancestor]
        assert above[row] == expected
        assert nearest[row] == next((each for each in [row, *path] if held[each]), None)
        assert lineage.path(row) == path


def test_a_chain_deeper_than_any_word_is_wide() -> None:
    parents: Parents = [None, *range(999)]
    lineage = Lineage(series(parents))
    held = pl.Series([row == 0 for row in range(1000)])
    assert lineage.nearest(held).to_list() == [0] * 1000
