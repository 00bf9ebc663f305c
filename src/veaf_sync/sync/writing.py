"""Plan what is wanted, hold it against the guards, and write it: the second half of the pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from veaf_sync import plan as plans
from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Feature, Refusal
from veaf_sync.errors import Refused
from veaf_sync.model import ItemRef, Outcome, Result, TagChange
from veaf_sync.plan import Plan
from veaf_sync.plugins import Registry
from veaf_sync.store import Lease, Run, Store
from veaf_sync.strategy import tree
from veaf_sync.sync import snapshot as snapshots
from veaf_sync.sync.apply import Writer
from veaf_sync.sync.holding import RUN_LEASE, holding, lease_of
from veaf_sync.sync.progress import SILENT, Progress
from veaf_sync.sync.snapshot import Snapshot
from veaf_sync.sync.sources import FAILURES, Sources, describe_failure, opening

APPLY_COMMAND = "veaf-sync apply plan.json"
STALE = "Make a new one and review it: veaf-sync plan --out plan.json"


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


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of a plan. `outcomes` are in no particular order; one for each change."""

    run: Run
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> bool:
        """Whether any write did not succeed. A person's edit that was left alone is no failure."""
        return any(outcome.result is Result.FAILED for outcome in self.outcomes)


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
        planned = _previewed(plan if items is None else plans.restrict(plan, items), config, open_sources)
    used = store.runs.documents(run.id)
    edited = tuple(name for name, text in config.texts.items() if used.get(name) != text)
    return replace(planned, edited=edited, notes=(*planned.notes, *_draft_notes(config), *unclaimed_notes(shot)))


def waiting(config: Config, store: Store, run: Run, snapshot: Snapshot) -> int:
    """How many tag values a plan made now would set and clear."""
    counts = wanted(config, store, run, snapshot).counts
    return counts.set + counts.clear


def wanted(config: Config, store: Store, run: Run, snapshot: Snapshot, only: Collection[str] = ()) -> Plan:
    """The plan of a snapshot, before the tools are asked what they would refuse."""
    states = store.pulls.states(run=run.id)
    late = snapshots.degraded(config, states, run.at)
    sources = config.settings.sources
    nobodys = set(snapshot.unclaimed["source"])
    ours = () if tree(config.strategy).provisional else config.tags  # drafts are nobody's decision yet
    planned = [name for name in ours if not sources[name].read_only and name not in nobodys]
    frozen = snapshot.items.filter("unreadable").select("source", "partition").unique()
    return plans.make(
        snapshot.items,
        snapshot.verdicts,
        snapshot.weights,
        {name: config.tags[name] for name in planned if not only or name in only},
        run=run.id,
        at=run.at,
        documents=config.texts,
        sources={name: _read_as_of(store, run, name) for name in sorted({state.source for state in states})},
        degraded={*((state.source, state.partition) for state in late), *frozen.rows()},
    )


def _draft_notes(config: Config) -> Iterator[str]:
    if config.tags and tree(config.strategy).provisional:
        yield "Every objective is a draft, so no tag is planned anywhere. After review: veaf-sync strategy activate"


def unclaimed_notes(snapshot: Snapshot) -> list[str]:
    """One sentence for each source with values under our tag prefix that the journal knows nothing about."""
    counts = snapshot.unclaimed.group_by("source").len().sort("source")
    return [
        f"{source}: {count:,} {'value' if count == 1 else 'values'} under our tag prefix, and the journal knows "
        f"nobody's. They are neither read as statements nor cleared, and nothing is planned there. Say whose they "
        f"are: veaf-sync sync --source {source} --adopt-tags people (or ours)"
        for source, count in counts.iter_rows()
    ]


