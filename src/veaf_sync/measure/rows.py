"""Frames laid beside each other by item, and sums that come out the same in any order."""

from __future__ import annotations

import polars as pl

KEY = ("source", "id")

_SCALE = 2.0**60
_LARGEST = 2.0**40


def total(column: pl.Expr) -> pl.Expr:
    """Σ of a Float64 column, the same whatever the order of rows and the number of threads; null counts as 0.

    Floats do not add associatively, so numbers are added as multiples of 2⁻⁶⁰ in 128 bits: exact from
    2⁻⁸ up, and within 2⁻⁶¹ for each smaller one. `estimate` keeps every number below 2⁴⁰, so that even 2²⁷
    of them fit.
    """
    exact = (column * _SCALE).round(0).cast(pl.Int128).sum()
    return exact.cast(pl.Float64) / _SCALE


def estimate(column: pl.Expr) -> pl.Expr:
    """The column with negative numbers, NaN and absurd magnitudes (over 1e12) as missing: they are no estimates."""
    return pl.when((column >= 0) & (column < _LARGEST)).then(column)


def by_item(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame sorted by `source`, `id`; cheap where it already is."""
    return frame.sort(*KEY, maintain_order=True)


def first_of_item() -> pl.Expr:
    """In a frame sorted by item, whether a row is the first of its item."""
    source, identity = pl.col("source"), pl.col("id")
    return ((source != source.shift()) | (identity != identity.shift())).fill_null(True)


def beside(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """`left` with the other columns of `right` at the same item; null where `right` has no such item.

    Both are sorted by item; `right` has one row per item, `left` may have several (shares).
    """
    position = left.select((first_of_item().cum_sum() - 1).alias("position")).to_series()
    if left.height and position[-1] + 1 == right.height:
        found = right[position]  # the same items, as is usual: no need to look them up
        if all(left[name].equals(found[name]) for name in KEY):
            return left.hstack(found.drop(*KEY))
    return left.join(right, on=list(KEY), how="left", maintain_order="left")
