"""One version of an issue. Versions never change: an edit makes a new one, so that the index can lag behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

Millis = int
"""Milliseconds since the epoch, the precision of Jira's times."""


@dataclass(frozen=True, slots=True)
class IssueType:
    """`level` is -1 for sub-tasks, 0, 1 for epics, 2 and more above; `json` is the type as served."""

    id: str
    name: str
    level: int
    json: str

    @property
    def subtask(self) -> bool:
        return self.level < 0


@dataclass(frozen=True, slots=True)
class Status:
    """`category` is new, indeterminate or done; `json` is the status as served."""

    id: str
    name: str
    category: str
    json: str


@dataclass(frozen=True, slots=True)
class Project:
    """`json` is the project as it stands inside an issue."""

    id: int
    key: str
    name: str
    json: str


@dataclass(frozen=True, slots=True, eq=False)
class Issue:
    """An issue. `fields` holds the JSON text of every field that is not a property here; null fields are left out.

    `parent` is the id of a parent of the same site (0: none); a parent outside stands in `fields`.
    """

    id: int
    project: str
    number: int
    type: IssueType
    status: Status
    created: Millis
    updated: Millis
    resolved: Millis | None
    labels: tuple[str, ...]
    fields: Mapping[str, str]
    parent: int = 0
    former: tuple[str, ...] = ()
    extra: Mapping[str, str] | None = None
    """What `expand` adds (renderedFields, transitions, changelog), where a payload brought it."""

    @property
    def key(self) -> str:
        return f"{self.project}-{self.number}"


def millis(at: datetime) -> Millis:
    return int(at.timestamp() * 1000 + 0.5)


@lru_cache(maxsize=50_000)
def stamp(at: Millis, zone: tzinfo) -> str:
    """A time as Jira writes it: milliseconds and an offset without colon, in the user's time zone."""
    text = datetime.fromtimestamp(at / 1000, zone).isoformat(timespec="milliseconds")
    return text[:-3] + text[-2:]


def split_key(key: str) -> tuple[str, int]:
    """Project and number of a key such as PAY-412. Raises `ValueError`."""
    project, dash, number = key.rpartition("-")
    if not dash or not project or not number.isdigit():
        raise ValueError(f"{key} is not a key of Jira, such as PAY-412")
    return project.upper(), int(number)
