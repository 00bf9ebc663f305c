"""`veaf-sync report`."""

from __future__ import annotations

from pathlib import Path

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError

FORMATS = ("html", "csv", "md", "json")
INCOMPLETE = 3


def _formats(ctx: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise click.BadParameter(f"{', '.join(unknown) or value!r} is no format. Choose from: {','.join(FORMATS)}.")
    return names


@click.command("report")
@click.option(
    "--format",
    "formats",
    default=",".join(FORMATS),
    show_default=True,
    callback=_formats,
    metavar="F,F",
    help="Which forms to write, separated by commas.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to write them. Default: report/ in the configuration's folder.",
)
@click.option("--strict", is_flag=True, help="Exit code 3 when the snapshot is DEGRADED. The report is written anyway.")
@options.as_of
@options.output("text", "json")
@click.pass_context
def command(
    ctx: click.Context, formats: tuple[str, ...], folder: Path | None, strict: bool, as_of: str | None, form: str
) -> None:
    """Write the report: html, csv, md, json.

    From the stored snapshot, without network. The same snapshot gives the same bytes. The page opens without a network.
    """
    from veaf_sync import report

    workspace: Workspace = ctx.obj
    snapshot = workspace.snapshot(as_of)
    target = folder or workspace.place.folder / "report"
    if target.resolve() == workspace.place.folder:
        raise UsageError(
            f"{target} holds the configuration. Nothing was written.", fix="--out DIR names another folder."
        )
    paths = report.write(snapshot, formats, target)
    if form == "json":
        printer.document({**_head(snapshot.head), "files": [str(path) for path in paths]})
    else:
        for path in paths:
            printer.line(str(path))
        if snapshot.run.degraded:
            printer.line("The snapshot is DEGRADED; the report says why.", style="yellow")
    if strict and snapshot.run.degraded:
        ctx.exit(INCOMPLETE)


def _head(head: dict[str, object]) -> dict[str, object]:
    from veaf_sync.read import Answer

    return Answer.model_validate(head).model_dump(mode="json")
