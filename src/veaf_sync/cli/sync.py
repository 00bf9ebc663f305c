"""`veaf-sync sync`: the pass."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

import click

from veaf_sync.cli import options, outcomes, printer
from veaf_sync.cli.adopting import Adopting
from veaf_sync.cli.progress import progress
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError, UserError

if TYPE_CHECKING:
    from veaf_sync.sync import RunResult, Sources

INCOMPLETE = 3


@click.command("sync")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this source (repeatable).")
@click.option(
    "--only",
    "items",
    multiple=True,
    metavar="ITEM",
    help="Read only this item, at once (repeatable), also one that no sync has seen: source:KEY or its URL.",
)
@click.option("--full", is_flag=True, help="Read everything again instead of what changed.")
@click.option("--write", is_flag=True, help="Also write the tags, under the guards. Without it no tool is changed.")
@click.option(
    "--accept", type=click.IntRange(min=0), metavar="N", help="With --write: accept a plan of N changes over a cap."
)
@click.option(
    "--accept-empty",
    is_flag=True,
    help="Believe that what is not shown any more is really gone: all or most of a partition, or of our tags in it "
    "(use with --source).",
)
@click.option(
    "--adopt-tags",
    type=click.Choice(["ours", "people"]),
    help="Say whose the tags under our prefix are that the journal knows nothing about; lists them and asks.",
)
@click.option("--auto-approve", is_flag=True, help="With --adopt-tags: claim what is listed without asking.")
@options.output("text", "json")
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[str, ...],
    items: tuple[str, ...],
    full: bool,
    write: bool,
    accept: int | None,
    accept_empty: bool,
    adopt_tags: Literal["ours", "people"] | None,
    auto_approve: bool,
    form: str,
) -> None:
    """Pull the tools, map, measure; with --write also write the tags.

    Exit code 3: a source failed, the snapshot is DEGRADED, everything else was published. 2: no source accepted our
    credentials, so nothing could be read.
    """
    from veaf_sync.sync import Sources, run_sync

    workspace: Workspace = ctx.obj
    if items and (sources or full or accept_empty or adopt_tags):
        raise click.UsageError("--only reads the named items and nothing else; leave the other choices out.")
    if accept is not None and not write:
        raise click.UsageError("--accept lifts a cap on writing; say --write with it.")
    adopting = Adopting(adopt_tags or "", ask=not auto_approve, quiet=form == "json")
    with Sources(workspace.config, workspace.registry, workspace.clock) as opened, progress(workspace) as shown:
        adopting.shown = shown
        only = _ids(workspace, opened, items) if items else None
        result = run_sync(
            workspace.config,
            workspace.registry,
            workspace.store,
            workspace.clock,
            full=full,
            sources=sources,
            write=write,
            accept=accept,
            accept_empty=(sources or workspace.config.settings.sources) if accept_empty else (),
            adopt_tags=adopt_tags,
            approve=adopting,
            only=only,
            opened=opened,
            progress=shown,
        )
    if form == "json":
        printer.document(_document(result))
    else:
        named = "".join(f" --only {shlex.quote(item)}" for item in items)
        _print(result, again=f"veaf-sync sync --write{named}{options.accepted(accept)}")
    if result.no_credentials:
        known = any(source.items for source in result.sources)
        stand = "The items of all are as last read." if known else "Nothing was read."
        raise UserError(f"No source accepted our credentials. {stand}", fix="veaf-sync check --online")
    if result.refusal is not None:
        raise result.refusal
    if adopt_tags is not None and not adopting.asked and form != "json":
        printer.aside("Nothing is unclaimed under our tag prefix, so nothing was claimed.")
    if adopting.unasked:
        raise UsageError(
            f"{adopting.unasked} would be claimed, and there is no terminal to ask at. Nothing was claimed.",
            fix=f"veaf-sync sync --adopt-tags {adopt_tags} --auto-approve",
        )
    if result.degraded or outcomes.failed(result.outcomes):
        ctx.exit(INCOMPLETE)


def _ids(workspace: Workspace, opened: Sources, items: tuple[str, ...]) -> dict[str, list[str]]:
    """The ids of the named items by source. What no sync has seen yet the tools are asked for."""
    from veaf_sync.read import one_item
    from veaf_sync.sync import look_up

    config, snapshot = workspace.config, workspace.snapshot(say_degraded=False)
    only: dict[str, list[str]] = {}
    new = []
    for item in items:
        if not snapshot.store.items.find(item, snapshot.run.id):
            new.append(item)
            continue
        found = one_item(snapshot, item, command="sync --only")
        if found.source not in config.settings.sources:
            raise UsageError(f"{item} is of {found.source}, which is no source any more.", fix="veaf-sync check")
        only.setdefault(found.source, []).append(found.id)
    for source, ids in look_up(config, workspace.registry, workspace.store, opened, new).items():
        only.setdefault(source, []).extend(ids)
    return only


def _print(result: RunResult, *, again: str) -> None:
    table = Table(
        [Column("SOURCE"), Column("STATE")]
        + [Column(name, right=True) for name in ("ITEMS", "NEW", "CHANGED", "REMOVED", "REQUESTS")]
        + [Column("", sentence=True)]
    )
    for source in result.sources:
        numbers = (source.items, source.new, source.changed, source.removed, source.requests)
        table.add(source.source, source.state, *[f"{number:,}" for number in numbers], source.reason)
    printer.table(table)
    for source in result.sources:
        if source.fix:
            printer.line(f"{source.source}: Fix: {source.fix}", style="yellow")
    for note in result.notes:
        printer.line(note)
    if result.outcomes:
        plan = result.planned.plan if result.planned else None
        outcomes.show(result.outcomes, plan, again=again)
    if result.degraded:
        printer.line(f"Run {result.run.id} is DEGRADED. See veaf-sync status", style="yellow")
    else:
        printer.line(f"Run {result.run.id} done. See veaf-sync status")


def _document(result: RunResult) -> dict[str, object]:
    from veaf_sync.read import FORMAT_VERSION, iso

    return {
        "format_version": FORMAT_VERSION,
        "run": result.run.id,
        "as_of": iso(result.run.at),
        "degraded": result.degraded,
        "sources": [
            {
                "source": source.source,
                "state": source.state,
                "reason": source.reason,
                "fix": source.fix,
                "items": source.items,
                "new": source.new,
                "changed": source.changed,
                "removed": source.removed,
                "requests": source.requests,
            }
            for source in result.sources
        ],
        "notes": list(result.notes),
        "outcomes": outcomes.document(result.outcomes),
    }
