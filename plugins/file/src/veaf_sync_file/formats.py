"""JSON Lines, CSV and XLSX as rows of named cells, streamed.

Every format ends in the same shape, so that nothing behind it asks what a file was. A row's number is
the one people see: the line of a JSON Lines file, the row of a table (the header is row 1). Whatever
cannot be read is an `Incomplete` that names file and row; nothing is skipped in silence.
"""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError

from veaf_sync.errors import Forbidden, Incomplete

LINE_CAP = 16 * 1024 * 1024
"""Characters in one line of JSON Lines, or in one cell of CSV."""
SHEET_CAP = 1024 * 1024 * 1024
"""Bytes of an XLSX file when unpacked."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `place` says where for people, cells by column. Empty cells may be absent, `None` or blank."""

    file: Path
    number: int
    cells: Mapping[str, object]

    @property
    def place(self) -> str:
        return f"{self.file.name}, row {self.number}"


def read(file: Path, sheet: str = "", required: Sequence[tuple[str, ...]] = ()) -> Iterator[Row]:
    """The rows of one file, by its ending.

    `required` are groups of columns; a table's header must hold one of each (JSON Lines has no header, its
    rows leave empty values out). Raises `Incomplete`, and `Forbidden` where the file may not be read.
    """
    try:
        before = file.stat()
        yield from _rows(file, sheet, required)
        after = file.stat()
    except PermissionError:
        raise Forbidden(f"{file} may not be read.", fix=f"chmod u+r '{file}'") from None
    except FileNotFoundError:
        raise Incomplete(f"{file} is gone.", fix="Run the export again, then: veaf-sync sync") from None
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise Incomplete(f"{file} cannot be read to its end: {error}.", fix="Run the export again.") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Incomplete(f"{file} changed while it was read.", fix="Wait for the export to end, then: veaf-sync sync")


def _rows(file: Path, sheet: str, required: Sequence[tuple[str, ...]]) -> Iterator[Row]:
    name = file.name.lower()
    if name.endswith((".jsonl", ".ndjson")):
        with file.open(encoding="utf-8-sig") as lines:
            yield from _json_lines(file, lines)
    elif name.endswith((".jsonl.gz", ".ndjson.gz")):
        with gzip.open(file, "rt", encoding="utf-8-sig") as lines:
            yield from _json_lines(file, lines)
    elif name.endswith(".csv"):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from _table(file, _csv(file, lines), required, ragged=False)
    elif name.endswith(".xlsx"):
        yield from _table(file, _xlsx(file, sheet), required, ragged=True)
    else:
        raise Incomplete(f"{file} is none of .jsonl, .jsonl.gz, .csv and .xlsx.", fix="Narrow the source's path.")


def _json_lines(file: Path, lines: TextIO) -> Iterator[Row]:
    number = 0
    try:
        while line := lines.readline(LINE_CAP):
            number += 1
            if len(line) == LINE_CAP:
                raise Incomplete(
                    f"{file}, row {number}: the line is longer than {LINE_CAP:,} characters.",
                    fix="Write one JSON object a line.",
                )
            if line.isspace():
                continue
            value = json.loads(line, parse_constant=_no_number)
            if not isinstance(value, dict):
                raise ValueError("a JSON object is expected")
            yield Row(file, number, value)
    except UnicodeDecodeError:
        raise Incomplete(f"{file}, after row {number}: this is not UTF-8.", fix="Export it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise Incomplete(f"{file}, row {number}: this is no JSON: {reason}.", fix="Run the export again.") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _csv(file: Path, lines: TextIO) -> Iterator[list[str]]:
    csv.field_size_limit(LINE_CAP)
    number = 0
    try:
        first = lines.readline(LINE_CAP)
        delimiter = max(",;\t", key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
        for number, cells in enumerate(csv.reader(chain([first], lines), delimiter=delimiter, strict=True), 1):  # noqa: B007
            yield cells
    except UnicodeDecodeError:
        raise Incomplete(f"{file}, after row {number}: this is not UTF-8.", fix="Export it as UTF-8.") from None
    except csv.Error as error:
        raise Incomplete(f"{file}, after row {number}: this is no CSV: {error}.", fix="Run the export again.") from None


def _xlsx(file: Path, sheet: str) -> Iterator[list[object]]:
    from openpyxl import load_workbook  # slow to import, and most sources are no spreadsheets
    from openpyxl.utils.exceptions import InvalidFileException

    with zipfile.ZipFile(file) as parts:
        if sum(part.file_size for part in parts.infolist()) > SHEET_CAP:
            raise Incomplete(f"{file} unpacks to more than {SHEET_CAP:,} bytes.", fix="Export it as CSV.")
    try:
        with closing(load_workbook(file, read_only=True, data_only=True)) as book:
            if sheet and sheet not in book.sheetnames:
                raise Incomplete(f"{file} has no sheet {sheet}. It has: {', '.join(book.sheetnames)}.")
            page = book[sheet] if sheet else book.worksheets[0]
            page.reset_dimensions()  # some writers state too small a range
            for cells in page.iter_rows():
                yield [_plain(cell) for cell in cells]
    except (InvalidFileException, ParseError, KeyError, ValueError, TypeError, IndexError) as error:
        raise Incomplete(f"{file} is no XLSX file: {error}.", fix="Open it, save it as XLSX or CSV.") from None


def _plain(cell: Any) -> object:
    """A cell's value; a date without a time of day (by its format) as a date, as plain dates are read differently."""
    value = cell.value
    if isinstance(value, datetime) and "h" not in cell.number_format.lower():
        return value.date()
    return value


def _table(
    file: Path, rows: Iterator[Sequence[object]], required: Sequence[tuple[str, ...]], *, ragged: bool
) -> Iterator[Row]:
    header = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
    _check_header(file, header, required)
    for number, cells in enumerate(rows, 2):
        if not any(cell is not None and cell != "" for cell in cells):
            continue
        if len(cells) != len(header) and (not ragged or any(cell is not None for cell in cells[len(header) :])):
            raise Incomplete(
                f"{file}, row {number}: {len(cells)} cells under {len(header)} columns.", fix="Run the export again."
            )
        yield Row(file, number, {name: cell for name, cell in zip(header, cells, strict=False) if name})


def _check_header(file: Path, header: Sequence[str], required: Sequence[tuple[str, ...]]) -> None:
    for names in required:
        if not set(names) & set(header):
            raise Incomplete(
                f"{file} has no column {' or '.join(names)}. It has: {', '.join(filter(None, header)) or 'none'}.",
                fix="Name it under `columns` of the source, such as columns: {key: Id}.",
            )
    for name in header:
        if name and header.count(name) > 1:
            raise Incomplete(f"{file} has two columns {name}.", fix="Rename one of them.")
