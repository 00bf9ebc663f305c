"""`veaf-sync runs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import moment
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from veaf_sync.read import RunsAnswer

CSV_COLUMNS = ("id", "at", "started", "finished", "status", "degraded", "wrote", "values", "metric_version", "digest")


@click.command("runs")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most this many.")
@options.output("text", "json", "csv")
@click.pass_obj
def command(workspace: Workspace, limit: int, form: str) -> None:
    """The last runs.

    The newest first. Every reading command takes a run's number as --as-of.
    """
    from veaf_sync import read

    answer = read.runs(workspace.snapshots, limit)
    if answer.run is not None:
        workspace.say_what_does_not_load(workspace.snapshots.runs.documents(answer.run))
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        rows = [row.model_dump(mode="json") for row in answer.runs]
        printer.sheet(CSV_COLUMNS, [[row[name] for name in CSV_COLUMNS] for row in rows])
    elif not answer.runs:
        printer.line("No run yet: veaf-sync sync")
    else:
        printer.table(_table(answer, workspace.place.timezone))


def _table(answer: RunsAnswer, zone: ZoneInfo) -> Table:
    number = Column("RUN", right=True)
    table = Table(
        [number, *map(Column, ("AT", "STATUS", "SNAPSHOT")), Column("WROTE", right=True), Column("DOCUMENTS")]
    )
    for run in answer.runs:
        snapshot = "" if run.status != "done" else ("DEGRADED" if run.degraded else "complete")
        table.add(str(run.id), moment(run.at, zone), run.status, snapshot, f"{run.values:,}", run.digest[:12])
    return table
