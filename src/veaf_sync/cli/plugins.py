"""`veaf-sync plugins`."""

from __future__ import annotations

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.workspace import Workspace


@click.command("plugins")
@options.output("text", "json", "csv")
@click.pass_obj
def command(workspace: Workspace, form: str) -> None:
    """Installed connectors, and why one did not load.

    A plugin that does not load is named with its reason; the others work. Needs no configuration.
    """
    registry = workspace.registry
    rows = [
        (info.name, info.distribution, info.version, ", ".join(sorted(map(str, info.features))), str(info.api))
        for info in registry.described
    ]
    if form == "json":
        printer.document(
            {
                "format_version": "1.0",
                "run": None,
                "as_of": None,
                "degraded": False,
                "plugins": [
                    {
                        "name": info.name,
                        "distribution": info.distribution,
                        "version": info.version,
                        "features": sorted(map(str, info.features)),
                        "api": info.api,
                    }
                    for info in registry.described
                ],
                "failures": [
                    {"name": failure.name, "distribution": failure.distribution, "reason": failure.reason}
                    for failure in registry.failures
                ],
            }
        )
    elif form == "csv":
        printer.sheet(("name", "distribution", "version", "features", "api"), rows)
    else:
        table = Table(
            [Column("CONNECTOR"), Column("DISTRIBUTION"), Column("VERSION"), Column("FEATURES"), Column("API")]
        )
        for row in rows:
            table.add(*row)
        printer.table(table)
    if form != "json":
        for failure in registry.failures:
            printer.aside(f"{failure.name} ({failure.distribution}) did not load: {failure.reason}")
