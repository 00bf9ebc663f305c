"""The journal: what was meant to be written into the tools, what became of it, and whose each value is.

Lines are only added; an intent gets its outcome once. A value of an item is *written* (ours) or *withdrawn*
(a person took ours away) by the newest settled line about it: an applied ADD makes it written, a REMOVE that
left it absent ends that, `withdraw` ends it too and remembers the person's wish, `adopt` settles it by decree.
What the journal learns after a run's results were saved counts from the next run on, so that an old run stays
as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import polars as pl
from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, update

from veaf_sync.model import Action, ItemRef, Outcome, Result, TagChange
from veaf_sync.store import tables
from veaf_sync.store.audit import append_lines
from veaf_sync.store.engine import Database
from veaf_sync.store.journal_state import Targets, elsewhere, state
from veaf_sync.store.records import Effect, Entry, Lease
from veaf_sync.store.values import clean, instant, instant_or_none

_j = tables.journal.c
_WRITES = (str(Action.ADD), str(Action.REMOVE))
_ADOPTIONS = ("adopt-ours", "adopt-people")
_EFFECTS: Mapping[Action, Mapping[Result, Effect]] = {
    # Found there already: a person set it, so it is not ours.
    Action.ADD: {Result.APPLIED: "written"},
    # Found gone already: it is where we wanted it, so its absence is no withdrawal.
    Action.REMOVE: {Result.APPLIED: "none", Result.UNCHANGED: "none"},
}


class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(self, run: int, digest: str, changes: Sequence[TagChange], lease: Lease) -> list[int]:
        """Note what is about to be written: one line per value, per change its adds and then its removes.

        Brings the lines' numbers in that order. A line of the same plan (`digest`) that is still open is taken up
        again, as of now and without the task it was given to, and not doubled. One of another plan about the same
        value, which nobody heard of again, ends here: whatever it still brings, the new line is about, too.
        """
        wanted = [
            (change, value, action)
            for change in changes
            for values, action in ((change.adds, Action.ADD), (change.removes, Action.REMOVE))
            for value in values
        ]
        with self._database.writing(lease) as connection:
            sources = {change.item.source for change in changes}
            unsettled = select(tables.journal).where(_j.source.in_(sources), _j.result == "", _j.action.in_(_WRITES))
            before = list(connection.execute(unsettled))
            open_ids = {_name(row): int(row.id) for row in before if row.digest == digest}
            rows: dict[tuple[str, ...], dict[str, Any]] = {}
            again = []
            for change, value, action in wanted:
                row = _line(run, digest, change, value, action)
                if _key(row) not in open_ids:
                    rows[_key(row)] = row
                else:
                    again.append({"line": open_ids[_key(row)]})
            if again:
                sent = update(tables.journal).where(_j.id == bindparam("line")).values(at=self._database.now, task="")
                connection.execute(sent, again)
            if rows:
                added = insert(tables.journal).values(at=self._database.now)
                connection.execute(added, list(rows.values()))
                open_ids = {_name(row): int(row.id) for row in connection.execute(unsettled.where(_j.digest == digest))}
            ended = {
                row.id: row.source for row in before if row.digest != digest and not row.task and _name(row) in rows
            }
            lines = [open_ids[_key(_line(run, digest, change, value, action))] for change, value, action in wanted]
            for source in sorted(sources):
                own = [line for line, (change, *_) in zip(lines, wanted, strict=True) if change.item.source == source]
                append_lines(self._database, connection, "intend", lease, run=run, source=source, lines=own)
            self._end(connection, run, ended, lease)
        return lines

    def _end(self, connection: Connection, run: int, lines: Mapping[int, str], lease: Lease) -> None:
        """Open `lines`, by number with their source, have failed: another one is about the same."""
        if not lines:
            return
        values = {"result": str(Result.FAILED), "detail": "sent again since", "settled": self._database.now}
        closing = update(tables.journal).where(_j.id == bindparam("line"))
        since = self._counts_from(connection, run)
        connection.execute(closing.values(**values, since=since), [{"line": line} for line in lines])
        for source in sorted(set(lines.values())):
            own = [line for line, of in lines.items() if of == source]
            append_lines(self._database, connection, "settle", lease, run=run, source=source, lines=own)

    def task(self, ids: Collection[int], task: str, lease: Lease) -> None:
        """Note the tool's bulk task that these open lines were given to."""
        with self._database.writing(lease) as connection:
            statement = update(tables.journal).where(_j.id == bindparam("line"), _j.result == "")
            if ids:
                connection.execute(statement.values(task=clean(task)), [{"line": line} for line in ids])

    def settle(self, run: int, outcomes: Mapping[int, Outcome], lease: Lease) -> None:
        """Note what became of open lines of one source, by number. A line that has its outcome keeps it."""
        if not outcomes:
            return
        with self._database.writing(lease) as connection:
            since = self._counts_from(connection, run)
            for action, effects in _EFFECTS.items():
                statement = (
                    update(tables.journal)
                    .where(_j.id == bindparam("line"), _j.result == "", _j.action == str(action))
                    .values(
                        result=bindparam("new_result"),
                        detail=bindparam("new_detail"),
                        effect=bindparam("new_effect"),
                        settled=self._database.now,
                        since=since,
                    )
                )
                rows = [
                    {
                        "line": line,
                        "new_result": str(outcome.result),
                        "new_detail": clean(outcome.detail),
                        "new_effect": effects.get(outcome.result, ""),
                    }
                    for line, outcome in outcomes.items()
                ]
                connection.execute(statement, rows)
            source = connection.execute(select(_j.source).where(_j.id == min(outcomes))).scalar_one_or_none() or ""
            append_lines(self._database, connection, "settle", lease, run=run, source=source, lines=outcomes)

    def open(self, source: str, *, older_than: timedelta | None = None) -> list[Entry]:
        """Intents of `source` without an outcome, oldest first; `older_than` leaves out what was sent since.

        How old one is, only the database's clock says.
        """
        conditions = [_j.source == source, _j.result == "", _j.action.in_(_WRITES)]
        if older_than is not None:
            conditions.append(_j.at <= self._database.now - older_than // timedelta(microseconds=1))
        return self._read(*conditions)

    def withdraw(self, run: int, source: str, entries: Sequence[tuple[str, str]], lease: Lease, *, target: str) -> None:
        """Persons took these values of ours away from `target`: pairs of an item's id and the raw value."""
        self._decree(run, source, target, entries, "withdraw", "withdrawn", lease)

    def adopt(
        self,
        run: int,
        source: str,
        entries: Sequence[tuple[str, str]],
        lease: Lease,
        *,
        target: str,
        by: Literal["ours", "people"],
    ) -> None:
        """These values are `ours` from now on, or `people`'s (statements, neither written nor withdrawn)."""
        self._decree(run, source, target, entries, f"adopt-{by}", "written" if by == "ours" else "none", lease)

    def written(self, source: str, run: int | None = None, *, target: str | None = None) -> dict[str, tuple[str, ...]]:
        """Values that are ours, at `target` (`None`: at whatever), by item id, as of `run` (`None`: now)."""
        newest = state(run).subquery("state")
        query = select(newest.c.id, newest.c.value).where(newest.c.source == source, newest.c.effect == "written")
        if target is not None:
            query = query.where(newest.c.target == target)
        values: dict[str, list[str]] = {}
        with self._database.reading() as connection:
            for id_, value in connection.execute(query):
                values.setdefault(id_, []).append(value)
        return {id_: tuple(sorted(found)) for id_, found in sorted(values.items())}

    def elsewhere(self, targets: Targets, run: int | None = None) -> pl.DataFrame:
        """(source, id, target, value) of what is, or may be, ours at other targets than the present ones.

        As of `run` (`None`: now). `targets` are by source; a source without a tag has `labels`.
        """
        return elsewhere(self._database, run, targets)

    def claimed(self, run: int | None = None) -> frozenset[str]:
        """Sources for which the journal holds an applied write or an adoption, as of `run` (`None`: now)."""
        query = select(_j.source).where(
            (_j.action.in_(_WRITES) & (_j.result == str(Result.APPLIED))) | _j.action.in_(_ADOPTIONS)
        )
        if run is not None:
            query = query.where(_j.since <= run)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query.distinct()).scalars())

    def entries(
        self,
        *,
        run: int | None = None,
        item: ItemRef | None = None,
        source: str | None = None,
        digest: str | None = None,
        since: int | None = None,
        learnt_after: int | None = None,
    ) -> list[Entry]:
        """Lines of the journal, oldest first: those noted by `run`, about `item`, of `source`, of the plan `digest`.

        `since` a run: noted by it or a later one.
        `learnt_after` a run: what became of them was known only when that run had been measured.
        """
        conditions = [] if run is None else [_j.run == run]
        if item is not None:
            conditions += [_j.source == item.source, _j.item == item.id]
        if source is not None:
            conditions.append(_j.source == source)
        if digest is not None:
            conditions.append(_j.digest == digest)
        if since is not None:
            conditions.append(_j.run >= since)
        if learnt_after is not None:
            conditions.append(_j.since > learnt_after)
        return self._read(*conditions)

    def stands(self, digest: str) -> set[ItemRef]:
        """Items that the plan `digest` wrote, and that no other plan, such as its undo, has written since."""
        mine = func.max(case((_j.digest == digest, _j.id)))
        other = func.coalesce(func.max(case((_j.digest != digest, _j.id))), 0)
        applied = (_j.result == str(Result.APPLIED)) & _j.action.in_(_WRITES)
        query = select(_j.source, _j.item).where(applied).group_by(_j.source, _j.item, _j.target).having(mine > other)
        with self._database.reading() as connection:
            return {ItemRef(source, item) for source, item in connection.execute(query)}

    def values_of(self, runs: Collection[int]) -> dict[int, int]:
        """How many values each of `runs` set or took away in the tools; a run that wrote none is not in it."""
        query = (
            select(_j.run, func.count())
            .where(_j.run.in_(list(runs)), _j.result == str(Result.APPLIED), _j.action.in_(_WRITES))
            .group_by(_j.run)
        )
        with self._database.reading() as connection:
            return {int(run): int(count) for run, count in connection.execute(query)}

    def _decree(
        self,
        run: int,
        source: str,
        target: str,
        entries: Sequence[tuple[str, str]],
        action: str,
        effect: Effect,
        lease: Lease,
    ) -> None:
        rows = [{"item": clean(id_), "value": clean(value)} for id_, value in dict.fromkeys(entries)]
        if not rows:
            return
        with self._database.writing(lease) as connection:
            now, since = self._database.now, self._counts_from(connection, run)
            line = insert(tables.journal).values(
                run=run,
                source=source,
                target=clean(target),
                action=action,
                effect=effect,
                result="applied",
                at=now,
                settled=now,
                since=since,
            )
            added = connection.execute(line.returning(_j.id), rows).scalars().all()
            append_lines(self._database, connection, action, lease, run=run, source=source, lines=added)

    def _counts_from(self, connection: Connection, run: int) -> int:
        """The first run that may see what is learnt now: `run`, unless it or a later one has been measured."""
        runs = tables.runs.c
        last = connection.execute(
            select(func.max(runs.id)).where(runs.id >= run, runs.measured == 1)
        ).scalar_one_or_none()
        return run if last is None else int(last) + 1

    def _read(self, *conditions: Any) -> list[Entry]:
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.journal).where(*conditions).order_by(_j.id))
            return [_entry(row) for row in rows]


_IDENTITY = ("source", "item", "partition", "target", "value", "action")


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _IDENTITY)


def _name(row: Row[Any]) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in _IDENTITY)


def _line(run: int, digest: str, change: TagChange, value: str, action: Action) -> dict[str, Any]:
    return {
        "run": run,
        "digest": digest,
        "source": change.item.source,
        "item": clean(change.item.id),
        "key": clean(change.key),
        "partition": clean(change.partition),
        "handle": clean(change.handle),
        "target": clean(change.target),
        "value": clean(value),
        "action": str(action),
        "reason": clean(change.reason),
        "rule": clean(change.rule),
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        run=row.run,
        at=instant(row.at),
        item=ItemRef(row.source, row.item),
        key=row.key,
        partition=row.partition,
        handle=row.handle,
        target=row.target,
        value=row.value,
        action=row.action,
        reason=row.reason,
        rule=row.rule,
        digest=row.digest,
        task=row.task,
        result=row.result,
        detail=row.detail,
        settled=instant_or_none(row.settled),
        effect=row.effect,
        since=row.since,
    )
