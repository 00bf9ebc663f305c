"""Deciding once for each distinct combination instead of once per row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from veaf_sync.mapping.decision import Decision, Ledger

CODE = pl.UInt32


def decide(columns: list[pl.Series], ledger: Ledger, says: Callable[..., Decision | None]) -> pl.Series:
    """For every row the number of the result that `says` gives for the row's values; null where it gives none.

    `says` takes a value per column and is asked once for each distinct combination, and not for rows in
    which all are null.
    """
    frame = pl.DataFrame([column.alias(str(index)) for index, column in enumerate(columns)])
    distinct = frame.unique().filter(~pl.all_horizontal(pl.all().is_null()))
    codes = [_code(says(*row), ledger) for row in distinct.iter_rows()]
    decided = distinct.with_columns(pl.Series("code", codes, dtype=CODE))
    return frame.join(decided, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")["code"]


def spread(numbers: dict[int, int], size: int) -> pl.Series:
    """`numbers` by position as a Series of `size`, null where there is none."""
    empty = pl.repeat(None, size, dtype=CODE, eager=True)
    return empty.scatter(list(numbers), list(numbers.values())) if numbers else empty


def _code(decision: Decision | None, ledger: Ledger) -> Any:
    return None if decision is None else ledger.code(decision)
