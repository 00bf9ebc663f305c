"""`veaf-sync plugins new`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from veaf_sync.cli import printer
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UserError


@click.command("new")
@click.argument("name", metavar="NAME")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=None, required=False)
@click.option("--file", "single", is_flag=True, help="One file for plugins_dir, instead of a distribution.")
@click.pass_obj
def command(workspace: Workspace, name: str, folder: Path | None, single: bool) -> None:
    """Start a connector of your own.

    Writes a connector NAME that works, for a toy tracker; docs/connectors.md tells what is in it. Without --file it is
    a distribution in DIR (default: ./veaf-sync-NAME), with tests that hold it to the contract and the tracker they run
    it on; with --file one file in DIR (default: plugins_dir of the configuration, else plugins beside it).
    Nothing that exists is overwritten.
    """
    if single:
        _file(workspace, name, folder)
    else:
        _distribution(workspace, name, folder)


def _distribution(workspace: Workspace, name: str, folder: Path | None) -> None:
    from veaf_sync import plugins

    target = folder or Path(f"veaf-sync-{name.replace('_', '-')}")
    for path in plugins.start_distribution(name, target, taken=workspace.registry.connectors):
        printer.line(f"wrote {path}")
    printer.line()
    printer.line("It works as it is, on the toy tracker among its tests. Next:")
    where = shlex.quote(str(target))
    steps = {
        f"pip install -e {where}": "into the environment of veaf-sync; then veaf-sync plugins lists it",
        f"python -m pytest {where}": "the contract of every connector, over HTTP; needs pytest",
        f"python {where}/tests/tracker.py": "serves the toy tracker until stopped; its token is toy-token",
    }
    for does, why in steps.items():
        printer.line(f"  {does:<{max(map(len, steps))}}  {why}")
    _source(name)


def _file(workspace: Workspace, name: str, folder: Path | None) -> None:
    from veaf_sync import plugins

    target = folder or workspace.plugins_dir or _beside(workspace)
    path = plugins.start_file(name, target, taken=workspace.registry.connectors)
    printer.line(f"wrote {path}")
    if workspace.plugins_dir is None or workspace.plugins_dir.resolve() != target.resolve():
        printer.line()
        printer.line("It is loaded once veaf-sync.yaml names its folder; a relative path counts from that file:")
        printer.line(f"  plugins_dir: {_seen_from_there(workspace, path.parent.resolve())}")
    _source(name)


def _source(name: str) -> None:
    printer.line()
    printer.line("A source of it, under sources: in veaf-sync.yaml:")
    where = f"site: http://127.0.0.1:8765, token: env:{name.upper()}_TOKEN"
    printer.line(f"  {name}-main: {{connector: {name}, {where}, levels: {{epic: Epic}}}}")


def _beside(workspace: Workspace) -> Path:
    """Where `plugins_dir: plugins` would be, the folder of the configuration or this one."""
    try:
        return workspace.folder / "plugins"
    except UserError:
        return Path("plugins")


def _seen_from_there(workspace: Workspace, folder: Path) -> Path:
    """The folder as veaf-sync.yaml may name it."""
    try:
        home = workspace.folder.resolve()
    except UserError:
        return folder
    return folder.relative_to(home) if folder.is_relative_to(home) else folder
