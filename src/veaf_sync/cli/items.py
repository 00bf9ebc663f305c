"""`veaf-sync items`."""

from __future__ import annotations

import click

from veaf_sync.cli import listing, options
from veaf_sync.cli.workspace import Workspace


@click.command("items")
@click.option("--all", "everything", is_flag=True, help="Also items that are not counted (their verdict in brackets).")
@options.limit
@options.filters
@options.as_of
@options.output("text", "json", "csv")
@click.pass_obj
def command(
    workspace: Workspace,
    /,
    everything: bool,
    limit: int | None,
    as_of: str | None,
    form: str,
    **names: tuple[str, ...],
) -> None:
    """The work items behind any number.

    The filters are those of every reading command, so what a number counts is what the same filters list here.
    """
    from veaf_sync import read

    snapshot = workspace.snapshot(as_of)
    listing.show(read.items(snapshot, options.chosen(names), all=everything, limit=limit), form)
