"""The audit as an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from veaf_sync.read.answer import Answer, Instant, Part
from veaf_sync.store import AuditEntry, Store


class AuditRow(Part):
    """One entry: who did what. `seal` is SHA-256 over it and `previous`, the seal of the entry before."""

    entry: int
    at: Instant
    run: int
    who: str
    event: str
    source: str
    detail: dict[str, Any]
    previous: str
    seal: str


class AuditAnswer(Answer):
    """The newest entries, oldest first, and the seal of the newest of all, `""` where there is none.

    Entries about a batch of the journal's lines are in it only where `records` is true.
    """

    records: bool
    newest_seal: str
    entries: list[AuditRow]


def audit(store: Store, limit: int, *, records: bool = False) -> AuditAnswer:
    """The last `limit` entries; with `records` also those about batches of the journal's lines."""
    done = store.runs.latest()
    return AuditAnswer(
        run=done.id if done else None,
        as_of=done.at if done else None,
        degraded=bool(done and done.degraded),
        records=records,
        newest_seal=next((entry.seal for entry in store.audit.entries(last=1)), ""),
        entries=[_row(entry) for entry in store.audit.entries(last=limit, records=records)],
    )


def audit_rows(store: Store) -> Iterator[AuditRow]:
    """Every entry, oldest first."""
    yield from map(_row, store.audit.entries())


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        entry=entry.id,
        at=entry.at,
        run=entry.run,
        who=entry.who,
        event=entry.event,
        source=entry.source,
        detail=dict(entry.detail),
        previous=entry.previous,
        seal=entry.seal,
    )
