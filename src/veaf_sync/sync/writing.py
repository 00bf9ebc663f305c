"""Hold a plan against the state it was made from and the guards, and write it: the second half of the pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from veaf_sync import plan as plans
from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.errors import Refused
from veaf_sync.model import Action, ItemRef, Outcome, Result, TagChange
from veaf_sync.plan import Plan
from veaf_sync.plugins import Registry
from veaf_sync.store import Lease, Run, Store
from veaf_sync.sync import snapshot as snapshots
from veaf_sync.sync.apply import Writer
from veaf_sync.sync.holding import RUN_LEASE, account, holding, lease_of
from veaf_sync.sync.intents import changes_of
from veaf_sync.sync.planning import by_source
from veaf_sync.sync.progress import SILENT, Progress
from veaf_sync.sync.sources import FAILURES, Sources, describe_failure, opening

_WRITES = (Action.ADD, Action.REMOVE)
MOST_SINGLE = 1_000
"""So many runs of single items are looked back over for what they wrote."""
APPLY_COMMAND = "veaf-sync apply plan.json"


def again(plan: Plan) -> str:
    """What makes a plan like this one anew."""
    command = f"undo {plan.undoes}" if plan.undoes else "plan"
    return f"Make a new one and review it: veaf-sync {command} --out plan.json"


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of a plan. `outcomes` are in no particular order; one for each change."""

    run: Run
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> bool:
        """Whether any write did not succeed. A person's edit that was left alone is no failure."""
        return any(outcome.result is Result.FAILED for outcome in self.outcomes)


def guard_reasons(
    plan: Plan, config: Config, store: Store, clock: Clock, accept: int | None, command: str
) -> list[str]:
    """Why `plan` would be refused, one sentence each; empty where it would not."""
    run = store.runs.get(plan.run)
    states = store.pulls.states(run=plan.run)
    late = snapshots.degraded(config, states, run.at) if run is not None else []
    # What was written of a few items, or taken back, says nothing of what these documents would do to all.
    last = next((entry for entry in store.audit.newest("apply") if entry.detail.get("whole", True)), None)
    circumstances = plans.Circumstances(
        sizes=store.items.sizes(plan.run),
        degraded={(state.source, state.partition) for state in late},
        remapped=last is None or last.detail.get("documents") != dict(plan.state.documents),
        now=clock.now(),
        account=account(),
        earlier=_earlier(plan, store) if plan.changes and not plan.undoes else (),
    )
    return plans.guard(
        plan,
        circumstances,
        caps={name: source.guards for name, source in config.settings.sources.items()},
        run=config.settings.guards,
        governance=config.settings.governance,
        accept=accept,
        command=command,
    )


def _earlier(plan: Plan, store: Store) -> list[tuple[TagChange, str]]:
    """What other plans of the plan's run wrote, or runs of single items since the last whole one; undoing is none."""
    since = plan.run
    for run in store.runs.list(MOST_SINGLE):
        if run.status == "done" and run.summary.get("whole", True):
            break
        since = min(since, run.id)
    entries = [
        entry
        for entry in store.journal.entries(since=since)
        if entry.result == Result.APPLIED and entry.action in _WRITES and not plans.undone_run(entry.reason)
    ]
    places: dict[ItemRef, str] = {}
    for source in {entry.item.source for entry in entries}:
        ids = [entry.item.id for entry in entries if entry.item.source == source]
        for id_, lived in store.items.memberships(plan.run, source, ids).items():
            places[ItemRef(source, id_)] = lived[0].partition if lived else ""
    return [(change, places.get(change.item, "")) for change in changes_of(entries)]


def check_guards(
    plan: Plan, config: Config, store: Store, clock: Clock, lease: Lease, accept: int | None, command: str
) -> None:
    """Raise `Refused`, with every reason at once, where a guard holds `plan` back; the audit knows of it."""
    reasons = guard_reasons(plan, config, store, clock, accept, command)
    if reasons:
        store.audit.note("refused", lease, run=plan.run, detail={"digest": plans.digest(plan), "reasons": reasons})
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
    sources = sorted({change.item.source for change in plan.changes})
    with (
        holding(store, [RUN_LEASE, *map(lease_of, sources)]) as leases,
        opening(config, registry, clock, opened) as open_sources,
    ):
        check_current(plan, config, store)
        check_guards(plan, config, store, clock, leases[RUN_LEASE], accept, command)
        outcomes = write_plan(plan, store, open_sources, leases, progress, accept=accept)
    return ApplyResult(run=run, outcomes=tuple(outcomes))


def write_plan(
    plan: Plan,
    store: Store,
    sources: Sources,
    leases: Mapping[str, Lease],
    progress: Progress,
    *,
    accept: int | None = None,
    whole: bool = True,
) -> list[Outcome]:
    """Write a plan that was checked, source by source; a source that fails stops no other.

    `whole`: it was made for everything, not for some items.
    """
    if not plan.changes:
        return []
    progress.stage("apply")
    digest = plans.digest(plan)
    counts = {"set": plan.counts.set, "clear": plan.counts.clear}
    told = {
        "digest": digest,
        "documents": dict(plan.state.documents),
        "accept": accept,
        "undoes": plan.undoes,
        "whole": whole and not plan.undoes,
        **counts,
    }
    store.audit.note("apply", leases[RUN_LEASE], run=plan.run, detail=told)
    outcomes: list[Outcome] = []
    for name, changes in by_source(plan.changes).items():
        try:
            source = sources.writing(name)
            source.identify()
            writer = Writer(source, store, plan.run, leases[lease_of(name)], leases[RUN_LEASE])
            outcomes += writer.write(digest, changes, progress)
        except FAILURES as error:
            reason = describe_failure(name, error)
            outcomes += [Outcome(change.item, Result.FAILED, reason) for change in changes]
    became = Counter(str(outcome.result) for outcome in outcomes)
    store.audit.note("applied", leases[RUN_LEASE], run=plan.run, detail={"digest": digest, "items": became})
    return outcomes


def check_current(plan: Plan, config: Config, store: Store) -> Run:
    """The plan's run. Raises `Refused` where configuration, strategy, mapping or store changed since."""
    run = store.runs.get(plan.run)
    latest = store.runs.latest()
    changed = [name for name, text in config.texts.items() if plan.state.documents.get(name) != plans.digest_of(text)]
    if changed:
        raise Refused(f"{', '.join(changed)} changed since this plan was made. Nothing was written.", fix=again(plan))
    if run is None or latest is None or latest.id != run.id:
        there = f"run {latest.id}" if latest is not None else "empty"
        raise Refused(
            f"This plan was made from run {plan.run}; the store is at {there} now. Nothing was written.",
            fix=again(plan),
        )
    return run
