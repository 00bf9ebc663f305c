"""One run as everything is answered from: its documents, its cells, the state of its partitions."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync import mapping, plan
from veaf_sync.config import Config
from veaf_sync.model import Action, Result
from veaf_sync.read.ancestry import epic_pairs
from veaf_sync.store import Filters, PartitionState, Run, Store
from veaf_sync.strategy import Period, Tree, tree


class Snapshot:
    """A run, bound to the documents stored with it, so that an answer is the same whenever it is asked.

    Everything is loaded when first asked for. `config` holds the documents as the run used them.
    """

    def __init__(self, store: Store, run: Run, config: Config) -> None:
        self.store = store
        self.run = run
        self.config = config

    @property
    def head(self) -> dict[str, Any]:
        """What every answer begins with: `run`, `as_of`, `degraded`, `provisional`."""
        return {
            "run": self.run.id,
            "as_of": self.run.at,
            "degraded": self.run.degraded,
            "provisional": self.tree.provisional,
        }

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.config.timezone

    @cached_property
    def tree(self) -> Tree:
        return tree(self.config.strategy)

    @cached_property
    def period(self) -> Period:
        return self.config.period(self.run.at)

    @cached_property
    def cells(self) -> pl.DataFrame:
        """CELLS of the run."""
        return self.store.results.cells(self.run.id)

    @cached_property
    def states(self) -> tuple[PartitionState, ...]:
        """The state of every partition as of the run."""
        return tuple(self.store.pulls.states(run=self.run.id))

    @cached_property
    def unreadable(self) -> frozenset[tuple[str, str]]:
        """(source, partition) whose items count as unreadable."""
        return frozenset(
            (state.source, state.partition)
            for state in self.states
            if state.standing(self.config.freshness(state.source), self.run.at) == "unreadable"
        )

    @cached_property
    def items(self) -> pl.DataFrame:
        """ITEMS as the run's mapping saw them: our own tags taken out."""
        needed = mapping.columns(self.config.mapping, self.config.strategy).columns
        return self.claimed(
            self.store.items.frame(self.run.id, needed=needed, unreadable=self.unreadable, targets=self.config.targets)
        )

    @cached_property
    def hierarchy(self) -> pl.DataFrame:
        """HIERARCHY of `items`."""
        return mapping.resolve(self.items, self.config.strategy, self.mirrors)

    @cached_property
    def mirrors(self) -> pl.DataFrame:
        """MIRRORS of the run, as its settings find them."""
        how = self.config.settings.mirrors
        linked = self.store.items.linked(self.run.id, how.fields)
        return mapping.mirrors(linked if how.links else linked.filter("by_field"), list(self.config.settings.sources))

    def with_copies(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """The (`source`, `id`) of `wanted`, and of everything that is one work item with any of them."""
        found = self.mirrors
        if found.is_empty():
            return wanted
        copies = found.select("original_source", "original_id", "source", "id")
        originals = found.select("original_source", "original_id", source="original_source", id="original_id")
        keys = pl.concat([copies, originals])
        mine = keys.join(wanted, on=["source", "id"], how="semi").select("original_source", "original_id").unique()
        theirs = keys.join(mine, on=["original_source", "original_id"], how="semi").select("source", "id")
        return pl.concat([wanted.select("source", "id"), theirs]).unique(maintain_order=True)

    @cached_property
    def listed(self) -> pl.DataFrame:
        """Every known item with its results (LISTED of the store), counted or not, the oldest first."""
        return self.store.results.list(self.run.id, filters=Filters(counted_only=False), oldest_first=True)

    @cached_property
    def epic_pairs(self) -> pl.DataFrame:
        """(`source`, `id`, `epic_source`, `epic_id`): every item with each epic above it."""
        return epic_pairs(self.listed)

    @property
    def waiting(self) -> int:
        """Tag values that a plan would still set or clear: those of the run less those that were written and stand."""
        last = {
            (entry.item, entry.target, entry.value): entry
            for entry in self.store.journal.entries(run=self.run.id)
            if entry.result == Result.APPLIED and entry.action in (Action.ADD, Action.REMOVE)
        }
        written = sum(not plan.undone_run(entry.reason) for entry in last.values())
        return max(0, int(self.run.summary.get("waiting", 0)) - written)

    def claimed(self, raw: pl.DataFrame) -> pl.DataFrame:
        """ITEMS of configured sources with our own tags taken out of what people say."""
        known: Collection[str] = list(self.config.settings.sources)
        mine = raw.filter(pl.col("source").is_in(known))
        journal, run = self.store.journal, self.run.id
        former = journal.elsewhere(self.config.targets, run)
        ours_out = mapping.claim(mine, self.config.tags, journal.claimed(run), former).items
        return mapping.with_goals(ours_out, self.config.counterparts)
