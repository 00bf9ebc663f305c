"""The audit: who changed what, when, on whose plan. Each entry is sealed together with the one before it.

Entries are only added; the database refuses anything else. What is noted of the journal carries a digest over its
lines, so that an altered, added or missing line of the journal breaks the audit too. Whoever may rewrite the whole
database can rewrite the whole chain: keep the newest seal elsewhere (`audit export`), and `verify` against that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, true

from veaf_sync.store import tables
from veaf_sync.store.engine import Database
from veaf_sync.store.records import AuditEntry, Lease
from veaf_sync.store.values import as_json, clean, from_json, instant

_a, _j = tables.audit.c, tables.journal.c
_BATCH = 1000
_CHAIN_LOCK = 0x5EAF + 1
_INTENT = (
    _j.id, _j.source, _j.item, _j.key, _j.partition, _j.handle, _j.target, _j.value, _j.action, _j.reason, _j.rule,
    _j.digest,
)  # fmt: skip
_OUTCOME = (_j.id, _j.run, _j.result, _j.detail, _j.effect, _j.settled, _j.since)
_RECORDS = ("intend", "settle")
_COVERED = {"intend": _INTENT, "settle": _OUTCOME, "decree": (*_INTENT, *_OUTCOME)}
"""Which columns of the journal's lines the digest of an event is over: those that never change again."""


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, event: str, lease: Lease, *, run: int, source: str = "", detail: Mapping[str, Any]) -> None:
        """Add an entry. `detail` is JSON-able and holds no secret."""
        with self._database.writing(lease) as connection:
            append(self._database, connection, event, lease, run=run, source=source, detail=detail)

    def entries(self, *, after: int = 0, last: int | None = None, records: bool = True) -> Iterator[AuditEntry]:
        """Entries behind the number `after`, oldest first; with `last` only so many, the newest.

        Without `records` those are left out that a batch of the journal's lines was noted, or what became of it.
        """
        kinds = true() if records else _a.event.not_in(_RECORDS)
        query = select(tables.audit).where(_a.id > after, kinds)
        if last is not None:
            newest = select(_a.id).where(kinds).order_by(_a.id.desc()).limit(last).subquery()
            query = query.where(_a.id.in_(select(newest.c.id)))
        with self._database.reading() as connection:
            for row in connection.execute(query.order_by(_a.id)):
                yield _entry(row)

    def newest(self, event: str) -> Iterator[AuditEntry]:
        """The entries of an event, newest first."""
        query = select(tables.audit).where(_a.event == event).order_by(_a.id.desc())
        with self._database.reading() as connection:
            for row in connection.execute(query):
                yield _entry(row)

    def verify(self, head: str = "") -> list[str]:
        """What does not hold, one sentence each: of the chain, and of the journal against it.

        `head` is a seal that was noted elsewhere; the chain must hold it.
        """
        problems: list[str] = []
        intended, settled, found = set[int](), set[int](), not head
        with self._database.reading() as connection:
            previous = ""
            for row in connection.execute(select(tables.audit).order_by(_a.id)).all():
                found = found or row.seal == head
                problems += _unsealed(row, previous)
                previous = row.seal
                told, kind = from_json(row.detail) or {}, _kind(row.event)
                if not kind:
                    continue
                lines = list(_numbers(str(told.get("lines", ""))))
                intended.update(lines if kind != "settle" else ())
                settled.update(lines if kind != "intend" else ())
                if told.get("digest_of_lines") != digest_of_lines(connection, kind, lines):
                    problems.append(f"Journal lines {told.get('lines')} are not as entry {row.id} knew them.")
            problems += _uncovered(connection, intended, settled)
        if not found:
            problems.append(f"The seal {head} is not in the chain: it was begun anew or cut off.")
        return problems


