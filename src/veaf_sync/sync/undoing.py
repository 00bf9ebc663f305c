"""Plan to take back what a run wrote: from the journal, for what nobody changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from veaf_sync import plan as plans
from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.errors import UsageError
from veaf_sync.model import Action, ItemRef, Result, TagChange
from veaf_sync.plan import Plan
from veaf_sync.plugins import Registry
from veaf_sync.store import Entry, Run, Store
from veaf_sync.sync import snapshot as snapshots
from veaf_sync.sync.planning import Planned, previewed, state_of, wanted
from veaf_sync.sync.progress import SILENT, Progress
from veaf_sync.sync.snapshot import Snapshot
from veaf_sync.sync.sources import Sources, opening


def make_undo(
    config: Config,
    registry: Registry,
    store: Store,
    clock: Clock,
    undoes: Run,
    *,
    opened: Sources | None = None,
    progress: Progress = SILENT,
) -> Planned:
    """Plan to take back what run `undoes` wrote, from the items as last read; writes nothing.

    Raises `UsageError` where that run wrote nothing that still holds.
    """
    progress.stage("plan")
    done, later = _untouched(_done(store.journal.entries(run=undoes.id), undoes.id), store, undoes.id)
    run = store.runs.latest()
    if not (done or later) or run is None:
        raise UsageError(_nothing(store, undoes.id), fix="veaf-sync runs")
    shot = snapshots.take(config, store, run, after_writes=True)
    tags = {name: tag for name, tag in config.tags.items() if not config.settings.sources[name].read_only}
    plan = plans.reverse(done, shot.items, tags, undoes=undoes.id, **state_of(config, store, run, shot))
    with opening(config, registry, clock, opened) as open_sources:
        planned = previewed(plan, config, open_sources)
    return replace(planned, notes=(*planned.notes, *later, *_wanted_again(planned.plan, config, store, run, shot)))


def _nothing(store: Store, run: int) -> str:
    if store.journal.values_of([run]):
        return f"What run {run} wrote has been undone already: nothing of it still stands. Nothing was changed."
    wrote = sorted(store.journal.values_of([other.id for other in store.runs.list(1000)]))
    return f"Run {run} wrote nothing that could be undone. Runs that wrote: {', '.join(map(str, wrote)) or 'none'}."


def _untouched(done: Sequence[TagChange], store: Store, run: int) -> tuple[list[TagChange], list[str]]:
    """The changes of a run that no other run has made again since, and a note about the others."""
    newest: dict[tuple[ItemRef, str, str], Entry] = {}
    for source in sorted({change.item.source for change in done}):
        for entry in store.journal.entries(source=source):
            if entry.result == Result.APPLIED and entry.action in (Action.ADD, Action.REMOVE):
                newest[entry.item, entry.target, entry.value] = entry
    kept: list[TagChange] = []
    others: list[set[int]] = []
    for change in done:
        expected = [(value, Action.REMOVE) for value in change.before] + [(value, Action.ADD) for value in change.after]
        last = [(newest[change.item, change.target, value], action) for value, action in expected]
        again = [entry for entry, action in last if entry.action == action and entry.run != run]
        if by := {entry.run for entry in again if not plans.undone_run(entry.reason)}:
            others.append(by)
        elif not any(plans.undone_run(entry.reason) == run for entry, _ in last):  # else it was taken back before
            kept.append(change)
    if not others:
        return kept, []
    runs = ", ".join(map(str, sorted(set().union(*others))))
    return kept, [
        f"Items that run {run} wrote and that were written again since, by run {runs}: {len(others):,}. "
        "They are left as they are."
    ]


def _is_of(entry: Entry, run: int) -> bool:
    """Whether a line was written by a run itself, or took back what that run had written."""
    undone = plans.undone_run(entry.reason)
    return undone == run or (not undone and entry.run == run)


def _done(entries: Sequence[Entry], run: int) -> list[TagChange]:
    """What the lines of a run come to, one change an item and target: before, what it took away; after, what it set.

    What was taken back of other runs meanwhile is none of it.
    """
    of: dict[tuple[ItemRef, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.result == Result.APPLIED and entry.action in (Action.ADD, Action.REMOVE) and _is_of(entry, run):
            of[entry.item, entry.partition, entry.target].append(entry)
    changes = []
    for group in of.values():
        first = {entry.value: entry.action for entry in reversed(group)}
        last = {entry.value: entry.action for entry in group}
        held = [value for value in last if last[value] == first[value]]
        stand = {action: tuple(v for v in held if last[v] == action) for action in (Action.ADD, Action.REMOVE)}
        if any(stand.values()):
            latest = group[-1]
            changes.append(
                TagChange(
                    item=latest.item,
                    key=latest.key,
                    partition=latest.partition,
                    handle=latest.handle,
                    target=latest.target,
                    before=stand[Action.REMOVE],
                    after=stand[Action.ADD],
                    reason=latest.reason,
                    rule=latest.rule,
                )
            )
    return changes


def _wanted_again(plan: Plan, config: Config, store: Store, run: Run, shot: Snapshot) -> Iterator[str]:
    """That the mapping still wants what the undo takes back, where it does."""
    values = [
        (change.item, value, add)
        for change in plan.changes
        for values, add in ((change.adds, True), (change.removes, False))
        for value in values
    ]
    undone = replace(shot, items=snapshots.with_values(shot.items, values))
    again = plans.restrict(wanted(config, store, run, undone), {change.item for change in plan.changes}).counts
    if count := again.set + again.clear:
        yield (
            f"The mapping still wants {count:,} of these as they are now: the next sync --write or apply does them "
            "again. Change the mapping first."
        )
