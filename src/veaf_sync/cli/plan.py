"""`veaf-sync plan`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from veaf_sync.cli import changes, options, planfile, printer
from veaf_sync.cli.progress import progress
from veaf_sync.cli.workspace import Workspace


@click.command("plan")
@click.option("--out", "file", type=click.Path(path_type=Path), metavar="F", help="Also write the plan to this file.")
@options.output("text", "json")
@click.pass_obj
def command(workspace: Workspace, file: Path | None, form: str) -> None:
    """What would change in the tools; writes nothing there.

    Made from the last snapshot: wanted − seen, for our own tags only. Prints counts per objective, examples, every
    removal and the digest. What people set stays.
    """
    from veaf_sync.sync import guard_reasons, make_plan

    config = workspace.config  # a plan is made with the rules of today
    snapshot = workspace.snapshot()
    with progress(workspace) as shown:
        planned = make_plan(
            config, workspace.registry, workspace.snapshots, workspace.clock, snapshot.run, progress=shown
        )
    if file is not None:
        planfile.write_plan(planned.plan, file)
    if form == "json":
        printer.document(planfile.as_document(planned.plan))
        return
    changes.show_planned(planned)
    command = f"veaf-sync apply {shlex.quote(str(file))}" if file else "veaf-sync apply"
    refused = guard_reasons(planned.plan, config, workspace.snapshots, workspace.clock, None, command)
    changes.show_digest(planned.plan, file=file, refused=refused)
