"""Pull one source: who are we, what is visible, walk it, settle what is missing, publish what is complete."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from veaf_sync.connector import Cursor, Shard
from veaf_sync.errors import Incomplete, VeafSyncError
from veaf_sync.store import Lease, PartitionState, Published, Run, Store
from veaf_sync.sync import heard
from veaf_sync.sync.absence import Absentees, settle
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.sources import FAILURES, Source, describe_failure
from veaf_sync.sync.states import Pulling, left_with, states_of
from veaf_sync.sync.walk import Walked, walk

NAMED = 5
"""So many partitions are named in a sentence."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of a source in a run. `state`: fresh · partial (some partitions) · failed, with an error `code`.

    `reason` says where and why it was not read whole, `fix` what helps.
    """

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
    """`full`: no cursors. `accept_empty`: a partition that shows nothing, or misses most of it, is believed."""

    full: bool = False
    accept_empty: bool = False
    census: bool = False


def pull_source(
    source: Source, store: Store, run: Run, lease: Lease, options: PullOptions, progress: Progress
) -> SourceReport:
    """Pull `source` and publish. Never raises for what the source did: that is in the report and the states."""
    pulling = Pulling(before={state.partition: state for state in store.pulls.states(source=source.name)})
    try:
        _gather(source, store, run, lease, options, progress, pulling)
    except FAILURES as error:  # a plugin's own defect, too, ends its source and not the run
        return fail_source(source.name, store, run, lease, error, requests=source.session.requests_sent)
    states = states_of(source, store, run, pulling, accept_empty=options.accept_empty)
    published = store.pulls.publish(
        run.id,
        source.name,
        deleted=pulling.absences.deleted | left_with(states, source, store, run),
        frozen=pulling.absences.frozen,
        thawed=pulling.absences.thawed,
        states=states,
        cursors=_cursors(source, pulling.walked),
        lease=lease,
    )
    withdraw(source, store, run, lease, pulling.absences.read - pulling.absences.kept)
    return _report(source, states, published, pulling.notes)


def withdraw(source: Source, store: Store, run: Run, lease: Lease, confirmed: Collection[str]) -> None:
    """Journal that people took tags of ours away: written by us, and a direct reading does not show them.

    Only values of the present tag target: what was written under another is not looked for, so not missed.
    """
    tag = source.settings.tag
    if tag is None:
        return
    unseen = store.pulls.unseen_tags(run.id, source.name, tag.target)
    sent = {(entry.item.id, entry.value) for entry in store.journal.open(source.name)}  # maybe we took it away
    taken = [
        (item_id, value)
        for item_id, values in unseen.items()
        if item_id in confirmed
        for value in values
        if tag.objective(value) is not None and (item_id, value) not in sent
    ]
    store.journal.withdraw(run.id, source.name, taken, lease, target=tag.target)


def fail_source(
    name: str, store: Store, run: Run, lease: Lease, error: BaseException, *, requests: int = 0
) -> SourceReport:
    """Freeze every known partition of a source that could not be read at all."""
    reason = describe_failure(name, error)
    before = store.pulls.states(source=name)
    states = [replace(state, state="failed", reason=reason) for state in before]
    states = states or [PartitionState(name, "", "failed", reason)]
    published = store.pulls.publish(run.id, name, states=states, lease=lease)
    return SourceReport(
        source=name,
        state="failed",
        reason=reason,
        items=published.items,
        requests=requests,
        code=error.code if isinstance(error, VeafSyncError) else "plugin",
        fix=error.fix if isinstance(error, VeafSyncError) else "",
    )


def _gather(
    source: Source, store: Store, run: Run, lease: Lease, options: PullOptions, progress: Progress, pulling: Pulling
) -> None:
    connector = source.connector
    pulling.roster = {partition.name: partition for partition in heard.partitions(connector.partitions())}
    pulling.notes = source.identify().notes
    if not pulling.roster and not any(pulling.before) and not options.accept_empty:
        raise Incomplete(
            "nothing is visible to this credential: no partition at all.",
            fix=f"If it really is empty: veaf-sync sync --source {source.name} --accept-empty",
        )
    readable = [partition for partition in pulling.roster.values() if partition.readable]
    cursors = {} if options.full else _usable(source, store.pulls.cursors(source.name), pulling.before)
    shards = connector.shards(readable, {name: cursors[name] for name in cursors if name in pulling.roster})
    expected = sum(state.items for state in pulling.before.values()) or None
    seen = 0

    def count(items: int) -> None:
        nonlocal seen
        seen += items
        progress.partition(source.name, seen, expected if all(not s.incremental for s in shards) else None, "item")

    count(0)
    pulling.walked = walk(source, shards, store, run.id, lease, count)
    pulling.walked += walk(source, _catching_up(source, pulling), store, run.id, lease, count)
    progress.stage(f"pull {source.name}: compare and publish")
    full = _read_by(pulling.walked, incremental=False)
    incremental = _read_by(pulling.walked, incremental=True)
    question = Absentees(
        full=full,
        incremental=incremental,
        roster=pulling.roster,
        suspects=_suspects(pulling.walked),
        accept_empty=options.accept_empty,
        census=options.census,
    )
    pulling.absences = settle(source, store, run.id, lease, question)


def _catching_up(source: Source, pulling: Pulling) -> list[Shard]:
    """What changed since walks began that an earlier run left half done: their first pages are as old as that run."""
    began = {
        name: one.cursor
        for one in pulling.walked
        if one.complete and one.resumed and one.cursor is not None
        for name in one.shard.partitions
    }
    shards = source.connector.shards([pulling.roster[name] for name in sorted(began)], began) if began else ()
    return [replace(shard, name=f"{shard.name}, caught up") for shard in shards]


def _usable(source: Source, cursors: Mapping[str, Cursor], before: Mapping[str, PartitionState]) -> dict[str, Cursor]:
    """Cursors of partitions that were fresh last time, and read with these settings: all others are read in full."""
    settings = source.fingerprint()
    return {
        name: cursor["at"]
        for name, cursor in cursors.items()
        if name in before and before[name].state == "fresh" and cursor.get("settings") == settings
    }


def _read_by(walked: Sequence[Walked], *, incremental: bool) -> list[str]:
    """Partitions all of whose shards of that kind were read to their end."""
    complete: dict[str, bool] = {}
    for one in walked:
        if one.shard.incremental == incremental:
            for name in one.shard.partitions:
                complete[name] = complete.get(name, True) and one.complete
    return sorted(name for name, whole in complete.items() if whole)


def _suspects(walked: Sequence[Walked]) -> dict[str, frozenset[str]]:
    """Ids that complete walks named as having left, maybe, by partition."""
    found: dict[str, frozenset[str]] = {}
    for one in walked:
        for name in one.shard.partitions if one.complete else ():
            found[name] = found.get(name, frozenset()) | one.suspects
    return found


def _cursors(source: Source, walked: Sequence[Walked]) -> dict[str, Cursor]:
    settings = source.fingerprint()
    whole = {*_read_by(walked, incremental=False), *_read_by(walked, incremental=True)}
    return {
        name: {"at": one.cursor, "settings": settings}
        for one in walked
        if one.cursor is not None
        for name in one.shard.partitions
        if name in whole
    }


def _report(
    source: Source, states: Sequence[PartitionState], published: Published, notes: tuple[str, ...]
) -> SourceReport:
    wanted = [state for state in states if state.state != "dropped"]
    bad = [state for state in wanted if state.state != "fresh" or state.reason]
    unread = sum(state.state != "fresh" for state in wanted)
    verdict = "fresh" if not bad else "failed" if unread == len(wanted) else "partial"
    return SourceReport(
        source=source.name,
        state=verdict,
        reason=_reasons(bad),
        items=published.items,
        new=published.new,
        changed=published.changed,
        removed=published.removed,
        requests=source.session.requests_sent,
        fix="; ".join(dict.fromkeys(state.fix for state in bad)),
        notes=notes,
    )


def _reasons(bad: Sequence[PartitionState]) -> str:
    """Each reason once, behind the partitions that it holds for."""
    places: dict[str, list[str]] = {}
    for state in bad:
        places.setdefault(state.reason.rstrip("."), []).append(state.partition)
    return "; ".join(f"{_some(names)}: {reason}" for reason, names in places.items())


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
