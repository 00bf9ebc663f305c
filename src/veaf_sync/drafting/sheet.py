"""A spreadsheet of objectives, CSV or XLSX: one row for an objective or for one of its key results."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from veaf_sync.drafting.model import Draft, DraftObjective, DraftResult, slug, unique
from veaf_sync.errors import UserError
from veaf_sync.strategy import VISION

FILE_CAP = 10 * 1024 * 1024
UNPACKED_CAP = 200 * 1024 * 1024
"""Bytes of a spreadsheet of objectives, as it is and unpacked."""
ROW_CAP = 10_000
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "key", "code", "objective id", "objective key"),
    "title": ("title", "objective", "objective title", "goal", "name"),
    "supports": ("supports", "parent", "parent objective", "parent goal", "aligned to"),
    "accountable": ("accountable", "owner", "objective owner", "lead", "sponsor"),
    "responsible": ("responsible", "team", "teams", "department"),
    "planned_share": ("planned share", "planned", "share", "allocation"),
    "result": ("key result", "key results", "kr", "measure", "metric"),
    "unit": ("unit",),
    "baseline": ("baseline", "start", "start value", "from"),
    "target": ("target", "target value", "to"),
    "value": ("value", "current", "current value", "actual"),
    "due": ("due", "due date", "deadline", "end date"),
}
"""What a column may be called; case, `_` and `-` do not matter. Only the title must be there."""

Row = Mapping[str, object]


def sheet(path: Path) -> Draft:
    """The objectives of a spreadsheet, in its order.

    A row without a title, or with the title of an earlier one, brings one more key result of that objective. The
    first sheet of a workbook is read. Raises `UserError` with the row where something cannot be read.
    """
    rows = _named(path, _cells(path))
    objectives: dict[str, DraftObjective] = {}
    parents: dict[str, str] = {}
    last = ""
    for number, row in rows:
        title = _text(row, "title")
        same = next((each.id for each in objectives.values() if title and each.title == title), "")
        if title and not same:
            last = unique(_id(row, title), {*objectives})
            objectives[last] = _objective(path, number, last, row)
            parents[last] = _text(row, "supports")
        last = same or last
        if not last:
            raise _broken(path, number, "a key result without an objective above it", "Give the row a title.")
        if _text(row, "result"):
            held = objectives[last]
            result = _result(path, number, row)
            objectives[last] = replace(held, key_results=(*held.key_results, result))
    if not objectives:
        raise UserError(f"{path} holds no objective below its first row.", fix=_expected())
    return Draft(tuple(_placed(objectives, parents)))


def _placed(objectives: Mapping[str, DraftObjective], parents: Mapping[str, str]) -> Iterable[DraftObjective]:
    """Each below the one that it names by id or title; rings and strangers support the vision, and say so."""
    by_name = {name.casefold(): each.id for each in objectives.values() for name in (each.title, each.id)}
    known = {child: by_name.get(parent.casefold(), "") for child, parent in parents.items()}
    for identity, objective in objectives.items():
        parent = known[identity]
        above = parent
        for _ in objectives:
            above = known.get(above, "")
        if parent and not above:
            yield replace(objective, supports=parent)
        elif parents[identity] and parents[identity].casefold() != VISION:
            said = "is above itself" if parent else f"{parents[identity]!r} is no objective here"
            yield replace(objective, why=f"{objective.why}; its parent there {said}")
        else:
            yield objective


def _objective(path: Path, number: int, identity: str, row: Row) -> DraftObjective:
    return DraftObjective(
        id=identity,
        title=_text(row, "title"),
        why=f"{path.name}, row {number}",
        accountable=_text(row, "accountable"),
        responsible=tuple(part.strip() for part in re.split("[;,]", _text(row, "responsible")) if part.strip()),
        planned_share=_share(path, number, row),
    )


def _result(path: Path, number: int, row: Row) -> DraftResult:
    return DraftResult(
        title=_text(row, "result"),
        unit=_text(row, "unit"),
        baseline=_number(path, number, row, "baseline"),
        target=_number(path, number, row, "target"),
        value=_number(path, number, row, "value"),
        due=_date(path, number, row),
    )


def _id(row: Row, title: str) -> str:
    given = _text(row, "id")
    return given if re.fullmatch(r"[^\s{}]+", given) and slug(given, "") else slug(title)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else " ".join(str(value).split())


def _number(path: Path, number: int, row: Row, name: str) -> float | None:
    value = row.get(name)
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip().rstrip("%").replace(" ", "").replace("\u00a0", "")
    try:
        thousands = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text)
        found = float(text.replace(",", "" if thousands else "."))
    except ValueError:
        found = float("nan")
    if found != found or abs(found) == float("inf"):
        raise _broken(path, number, f"{name} is {str(value)[:40]!r}, which is no number", "Write a number.")
    return found


def _share(path: Path, number: int, row: Row) -> float | None:
    """`0.3`, `30 %` and `30` are all 30 %."""
    found = _number(path, number, row, "planned_share")
    if found is None:
        return None
    share = found / 100 if found > 1 or "%" in str(row["planned_share"]) else found
    if not 0 <= share <= 1:
        raise _broken(path, number, "the planned share lies outside 0 to 100 %", "Write 0.3 or 30 %.")
    return round(share, 6)


def _date(path: Path, number: int, row: Row) -> date | None:
    value = row.get("due")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or value in (None, ""):
        return value or None  # type: ignore[return-value]
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise _broken(path, number, f"due is {str(value)[:40]!r}, which is no date", "Write 2026-12-31.") from None


def _named(path: Path, table: Sequence[tuple[int, Sequence[object]]]) -> list[tuple[int, Row]]:
    """The rows below the first, by our names of their columns; empty rows are left out."""
    header = [re.sub(r"[\s_\-]+", " ", str(cell or "")).strip().casefold() for cell in (table[0][1] if table else ())]
    places = {
        name: next(header.index(word) for word in words if word in header)
        for name, words in COLUMNS.items()
        if set(words) & set(header)
    }
    if "title" not in places:
        has = ", ".join(filter(None, header[:12])) or "nothing"
        raise UserError(f"{path} has no column for the objectives' titles (its first row has: {has}).", fix=_expected())
    rows = [
        (number, {name: cells[place] if place < len(cells) else None for name, place in places.items()})
        for number, cells in table[1:]
    ]
    return [(number, row) for number, row in rows if any(value not in (None, "") for value in row.values())]


def _cells(path: Path) -> list[tuple[int, Sequence[object]]]:
    try:
        if path.stat().st_size > FILE_CAP:
            raise UserError(f"{path} is larger than {FILE_CAP:,} bytes.", fix="A sheet of objectives is small.")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    rows = _xlsx(path, content) if path.suffix.lower() == ".xlsx" else _csv(path, content)
    if len(rows) > ROW_CAP:
        raise UserError(f"{path} has more than {ROW_CAP:,} rows.", fix="A sheet of objectives is small.")
    return rows


def _csv(path: Path, content: bytes) -> list[tuple[int, Sequence[object]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8.", fix="Save it as CSV UTF-8.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1))
    except csv.Error as error:
        raise UserError(f"{path} is no CSV: {error}.", fix="Export it again.") from None


def _xlsx(path: Path, content: bytes) -> list[tuple[int, Sequence[object]]]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise UserError("XLSX needs openpyxl.", fix="pip install veaf-sync-file, or save the sheet as CSV.") from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED_CAP:
                raise UserError(f"{path} unpacks to more than {UNPACKED_CAP:,} bytes.", fix="Save it as CSV.")
        with closing(load_workbook(io.BytesIO(content), read_only=True, data_only=True)) as book:
            rows = book.worksheets[0].iter_rows(values_only=True, max_row=ROW_CAP + 1)
            return list(enumerate(rows, 1))
    except UserError:
        raise
    except Exception as error:  # whatever a broken workbook makes of the library
        raise UserError(f"{path} is no XLSX file ({type(error).__name__}).", fix="Save it as CSV.") from None


def _broken(path: Path, number: int, what: str, fix: str) -> UserError:
    return UserError(f"{path}, row {number}: {what}. Nothing was written.", fix=fix)


def _expected() -> str:
    return f"Columns: {', '.join(words[0] for words in COLUMNS.values())}; only title must be there."
