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
    below: bool,
    limit: int | None,
    as_of: str | None,
    form: str,
    **names: tuple[str, ...],
) -> None:
    """The work items behind any number.

    The filters are those of every reading command, so what a number counts is what the same filters list here. An
    item that is split between objectives counts by its share; the last line says what the shares add up to.
    """
    from veaf_sync import read

    filters = options.chosen(names, below=below)
    answer = read.items(
        workspace.snapshot(as_of), filters, all=everything, below=below, limit=options.limited(limit, form)
    )
    listing.show(answer, form)
