"""Plan what is wanted: wanted − seen of a snapshot, what it would cost, and what the tools would refuse of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from veaf_sync import plan as plans
from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Feature, Refusal
from veaf_sync.model import ItemRef, TagChange, Verdict
from veaf_sync.plan import Plan
from veaf_sync.plugins import Registry
from veaf_sync.store import Run, Store
from veaf_sync.strategy import tree
from veaf_sync.sync import heard
from veaf_sync.sync import snapshot as snapshots
from veaf_sync.sync.progress import SILENT, Progress
from veaf_sync.sync.snapshot import Snapshot
from veaf_sync.sync.sources import FAILURES, Sources, describe_failure, opening


@dataclass(frozen=True, slots=True)
class Cost:
    """What writing a source's part of a plan would take. `mailed`: people who would be mailed; None: not known."""

    source: str
    requests: int
    mailed: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it would cost; `notes` name sources that could not be asked.

    `edited` are the documents that were changed since the run that the plan starts from: it was made with the new ones.
    """

    plan: Plan
    costs: tuple[Cost, ...] = ()
    notes: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


def make_plan(
    config: Config,
    registry: Registry,
    store: Store,
    clock: Clock,
    run: Run,
    *,
    sources: Collection[str] = (),
    items: Collection[ItemRef] | None = None,
    snapshot: Snapshot | None = None,
    opened: Sources | None = None,
    progress: Progress = SILENT,
) -> Planned:
    """Plan from the items as of `run` and the given configuration, for `sources` (none named: all).

    `items`: nothing but these is planned.
    Asks the tools what writing would cost; writes nothing. `opened`: sources that the command has open.
    """
    progress.stage("plan")
    shot = snapshot or snapshots.take(config, store, run, after_writes=True)
    with opening(config, registry, clock, opened) as open_sources:
        plan = wanted(config, store, run, shot, sources)
        planned = previewed(plan if items is None else plans.restrict(plan, items), config, open_sources)
    used = store.runs.documents(run.id)
    edited = tuple(name for name, text in config.texts.items() if used.get(name) != text)
    return replace(planned, edited=edited, notes=(*planned.notes, *_draft_notes(config), *unclaimed_notes(shot)))


def conflict_notes(config: Config, plan: Plan) -> Iterator[str]:
    """One sentence for each source whose people left tags otherwise than the rules want, and are not heeded."""
    for name, tag in config.tags.items():
        items = {kept.item for kept in plan.skipped if kept.item.source == name}
        if items and not tag.heeds:
            many = f"{len(items):,} {'item has a tag' if len(items) == 1 else 'items have tags'}"
            yield (
                f"{name}: {many} that people left otherwise than the rules want; they stay so, and the figures follow "
                "the rules (on_conflict: report). Which: veaf-sync plan --out plan.json, veaf-sync show plan.json"
            )


def wanted(config: Config, store: Store, run: Run, snapshot: Snapshot, only: Collection[str] = ()) -> Plan:
    """The plan of a snapshot, before the tools are asked what they would refuse."""
    sources = config.settings.sources
    nobodys = set(snapshot.unclaimed["source"])
    ours = () if tree(config.strategy).provisional else config.tags  # drafts are nobody's decision yet
    planned = [name for name in ours if not sources[name].read_only and name not in nobodys]
    return plans.make(
        snapshot.items,
        snapshot.verdicts,
        snapshot.weights,
        {name: config.tags[name] for name in planned if not only or name in only},
        **state_of(config, store, run, snapshot),
        overruled=snapshot.overruled,
        unsettled=_unsettled(snapshot),
        kept=_kept(config, store, run, planned),
    )


def _kept(config: Config, store: Store, run: Run, sources: Collection[str]) -> set[tuple[str, str]]:
    """Items that were read and do not show tags of ours, where nobody is believed to have taken them."""
    found: set[tuple[str, str]] = set()
    for source in sources:
        states = store.pulls.states(run=run.id, source=source)
        fresh = {state.partition for state in states if state.state == "fresh"}
        if not any(state.reason for state in states if state.state == "fresh"):
            continue  # a partition with such items says so
        written = store.journal.written(source, run.id, target=config.tags[source].target)
        for item, places in store.items.memberships(run.id, source, written).items():
            seen = {value for place in places for value in place.tags}
            if not seen.issuperset(written[item]) and all(place.partition in fresh for place in places):
                found.add((source, item))
    return found


def _unsettled(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """Orphans with tags of ours above which, somewhere, a parent is named that no reading has shown: item to parent.

    It may have been made while we read, or live where we may not look; whether the item serves nothing is not known.
    """
    items = snapshot.items.join(snapshot.hierarchy, on=["source", "id"], maintain_order="left")
    above = {
        (source, id_): (parent, (parent_source, parent_id))
        for source, id_, parent, parent_source, parent_id in items.filter(pl.col("parent") != "")
        .select("source", "id", "parent", "parent_source", "parent_id")
        .iter_rows()
    }
    ours = items.filter(pl.col("written").list.len() > 0).select("source", "id")
    orphans = snapshot.verdicts.filter(pl.col("verdict") == Verdict.ORPHAN.value).join(
        ours, on=["source", "id"], how="semi"
    )
    found = {}
    for item in orphans.select("source", "id").unique().iter_rows():
        at, seen = item, set()
        while at in above and at not in seen:
            seen.add(at)
            parent, following = above[at]
            if not following[1]:
                found[item] = parent
                break
            at = following
    return found


def state_of(config: Config, store: Store, run: Run, snapshot: Snapshot) -> dict[str, Any]:
    """What a plan is made from, as `plan.make` and `plan.reverse` take it."""
    states = store.pulls.states(run=run.id)
    late = snapshots.degraded(config, states, run.at)
    frozen = snapshot.items.filter("unreadable").select("source", "partition").unique()
    return {
        "run": run.id,
        "at": run.at,
        "documents": config.texts,
        "sources": {name: _read_as_of(store, run, name) for name in sorted({state.source for state in states})},
        "degraded": {*((state.source, state.partition) for state in late), *frozen.rows()},
    }


def _draft_notes(config: Config) -> Iterator[str]:
    if config.tags and tree(config.strategy).provisional:
        yield "Every objective is a draft, so no tag is planned anywhere. After review: veaf-sync strategy activate"


def unclaimed_notes(snapshot: Snapshot) -> list[str]:
    """One sentence for each source with values under our tag prefix that the journal knows nothing about."""
    counts = snapshot.unclaimed.group_by("source").len().sort("source")
    return [
        f"{source}: {count:,} {'value' if count == 1 else 'values'} under our tag prefix that this store did not "
        "write. They are neither read as statements nor cleared, and nothing is planned there. If people set them: "
        f"veaf-sync sync --source {source} --adopt-tags people  If an earlier store of veaf-sync wrote them: "
        f"veaf-sync sync --source {source} --adopt-tags ours"
        for source, count in counts.iter_rows()
    ]


def _read_as_of(store: Store, run: Run, source: str) -> str:
    """Which reading of each partition of `source` the plan rests on, as one line."""
    states = store.pulls.states(run=run.id, source=source)
    return " ".join(f"{state.partition}@{state.run}:{state.state}" for state in states)


def previewed(plan: Plan, config: Config, sources: Sources) -> Planned:
    costs: list[Cost] = []
    refusals: list[Refusal] = []
    notes: list[str] = []
    for name, changes in by_source(plan.changes).items():
        try:
            source = sources.writing(name)
            if Feature.WRITE not in source.connector.features:
                connector = config.settings.sources[name].connector
                refusals += [Refusal(c, f"the connector {connector} cannot write") for c in changes]
                continue
            source.identify()
            preview = source.connector.preview(changes)
        except FAILURES as error:
            notes.append(f"{name} could not be asked what writing costs: {describe_failure(name, error)}")
            continue
        costs.append(Cost(name, preview.requests, preview.mailed))
        refusals += heard.refusals(preview.refused)
    return Planned(plan=plans.refuse(plan, refusals), costs=tuple(costs), notes=tuple(notes))


def by_source(changes: Sequence[TagChange]) -> dict[str, list[TagChange]]:
    of: dict[str, list[TagChange]] = defaultdict(list)
    for change in changes:
        of[change.item.source].append(change)
    return of
