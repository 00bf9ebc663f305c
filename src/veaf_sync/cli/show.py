"""`veaf-sync show`."""

from __future__ import annotations

from pathlib import Path

import click

from veaf_sync.cli import changes, options, planfile, printer


@click.command("show")
@click.argument("file", metavar="F", type=click.Path(path_type=Path))
@options.output("text", "json")
def command(file: Path, form: str) -> None:
    """Everything in a plan file.

    Every change with before and after, what people left otherwise, and what cannot be written. Needs no configuration.
    """
    plan = planfile.read_plan(file)
    if form == "json":
        printer.document(planfile.as_document(plan))
        return
    changes.show_everything(plan)
    printer.line()
    changes.show_digest(plan, file=str(file))
