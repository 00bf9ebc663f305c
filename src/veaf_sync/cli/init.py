"""`veaf-sync init`."""

from __future__ import annotations

from pathlib import Path

import click

from veaf_sync.cli import printer
from veaf_sync.cli.workspace import Workspace


@click.command("init")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=None, required=False)
@click.pass_obj
def command(workspace: Workspace, folder: Path | None) -> None:
    """Write a commented configuration.

    Three files go into DIR (default: the folder of -C, else ./config): veaf-sync.yaml, strategy.yaml and mapping.yaml.
    A file that is there already is never overwritten.
    """
    from veaf_sync import config

    target = folder or workspace.chosen or Path("config")
    for path in config.scaffold(target, workspace.registry.connectors):
        printer.line(f"wrote {path}")
    printer.line()
    printer.line(f"Next: edit them, then veaf-sync -C {target} check")
