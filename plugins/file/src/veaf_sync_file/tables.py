"""CSV and XLSX as numbered rows of cells, and what their first row must hold."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError

from veaf_sync_file.faults import Faults
from veaf_sync_file.text import LINE_CAP

SHEET_CAP = 1024 * 1024 * 1024
"""Bytes of an XLSX file when unpacked."""
SHEET_RATIO, SHEET_FREE = 100, 64 * 1024 * 1024
"""How often its size it may unpack to, from so many bytes on: what people type repeats itself less."""
ROW_CAP = 1_048_576
"""Rows that a spreadsheet has: https://support.microsoft.com/office/excel-specifications-and-limits"""
Cells = Sequence[object]
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
"""A first line by which Excel is told the delimiter; it does not show it."""
_MERGED = re.compile(rb'<mergeCell [^>]*ref="([A-Z0-9:]+)"[^>]*>')
_USUAL = {
    "unexpected end of data": "a quotation mark is opened here and never closed",
    "field larger than": "a quotation mark is opened here and never closed",
    "expected after": "a quotation mark inside a quoted cell is not doubled",
}
"""Part of the CSV reader's words, and what it means."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first row of a table must hold: one column of each group, and each of `single` once at most."""

    required: Sequence[tuple[str, ...]] = ()
    single: frozenset[str] = frozenset()

    def fits(self, names: Sequence[str], row: int, faults: Faults) -> bool:
        """Whether `names` do; what is missing, or there twice, goes into `faults`."""
        before = faults.count
        for group in self.required:
            if not set(group) & set(names):
                what = f"has no column {' or '.join(group)} (it has: {', '.join(filter(None, names)) or 'none'})"
                faults.add(0, what, "Name it under `columns` of the source, such as columns: {key: Id}.", str(group))
        for name in dict.fromkeys(names):
            if name in self.single and names.count(name) > 1:
                faults.add(row, f"two columns {name}", "Rename one of them.")
        return faults.count == before


def csv_rows(lines: TextIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Every row with its number, blank ones too. Ends at what is no CSV."""
    csv.field_size_limit(LINE_CAP)
    first = lines.readline(LINE_CAP)
    if told := _SEPARATOR.fullmatch(first):
        delimiter, begun = told[1], []
    else:
        begun = [first]
        while not begun[-1].strip(",;\t\r\n ") and (line := lines.readline(LINE_CAP)):
            begun.append(line)
        delimiter = max(",;\t", key=lambda mark: len(next(csv.reader(begun[-1:], delimiter=mark), [])))
    number = 0
    try:
        for number, cells in enumerate(csv.reader(chain(begun, lines), delimiter=delimiter, strict=True), 1):
            yield number, cells
    except csv.Error as error:
        reason = next((words for part, words in _USUAL.items() if part in str(error)), str(error))
        faults.add(number + 1, f"this is no CSV: {reason}", "Run the export again.")


def xlsx_rows(file: Path, sheet: str, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Every row of a sheet (default the first) with its number, formulas as their last value."""
    from openpyxl import load_workbook  # slow to import, and most sources are no spreadsheets
    from openpyxl.utils.exceptions import InvalidFileException

    with zipfile.ZipFile(file) as parts:
        cap = min(SHEET_CAP, max(SHEET_FREE, SHEET_RATIO * file.stat().st_size))
        if sum(part.file_size for part in parts.infolist()) > cap:
            faults.add(0, f"unpacks to more than {cap:,} bytes", "Export it as CSV.")
            return
    try:
        with closing(load_workbook(file, read_only=True, data_only=True)) as book:
            if sheet and sheet not in book.sheetnames:
                faults.add(0, f"has no sheet {sheet} (it has: {', '.join(book.sheetnames)})", "Name one of them.")
                return
            page = book[sheet] if sheet else book.worksheets[0]
            _find_merged(file, page, faults)
            page.reset_dimensions()  # some writers state too small a range
            for number, cells in enumerate(page.iter_rows(), 1):
                if number > ROW_CAP:  # a row says its number itself, and those before it would be made up
                    faults.add(number, f"more rows than {ROW_CAP:,}", "Export it as CSV.")
                    return
                yield number, [_plain(cell) for cell in cells]
    except (InvalidFileException, ParseError, KeyError, ValueError, TypeError, IndexError) as error:
        faults.add(0, f"is no XLSX file ({error})", "Open it, save it as XLSX or CSV.")


def _find_merged(file: Path, page: Any, faults: Faults) -> None:
    """Of merged cells only the first holds the value: what the others seem to hold would be lost in silence."""
    with zipfile.ZipFile(file) as parts, parts.open(page._worksheet_path) as content:
        tail = b""
        while block := content.read(1 << 20):
            for found in _MERGED.findall(tail + block):
                cells = found.decode()
                row = int(re.findall(r"\d+", cells)[0])
                faults.add(row, f"the cells {cells} are merged", "Unmerge them, and fill in each row.")
            tail = block[-64:].rpartition(b">")[2]


def _plain(cell: Any) -> object:
    """A cell's value; a date without a time of day (by its format) as a date, as plain dates are read differently."""
    value = cell.value
    if isinstance(value, datetime) and "h" not in cell.number_format.lower():
        return value.date()
    return value
