"""Items as a run saw them: the frame for mapping, one item by what people call it, and sizes."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, func, literal, select

from veaf_sync.frames import ITEMS, TEXT, TEXTS
from veaf_sync.model import ItemRef, Membership
from veaf_sync.store import ancestry, finding, mirroring, tables
from veaf_sync.store.choosing import as_of, same_version
from veaf_sync.store.engine import Database
from veaf_sync.store.journal_state import Targets, marks
from veaf_sync.store.loading import columns, load
from veaf_sync.store.records import Found
from veaf_sync.store.values import split

_d = tables.descriptions.c
_f = tables.frozen.c
_i = tables.items.c
_m = tables.memberships.c

_ON_DEMAND = {"description": "", "url": "", "fields": "{}"}
"""Wide columns that are loaded only where they are needed, and what stands for them elsewhere."""
_DERIVED = ("written", "withdrawn", "unreadable")
_NAMES = pl.Schema({"source": TEXT, "id": TEXT})


class Items:
    def __init__(self, database: Database) -> None:
        self._database = database

    def frame(
        self,
        run: int,
        *,
        needed: Collection[str] = (),
        unreadable: Collection[tuple[str, str]] = (),
        targets: Targets = MappingProxyType({}),
    ) -> pl.DataFrame:
        """ITEMS as of `run`, sorted by source and id.

        `description`, `url` and `fields` are filled only where `needed` names them. An item is `unreadable` where
        it is frozen, or where every partition of it is among `unreadable` (pairs of source and partition). `aliases`
        also hold the keys of earlier versions; `written` and `withdrawn` are the journal's as of `run`, at the
        present `targets` by source (`labels` for a source that is not named).
        """
        return self._load(run, set(needed), set(unreadable), None, targets)

    def families(
        self,
        run: int,
        items: Collection[ItemRef],
        *,
        unreadable: Collection[tuple[str, str]] = (),
        targets: Targets = MappingProxyType({}),
    ) -> pl.DataFrame:
        """ITEMS of a few `items` and their ancestors, with every column, sorted by source and id.

        Ancestors are those that the results of `run` were made with. What is not known is left out.
        """
        with self._database.reading() as connection:
            refs = ancestry.lines(connection, run, items)
        return self._load(run, set(_ON_DEMAND), set(unreadable), refs, targets)

    def find(self, text: str, run: int) -> list[Found]:
        """Items that `text` may mean as of `run`, sorted: `source:KEY`, a URL, a key, or a former key.

        The first that finds anything counts: the exact key, an alias, an earlier key, the key without case.
        """
        with self._database.reading() as connection:
            return finding.find(connection, text, run)

    def linked(self, run: int, fields: Collection[str] = ()) -> pl.DataFrame:
        """LINKED as of `run`: items that name an item of another source, by an address or in one of `fields`."""
        return mirroring.linked(self._database, run, fields)

    def memberships(self, run: int, source: str, ids: Collection[str]) -> dict[str, tuple[Membership, ...]]:
        """Where these items live as of `run`, with their handle and the tags seen there, by partition."""
        query = (
            select(_m.id, _m.partition, _m.handle, _m.tags)
            .join_from(tables.memberships, tables.items, same_version(_m, _i))
            .where(_i.source == source, self._database.among(_i.id, ids), as_of(_i, run))
        )
        places: dict[str, list[Membership]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                places.setdefault(row.id, []).append(Membership(row.partition, row.handle, split(row.tags)))
        return {id_: tuple(sorted(found, key=lambda place: place.partition)) for id_, found in sorted(places.items())}

    def sizes(self, run: int) -> dict[tuple[str, str], int]:
        """Items per (source, partition) as of `run`. An item that lives in several partitions counts in each."""
        query = (
            select(_m.source, _m.partition, func.count())
            .join_from(tables.memberships, tables.items, same_version(_m, _i))
            .where(as_of(_i, run))
            .group_by(_m.source, _m.partition)
        )
        with self._database.reading() as connection:
            return dict(sorted(((row[0], row[1]), row[2]) for row in connection.execute(query)))

    def _load(
        self,
        run: int,
        needed: set[str],
        unreadable: set[tuple[str, str]],
        refs: Collection[ItemRef] | None,
        targets: Targets,
    ) -> pl.DataFrame:
        schema = pl.Schema({name: dtype for name, dtype in ITEMS.items() if name not in _DERIVED} | {"former": TEXTS})
        table: dict[str, ColumnElement[Any]] = {column.name: column for column in tables.items.columns}
        origin: Any = tables.items
        if "description" in needed:
            origin = origin.outerjoin(tables.descriptions, same_version(_d, _i))
            table["description"] = func.coalesce(_d.description, "")
        table |= {name: literal(empty) for name, empty in _ON_DEMAND.items() if name not in needed}
        query = select(*columns(table, schema)).select_from(origin).where(as_of(_i, run))
        halted = select(_f.source, _f.id).where(as_of(_f, run))
        if refs is not None:
            query = query.where(ancestry.any_of(_i.source, _i.id, refs))
            halted = halted.where(ancestry.any_of(_f.source, _f.id, refs))
        items = load(self._database, query, schema)
        frozen = load(self._database, halted, _NAMES).with_columns(frozen=pl.lit(True))
        items = (
            items.join(marks(self._database, run, refs, targets), on=["source", "id"], how="left")
            .join(frozen, on=["source", "id"], how="left")
            .with_columns(
                pl.col("written").fill_null(pl.lit([], dtype=TEXTS)),
                pl.col("withdrawn").fill_null(pl.lit([], dtype=TEXTS)),
                _all_names().alias("aliases"),
                (pl.col("frozen").fill_null(False) | _lost(unreadable)).alias("unreadable"),
            )
        )
        return items.select(pl.col(name).cast(dtype) for name, dtype in ITEMS.items()).sort("source", "id")


def _all_names() -> pl.Expr:
    """The tool's aliases, then the keys of earlier versions; never the present key."""
    both = pl.col("aliases").list.concat("former").list.unique(maintain_order=True)
    renamed = pl.col("former").list.len() > 0
    return pl.when(renamed).then(both.list.set_difference(pl.concat_list("key"))).otherwise("aliases")


def _lost(unreadable: set[tuple[str, str]]) -> pl.Expr:
    """Every partition of the item is among those that cannot be read."""
    lost = pl.lit(False)
    for source in sorted({source for source, _ in unreadable}):
        names = sorted(partition for owner, partition in unreadable if owner == source)
        inside = pl.col("partitions").list.eval(pl.element().is_in(names)).list.all()
        lost = lost | ((pl.col("source") == source) & (pl.col("partitions").list.len() > 0) & inside)
    return lost
