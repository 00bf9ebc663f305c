"""A table for people: with colours on a terminal, aligned plain text everywhere else."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from veaf_sync.cli.suggestions import complete
from veaf_sync.text import clean

if TYPE_CHECKING:
    from rich.table import Table as RichTable

GAP = "  "
RICH_GAP = 3
READABLE = 24
"""Characters that a title or a sentence has at least in a column; with less room it stands in a block."""
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
        texts = [
            clean(complete(cell) if column.sentence else cell)
            for cell, column in zip(cells, self.columns, strict=False)
        ]
        self.rows.append((*texts, *[""] * (len(self.columns) - len(texts))))

    def lines(self) -> list[str]:
        """The plain form."""
        head = tuple(column.title for column in self.columns)
        body = [tuple(map(_cut, row, self.columns)) for row in self.rows]
        shown = [head, *body] if any(head) else body
        widths = [max((len(row[n]) for row in shown), default=0) for n in range(len(self.columns))]
        return [self.indent + _join(row, widths, self.columns) for row in shown]

    def narrowest(self) -> int:
        """Columns that a terminal needs for the rich form without cutting an id or breaking a word."""
        return sum(RICH_GAP + least for least, _ in self._bounds())

    def _bounds(self) -> list[tuple[int, int]]:
        """How wide each column is at least and at most."""
        rows = [tuple(column.title for column in self.columns), *self.rows]
        cells = [[row[n] for row in rows] for n in range(len(self.columns))]
        return [
            (max(_least(cell, column) for cell in found), max(len(_cut(cell, column)) for cell in found))
            for found, column in zip(cells, self.columns, strict=True)
        ]

    def _widths(self, width: int) -> list[int]:
        """Of each column in a table of `width`: what is left goes to sentences, then to titles."""
        bounds = self._bounds()
        widths = [least for least, _ in bounds]
        spare = width - self.narrowest()
        for number in sorted(range(len(widths)), key=lambda n: not self.columns[n].sentence):
            more = max(0, min(spare, bounds[number][1] - widths[number]))
            widths[number] += more
            spare -= more
        return widths

    def stacked(self, width: int) -> list[str]:
        """The form for a terminal that is narrower: a block for each row, its cells below each other by name."""
        named = max((len(column.title) for column in self.columns[1:]), default=0)
        lines = [self.indent + self.columns[0].title] if self.columns[0].title else []
        for row in self.rows:
            lines += wrapped(self.indent + row[0], width)
            for column, cell in zip(self.columns[1:], row[1:], strict=True):
                if cell:
                    label = f"{self.indent}  {column.title.lower().ljust(named)}" if named else f"{self.indent} "
                    lines += wrapped(f"{label}  {cell}", width, hanging=len(label) + len(GAP))
        return lines

    def rich(self, width: int) -> RichTable:
        """The form for a terminal of `width` columns, `narrowest` or more: titles give way first, then sentences."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(
            box=SIMPLE_HEAD, show_header=any(c.title for c in self.columns), pad_edge=False, header_style="bold"
        )
        for column, cells in zip(self.columns, self._widths(width), strict=True):
            table.add_column(
                column.title,
                justify="right" if column.right else "left",
                overflow="fold" if column.widest is None else "ellipsis",
                no_wrap=not column.sentence,
                width=cells,
            )
        for row in self.rows:
            table.add_row(*[Text(cell, style=STYLES.get(cell, "")) for cell in row])
        return table


def transposed(table: Table) -> Table:
    """The same with rows and columns exchanged, for a few rows of many numbers."""
    turned = Table([Column(table.columns[0].title), *[Column(row[0].upper(), right=True) for row in table.rows]])
    for number, column in enumerate(table.columns[1:], start=1):
        turned.add(column.title.lower(), *[row[number] for row in table.rows])
    return turned


def wrapped(text: str, width: int, *, hanging: int | None = None) -> list[str]:
    """`text` in lines of `width` at most, broken between words only; a longer word stays whole.

    Later lines stand `hanging` characters in, by default two more than the first.
    """
    if len(text) <= width:
        return [text]
    begins = len(text) - len(text.lstrip())
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=" " * (begins + 2 if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _least(cell: str, column: Column) -> int:
    """What a cell needs at least: a title gives way to an ellipsis, a sentence is broken between words."""
    if column.widest is not None:
        return min(READABLE, len(cell))
    return max(min(READABLE, len(cell)), *map(len, cell.split() or [""])) if column.sentence else len(cell)


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
