"""`runs`: the last passes, whatever became of them."""

from __future__ import annotations

from typing import Any

from veaf_sync.read.answer import Answer, Instant, Part
from veaf_sync.store import Run, Store


class RunRow(Part):
    """One pass. `digest` is over the documents it used; `summary` says what each source brought.

    `values` is how many values were set or taken away in the tools under its number.
    """

    id: int
    at: Instant
    started: Instant
    finished: Instant | None
    status: str
    degraded: bool
    wrote: bool
    values: int
    metric_version: str
    digest: str
    summary: dict[str, Any]


class RunsAnswer(Answer):
    """The last runs, the newest first. `run`, `as_of` and `degraded` are those of the newest that is done."""

    runs: list[RunRow]


def runs(store: Store, limit: int = 20) -> RunsAnswer:
    """The last `limit` runs."""
    found = store.runs.list(limit)
    done: Run | None = store.runs.latest()
    values = store.journal.values_of([run.id for run in found])
    return RunsAnswer(
        run=done.id if done else None,
        as_of=done.at if done else None,
        degraded=bool(done and done.degraded),
        runs=[
            RunRow(
                id=run.id,
                at=run.at,
                started=run.started,
                finished=run.finished,
                status=run.status,
                degraded=run.degraded,
                wrote=run.wrote,
                values=values.get(run.id, 0),
                metric_version=run.metric_version,
                digest=run.digest,
                summary=dict(run.summary),
            )
            for run in found
        ],
    )