def guard_reasons(plan: Plan, config: Config, store: Store, accept: int | None, command: str) -> list[str]:
    """Why `plan` would be refused, one sentence each; empty where it would not."""
    run = store.runs.get(plan.run)
    states = store.pulls.states(run=plan.run)
    late = snapshots.degraded(config, states, run.at) if run is not None else []
    return plans.guard(
        plan,
        caps={name: source.guards for name, source in config.settings.sources.items()},
        sizes=store.items.sizes(plan.run),
        degraded={(state.source, state.partition) for state in late},
        accept=accept,
        command=command,
    )


def check_guards(plan: Plan, config: Config, store: Store, accept: int | None, command: str) -> None:
    """Raise `Refused`, with every reason at once, where a guard holds `plan` back."""
    reasons = guard_reasons(plan, config, store, accept, command)
    if reasons:
        raise Refused("Refused, and nothing was written:\n" + "\n".join(f"  {reason}" for reason in reasons))


def apply_plan(
    plan: Plan,
    config: Config,
    registry: Registry,
    store: Store,
    clock: Clock,
    *,
    accept: int | None = None,
    command: str = APPLY_COMMAND,
    opened: Sources | None = None,
    progress: Progress = SILENT,
) -> ApplyResult:
    """Write exactly `plan`. Raises `Refused` where it is stale or a guard holds it back; nothing is written then.

    `opened`: sources that the command has open.
    """
    run = check_current(plan, config, store)
    check_guards(plan, config, store, accept, command)
    sources = sorted({change.item.source for change in plan.changes})
    with (
        holding(store, [RUN_LEASE, *map(lease_of, sources)]) as leases,
        opening(config, registry, clock, opened) as open_sources,
    ):
        check_current(plan, config, store)
        outcomes = write_plan(plan, store, open_sources, leases, progress)
    return ApplyResult(run=run, outcomes=tuple(outcomes))


def write_plan(
    plan: Plan, store: Store, sources: Sources, leases: Mapping[str, Lease], progress: Progress
) -> list[Outcome]:
    """Write a plan that was checked, source by source; a source that fails stops no other."""
    progress.stage("apply")
    digest = plans.digest(plan)
    outcomes: list[Outcome] = []
    for name, changes in _by_source(plan.changes).items():
        try:
            source = sources.writing(name)
            source.identify()
            outcomes += Writer(source, store, plan.run, leases[lease_of(name)]).write(digest, changes, progress)
        except FAILURES as error:
            reason = describe_failure(name, error)
            outcomes += [Outcome(change.item, Result.FAILED, reason) for change in changes]
    return outcomes


def check_current(plan: Plan, config: Config, store: Store) -> Run:
    """The plan's run. Raises `Refused` where configuration, strategy, mapping or store changed since."""
    run = store.runs.get(plan.run)
    latest = store.runs.latest()
    changed = [name for name, text in config.texts.items() if plan.state.documents.get(name) != plans.digest_of(text)]
    if changed:
        raise Refused(f"{', '.join(changed)} changed since this plan was made. Nothing was written.", fix=STALE)
    if run is None or latest is None or latest.id != run.id:
        there = f"run {latest.id}" if latest is not None else "empty"
        raise Refused(
            f"This plan was made from run {plan.run}; the store is at {there} now. Nothing was written.", fix=STALE
        )
    return run


def _read_as_of(store: Store, run: Run, source: str) -> str:
    """Which reading of each partition of `source` the plan rests on, as one line."""
    states = store.pulls.states(run=run.id, source=source)
    return " ".join(f"{state.partition}@{state.run}:{state.state}" for state in states)


def _previewed(plan: Plan, config: Config, sources: Sources) -> Planned:
    costs: list[Cost] = []
    refusals: list[Refusal] = []
    notes: list[str] = []
    for name, changes in _by_source(plan.changes).items():
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
        refusals += preview.refused
    return Planned(plan=plans.refuse(plan, refusals), costs=tuple(costs), notes=tuple(notes))


def _by_source(changes: Sequence[TagChange]) -> dict[str, list[TagChange]]:
    of: dict[str, list[TagChange]] = defaultdict(list)
    for change in changes:
        of[change.item.source].append(change)
    return of
