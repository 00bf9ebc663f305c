"""The pass: pull → store → map → measure → plan → apply. Each stage is one function; this file is their order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from veaf_sync import mapping, measure
from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.errors import Refused, UsageError
from veaf_sync.model import ItemRef, Outcome
from veaf_sync.plugins import Registry
from veaf_sync.store import Lease, Run, Store
from veaf_sync.sync import snapshot as snapshots
from veaf_sync.sync.adopting import Approve, adopt
from veaf_sync.sync.collecting import rarely_collecting
from veaf_sync.sync.holding import RUN_LEASE, holding, lease_of
from veaf_sync.sync.planning import Planned, conflict_notes, make_plan, unclaimed_notes, wanted
from veaf_sync.sync.progress import SILENT, Progress
from veaf_sync.sync.pull import PullOptions, SourceReport, fail_source, pull_source
from veaf_sync.sync.refresh import refresh
from veaf_sync.sync.settling import Settler
from veaf_sync.sync.snapshot import Snapshot
from veaf_sync.sync.sources import FAILURES, Sources, describe_failure, opening
from veaf_sync.sync.writing import check_guards, write_plan


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a pass did. `planned`, `outcomes`, `refusal`: after `write`. `no_credentials`: every source refused ours."""

    run: Run
    degraded: bool
    sources: tuple[SourceReport, ...]
    notes: tuple[str, ...] = ()
    planned: Planned | None = None
    outcomes: tuple[Outcome, ...] = ()
    refusal: Refused | None = None
    no_credentials: bool = False


def run_sync(
    config: Config,
    registry: Registry,
    store: Store,
    clock: Clock,
    *,
    full: bool = False,
    sources: Collection[str] = (),
    write: bool = False,
    accept: int | None = None,
    accept_empty: Collection[str] = (),
    adopt_tags: Literal["ours", "people"] | None = None,
    approve: Approve | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    opened: Sources | None = None,
    metric_version: str = measure.METRIC_VERSION,
    progress: Progress = SILENT,
) -> RunResult:
    """One pass over `sources` (none named: all). Without `write` nothing in the tools changes.

    `only` names items, ids by source: nothing else is read then, and with `write` nothing else is written.
    `opened` are sources that something was asked of already; they stay open. Runs of another `metric_version` are
    never compared with.

    `accept` is the exact number that lifts a plan's cap; `accept_empty` names sources that may have become empty;
    `adopt_tags` says whose the values under our prefix are that the journal knows nothing about; `approve` is shown
    them first, and nothing is claimed where it says no (absent: it says yes).
    Raises `UsageError` for unknown sources and `Refused` when another run holds the lease. What a source did wrong,
    and why a guard held the plan back (the snapshot is stored by then), is in the result.
    """
    names = _chosen(config, sources if only is None else list(only))
    with (
        rarely_collecting(),
        holding(store, [RUN_LEASE, *map(lease_of, names)]) as leases,
        opening(config, registry, clock, opened) as opened,
        _run(config, store, clock, leases, metric_version) as run,
    ):
        if only is None:
            reports = _pull(config, store, opened, run, leases, names, full, accept_empty, progress)
        else:
            reports = _refresh(store, opened, run, leases, only, progress)
        progress.stage("map and measure")
        snapshot = snapshots.take(config, store, run)
        if adopt_tags is not None:
            snapshot = adopt(config, store, run, leases, snapshot, adopt_tags, approve)
        progress.stage("store the snapshot")
        snapshots.save(config, store, run, leases[RUN_LEASE], snapshot)
        late = bool(snapshots.degraded(config, store.pulls.states(run=run.id), run.at))
        late = late or bool(snapshot.items["unreadable"].any())
        late = late or (only is not None and any(report.state != "fresh" for report in reports))
        pending = wanted(config, store, run, snapshot)
        notes = [*_notes(config, snapshot), *conflict_notes(config, pending)]
        store.runs.finish(
            run.id,
            status="done",
            degraded=late,
            summary={
                "sources": [_as_json(report) for report in reports],
                "notes": notes,
                "waiting": pending.counts.set + pending.counts.clear,
                "whole": only is None,
            },
            lease=leases[RUN_LEASE],
        )
        result = RunResult(
            run=replace(run, status="done", degraded=late),
            degraded=late,
            sources=tuple(reports),
            notes=tuple(notes),
            no_credentials=bool(reports) and all(report.code in ("credentials", "user") for report in reports),
        )
        if not write:
            return result
        planned = make_plan(
            config,
            registry,
            store,
            clock,
            run,
            sources=names,
            items=None if only is None else {ItemRef(name, id_) for name, ids in only.items() for id_ in ids},
            snapshot=snapshot,
            opened=opened,
            progress=progress,
        )
        try:
            check_guards(planned.plan, config, store, clock, leases[RUN_LEASE], accept, "veaf-sync sync --write")
        except Refused as refusal:
            return replace(result, planned=planned, refusal=refusal)
        whole = only is None and not set(config.settings.sources) - set(names)
        outcomes = write_plan(planned.plan, store, opened, leases, progress, accept=accept, whole=whole)
        return replace(result, planned=planned, outcomes=tuple(outcomes))


