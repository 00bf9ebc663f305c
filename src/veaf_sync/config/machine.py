"""Whether this machine can hold the store: asked by `check`, so that the first sync need not find out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from veaf_sync.config.document import Document
from veaf_sync.errors import Problem

_DRIVERS = ("psycopg", "adbc_driver_postgresql", "pyarrow")


def unusable_store(document: Document, store: str, folder: Path) -> Iterator[Problem]:
    """Why the store at the URL `store` (a relative file counts from `folder`) could not be written, if anything."""
    said = _postgresql() if store.startswith("postgres") else _sqlite(folder / store.partition(":///")[2])
    if said is not None:
        yield Problem(document.file, document.line(("store",)), "store", *said)


def _postgresql() -> tuple[str, str] | None:
    if all(find_spec(name) for name in _DRIVERS):
        return None
    return "the driver of PostgreSQL is not installed.", "pip install 'veaf-sync[postgres]'"


def _sqlite(file: Path) -> tuple[str, str] | None:
    if file.is_dir():
        return f"{file} is a folder; a store is a file.", "Example: sqlite:///veaf-sync.db"
    if not file.parent.is_dir():
        return f"its folder {file.parent} is not there.", f"mkdir -p {file.parent}"
    # SQLite writes its log beside the database, so the folder counts too.
    for path in (file.parent, file):
        if path.exists() and not os.access(path, os.W_OK):
            return f"{path} cannot be written by this user.", f"chmod u+w {path}"
    return None
