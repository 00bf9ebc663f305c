"""Runs: one row per pass, with the documents it used."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, insert, select, update

from veaf_sync.errors import StoreError
from veaf_sync.model import Result
from veaf_sync.store import tables
from veaf_sync.store.audit import append
from veaf_sync.store.engine import Database
from veaf_sync.store.records import Lease, Run, RunStatus
from veaf_sync.store.values import as_json, clean, from_json, instant, instant_or_none, micros

_t, _j, _d = tables.runs.c, tables.journal.c, tables.run_documents.c
_WROTE = exists().where(_j.run == _t.id, _j.result == str(Result.APPLIED))
_SELECT = select(tables.runs, _WROTE.label("wrote"))


class Runs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, at: datetime, documents: Mapping[str, str], *, metric_version: str, lease: Lease) -> Run:
        """Begin a run of the instant `at` with the texts of strategy, mapping and settings (name → text).

        Texts are kept once by digest. Runs that an earlier holder of the same lease left behind are now `failed`.
        """
        texts = {clean(name): clean(body) for name, body in documents.items()}
        digests = {name: hashlib.sha256(body.encode()).hexdigest() for name, body in texts.items()}
        with self._database.writing(lease) as connection:
            left = (_t.status == "running") & (_t.lease == lease.name)
            connection.execute(update(tables.runs).where(left).values(status="failed", finished=self._database.now))
            values = {
                "at": micros(at),
                "status": "running",
                "metric_version": metric_version,
                "digest": hashlib.sha256(as_json(digests).encode()).hexdigest(),
                "summary": "{}",
                "lease": lease.name,
                "pages": 0,
            }
            statement = insert(tables.runs).values(**values, started=self._database.now).returning(_t.id)
            run_id = connection.execute(statement).scalar_one()
            if texts:
                kept = self._database.insert(tables.documents).on_conflict_do_nothing()
                connection.execute(kept, [{"digest": digests[name], "body": body} for name, body in texts.items()])
                named = [{"run": run_id, "name": name, "digest": digest} for name, digest in digests.items()]
                connection.execute(insert(tables.run_documents), named)
            return _run(connection.execute(_SELECT.where(_t.id == run_id)).one())

    def finish(
        self, run_id: int, *, status: RunStatus, degraded: bool, summary: Mapping[str, Any], lease: Lease
    ) -> None:
        """End a run. `summary` is JSON-able. Raises `StoreError` where it has ended before."""
        values = {"status": status, "degraded": int(degraded), "summary": as_json(summary)}
        with self._database.writing(lease) as connection:
            running = (_t.id == run_id) & (_t.status == "running")
            done = connection.execute(
                update(tables.runs).where(running).values(**values, finished=self._database.now)
            ).rowcount
            if done:
                used = select(_d.name, _d.digest).where(_d.run == run_id).order_by(_d.name)
                said = {"status": status, "degraded": degraded, "documents": dict(connection.execute(used).all())}
                append(self._database, connection, "run", lease, run=run_id, detail=said)
        if not done:
            raise StoreError(f"Run {run_id} is not running any more. Nothing was changed.", fix="See: veaf-sync runs")

    def get(self, run_id: int) -> Run | None:
        runs = self._read(_SELECT.where(_t.id == run_id))
        return runs[0] if runs else None

    def latest(self, *, before: datetime | None = None) -> Run | None:
        """The last run that is done, with `at` before `before`; `None` where there is none."""
        query = _SELECT.where(_t.status == "done")
        if before is not None:
            query = query.where(_t.at < micros(before))
        runs = self._read(query.order_by(_t.id.desc()).limit(1))
        return runs[0] if runs else None

    def list(self, limit: int = 20) -> builtins.list[Run]:
        """The last `limit` runs, newest first, whatever became of them."""
        return self._read(_SELECT.order_by(_t.id.desc()).limit(limit))

    def documents(self, run_id: int) -> dict[str, str]:
        """The texts that a run used, by name."""
        used, bodies = tables.run_documents.c, tables.documents.c
        query = select(used.name, bodies.body).join_from(
            tables.run_documents, tables.documents, used.digest == bodies.digest
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.where(used.run == run_id)).all()
        return dict(sorted((row.name, row.body) for row in rows))

    def _read(self, query: Select[Any]) -> builtins.list[Run]:
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(query)]


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        at=instant(row.at),
        started=instant(row.started),
        finished=instant_or_none(row.finished),
        status=row.status,
        degraded=bool(row.degraded),
        metric_version=row.metric_version,
        digest=row.digest,
        wrote=bool(row.wrote),
        summary=from_json(row.summary) or {},
    )
