"""`veaf-sync objectives`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer, screen
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.read import ObjectivesAnswer

CSV_COLUMNS = (
    "objective",
    "title",
    "supports",
    "declared",
    "state",
    "accountable",
    "planned_share",
    "actual_share",
    "count",
    "points",
    "hours",
    "people",
    "items",
)


@click.command("objectives")
@options.filters
@options.as_of
@options.output("text", "json", "csv")
@click.pass_obj
def command(workspace: Workspace, /, as_of: str | None, form: str, **names: tuple[str, ...]) -> None:
    """Planned and actual share of every objective, and its state.

    State, items and actual share include the objectives below. Progress of key results is never derived from work.
    """
    from veaf_sync import read

    answer = read.objectives(workspace.snapshot(as_of), options.chosen(names))
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        printer.sheet(CSV_COLUMNS, _sheet_rows(answer))
    else:
        printer.table(screen.objectives_table(read.worst_first(answer.objectives)))


def _sheet_rows(answer: ObjectivesAnswer) -> list[list[object]]:
    rows = [objective.model_dump(mode="json") for objective in answer.objectives]
    return [["" if row[name] is None else row[name] for name in CSV_COLUMNS] for row in rows]
