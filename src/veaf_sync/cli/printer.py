"""Standard output: one document of JSON, one table of CSV, or text for people. Nothing else is printed there."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from veaf_sync.cli.screened import answers
from veaf_sync.cli.suggestions import complete, complete_fixes
from veaf_sync.cli.tables import Table, wrapped
from veaf_sync.text import clean, clean_cell, clean_json

if TYPE_CHECKING:
    from pydantic import BaseModel


def line(text: str = "", *, style: str = "") -> None:
    """One line; `style` is a rich style that only a terminal sees. A narrow terminal gets it in several."""
    columns, said = width(), clean(complete(text))
    lines = [said] if columns is None else wrapped(said, columns)
    if style and columns is not None:
        from rich.text import Text

        _console().print(Text("\n".join(lines), style=style), soft_wrap=True)
    else:
        for part in lines:
            click.echo(part, file=answers())


def table(rows: Table) -> None:
    """A table: coloured on a terminal, in blocks on one that is too narrow for its columns, plain elsewhere."""
    columns = width()
    if columns is not None and columns >= rows.narrowest():
        _console().print(rows.rich(columns))
        return
    for text in rows.lines() if columns is None else rows.stacked(columns):
        click.echo(text, file=answers())


def document(answer: BaseModel | Mapping[str, Any]) -> None:
    """An answer as one JSON document, in the order of its fields."""
    plain = answer if isinstance(answer, Mapping) else answer.model_dump(mode="json", by_alias=True)
    stream = answers()
    wide = (stream.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(clean_json(json.dumps(complete_fixes(plain), ensure_ascii=not wide, indent=2)), file=stream)


def sheet(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as CSV with a header; text that a spreadsheet would run is neutralised."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([clean_cell(cell) for cell in row] for row in rows)
    click.echo(buffer.getvalue(), nl=False, file=answers())


def aside(text: str) -> None:
    """A line beside the answer, on standard error."""
    click.echo(clean(complete(text)), err=True)


def width() -> int | None:
    """Columns of the terminal; `None` where there is none."""
    return shutil.get_terminal_size().columns if answers().isatty() else None


def _console() -> Any:
    from rich.console import Console

    return Console(file=answers(), highlight=False, markup=False, emoji=False)
