"""`veaf-sync store backup`."""

from __future__ import annotations

from pathlib import Path

import click

from veaf_sync.cli import printer
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError


@click.group("store")
def command() -> None:
    """The database of everything that was read and written: store backup."""


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(workspace: Workspace, file: Path) -> None:
    """Copy the store to FILE, also while a run is at work.

    The copy is a whole store. To go back to it: while nothing runs, move the store's file away together with those
    beside it that end in -wal and -shm, and put the copy in its place. A store on a server is copied by the server's
    own tools, such as pg_dump.
    """
    try:
        workspace.snapshots.copy_to(file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}. What was there before is as it was.",
            fix="Choose another place: veaf-sync store backup FILE",
        ) from None
    last = workspace.snapshots.runs.latest()
    until = f" up to run {last.id}" if last else ""
    printer.line(f"{file}: everything{until}, {file.stat().st_size / 1e6:,.1f} MB. It holds no credentials.")
