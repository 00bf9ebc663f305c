"""A page, ready to be stored. Made in the thread that fetched it: what cannot be stored ends that walk only."""

from __future__ import annotations

from dataclasses import dataclass

from veaf_sync.connector import Cursor, Page
from veaf_sync.store.rows import Reading, read
from veaf_sync.store.values import as_json


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `Page` says, its items as rows and its mark as JSON. `mark` is empty on the last page."""

    readings: tuple[Reading, ...]
    mark: str
    cursor: Cursor | None
    suspects: tuple[str, ...] = ()


def prepare(page: Page) -> Prepared:
    """Turn a page into rows. Whatever a connector's wrong value raises (`TypeError` …) is raised."""
    return Prepared(
        readings=tuple(map(read, page.items)),
        mark=as_json(page.mark) if page.mark is not None else "",
        cursor=page.cursor,
        suspects=tuple(map(str, page.suspects)),
    )
