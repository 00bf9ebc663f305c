"""`veaf-sync show`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import changes, options, planfile, printer
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import VeafSyncError

if TYPE_CHECKING:
    from veaf_sync.plan import Plan


@click.command("show")
@click.argument("file", metavar="F", type=click.Path(path_type=Path))
@options.output("text", "json")
@click.pass_obj
def command(workspace: Workspace, file: Path, form: str) -> None:
    """Everything in a plan file.

    Every change with before and after, what people left otherwise, and what cannot be written. Needs no configuration;
    with the one the plan was made with, it also tells what the guards would refuse.
    """
    plan = planfile.read_plan(file)
    if form == "json":
        printer.document(planfile.as_document(plan))
        return
    changes.show_everything(plan)
    printer.line()
    changes.show_digest(plan, file=file, refused=_refused(workspace, plan, f"veaf-sync apply {shlex.quote(str(file))}"))


def _refused(workspace: Workspace, plan: Plan, command: str) -> list[str]:
    """What the guards say to it; nothing where there is no configuration, or the plan was made with another."""
    from veaf_sync.sync import check_current, guard_reasons

    try:
        check_current(plan, workspace.config, workspace.snapshots)
        return guard_reasons(plan, workspace.config, workspace.snapshots, workspace.clock, None, command)
    except VeafSyncError:
        return []
