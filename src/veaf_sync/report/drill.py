"""The items behind every number: which rows an HTML file holds, and how a number finds its own.

A file holds every row once, under its verdict. Everything else that is counted (a partition, a team, an
objective, an epic …) is a filter over those rows: each such thing has a short token, a row carries the tokens
it belongs to, and a number the tokens it asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from veaf_sync.report.draw import DRAWN

ROW_LIMIT = 2000
"""At most this many rows behind one number; the rest stands in items.csv."""


class Tokens:
    """A short, stable name for each thing that rows are filtered by: (`team`, `payments`) → `t3`."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, kind: str, *name: str) -> str:
        """The token of the thing of `kind` (its first letter starts the token) that is called `name`."""
        return self._known.setdefault((kind, *name), f"{kind[0]}{len(self._known)}")

    def row(self, row: Mapping[str, Any]) -> str:
        """The tokens of a row of `read.ROWS`, separated by blanks."""
        found = [
            self.of("source", row["source"]),
            self.of("partition", row["source"], row["partition"]),
            self.of("team", row["team"]),
            self.of("level", row["level"]),
        ]
        found += [self.of("objective", part["objective"]) for part in row["objectives"]]
        found += [self.of("epic", epic) for epic in row["epics"]]
        if row["exemption"]:
            found.append(self.of("xemption", row["exemption"]))
        return " ".join(dict.fromkeys(found))

    def shares(self, row: Mapping[str, Any]) -> str:
        """`o4:0.6 o5:0.4` where a row is split over objectives, else empty."""
        if len(row["objectives"]) < 2:
            return ""
        return " ".join(f"{self.of('objective', part['objective'])}:{part['share']!r}" for part in row["objectives"])


@dataclass(frozen=True, slots=True)
class Section:
    """The items of one verdict: `total` there are, `rows` are shown."""

    verdict: str
    total: int
    rows: list[dict[str, Any]]


def sections(rows: pl.DataFrame, tokens: Tokens, limit: int = ROW_LIMIT) -> list[Section]:
    """One section per verdict, each with at most `limit` rows of `rows` (columns: `read.ROWS`) in their order."""
    found = []
    for verdict in DRAWN:
        behind = rows.filter(pl.col("verdict") == verdict)
        shown = [_shown(row, tokens) for row in fair(behind, limit).iter_rows(named=True)]
        found.append(Section(verdict, behind.height, shown))
    return found


def fair(rows: pl.DataFrame, limit: int) -> pl.DataFrame:
    """At most `limit` rows, taken in turn from every partition, team and objective, so that small ones are whole."""
    if rows.height <= limit:
        return rows
    first = pl.col("objectives").list.get(0, null_on_oob=True).struct.field("objective")
    turns = [pl.int_range(pl.len()).over(group) for group in ("partition", "team", first)]
    chosen = rows.with_row_index("_order").with_columns(_turn=pl.min_horizontal(turns))
    return chosen.sort("_turn", "_order").head(limit).sort("_order").drop("_order", "_turn")


def _shown(row: dict[str, Any], tokens: Tokens) -> dict[str, Any]:
    return {**row, "tokens": tokens.row(row), "shares": tokens.shares(row)}


def joined(tokens: Iterable[str]) -> str:
    """Tokens of which any may match, as a number's link carries them."""
    return " ".join(tokens)
