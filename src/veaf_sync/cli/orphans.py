"""`veaf-sync orphans`."""

from __future__ import annotations

import click

from veaf_sync.cli import listing, options
from veaf_sync.cli.workspace import Workspace


@click.command("orphans")
@options.limit
@options.narrower
@options.as_of
@options.output("text", "json", "csv")
@click.pass_obj
def command(
    workspace: Workspace, /, below: bool, limit: int | None, as_of: str | None, form: str, **names: tuple[str, ...]
) -> None:
    """Work that serves nothing, with the reason and the closest fix.

    The oldest first. The same as items --verdict orphan, with other columns.
    """
    from veaf_sync import read

    filters = options.chosen(names, below=below)
    answer = read.orphans(workspace.snapshot(as_of), filters, below=below, limit=options.limited(limit, form))
    listing.show(answer, form, orphans=True)
