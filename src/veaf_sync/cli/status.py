"""`veaf-sync status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veaf_sync.cli import groups, options, printer, screen
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.read import Status, Weight


@click.command("status")
@options.as_of
@options.output("text", "json", "csv")
@click.pass_obj
def command(workspace: Workspace, as_of: str | None, form: str) -> None:
    """One screen: coverage, objectives, oldest orphans, what waits.

    From the stored snapshot, without network. A DEGRADED snapshot is shown and said to be one; the exit code is 0.
    """
    from veaf_sync import read

    snapshot = workspace.snapshot(as_of, say_degraded=False)
    answer = read.status(snapshot)
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        printer.sheet(("measure", "of", "value"), _sheet_rows(answer))
    else:
        screen.show_status(answer, same=options.given(as_of=as_of))
        if as_of is None:
            screen.show_next(answer, waiting=snapshot.waiting)


def _sheet_rows(status: Status) -> list[tuple[str, str, object]]:
    """The figures of the screen, one per line."""
    count = status.weights.count
    rows: list[tuple[str, str, object]] = [
        ("run", "", status.run),
        ("as_of", "", status.model_dump(mode="json")["as_of"]),
        ("degraded", "", status.degraded),
        ("period", "", status.period.id),
    ]
    for name in groups.NAMES:
        weight: Weight | None = getattr(status.weights, name)
        of = "coverage" if name == "count" else f"coverage in {name}"
        bounds = weight.coverage if weight else None
        rows += [(of, figure, getattr(bounds, figure, None)) for figure in ("value", "low", "high")]
        rows += [(of, figure, getattr(weight, figure, None)) for figure in ("imputed_share", "missing_share")]
    rows += [("items", verdict, count.verdict(verdict)) for verdict in (*screen.VERDICTS, "total")]
    for objective in status.objectives:
        rows += [
            ("planned_share", objective.objective, objective.planned_share),
            ("actual_share", objective.objective, objective.actual_share),
            ("state", objective.objective, objective.state),
        ]
    return rows
