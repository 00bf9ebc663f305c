"""A table for people: with colours on a terminal, aligned plain text everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from veaf_sync.text import clean

if TYPE_CHECKING:
    from rich.table import Table as RichTable

GAP = "  "
RICH_GAP = 3
YIELDED = 12
"""Characters that a title or a sentence keeps when a terminal is narrow."""
STYLES = {
    "aligned": "green",
    "served": "green",
    "fresh": "green",
    "done": "green",
    "orphan": "red",
    "unserved": "red",
    "failed": "red",
    "dangling": "yellow",
    "ambiguous": "yellow",
    "underfunded": "yellow",
    "stalled": "yellow",
    "closed-unmet": "yellow",
    "unreadable": "magenta",
    "exempt": "cyan",
    "inactive": "dim",
}


@dataclass(frozen=True, slots=True)
class Column:
    """`widest` is where a cell is cut with an ellipsis; a `sentence` may take several lines on a terminal.

    Everything else (ids, keys, numbers, words) is always whole and on one line.
    """

    title: str
    right: bool = False
    widest: int | None = None
    sentence: bool = False


@dataclass(slots=True)
class Table:
    """Rows of texts under columns. `indent` stands before every line of the plain form."""

    columns: Sequence[Column]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    indent: str = ""

    def add(self, *cells: str) -> None:
        """One row; missing cells at its end are empty."""
        texts = [clean(cell) for cell in cells]
        self.rows.append((*texts, *[""] * (len(self.columns) - len(texts))))

    def lines(self) -> list[str]:
        """The plain form."""
        head = tuple(column.title for column in self.columns)
        body = [tuple(map(_cut, row, self.columns)) for row in self.rows]
        shown = [head, *body] if any(head) else body
        widths = [max((len(row[n]) for row in shown), default=0) for n in range(len(self.columns))]
        return [self.indent + _join(row, widths, self.columns) for row in shown]

    def narrowest(self) -> int:
        """Columns that a terminal needs for the rich form without cutting an id."""
        yielding = [column.widest is not None or column.sentence for column in self.columns]
        return sum(
            RICH_GAP + (min(YIELDED, width) if yields else width)
            for width, yields in zip(self._widths(), yielding, strict=True)
        )

    def _widths(self) -> list[int]:
        rows = [tuple(column.title for column in self.columns), *self.rows]
        return [max(len(row[n]) for row in rows) for n in range(len(self.columns))]

    def rich(self) -> RichTable:
        """The form for a terminal that has `narrowest` columns or more: titles give way first, then sentences."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(
            box=SIMPLE_HEAD, show_header=any(c.title for c in self.columns), pad_edge=False, header_style="bold"
        )
        for column in self.columns:
            table.add_column(
                column.title,
                justify="right" if column.right else "left",
                overflow="fold" if column.widest is None else "ellipsis",
                no_wrap=not column.sentence,
                max_width=column.widest,
            )
        for row in self.rows:
            table.add_row(*[Text(cell, style=STYLES.get(cell, "")) for cell in row])
        return table


def _cut(cell: str, column: Column) -> str:
    if column.widest is None or len(cell) <= column.widest:
        return cell
    return cell[: column.widest - 1].rstrip() + "…"


def _join(row: Iterable[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    cells = [
        cell.rjust(width) if column.right else cell.ljust(width)
        for cell, width, column in zip(row, widths, columns, strict=True)
    ]
    return GAP.join(cells).rstrip()
