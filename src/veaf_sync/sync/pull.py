"""Pull one source: who are we, what is visible, walk it, settle what is missing, publish what is complete."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from veaf_sync.connector import Cursor, Partition, Shard
from veaf_sync.errors import SourceError, UserError, VeafSyncError
from veaf_sync.store import Lease, PartitionState, Published, Reading, Run, Store
from veaf_sync.sync.absence import Absences, Absentees, settle
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.sources import Source, describe_failure
from veaf_sync.sync.walk import Walked, walk


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of a source in a run. `state`: fresh · partial (some partitions) · failed, with an error `code`."""

    source: str
    state: str
    reason: str = ""
    items: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    requests: int = 0
    code: str = ""
    fix: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PullOptions:
    """`full`: no cursors. `accept_empty`: a partition that shows nothing any more is believed."""

    full: bool = False
    accept_empty: bool = False
    census: bool = False


@dataclass(slots=True)
class _Pulling:
    """The facts that one pull gathers."""

    before: dict[str, PartitionState]
    roster: dict[str, Partition] = field(default_factory=dict)
    walked: list[Walked] = field(default_factory=list)
    absences: Absences = field(default_factory=Absences)
    notes: tuple[str, ...] = ()


def pull_source(
    source: Source, store: Store, run: Run, lease: Lease, options: PullOptions, progress: Progress
) -> SourceReport:
    """Pull `source` and publish. Never raises for what the source did: that is in the report and the states."""
    pulling = _Pulling(before={state.partition: state for state in store.pulls.states(source=source.name)})
    try:
        _gather(source, store, run, lease, options, progress, pulling)
    except (SourceError, UserError) as error:
        return fail_source(source.name, store, run, lease, error, requests=source.session.requests_sent)
    except Exception as error:  # a plugin's own defect ends its source, not the run
        return fail_source(source.name, store, run, lease, error, requests=source.session.requests_sent)
    states = _states(source, store, run, pulling)
    published = store.pulls.publish(
        run.id,
        source.name,
        deleted=pulling.absences.deleted | _no_longer_wanted(source, store, run, pulling),
        frozen=pulling.absences.frozen,
        thawed=pulling.absences.thawed,
        states=states,
        cursors=_cursors(pulling.walked),
        lease=lease,
    )
    _withdraw(source.name, states, store, run, lease)
    return _report(source, states, published, pulling.notes)


def _withdraw(source: str, states: Sequence[PartitionState], store: Store, run: Run, lease: Lease) -> None:
    """Journal that people took tags of ours away: written by us, and not there in a fresh reading."""
    fresh = {state.partition for state in states if state.state == "fresh"}
    taken = store.pulls.unseen_tags(run.id, source)
    places = store.items.memberships(run.id, source, taken)
    store.journal.withdraw(
        run.id,
        source,
        [
            (item_id, value)
            for item_id, values in sorted(taken.items())
            if all(place.partition in fresh for place in places.get(item_id, ()))
            for value in values
        ],
        lease,
    )


def fail_source(
    name: str, store: Store, run: Run, lease: Lease, error: BaseException, *, requests: int = 0
) -> SourceReport:
    """Freeze every known partition of a source that could not be read at all."""
    reason = describe_failure(name, error)
    before = store.pulls.states(source=name)
    states = [_state(state.source, state.partition, "failed", reason, state.read_at, state.items) for state in before]
    states = states or [_state(name, "", "failed", reason, None, 0)]
    store.pulls.publish(run.id, name, deleted=(), frozen={}, thawed=(), states=states, cursors={}, lease=lease)
    return SourceReport(
        source=name,
        state="failed",
        reason=reason,
        items=sum(state.items for state in before),
        requests=requests,
        code=error.code if isinstance(error, VeafSyncError) else "plugin",
        fix=error.fix if isinstance(error, VeafSyncError) else "",
    )


def _gather(
    source: Source, store: Store, run: Run, lease: Lease, options: PullOptions, progress: Progress, pulling: _Pulling
) -> None:
    connector = source.connector
    pulling.notes = connector.check().notes
    pulling.roster = {partition.name: partition for partition in connector.partitions()}
    readable = [partition for partition in pulling.roster.values() if partition.readable]
    cursors = {} if options.full else _usable(store.pulls.cursors(source.name), pulling.before)
    shards = connector.shards(readable, {name: cursors[name] for name in cursors if name in pulling.roster})
    expected = sum(state.items for state in pulling.before.values()) or None
    seen = 0

    def count(items: int) -> None:
        nonlocal seen
        seen += items
        progress.partition(source.name, seen, expected if any(not s.incremental for s in shards) else None, "items")

    count(0)
    pulling.walked = walk(source, shards, store, run.id, lease, count)
    pulling.walked += walk(source, _catching_up(source, pulling), store, run.id, lease, count)
    full = _read_by(pulling.walked, incremental=False)
    incremental = _read_by(pulling.walked, incremental=True)
    question = Absentees(
        full=full,
        incremental=incremental,
        roster=pulling.roster.keys(),
        accept_empty=options.accept_empty,
        census=options.census,
    )
    pulling.absences = settle(source, store, run.id, lease, question)


