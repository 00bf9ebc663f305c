"""The one filter language of every reading command, over cells as over items."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

import polars as pl

from veaf_sync.errors import UsageError
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import Choice, Filters

EVERYTHING = Filters()
"""No filter: every counted item."""

COLUMNS = ("source", "partition", "team", "level", "objective", "verdict")


def values(choice: Choice) -> tuple[str, ...]:
    """What a filter asks for; empty = everything."""
    if choice is None or choice == "":
        return ()
    return (choice,) if isinstance(choice, str) else tuple(choice)


def over_cells(cells: pl.DataFrame, filters: Filters) -> pl.DataFrame:
    """The cells that `filters` hit: any value of one filter, all filters at once."""
    chosen = [pl.col(name).is_in(values(getattr(filters, name))) for name in COLUMNS if values(getattr(filters, name))]
    return cells.filter(chosen) if chosen else cells


def check(snapshot: Snapshot, filters: Filters) -> None:
    """Refuse a source, partition or objective that does not exist: a typing error must not read as "nothing there"."""
    cells = snapshot.cells
    sources = {*snapshot.config.settings.sources, *cells["source"]}
    partitions = {*(state.partition for state in snapshot.states), *cells["partition"]}
    objectives = {*snapshot.tree.ids, *cells["objective"]}
    _known("source", filters.source, sources)
    _known("partition", filters.partition, partitions)
    _known("objective", filters.objective, objectives)


def _known(noun: str, choice: Choice, known: Collection[str]) -> None:
    unknown = [value for value in values(choice) if value and value not in known]
    if not unknown:
        return
    names: Iterable[str] = sorted(name for name in known if name)
    near = [match for value in unknown for match in difflib.get_close_matches(value, names, n=1)]
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(list(names)[:20]) or 'none'}."
    raise UsageError(f"There is no {noun} {', '.join(unknown)} in this snapshot.", fix=hint)
