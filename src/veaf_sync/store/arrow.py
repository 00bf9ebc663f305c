"""PostgreSQL's answers as columns, by ADBC."""

from __future__ import annotations

from contextlib import closing
from threading import Lock
from typing import Any

from sqlalchemy import URL

from veaf_sync.errors import StoreError
from veaf_sync.store.failures import explain


class Arrow:
    """One connection, opened when first asked and kept: opening reads the server's types, which takes longer than
    most queries do. Nothing stays open on it between two queries. Threads take turns.
    """

    def __init__(self, url: URL, name: str) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._name = name
        self._connection: Any = None
        self._turn = Lock()

    def fetch(self, sql: str) -> Any:
        """The answer to `sql` as an Arrow table."""
        try:
            import adbc_driver_postgresql.dbapi as postgresql
        except ImportError as error:
            raise StoreError(
                "Reading frames from PostgreSQL needs a driver that is not installed.",
                fix="Install it with: pip install 'veaf-sync[postgres]'",
            ) from error
        with self._turn:
            kept = self._connection is not None
            try:
                try:
                    return self._ask(postgresql, sql)
                except postgresql.Error:
                    self.close()
                    if not kept:
                        raise
                return self._ask(postgresql, sql)  # the server may have been restarted since the last query
            except postgresql.Error as error:
                self.close()
                raise explain(self._name, error) from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ask(self, postgresql: Any, sql: str) -> Any:
        if self._connection is None:
            self._connection = postgresql.connect(self._address, autocommit=True)
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()
