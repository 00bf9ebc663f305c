"""A row as a work item: which column holds what, and what its text means."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from veaf_sync.connector import USUAL_LEVELS, USUAL_STATES
from veaf_sync.model import Level, Membership, StateCategory, WorkItem, as_text
from veaf_sync_file.formats import Row
from veaf_sync_file.settings import FileSettings, Property
from veaf_sync_file.text import clean, short

_NUMBER = {
    ".": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?"),
}
"""By decimal mark."""
_OTHER_MARK = {".": ",", ",": "."}
_TIME_FIX = "Write it as 2026-11-23 or 2026-11-23T06:00:00Z."
_LISTS = frozenset(("labels", "components", "milestones", "sprints", "assignees", "objective"))
"""Properties that have several values, in one cell or in several columns of one name."""


class Items:
    """Makes work items of rows by a source's settings."""

    def __init__(self, settings: FileSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.timezone)
        self._levels = {**USUAL_LEVELS} | {
            t.casefold(): level for level, types in settings.levels.items() for t in types
        }
        self._states = {**USUAL_STATES} | {
            s.casefold(): state for state, names in settings.states.items() for s in names
        }
        properties: tuple[Property, ...] = get_args(Property)
        self._names = {name: settings.names(name) for name in properties}
        self._columns = {column for columns in self._names.values() for column in columns}
        # Which of several columns was filled says something too, so those stay readable as custom fields.
        self._taken = {names[0] for names in self._names.values() if len(names) == 1}

    @property
    def single(self) -> frozenset[str]:
        """The columns of properties that have one value."""
        return frozenset(column for name, columns in self._names.items() if name not in _LISTS for column in columns)

    def custom(self, row: Row | None) -> list[str]:
        """The columns of a row that stand for no property."""
        return [name for name in (row.cells if row else ()) if name not in self._columns]

    def key(self, row: Row) -> str:
        """The item's key, which is its id. Where it is missing that is a fault of the row."""
        key = self._text(row, "key")
        if not key:
            row.fault(f"{self._names['key'][0]} is missing", "Give every row a key.")
        return key

    def partition(self, row: Row) -> str:
        """The setting, else the column, else the file's name without its ending."""
        return self._settings.partition or self._text(row, "partition") or stem(row.file.name)

    def item(self, row: Row) -> WorkItem:
        """The work item of a row that has a key. What cannot be read is left out, and is a fault of the row."""
        key = self._text(row, "key")
        completed = self._time(row, "completed")
        kind, state = self._text(row, "type"), self._text(row, "state")
        return WorkItem(
            id=key,
            key=key,
            partitions=(Membership(self.partition(row)),),
            title=self._text(row, "title"),
            type=kind,
            level=self._level(self._text(row, "level"), kind),
            state=state,
            state_category=self._category(self._text(row, "state_category"), state, completed),
            parent=self._text(row, "parent"),
            url=_link(self._text(row, "url")),
            description=self._text(row, "description"),
            labels=self._texts(row, "labels"),
            components=self._texts(row, "components"),
            milestones=self._texts(row, "milestones"),
            sprints=self._texts(row, "sprints"),
            assignees=self._texts(row, "assignees"),
            team=self._text(row, "team"),
            points=self._number(row, "points"),
            hours=self._number(row, "hours"),
            created=self._time(row, "created"),
            updated=self._time(row, "updated"),
            completed=completed,
            stated=self._texts(row, "objective"),
            fields=self._fields(row),
        )

    def _cell(self, row: Row, name: Property) -> tuple[str, object]:
        """The first filled column of a property and its value, `None` where all are empty."""
        for column in self._names[name]:
            value = row.cells.get(column)
            if isinstance(value, str):
                value = clean(value)
            if value is not None and value not in ("", []):
                return column, value
        return self._names[name][0], None

    def _text(self, row: Row, name: Property) -> str:
        return ", ".join(self._values(row, name))

    def _values(self, row: Row, name: Property) -> tuple[str, ...]:
        column, value = self._cell(row, name)
        values = _scalars(value)
        if values is None:
            row.fault(f"{column} holds an object, not a text", f"Export {column} as a text.")
            return ()
        return values

    def _texts(self, row: Row, name: Property) -> tuple[str, ...]:
        column, value = self._cell(row, name)
        if isinstance(value, str):
            value = re.split("[;,]", value)
        values = _scalars(value)
        if values is None:
            row.fault(f"{column} holds an object, not texts", f"Export {column} as texts.")
            return ()
        return tuple(dict.fromkeys(values))

    def _number(self, row: Row, name: Property) -> float | None:
        column, value = self._cell(row, name)
        if value is None:
            return None
        mark = self._settings.decimal
        if isinstance(value, str) and _NUMBER[mark].fullmatch(value):
            value = float(value.replace(mark, "."))
        if isinstance(value, int | float) and not isinstance(value, bool):
            with suppress(OverflowError):  # JSON's integers have no end
                if math.isfinite(value) and value >= 0:
                    return float(value)
                if math.isfinite(value):
                    row.fault(f"{column} is {value:g}; {name} are 0 or more", "Correct it, or leave the cell empty.")
                    return None
        fix = f"Write it plainly, such as 1234{mark}5."
        if isinstance(value, str) and _NUMBER[_OTHER_MARK[mark]].fullmatch(value):
            fix = f'Say it in the source: decimal: "{_OTHER_MARK[mark]}"'
        row.fault(f"{column} is {short(value)}, which is no number", fix)
        return None

    def _time(self, row: Row, name: Property) -> datetime | None:
        column, value = self._cell(row, name)
        if value is None:
            return None
        try:
            return self._instant(value)
        except (ValueError, OverflowError):
            row.fault(f"{column} is {short(value)}, which is no ISO 8601 time", _TIME_FIX)
            return None

    def _instant(self, value: object) -> datetime:
        """UTC. Without a zone a time is UTC; a plain date is the start of that day in the configured zone."""
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = datetime.fromisoformat(str(value))
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=self._zone).astimezone(UTC)
        raise ValueError

    def _level(self, level: str, kind: str) -> Level:
        said = self._levels.get(level.casefold()) if level else None
        return said or self._levels.get(kind.casefold(), Level.STANDARD)

    def _category(self, category: str, state: str, completed: datetime | None) -> StateCategory:
        said = self._states.get(category.casefold()) or self._states.get(state.casefold())
        return said or (StateCategory.TODO if completed is None else StateCategory.DONE)

    def _fields(self, row: Row) -> Mapping[str, tuple[str, ...]]:
        found = ((clean(str(name)), _scalars(value)) for name, value in row.cells.items() if name not in self._taken)
        return {name: values for name, values in found if values}


def stem(name: str) -> str:
    """A file's name without its ending; `.jsonl.gz` is one ending."""
    return name.removesuffix(".gz").rpartition(".")[0] or name


def _link(url: str) -> str:
    """Only addresses that a browser may open safely from a report."""
    return url if url.startswith(("http://", "https://")) else ""


def _scalars(value: Any) -> tuple[str, ...] | None:
    """The texts of a scalar or of a list of scalars; `None` where there is an object in it."""
    values = value if isinstance(value, list) else [value]
    if any(isinstance(part, dict | list) for part in values):
        return None
    texts = (clean(part.isoformat() if isinstance(part, date) else as_text(part)) for part in values)
    return tuple(text for text in texts if text)
