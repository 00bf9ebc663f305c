"""JSON Lines, CSV and XLSX as rows of named cells, streamed.

Every format ends in the same shape, so that nothing behind it asks what a file was. A row's number is
the one people see: the line of a JSON Lines file, the row of a table. Whatever cannot be read is a fault
of its row; nothing is skipped in silence.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from veaf_sync.errors import Forbidden, Incomplete
from veaf_sync_file.faults import Faults
from veaf_sync_file.settings import ENDINGS
from veaf_sync_file.tables import Cells, Header, csv_rows, xlsx_rows
from veaf_sync_file.text import LINE_CAP, not_unicode

UNPACKED_CAP = 128 * 1024 * 1024
"""Characters that a packed file may unpack to where they are more than `UNPACKED_RATIO` times its size."""
UNPACKED_RATIO = 100
_AGAIN = "Run the export again."


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its cells by column. Empty cells may be absent, `None` or blank. `faults` are the file's."""

    file: Path
    number: int
    cells: Mapping[str, object]
    faults: Faults

    def fault(self, what: str, fix: str) -> None:
        """Say that something in this row is wrong."""
        self.faults.add(self.number, what, fix)


def read(file: Path, faults: Faults, header: Header, *, sheet: str = "", encoding: str = "utf-8") -> Iterator[Row]:
    """The rows of one file, by its ending. What is wrong goes into `faults`, and reading goes on where it can.

    `header` says what the first row of a table must hold (JSON Lines has none: its rows leave empty values out).
    Raises `Incomplete` where the file is gone or changes meanwhile, `Forbidden` where it may not be read.
    """
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        before = file.stat()
        yield from _rows(file, faults, header, sheet, encoding)
        after = file.stat()
    except PermissionError:
        raise Forbidden(f"{faults.name} may not be read.", fix=f"chmod u+r '{file}'") from None
    except FileNotFoundError:
        raise Incomplete(f"{faults.name} is gone.", fix=f"{_AGAIN[:-1]}, then: veaf-sync sync") from None
    except UnicodeError as error:
        faults.add(0, f"is not {encoding} ({error})", "Name the encoding it has, such as encoding: utf-8.")
        return
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        faults.add(0, f"cannot be read to its end ({error})", _AGAIN)
        return
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Incomplete(
            f"{faults.name} changed while it was read.", fix="Wait for the export to end, then: veaf-sync sync"
        )


def _rows(file: Path, faults: Faults, header: Header, sheet: str, encoding: str) -> Iterator[Row]:
    name = file.name.lower()
    if not name.endswith(ENDINGS):
        faults.add(0, f"is none of {', '.join(ENDINGS)}", "Narrow the source's path.")
    elif name.endswith((".jsonl", ".ndjson")):
        with file.open(encoding=encoding, errors="surrogateescape") as lines:
            yield from _json_lines(file, lines, faults)
    elif name.endswith(".gz"):
        cap = max(UNPACKED_CAP, UNPACKED_RATIO * file.stat().st_size)
        with gzip.open(file, "rt", encoding=encoding, errors="surrogateescape") as packed:
            yield from _json_lines(file, packed, faults, cap)
    elif name.endswith(".csv"):
        with file.open(encoding=encoding, errors="surrogateescape", newline="") as lines:
            yield from _table(file, csv_rows(lines, faults), header, faults, ragged=False)
    else:
        yield from _table(file, xlsx_rows(file, sheet, faults), header, faults, ragged=True)


def _json_lines(file: Path, lines: TextIO, faults: Faults, cap: float = float("inf")) -> Iterator[Row]:
    number = size = 0
    while line := lines.readline(LINE_CAP):
        number += 1
        size += len(line)
        if size > cap:
            faults.add(number, f"the file unpacks to more than {cap:,} characters", "Is this an export?")
            return
        if len(line) == LINE_CAP:
            faults.add(number, f"the line is longer than {LINE_CAP:,} characters", "Write one JSON object a line.")
            return
        if line.isspace():
            continue
        if said := not_unicode(line):
            faults.add(number, said, "Export it as UTF-8, or name its encoding, such as encoding: cp1252.")
            continue
        try:
            value = json.loads(line, parse_constant=_no_number)
            if not isinstance(value, dict):
                raise ValueError("a JSON object is expected")
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            faults.add(number, f"this is no JSON: {reason}", _AGAIN)
        else:
            yield Row(file, number, value, faults)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _table(
    file: Path, rows: Iterator[tuple[int, Cells]], header: Header, faults: Faults, *, ragged: bool
) -> Iterator[Row]:
    """`ragged`: rows may end early. Empty cells behind the last column are nobody's."""
    filled = ((number, cells) for number, cells in rows if any(cell is not None and cell != "" for cell in cells))
    top, first = next(filled, (0, ()))
    if not top and not faults:
        faults.add(0, "is empty", "Run the export again. One without items still has the row of column names.")
    names = [str(cell).strip() if cell is not None else "" for cell in first]
    if not ragged and (said := not_unicode(" ".join(names))):
        faults.add(top, f"the columns' names: {said}", _ENCODING)
    if faults or not header.fits(names, top, faults):
        return
    several = {name for name, count in Counter(names).items() if name and count > 1}
    for number, cells in filled:
        if len(cells) != len(names) and not _fits(cells, len(names), ragged):
            faults.add(number, f"{len(cells)} cells under {len(names)} columns", _RAGGED)
            continue
        values = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        for name in several:  # as trackers export a field of several values
            found = (cell for column, cell in zip(names, cells, strict=False) if column == name)
            values[name] = [cell for cell in found if cell is not None and cell != ""]
        if ragged or not_unicode("".join(cells)) == "":  # type: ignore[arg-type]  # a CSV holds texts only
            yield Row(file, number, values, faults)
        else:
            column, said = next(
                (name, said) for name, cell in zip(names, cells, strict=False) if (said := not_unicode(str(cell)))
            )
            faults.add(number, f"{column}: {said}", _ENCODING)


def _fits(cells: Cells, columns: int, ragged: bool) -> bool:
    return (ragged or len(cells) >= columns) and not any(cell is not None and cell != "" for cell in cells[columns:])


_ENCODING = "Save it as CSV UTF-8, or name its encoding, such as encoding: cp1252 (Excel on Windows)."
_RAGGED = "Run the export again; a cell that holds the delimiter needs quotes."
