"""`veaf-sync objectives`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer, screen
from veaf_sync.cli.words import plural
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
def command(workspace: Workspace, /, below: bool, as_of: str | None, form: str, **names: tuple[str, ...]) -> None:
    """Planned and actual share of every objective, and its state.

    Items, actual share and state include the objectives below; own items do not. With filters the work is narrowed:
    actual is then a share of what they hit. Progress of key results is never derived from work.
    """
    from veaf_sync import read

    filters = options.chosen(names, below=below)
    answer = read.objectives(workspace.snapshot(as_of), filters, below=below)
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        printer.sheet(CSV_COLUMNS, _sheet_rows(answer))
    else:
        rows = read.worst_first(answer.objectives)
        printer.table(screen.narrowed_table(rows) if answer.filtered else screen.objectives_table(rows))
        if answer.filtered:
            printer.line(f"Shares of the {plural(round(answer.counted or 0), 'counted item')} that the filters hit.")
        elif answer.note:
            printer.line(answer.note, style="yellow")
        if "aligned" in (names["verdict"] or ("aligned",)):  # of other work no objective has any
            same = options.given(names, as_of=as_of, below=below, without=["objective", "verdict"])
            printer.line(f"{screen.OPEN}{same}")


def _sheet_rows(answer: ObjectivesAnswer) -> list[list[object]]:
    rows = [objective.model_dump(mode="json") for objective in answer.objectives]
    return [["" if row[name] is None else row[name] for name in CSV_COLUMNS] for row in rows]
