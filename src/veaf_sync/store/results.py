"""What mapping and measuring made of a run: verdicts (versioned, only what changed), cells and the objective side."""

from __future__ import annotations

import polars as pl
from sqlalchemy import delete, func, select, update

from veaf_sync.errors import StoreError
from veaf_sync.frames import CELLS, OBJECTIVES
from veaf_sync.store import listing, tables
from veaf_sync.store.engine import Database
from veaf_sync.store.generations import running
from veaf_sync.store.loading import columns, insert_frame, load, stored
from veaf_sync.store.records import Filters, Lease
from veaf_sync.store.verdict_rows import changed, gone, rows_of, stored_rows

_c = tables.cells.c
_o = tables.objectives.c
_v = tables.verdicts.c


class Results:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, run: int, verdicts: pl.DataFrame, hierarchy: pl.DataFrame, weights: pl.DataFrame, lease: Lease
    ) -> None:
        """Save VERDICTS with what HIERARCHY and WEIGHTS say of their items (team, parent, in_scope, counted).

        Only items whose rows differ from the last run's get new ones. From now on the run counts as measured:
        what the journal learns later counts from the next run on. Saving a run again replaces its results.
        """
        wanted = rows_of(verdicts, hierarchy, weights)
        held = stored_rows(self._database, run)
        fresh = changed(wanted, held)
        ended = gone(wanted, held)
        with self._database.writing(lease) as connection:
            running(connection, run)
            connection.execute(delete(tables.verdicts).where(_v.since == run))
            connection.execute(update(tables.verdicts).where(_v.until == run).values(until=None))
            insert_frame(self._database, connection, tables.verdicts, fresh.with_columns(since=pl.lit(run)))
            newer = tables.verdicts.alias("newer")
            replaced = (
                select(newer.c.id)
                .where(newer.c.source == _v.source, newer.c.id == _v.id, newer.c.since == run)
                .exists()
            )
            older = _v.until.is_(None) & (_v.since < run)
            connection.execute(update(tables.verdicts).where(older, replaced).values(until=run))
            for source, ids in ended.items():
                left = older & (_v.source == source) & self._database.among(_v.id, ids)
                connection.execute(update(tables.verdicts).where(left).values(until=run))
            connection.execute(update(tables.runs).where(tables.runs.c.id == run).values(measured=1))

    def save_measures(self, run: int, cells: pl.DataFrame, objectives: pl.DataFrame, lease: Lease) -> None:
        """Save CELLS and OBJECTIVES of a run. Saving them again replaces them."""
        numbered = cells.select(stored(CELLS.items())).with_row_index("part").with_columns(run=pl.lit(run))
        side = objectives.select(stored(OBJECTIVES.items())).with_columns(run=pl.lit(run))
        with self._database.writing(lease) as connection:
            running(connection, run)
            connection.execute(delete(tables.cells).where(_c.run == run))
            connection.execute(delete(tables.objectives).where(_o.run == run))
            insert_frame(self._database, connection, tables.cells, numbered)
            insert_frame(self._database, connection, tables.objectives, side)

    def cells(self, run: int) -> pl.DataFrame:
        """CELLS of `run`; empty where it was not measured."""
        query = select(*columns(_c, CELLS)).where(_c.run == run)
        return load(self._database, query, CELLS).sort(list(CELLS)[:7])

    def objectives(self, run: int) -> pl.DataFrame:
        """OBJECTIVES of `run`; empty where it was not measured."""
        query = select(*columns(_o, OBJECTIVES)).where(_o.run == run)
        return load(self._database, query, OBJECTIVES).sort("objective")

    def list(
        self, run: int, *, filters: Filters = listing.ALL, limit: int | None = None, oldest_first: bool = False
    ) -> pl.DataFrame:
        """LISTED as of `run`: items with their results, one row per item and share.

        An item is in where any of its shares passes `filters`, and then with all of its shares. Sorted by source,
        id and share, or (`oldest_first`) by creation before that, unknown ones last. `limit` counts items.
        """
        if limit is not None and limit < 0:
            raise StoreError("A limit cannot be negative.")
        return listing.listed(self._database, run, filters, limit=limit, oldest_first=oldest_first)

    def count(self, run: int, filters: Filters = listing.ALL) -> int:
        """How many items pass `filters` as of `run`."""
        query = select(func.count()).select_from(listing.matching(run, filters).subquery())
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())