def _chosen(config: Config, sources: Collection[str]) -> list[str]:
    unknown = [name for name in sources if name not in config.settings.sources]
    if unknown:
        known = ", ".join(config.settings.sources) or "none"
        raise UsageError(f"No source is called {', '.join(unknown)}. Configured: {known}.", fix="veaf-sync check")
    return [name for name in config.settings.sources if not sources or name in sources]


@contextmanager
def _run(config: Config, store: Store, clock: Clock, leases: dict[str, Lease], metric_version: str) -> Iterator[Run]:
    """A run that is marked as interrupted or failed when the pass does not reach its snapshot."""
    run = store.runs.begin(clock.now(), config.texts, metric_version=metric_version, lease=leases[RUN_LEASE])
    try:
        yield run
    except BaseException as error:
        current = store.runs.get(run.id)
        if current is not None and current.status == "running":
            status: Literal["interrupted", "failed"] = (
                "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            )
            store.runs.finish(run.id, status=status, degraded=True, summary={}, lease=leases[RUN_LEASE])
        raise


def _pull(
    config: Config,
    store: Store,
    opened: Sources,
    run: Run,
    leases: dict[str, Lease],
    names: list[str],
    full: bool,
    accept_empty: Collection[str],
    progress: Progress,
) -> list[SourceReport]:
    """Pull the sources one after the other (each walks its shards at once). A source that fails stops no other."""
    reports = []
    for name in names:
        progress.stage(f"pull {name}")
        census = run.id % config.settings.sources[name].census_every == 0
        options = PullOptions(full=full, accept_empty=name in accept_empty, census=census)
        lease = leases[lease_of(name)]
        _settle_open(name, store, opened, run, lease)
        try:
            report = pull_source(opened.reading(name), store, run, lease, options, progress)
        except FAILURES as error:
            report = fail_source(name, store, run, lease, error)
        if report.reason:
            progress.note(f"{name}: {report.reason}")
        reports.append(report)
    return reports


def _refresh(
    store: Store,
    opened: Sources,
    run: Run,
    leases: dict[str, Lease],
    only: Mapping[str, Sequence[str]],
    progress: Progress,
) -> list[SourceReport]:
    """Read the named items of each source directly. A source that fails stops no other."""
    reports = []
    for name, ids in only.items():
        progress.stage(f"read {len(ids)} {'item' if len(ids) == 1 else 'items'} of {name}")
        lease = leases[lease_of(name)]
        _settle_open(name, store, opened, run, lease)
        try:
            reports.append(refresh(opened.reading(name), ids, store, run, lease, progress))
        except FAILURES as error:
            reports.append(SourceReport(name, "failed", describe_failure(name, error)))
    return reports


def _settle_open(name: str, store: Store, opened: Sources, run: Run, lease: Lease) -> None:
    """Before anything is read: learn what became of writes that an interrupted run left open.

    What cannot be learnt now stays open, and its values count as ours meanwhile.
    """
    if not store.journal.open(name):
        return
    try:
        source = opened.writing(name)
        source.identify()
        source.connector.partitions()
        Settler(source, store, run.id, lease).resume()
    except FAILURES as error:
        describe_failure(name, error)  # raises what is not the source's own failure


def _notes(config: Config, snapshot: Snapshot) -> Iterator[str]:
    """What a person should know about a snapshot beyond its numbers, one sentence each."""
    yield from unclaimed_notes(snapshot)
    for source, count in sorted(measure.undated(snapshot.items, snapshot.hierarchy).items()):
        if count:
            yield f"{source}: {count:,} done without a completion date, so not in scope."
    copies = int(snapshot.hierarchy["mirror"].sum())
    if copies:
        are = "1 item is a copy" if copies == 1 else f"{copies:,} items are copies"
        yield f"{are} of an item in another tool: such a work item is counted once, where its source stands first."
    rings = int(snapshot.hierarchy["ring"].sum())
    if rings:
        yield f"{rings:,} items are each other's parents in a ring; those links count as absent."
    yield from _ended(config, snapshot)


def _ended(config: Config, snapshot: Snapshot) -> Iterator[str]:
    """Exemptions that ended while counted items still need them."""
    lapsed = mapping.lapsed(
        snapshot.items, snapshot.hierarchy, config.mapping, config.strategy, at=snapshot.at, tz=config.timezone
    ).join(snapshot.weights.filter("counted"), on=["source", "id"], how="semi")
    for rule in config.mapping.rules:
        count = int((lapsed["rule"] == rule.name).sum())
        if rule.exempt and count:
            items = "1 item is" if count == 1 else f"{count:,} items are"
            yield f"The exemption of rule {rule.name} ended on {rule.exempt.until}: {items} not exempt any more."


def _as_json(report: SourceReport) -> dict[str, object]:
    return {
        "source": report.source,
        "state": report.state,
        "reason": report.reason,
        "items": report.items,
        "new": report.new,
        "changed": report.changed,
        "removed": report.removed,
        "requests": report.requests,
    }
