"""`veaf-sync apply`: exactly the plan that was reviewed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import changes, options, outcomes, planfile, printer
from veaf_sync.cli.progress import progress
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError

if TYPE_CHECKING:
    from veaf_sync.plan import Plan
    from veaf_sync.sync import ApplyResult, Sources

INCOMPLETE = 3


@click.command("apply")
@click.argument("file", metavar="[F]", type=click.Path(path_type=Path), required=False)
@click.option(
    "--accept", type=click.IntRange(min=0), metavar="N", help="Lift the caps for exactly the N values they refuse."
)
@click.option("--auto-approve", is_flag=True, help="Without a file: apply what was planned without asking.")
@options.output("text", "json")
@click.pass_context
def command(ctx: click.Context, file: Path | None, accept: int | None, auto_approve: bool, form: str) -> None:
    """Write exactly a reviewed plan, or plan, show and ask.

    F is a file from plan --out. Every item is read again first: what a person changed since the plan stays and is
    told. Applying a plan again writes nothing twice. Exit code 3: a write did not succeed. 4: a guard refused it.
    """
    from veaf_sync.sync import Sources, apply_plan

    workspace: Workspace = ctx.obj
    plan = planfile.read_plan(file) if file else None
    given = f" {shlex.quote(str(file))}" if file else " --auto-approve" if auto_approve else ""
    itself = f"veaf-sync apply{given}"
    with Sources(workspace.config, workspace.registry, workspace.clock) as opened:
        plan = plan or _planned(workspace, opened, ask=not auto_approve, quiet=form == "json")
        if plan is None:
            return
        with progress(workspace) as shown:
            result = apply_plan(
                plan,
                workspace.config,
                workspace.registry,
                workspace.snapshots,
                workspace.clock,
                accept=accept,
                command=itself,
                opened=opened,
                progress=shown,
            )
    if form == "json":
        printer.document(_document(plan, result))
    elif plan.changes or file:
        outcomes.show(result.outcomes, plan, again=itself + options.accepted(accept))
    if result.failed:
        ctx.exit(INCOMPLETE)


def _planned(workspace: Workspace, opened: Sources, *, ask: bool, quiet: bool) -> Plan | None:
    """A plan made now, shown, and approved; `None` where the person said no."""
    from veaf_sync.sync import make_plan

    if ask and not sys.stdin.isatty():
        raise UsageError(
            "apply without a file asks, and there is no terminal to ask at. Nothing was written.",
            fix="veaf-sync plan --out plan.json, review it, veaf-sync apply plan.json. Or add --auto-approve.",
        )
    config = workspace.config  # a plan is made with the rules of today
    run = workspace.snapshot().run
    with progress(workspace) as shown:
        planned = make_plan(
            config, workspace.registry, workspace.snapshots, workspace.clock, run, opened=opened, progress=shown
        )
    plan = planned.plan
    if not quiet:
        changes.show_planned(planned)
        changes.show_digest(plan, file=None)
    if not ask or not plan.changes:
        return plan
    counts = plan.counts
    if click.confirm(f"Write these {counts.set + counts.clear:,} changes?", default=False, err=True):
        return plan
    printer.aside("Nothing was written.")
    return None


def _document(plan: Plan, result: ApplyResult) -> dict[str, object]:
    from veaf_sync.plan import digest
    from veaf_sync.read import Answer

    run = result.run
    head = Answer(run=run.id, as_of=run.at, degraded=run.degraded).model_dump(mode="json")
    return {**head, "digest": digest(plan), **outcomes.document(result.outcomes)}
