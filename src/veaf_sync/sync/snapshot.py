"""Map and measure what is stored: the snapshot that every reading command, report and plan speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from veaf_sync import mapping, measure
from veaf_sync.config import Config
from veaf_sync.connector import LABELS
from veaf_sync.model import ItemRef
from veaf_sync.store import Entry, Lease, PartitionState, Run, Store
from veaf_sync.strategy import tree


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The frames of one run: ITEMS (our own tags taken out), HIERARCHY, VERDICTS, WEIGHTS; tags nobody claims, and
    withdrawals that are only reported."""

    at: datetime
    items: pl.DataFrame
    hierarchy: pl.DataFrame
    verdicts: pl.DataFrame
    weights: pl.DataFrame
    unclaimed: pl.DataFrame
    overruled: pl.DataFrame


def unreadable(config: Config, states: Iterable[PartitionState], at: datetime) -> set[tuple[str, str]]:
    """Partitions of configured sources that count as unreadable at `at`."""
    return {
        (state.source, state.partition)
        for state in states
        if state.standing(config.freshness(state.source), at) == "unreadable"
    }


def degraded(config: Config, states: Iterable[PartitionState], at: datetime) -> list[PartitionState]:
    """Partitions of configured sources that make the snapshot DEGRADED: late or unreadable at `at`."""
    return [
        state
        for state in states
        if state.source in config.settings.sources and state.standing(config.freshness(state.source), at) != "fresh"
    ]


def take(config: Config, store: Store, run: Run, *, after_writes: bool = False) -> Snapshot:
    """Map and measure the items as of `run`, with the given configuration, at the run's instant. Writes nothing.

    `after_writes` adds what was written since the run, as the journal holds it: the state that a plan starts from.
    """
    needed = mapping.columns(config.mapping, config.strategy)
    raw = store.items.frame(
        run.id,
        needed=needed.columns,
        unreadable=unreadable(config, store.pulls.states(run=run.id), run.at),
        targets=config.targets,
    ).filter(pl.col("source").is_in(list(config.settings.sources)))
    tz = config.timezone
    until = None if after_writes else run.id
    former = store.journal.elsewhere(config.targets, until)
    if after_writes:
        since = store.journal.entries(learnt_after=run.id)
        opened = [entry for name in config.settings.sources for entry in store.journal.open(name)]
        raw = with_open(with_writes(raw, _present(since, config)), _present(opened, config))
        former = pl.concat([former, _removed(since)])
    claimed = mapping.claim(raw, config.tags, store.journal.claimed(until), former)
    items = mapping.with_goals(claimed.items, config.counterparts)
    hierarchy = mapping.resolve(items, config.strategy, mirrored(config, store, run.id))
    verdicts = mapping.map_items(items, hierarchy, config.mapping, config.strategy, at=run.at, tz=tz)
    period = config.period(run.at)
    weights = measure.weigh(
        items, hierarchy, scope=config.settings.scope, period_start=period.start(tz), period_end=period.end(tz)
    )
    return Snapshot(
        at=run.at,
        items=items,
        hierarchy=hierarchy,
        verdicts=verdicts,
        weights=weights,
        unclaimed=claimed.unclaimed,
        overruled=claimed.overruled,
    )


def mirrored(config: Config, store: Store, run: int) -> pl.DataFrame:
    """MIRRORS as of `run`, as the settings find them."""
    how = config.settings.mirrors
    linked = store.items.linked(run, how.fields)
    return mapping.mirrors(linked if how.links else linked.filter("by_field"), list(config.settings.sources))


def _present(entries: Iterable[Entry], config: Config) -> list[Entry]:
    """Those about the present tag target of their source."""
    targets = config.targets
    return [entry for entry in entries if entry.target == targets.get(entry.item.source, LABELS)]


def _removed(entries: Iterable[Entry]) -> pl.DataFrame:
    """(source, id, target, value) that we took away: the last reading still shows it, and nobody stated it."""
    rows = [
        (entry.item.source, entry.item.id, entry.target, entry.value)
        for entry in entries
        if entry.result == "applied" and entry.action == "remove"
    ]
    return pl.DataFrame(rows, schema=mapping.FORMER, orient="row")


def with_writes(items: pl.DataFrame, entries: Sequence[Entry]) -> pl.DataFrame:
    """ITEMS with the tags that the journal's applied `entries` added and removed since they were read."""
    return with_values(
        items,
        [
            (entry.item, entry.value, entry.action == "add")
            for entry in entries
            if entry.result == "applied" and entry.action in ("add", "remove")
        ],
    )


def with_values(items: pl.DataFrame, values: Sequence[tuple[ItemRef, str, bool]]) -> pl.DataFrame:
    """ITEMS as they are once values of ours were set (`True`) and taken away there, in that order."""
    if not values:
        return items
    rows = [{"source": item.source, "id": item.id, "value": value, "add": add} for item, value, add in values]
    changed = (
        pl.DataFrame(rows)
        .unique(["source", "id", "value"], keep="last")
        .group_by("source", "id")
        .agg(pl.col("value").filter("add").alias("_added"), pl.col("value").filter(~pl.col("add")).alias("_removed"))
    )
    joined = items.join(changed, on=["source", "id"], how="left", maintain_order="left").with_columns(
        pl.col("_added").fill_null([]), pl.col("_removed").fill_null([])
    )
    return joined.with_columns(
        pl.col(name).list.set_union("_added").list.set_difference("_removed").list.sort()
        for name in ("tags", "written")
    ).drop("_added", "_removed")


def with_open(items: pl.DataFrame, entries: Sequence[Entry]) -> pl.DataFrame:
    """ITEMS where a value that we may have written (an intent without an outcome) counts as written by us."""
    rows = [
        {"source": entry.item.source, "id": entry.item.id, "_open": entry.value}
        for entry in entries
        if entry.action == "add"
    ]
    if not rows:
        return items
    values = pl.DataFrame(rows).group_by("source", "id").agg("_open")
    joined = items.join(values, on=["source", "id"], how="left", maintain_order="left")
    union = pl.col("written").list.set_union(pl.col("_open").fill_null([])).list.sort()
    return joined.with_columns(union.alias("written")).drop("_open")


def save(config: Config, store: Store, run: Run, lease: Lease, snapshot: Snapshot) -> None:
    """Keep a snapshot's verdicts, cells and objective side with its run."""
    cells = measure.make_cells(snapshot.items, snapshot.hierarchy, snapshot.verdicts, snapshot.weights)
    objectives = measure.objective_side(
        snapshot.items,
        snapshot.verdicts,
        snapshot.weights,
        tree(config.strategy),
        at=snapshot.at,
        tz=config.timezone,
        allocation=config.settings.allocation,
        stalled_after=timedelta(days=config.settings.stalled_after),
    )
    store.results.save(run.id, snapshot.verdicts, snapshot.hierarchy, snapshot.weights, lease)
    store.results.save_measures(run.id, cells, objectives, lease)
