"""The one filter language of every reading command, over cells as over items."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace

import polars as pl

from veaf_sync.errors import UsageError
from veaf_sync.model import Level, Verdict
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
    if filters.places:
        there = ((pl.col("source") == source) & (pl.col("partition") == name) for source, name in filters.places)
        chosen.append(pl.any_horizontal(*there))
    return cells.filter(chosen) if chosen else cells


def resolve(snapshot: Snapshot, filters: Filters, *, below: bool = False) -> Filters:
    """`filters` as cells and store take them: a partition may be `source:name`; `below` adds objectives further down.

    Raises `UsageError` for a name that does not exist: a typing error must not read as "nothing there".
    """
    cells = snapshot.cells
    sources = {*snapshot.config.settings.sources, *cells["source"]}
    places = {*((state.source, state.partition) for state in snapshot.states)}
    places |= set(cells.select("source", "partition").unique().iter_rows())
    teams = {*cells["team"], *snapshot.config.strategy.teams}
    _known("source", filters.source, sources)
    _known("partition", filters.partition, {name for _, name in places} | {f"{s}:{name}" for s, name in places})
    _known("team", [team for team in values(filters.team) if not _has_uncounted(snapshot, team, teams)], teams)
    _known("level", filters.level, {level.value for level in Level})
    _known("objective", filters.objective, {*snapshot.tree.ids, *cells["objective"]})
    _known("verdict", filters.verdict, {verdict.value for verdict in Verdict})
    return replace(
        _placed(filters, places), objective=_with_below(snapshot, filters.objective) if below else filters.objective
    )


def _has_uncounted(snapshot: Snapshot, team: str, counted: Collection[str]) -> bool:
    """Whether only items that are not counted have this team; cells know nothing of those."""
    if not team or team in counted:
        return False
    return snapshot.store.results.count(snapshot.run.id, Filters(team=(team,), counted_only=False)) > 0


def _placed(filters: Filters, places: Collection[tuple[str, str]]) -> Filters:
    """Partitions as (source, partition) where one of them is written so."""
    wanted = values(filters.partition)
    names = {name for _, name in places}
    if all(value in names or not value for value in wanted):
        return filters
    chosen = sorted((source, name) for source, name in places if name in wanted or f"{source}:{name}" in wanted)
    return replace(filters, partition=None, places=(*filters.places, *chosen))


def _with_below(snapshot: Snapshot, chosen: Choice) -> tuple[str, ...]:
    tree = snapshot.tree
    wanted = [tree.below(name) if tree.known(name) else [name] for name in values(chosen)]
    return tuple(dict.fromkeys(name for names in wanted for name in names))


def _known(noun: str, choice: Choice, known: Collection[str]) -> None:
    unknown = [value for value in values(choice) if value and value not in known]
    if not unknown:
        return
    names = sorted(name for name in known if name)
    folded = {name.casefold(): name for name in names}
    near = [folded[match] for value in unknown for match in difflib.get_close_matches(value.casefold(), folded, n=1)]
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names[:20]) or 'none'}."
    raise UsageError(f"There is no {noun} {', '.join(unknown)} in this snapshot.", fix=hint)
