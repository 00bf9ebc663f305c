"""A plan that was just made is shown and approved, and then written: what `apply` and `undo` share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import changes, options, outcomes, printer
from veaf_sync.cli.progress import progress
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError

if TYPE_CHECKING:
    from veaf_sync.plan import Plan
    from veaf_sync.sync import ApplyResult, Planned, Sources

INCOMPLETE = 3


def must_ask(command: str, fix: str) -> None:
    """Raise `UsageError` where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"{command} asks, and there is no terminal to ask at. Nothing was written.",
            fix=f"{fix} Or add --auto-approve.",
        )


def approved(planned: Planned, *, ask: bool, quiet: bool, otherwise: str) -> bool:
    """Show a plan and ask. True where it is to be written; `otherwise` is the command that keeps it for later."""
    plan = planned.plan
    if not quiet:
        changes.show_planned(planned)
        changes.show_digest(plan, file=None, otherwise=otherwise if ask else "")
    if not ask or not plan.changes:
        return True
    counts = plan.counts
    if click.confirm(f"Write these {counts.set + counts.clear:,} changes?", default=False, err=True):
        return True
    printer.aside("Nothing was written.")
    return False


def write(
    ctx: click.Context, plan: Plan, opened: Sources, *, accept: int | None, itself: str, form: str, quiet: bool = False
) -> None:
    """Write a plan and tell what became of it; `itself` is the command that goes on. `quiet`: not of an empty plan."""
    from veaf_sync.sync import apply_plan

    workspace: Workspace = ctx.obj
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
    elif plan.changes or not quiet:
        outcomes.show(result.outcomes, plan, again=itself + options.accepted(accept))
    if result.failed:
        ctx.exit(INCOMPLETE)


def _document(plan: Plan, result: ApplyResult) -> dict[str, object]:
    from veaf_sync.plan import digest
    from veaf_sync.read import Answer

    run = result.run
    head = Answer(run=run.id, as_of=run.at, degraded=run.degraded).model_dump(mode="json")
    return {**head, "digest": digest(plan), **outcomes.document(result.outcomes)}
