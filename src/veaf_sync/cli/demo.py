"""`veaf-sync demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import changes, outcomes, printer, screen
from veaf_sync.cli.progress import progress
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import plural
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.demo import DemoResult
    from veaf_sync.sync import RunResult

EXAMPLES = 2
INCOMPLETE = 3


@click.command("demo")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default="veaf-demo")
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """The whole loop against local emulators, no account needed.

    An invented organisation with a few hundred items in three tools is pulled over HTTP, mapped, measured, planned and
    written back.
    DIR (default ./veaf-demo) then holds configuration, store and report, and every reading command works with -C DIR.
    Repeating it starts afresh; a folder that is not a demo's is never touched. Nothing leaves this machine.
    """
    from veaf_sync import demo

    workspace: Workspace = ctx.obj
    workspace.pending = f"{folder} is incomplete; veaf-sync demo starts afresh. Nothing outside it was written."
    with progress(workspace, pending={}) as shown:
        result = demo.run(folder, workspace.installed, workspace.clock, shown)
    workspace.chosen = result.folder  # where what is suggested now belongs
    _show(result)
    if result.first.degraded or result.second.degraded or result.applied.failed:
        ctx.exit(INCOMPLETE)


def _show(result: DemoResult) -> None:
    _step(1, "sync", f"{plural(_total(result.first), 'item')} read from {plural(len(result.sites), 'tool')}")
    printer.line()
    for source in result.first.sources:
        read = f"{plural(source.items, 'item')} in {plural(source.requests, 'request')}"
        printer.line(f"  {source.source}: {read} from {result.sites[source.source]}")
    printer.line()
    screen.show_status(result.status)
    _step(2, "plan", "what would change in the tools")
    printer.line()
    changes.show_planned(result.planned)
    _step(3, "apply", "exactly that plan, with write_token: the tokens that read may not edit")
    printer.line()
    outcomes.show(result.applied.outcomes, result.planned.plan)
    printer.table(_tags(result))
    changed = sum(source.changed for source in result.second.sources)
    counts = result.second_plan.counts
    _step(4, "sync", f"again: {plural(changed, 'item')} changed, {counts.set + counts.clear} tags left to write")
    printer.line()
    printer.line(f"Report    {_first(result.report)}")
    printer.line()
    printer.line("Try next")
    for line in (
        "veaf-sync orphans",
        f"veaf-sync explain {_orphan(result)}",
        "veaf-sync coverage --by team",
    ):
        printer.line(f"  {line}")


def _step(number: int, name: str, what: str) -> None:
    printer.line()
    printer.line(f"{number}  {name.upper():<6} {what}", style="bold")


def _tags(result: DemoResult) -> Table:
    """Our tags in the tools before and after, on a few items of each, and how many have any."""
    table = Table([Column("TAGS IN THE TOOLS"), Column("BEFORE"), Column("AFTER")], indent="  ")
    changed = [key for key in result.after if result.after[key] != result.before.get(key, ())]
    for key in [key for source in result.sites for key in _examples(result, source, changed)]:
        table.add(key, ", ".join(result.before.get(key, ())) or "–", ", ".join(result.after[key]))
    table.add("items with a tag", str(len(result.before)), str(len(result.after)))
    return table


def _examples(result: DemoResult, source: str, changed: list[str]) -> list[str]:
    """Items of a source whose tags changed, one with several objectives first."""
    own = [key for key in changed if key.startswith(f"{source}:")]
    return sorted(own, key=lambda key: -len(result.after[key]))[:EXAMPLES]


def _total(run: RunResult) -> int:
    return sum(source.items for source in run.sources)


def _first(report: tuple[Path, ...]) -> Path:
    return next((path for path in report if path.suffix == ".html"), report[0])


def _orphan(result: DemoResult) -> str:
    orphans = result.status.orphans
    return orphans[0].id if orphans else next(iter(result.after))