def _catching_up(source: Source, pulling: _Pulling) -> list[Shard]:
    """What changed since walks began that an earlier run left half done: their first pages are as old as that run."""
    began = {
        name: one.cursor
        for one in pulling.walked
        if one.complete and one.resumed and one.cursor is not None
        for name in one.shard.partitions
    }
    shards = source.connector.shards([pulling.roster[name] for name in sorted(began)], began) if began else ()
    return [replace(shard, name=f"{shard.name}, caught up") for shard in shards]


def _usable(cursors: Mapping[str, Cursor], before: Mapping[str, PartitionState]) -> dict[str, Cursor]:
    """Cursors of partitions that were fresh last time: one that was frozen is read in full."""
    return {name: cursor for name, cursor in cursors.items() if name in before and before[name].state == "fresh"}


def _read_by(walked: Sequence[Walked], *, incremental: bool) -> list[str]:
    """Partitions all of whose shards of that kind were read to their end."""
    complete: dict[str, bool] = {}
    for one in walked:
        if one.shard.incremental == incremental:
            for name in one.shard.partitions:
                complete[name] = complete.get(name, True) and one.complete
    return sorted(name for name, whole in complete.items() if whole)


def _cursors(walked: Sequence[Walked]) -> dict[str, Cursor]:
    whole = {*_read_by(walked, incremental=False), *_read_by(walked, incremental=True)}
    return {
        name: one.cursor for one in walked if one.cursor is not None for name in one.shard.partitions if name in whole
    }


def _states(source: Source, store: Store, run: Run, pulling: _Pulling) -> list[PartitionState]:
    """One state for every partition that is visible now or was known before and is still wanted."""
    reasons = {name: one.reason for one in pulling.walked if not one.complete for name in one.shard.partitions}
    forbidden = {name for one in pulling.walked if one.forbidden for name in one.shard.partitions}
    reasons |= pulling.absences.failed
    counts = store.pulls.counts(run.id, source.name)
    states = []
    dropped = [name for name in pulling.before if name not in pulling.roster and not _wanted(source, name)]
    states += [_state(source.name, name, "dropped", "", None, 0) for name in dropped]
    for name in sorted({*pulling.roster, *(name for name in pulling.before if _wanted(source, name))}):
        state, reason = _reading(name, pulling, reasons, forbidden)
        before = pulling.before[name].read_at if name in pulling.before else None
        read_at = run.at if state == "fresh" else before
        states.append(_state(source.name, name, state, reason, read_at, counts.get(name, 0)))
    return states


def _reading(
    name: str, pulling: _Pulling, reasons: Mapping[str, str], forbidden: Collection[str]
) -> tuple[Reading, str]:
    """How the reading of a partition went, and why where it did not."""
    if name not in pulling.roster:
        return "vanished", f"{name} is not visible to this credential any more"
    if not pulling.roster[name].readable:
        return "forbidden", pulling.roster[name].reason or "may not be read"
    if name in reasons:
        return ("forbidden" if name in forbidden else "failed"), reasons[name]
    return "fresh", ""


def _wanted(source: Source, partition: str) -> bool:
    """Whether the configuration still asks for a known partition; `""` stands for a source never read yet."""
    return partition != "" and source.connector.wants(partition)


def _no_longer_wanted(source: Source, store: Store, run: Run, pulling: _Pulling) -> set[str]:
    """Ids of items that live only in partitions which the configuration does not ask for any more."""
    dropped = [
        name for name in pulling.before if name and name not in pulling.roster and not source.connector.wants(name)
    ]
    ids: set[str] = set()
    for name in dropped:
        ids |= store.pulls.ids(run.id, source.name, name)
    for name in pulling.roster:
        ids -= store.pulls.ids(run.id, source.name, name) if ids else set()
    return ids


def _state(
    source: str, partition: str, state: Reading, reason: str, read_at: datetime | None, items: int
) -> PartitionState:
    return PartitionState(
        source=source,
        partition=partition,
        state=state,
        reason=reason,
        read_at=read_at,
        items=items,
        changed=0,
        removed=0,
    )


def _report(
    source: Source, states: Sequence[PartitionState], published: Published, notes: tuple[str, ...]
) -> SourceReport:
    bad = [state for state in states if state.state != "fresh"]
    verdict = "fresh" if not bad else "failed" if len(bad) == len(states) else "partial"
    return SourceReport(
        source=source.name,
        state=verdict,
        reason="; ".join(dict.fromkeys(state.reason for state in bad)),
        items=sum(state.items for state in states),
        new=published.new,
        changed=published.changed,
        removed=published.removed,
        requests=source.session.requests_sent,
        notes=notes,
    )
