"""A copy of a store that is a whole store by itself, made while others write."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

from veaf_sync.errors import StoreError
from veaf_sync.store.engine import Database


def copy(database: Database, path: Path) -> None:
    """Copy the store to `path`, for its owner only; what was there is replaced once the copy is whole.

    What others write meanwhile is not in it. Raises `StoreError` for a store on a server, whose own tools copy it, and
    for the store's own file; `OSError` where the copy cannot be written, and then what was there is as it was.
    """
    if not database.sqlite:
        raise StoreError(
            f"The store {database.name} is on a server, whose own tools copy it. Nothing was copied.",
            fix="pg_dump --format=custom --file=FILE DATABASE",
        )
    place = path.resolve()
    if place.exists() and place.samefile(str(database.url.database)):
        raise StoreError(f"{path} is the store itself. Nothing was copied.", fix="Name another file.")
    part = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with database.engine.connect() as connection, closing(sqlite3.connect(part)) as target:
            cast("sqlite3.Connection", connection.connection.driver_connection).backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            (said,) = target.execute("PRAGMA quick_check").fetchone()
        if said != "ok":
            raise StoreError(
                f"The copy of {database.name} is damaged: {said}. It was removed again.",
                fix="Try again. Where it stays so, the store itself is damaged: veaf-sync audit verify",
            )
        part.replace(place)
    except sqlite3.Error as error:
        raise OSError(None, str(error)) from error
    finally:
        part.unlink(missing_ok=True)
