"""`veaf-sync plugins`, and `plugins new`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, plugins_new, printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.plugins import Registry


@click.group("plugins", invoke_without_command=True)
@options.output("text", "json", "csv")
@click.pass_context
def command(ctx: click.Context, form: str) -> None:
    """Connectors in use, and why one did not load; new starts one.

    A plugin that does not load is named with its reason; the others work. Needs no configuration; with one, also the
    files of the folder that its plugins_dir names are plugins.
    """
    if ctx.invoked_subcommand is None:
        _show(ctx.obj, form)


command.add_command(plugins_new.command)


def _show(workspace: Workspace, form: str) -> None:
    registry = workspace.registry
    if form == "json":
        printer.document(_document(registry))
        return
    rows = [
        (info.name, info.version, ", ".join(info.features), ", ".join(info.targets), str(info.api), info.origin)
        for info in registry.described
    ]
    if form == "csv":
        printer.sheet(("name", "version", "features", "targets", "api", "from"), rows)
    else:
        names = ("CONNECTOR", "VERSION", "FEATURES", "TAG MAY BE A", "API", "FROM")
        table = Table([Column(name) for name in names])
        for row in rows:
            table.add(*row)
        printer.table(table)
    workspace.say_what_is_no_plugin()


def _document(registry: Registry) -> dict[str, object]:
    return {
        "format_version": "1.0",
        "run": None,
        "as_of": None,
        "degraded": False,
        "plugins": [
            {
                "name": info.name,
                "distribution": info.distribution,
                "version": info.version,
                "features": list(info.features),
                "api": info.api,
                "targets": list(info.targets),
                "file": info.file or None,
            }
            for info in registry.described
        ],
        "failures": [
            {
                "name": failure.name,
                "distribution": failure.distribution,
                "reason": failure.reason,
                "file": failure.file or None,
            }
            for failure in registry.failures
        ],
    }