def append(
    database: Database,
    connection: Connection,
    event: str,
    lease: Lease,
    *,
    run: int,
    source: str = "",
    detail: Mapping[str, Any],
) -> None:
    """Add an entry in the transaction of what it is about, so that neither is there without the other.

    Leases of other sources add entries at the same time; until the transaction ends, nobody else follows the last one.
    """
    if not database.sqlite:  # SQLite has one writer at a time
        connection.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    before = connection.execute(select(_a.seal).order_by(_a.id.desc()).limit(1)).scalar_one_or_none() or ""
    row = {
        "at": connection.execute(select(database.now)).scalar_one(),
        "run": run,
        "who": clean(lease.holder),
        "event": clean(event),
        "source": clean(source),
        "detail": clean(as_json(detail)),
        "previous": before,
    }
    connection.execute(insert(tables.audit).values(**row, seal=_seal(row)))


def append_lines(
    database: Database, connection: Connection, event: str, lease: Lease, *, run: int, source: str, lines: Iterable[int]
) -> None:
    """Add an entry about lines of the journal, as they are now."""
    numbers = sorted(set(lines))
    if numbers:
        digest = digest_of_lines(connection, _kind(event), numbers)
        detail = {"lines": _ranges(numbers), "digest_of_lines": digest}
        append(database, connection, event, lease, run=run, source=source, detail=detail)


def digest_of_lines(connection: Connection, kind: str, lines: Collection[int]) -> str:
    """SHA-256 over what an event of `kind` fixes of the journal's `lines`."""
    told = hashlib.sha256()
    numbers = sorted(lines)
    for start in range(0, len(numbers), _BATCH):
        some = numbers[start : start + _BATCH]
        query = select(*_COVERED[kind]).where(_j.id.in_(some)).order_by(_j.id)
        for row in connection.execute(query):
            told.update(as_json(list(row)).encode() + b"\n")
    return told.hexdigest()


def _kind(event: str) -> str:
    """What an event fixes of the journal's lines: their intent, their outcome, or both; "" for other events."""
    if event in _RECORDS:
        return event
    return "decree" if event == "withdraw" or event.startswith("adopt-") else ""


def _unsealed(row: Row[Any], previous: str) -> Iterator[str]:
    if row.previous != previous:
        yield f"Entry {row.id} does not follow the one before it: entries are missing or altered."
    if row.seal != _seal(row._mapping):
        yield f"Entry {row.id} was altered."


def _seal(row: Any) -> str:
    names = ("at", "run", "who", "event", "source", "detail", "previous")
    return hashlib.sha256(as_json([row[name] for name in names]).encode()).hexdigest()


def _uncovered(connection: Connection, intended: set[int], settled: set[int]) -> Iterator[str]:
    """Lines of the journal that no entry speaks of."""
    unknown = [line for line in connection.execute(select(_j.id).order_by(_j.id)).scalars() if line not in intended]
    outcomes = connection.execute(select(_j.id).where(_j.result != "").order_by(_j.id)).scalars()
    untold = [line for line in outcomes if line not in settled]
    if unknown:
        yield f"Journal lines {_ranges(unknown)} are in no entry: somebody else wrote them."
    if untold:
        yield f"The outcomes of journal lines {_ranges(untold)} are in no entry: somebody else wrote them."
    highest = connection.execute(select(func.max(_j.id))).scalar_one() or 0
    cut = sorted(line for line in intended if line > highest)
    if cut:
        yield f"Journal lines {_ranges(cut)} are missing."


def _ranges(numbers: Collection[int]) -> str:
    """`1-3,5` for 1, 2, 3, 5."""
    ordered = sorted(numbers)
    breaks = [0, *(i for i, (a, b) in enumerate(pairwise(ordered), 1) if b != a + 1), len(ordered)]
    runs = [ordered[a:b] for a, b in pairwise(breaks) if a < b]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _numbers(ranges: str) -> Iterator[int]:
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=instant(row.at),
        run=row.run,
        who=row.who,
        event=row.event,
        source=row.source,
        detail=from_json(row.detail) or {},
        previous=row.previous,
        seal=row.seal,
    )
