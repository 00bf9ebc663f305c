"""`veaf-sync coverage`."""

from __future__ import annotations

import click

from veaf_sync.cli import groups, options
from veaf_sync.cli.workspace import Workspace

BY = ("source", "partition", "team", "objective", "level")


@click.command("coverage")
@click.option("--by", type=options.OneOf(BY), help="Also one line per source, partition, team, objective or level.")
@options.filters
@options.as_of
@options.output("text", "json", "csv")
@click.pass_obj
def command(
    workspace: Workspace, /, by: str | None, below: bool, as_of: str | None, form: str, **names: tuple[str, ...]
) -> None:
    """How much of the work serves the strategy, in four weights.

    Coverage = aligned ÷ (counted − exempt − ambiguous − unreadable), with bounds for what is not known. The verdicts
    add up to the total in every weight.
    """
    from veaf_sync import read

    filters = options.chosen(names, below=below)
    same = options.given(names, below=below, as_of=as_of, without=[by] if by else [])
    groups.show(read.coverage(workspace.snapshot(as_of), by, filters, below=below), form, same=same)
