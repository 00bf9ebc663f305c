"""How the reading of each partition of a source went, at the end of a pull."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from veaf_sync.connector import Partition
from veaf_sync.store import PartitionState, Reading, Run, Store
from veaf_sync.sync.absence import Absences
from veaf_sync.sync.sources import Source
from veaf_sync.sync.walk import Walked


@dataclass(slots=True)
class Pulling:
    """The facts that one pull gathers."""

    before: dict[str, PartitionState]
    roster: dict[str, Partition] = field(default_factory=dict)
    walked: list[Walked] = field(default_factory=list)
    absences: Absences = field(default_factory=Absences)
    notes: tuple[str, ...] = ()


def states_of(source: Source, store: Store, run: Run, pulling: Pulling, *, accept_empty: bool) -> list[PartitionState]:
    """One state for every partition that is visible now or was known before.

    A known one that is not visible any more has vanished; it is `dropped` where the settings do not ask for it,
    where nothing is known to live in it, or where a person accepted that it is gone (`accept_empty`): one that an
    earlier run told of, as nobody can accept what nobody was told.
    """
    reasons = {name: one.reason for one in pulling.walked if not one.complete for name in one.shard.partitions}
    forbidden = {name for one in pulling.walked if one.forbidden for name in one.shard.partitions}
    reasons |= pulling.absences.failed
    states = []
    for name in sorted({*pulling.roster, *pulling.before}):
        known = pulling.before.get(name)
        before = known.read_at if known is not None else None
        gone = name not in pulling.roster
        told = known is not None and known.state == "vanished"
        if gone and (
            (accept_empty and told) or not source.connector.wants(name) or not _left(source, store, run, pulling, name)
        ):
            states.append(PartitionState(source.name, name, "dropped"))
            continue
        state, reason = _reading(name, pulling, reasons, forbidden)
        read_at = run.at if state == "fresh" else before
        title = pulling.roster[name].title if name in pulling.roster else ""
        title = title or (known.title if known is not None else "")
        states.append(PartitionState(source.name, name, state, reason, read_at, title=title))
    return states


def left_with(states: Sequence[PartitionState], source: Source, store: Store, run: Run) -> set[str]:
    """Ids of items that live only in partitions which are dropped."""
    ids: set[str] = set()
    for state in states:
        if state.state == "dropped":
            ids |= store.pulls.ids(run.id, source.name, state.partition)
    for state in states if ids else ():
        if state.state != "dropped":
            ids -= store.pulls.ids(run.id, source.name, state.partition)
    return ids


def _left(source: Source, store: Store, run: Run, pulling: Pulling, name: str) -> set[str]:
    """Ids of the items of a partition as they will be once this pull is published."""
    return store.pulls.ids(run.id, source.name, name) - pulling.absences.deleted


def _reading(
    name: str, pulling: Pulling, reasons: Mapping[str, str], forbidden: Collection[str]
) -> tuple[Reading, str]:
    """How the reading of a partition went, and why where it did not."""
    if name not in pulling.roster:
        return "vanished", "not visible to this credential any more"
    if not pulling.roster[name].readable:
        return "forbidden", pulling.roster[name].reason or "may not be read"
    if name in reasons:
        return ("forbidden" if name in forbidden else "failed"), reasons[name]
    if name in pulling.absences.doubted:
        return "doubted", pulling.absences.doubted[name]
    return "fresh", pulling.absences.holding.get(name, "")
