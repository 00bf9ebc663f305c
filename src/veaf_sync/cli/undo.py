"""`veaf-sync undo`: take back what a run wrote."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from veaf_sync.cli import approving, changes, options, planfile, printer
from veaf_sync.cli.progress import progress
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError


@click.command("undo")
@click.argument("run", metavar="RUN", type=click.IntRange(min=1))
@click.option("--plan", "only_plan", is_flag=True, help="Show the plan and write nothing.")
@click.option("--out", "file", type=click.Path(path_type=Path), metavar="F", help="Write the plan to this file only.")
@options.accept
@click.option("--auto-approve", is_flag=True, help="Write without asking.")
@options.output("text", "json")
@click.pass_context
def command(
    ctx: click.Context,
    run: int,
    only_plan: bool,
    file: Path | None,
    accept: int | None,
    auto_approve: bool,
    form: str,
) -> None:
    """Take back exactly what a run wrote, where nobody changed it since.

    RUN is a number of veaf-sync runs. What the run set is cleared, what it cleared is set again; items that people, or
    later runs, changed since are left as they are and listed. It is a plan like any other: the same guards hold, and
    every item is read again before it is written. Where the mapping still wants the same, change it first.
    """
    from veaf_sync.sync import Sources, guard_reasons, make_undo

    workspace: Workspace = ctx.obj
    config, store = workspace.config, workspace.snapshots
    undone = store.runs.get(run)
    if undone is None:
        raise UsageError(f"There is no run {run}.", fix="veaf-sync runs")
    shows = only_plan or file is not None
    later = f"veaf-sync undo {run} --out undo.json"
    if not shows and not auto_approve:
        approving.must_ask("undo", f"{later}, review it, veaf-sync apply undo.json.")
    with Sources(config, workspace.registry, workspace.clock) as opened:
        with progress(workspace) as shown:
            planned = make_undo(
                config, workspace.registry, store, workspace.clock, undone, opened=opened, progress=shown
            )
        if not shows:
            if approving.approved(planned, ask=not auto_approve, quiet=form == "json", otherwise=later):
                again = f"veaf-sync undo {run}" + (" --auto-approve" if auto_approve else "")
                approving.write(ctx, planned.plan, opened, accept=accept, itself=again, form=form, quiet=True)
            return
    if file is not None:
        planfile.write_plan(planned.plan, file)
    if form == "json":
        printer.document(planfile.as_document(planned.plan))
        return
    changes.show_planned(planned)
    itself = f"veaf-sync apply {shlex.quote(str(file))}" if file else f"veaf-sync undo {run}"
    refused = guard_reasons(planned.plan, config, store, workspace.clock, None, itself)
    changes.show_digest(planned.plan, file=file, refused=refused, otherwise=later)
