"""`veaf-sync apply`: exactly the plan that was reviewed."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from veaf_sync.cli import approving, options, planfile
from veaf_sync.cli.progress import progress
from veaf_sync.cli.workspace import Workspace


@click.command("apply")
@click.argument("file", metavar="[F]", type=click.Path(path_type=Path), required=False)
@options.accept
@click.option("--auto-approve", is_flag=True, help="Without a file: apply what was planned without asking.")
@options.output("text", "json")
@click.pass_context
def command(ctx: click.Context, file: Path | None, accept: int | None, auto_approve: bool, form: str) -> None:
    """Write exactly a reviewed plan, or plan, show and ask.

    F is a file from plan --out. Every item is read again first: what a person changed since the plan stays and is
    told. Applying a plan again writes nothing twice. Exit code 3: a write did not succeed. 4: a guard refused it.
    """
    from veaf_sync.sync import Sources, make_plan

    workspace: Workspace = ctx.obj
    plan = planfile.read_plan(file) if file else None
    given = f" {shlex.quote(str(file))}" if file else " --auto-approve" if auto_approve else ""
    with Sources(workspace.config, workspace.registry, workspace.clock) as opened:
        if plan is None:
            if not auto_approve:
                approving.must_ask(
                    "apply without a file", "veaf-sync plan --out plan.json, review it, veaf-sync apply plan.json."
                )
            config = workspace.config  # a plan is made with the rules of today
            run = workspace.snapshot().run
            with progress(workspace) as shown:
                planned = make_plan(
                    config, workspace.registry, workspace.snapshots, workspace.clock, run, opened=opened, progress=shown
                )
            if not approving.approved(
                planned, ask=not auto_approve, quiet=form == "json", otherwise="veaf-sync plan --out plan.json"
            ):
                return
            plan = planned.plan
        approving.write(
            ctx, plan, opened, accept=accept, itself=f"veaf-sync apply{given}", form=form, quiet=file is None
        )
