"""`veaf-sync sandbox`."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import printer
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.demo import Sandbox


PATIENCE = 0.5
"""Seconds between two looks: the signal of Ctrl-C may reach another thread, which would not wake this one."""


@click.command("sandbox")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default="veaf-sandbox")
@click.pass_obj
def command(workspace: Workspace, folder: Path) -> None:
    """Serve the emulators until stopped, with a configuration for them.

    DIR (default ./veaf-sandbox) gets a configuration that points at the emulators on this machine; any client of the
    vendor can talk to them meanwhile. Ctrl-C stops them. Started again on the same DIR, your strategy and mapping stay.
    """
    from veaf_sync import demo

    with demo.serve(folder, workspace.installed, workspace.clock) as running:
        workspace.chosen = running.folder
        with contextlib.suppress(KeyboardInterrupt):  # the way it is meant to end
            _announce(running)
            while True:
                workspace.clock.sleep(PATIENCE)
        printer.line()
        printer.line(f"Stopped. {running.folder} stays.")


def _announce(running: Sandbox) -> None:
    """Where it serves, and what to type in another terminal."""
    for source, url in running.urls.items():
        printer.line(f"{source} serves at {url}")
    state = "kept, its store is new" if running.kept else "written"
    printer.line(f"Configuration {state}: {running.folder}")
    printer.line()
    printer.line("In another terminal:")
    for name, value in running.environment.items():
        printer.line(f"  export {name}={shlex.quote(value)}")
    printer.line("  veaf-sync sync")
    printer.line()
    printer.line("Stop with Ctrl-C.")
