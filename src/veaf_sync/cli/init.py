"""`veaf-sync init`."""

from __future__ import annotations

from pathlib import Path

import click

from veaf_sync.cli import printer
from veaf_sync.cli.workspace import Workspace

_HOLDS = {
    "veaf-sync.yaml": "where the work is, and how it is counted",
    "strategy.yaml": "what you want: vision, objectives, key results, teams",
    "mapping.yaml": "which work serves which objective",
}


@click.command("init")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=None, required=False)
@click.pass_obj
def command(workspace: Workspace, folder: Path | None) -> None:
    """Write a commented configuration.

    Three files go into DIR (default: the folder of -C, else ./config): veaf-sync.yaml, strategy.yaml and mapping.yaml,
    and into DIR/.schema the JSON Schemas from which editors complete. If one of the three is there already, nothing is
    written.
    """
    from veaf_sync import config

    target = folder or workspace.chosen or Path("config")
    paths = config.scaffold(target, workspace.installed.connectors)
    for path in paths:
        if path.name in _HOLDS:
            printer.line(f"wrote {path!s:<{len(str(target)) + 16}}  {_HOLDS[path.name]}")
    printer.line(f"wrote {target / config.SCHEMAS!s:<{len(str(target)) + 16}}  from which editors complete and check")
    workspace.chosen = None if _is_found(target) else target
    printer.line()
    printer.line("It is an example of a company that sells: put your sources, objectives and rules in its place. Then")
    for does, why in (
        ("check", "every mistake at once, offline"),
        ("check --online", "who we are in each tool, and what cannot be read"),
        ("sync", "read, map, measure; no tool is changed"),
        ("status", "what came of it"),
    ):
        printer.line(f"  veaf-sync {does:<15} {why}")


def _is_found(target: Path) -> bool:
    """Whether commands find the folder by themselves from here."""
    from veaf_sync import config
    from veaf_sync.errors import UserError

    try:
        return config.find_folder(None).resolve() == target.resolve()
    except UserError:
        return False
