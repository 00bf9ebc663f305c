"""`veaf-sync audit`: who changed what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import moment, plural
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError
from veaf_sync.files import write_whole

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from veaf_sync.read import AuditAnswer, AuditRow

FINDINGS = 1


@click.group("audit", invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most this many.")
@click.option("--records", is_flag=True, help="Also every batch of journal lines, as it was noted and as it ended.")
@options.output("text", "json")
@click.pass_context
def command(ctx: click.Context, limit: int, records: bool, form: str) -> None:
    """Who changed what, when, on whose plan; verify proves that nobody altered it.

    Entries are only added, each sealed together with the one before it; the database refuses anything else. Without
    a subcommand the last entries are shown.
    """
    if ctx.invoked_subcommand is not None:
        return
    from veaf_sync import read

    workspace: Workspace = ctx.obj
    answer = read.audit(workspace.snapshots, limit, records=records)
    if form == "json":
        printer.document(answer)
    elif answer.entries:
        printer.table(_table(answer, workspace.place.timezone))
        printer.line(f"Newest seal {answer.newest_seal}")
    else:
        printer.line("Nothing was changed yet.")


@command.command("verify")
@click.option("--seal", default="", metavar="SEAL", help="A seal noted elsewhere, which the chain must hold.")
@click.pass_context
def verify(ctx: click.Context, seal: str) -> None:
    """Prove that no entry, and no line of the journal, was altered, added or taken away behind our back.

    Exit code 1 where something does not hold. Who may rewrite the whole database can rewrite the whole chain: note
    the newest seal elsewhere from time to time, and name it here.
    """
    workspace: Workspace = ctx.obj
    problems = workspace.snapshots.audit.verify(seal)
    for problem in problems:
        printer.line(problem)
    if problems:
        count = plural(len(problems), "problem")
        printer.line(f"{count}. Restore the store from a backup, or find out who changed it.")
        ctx.exit(FINDINGS)
    seals = [entry.seal for entry in workspace.snapshots.audit.entries()]
    end = f" Newest seal {seals[-1]}" if seals else ""
    printer.line(f"{plural(len(seals), 'entry', 'entries')} and every line of the journal hold.{end}")


@command.command("export")
@click.option("--out", "file", type=click.Path(path_type=Path), required=True, metavar="F", help="The file to write.")
@click.pass_obj
def export(workspace: Workspace, file: Path) -> None:
    """Write every entry to a file, one JSON object a line, oldest first, with its seal."""
    from veaf_sync import read

    lines = [json.dumps(row.model_dump(mode="json"), sort_keys=True) for row in read.audit_rows(workspace.snapshots)]
    try:
        write_whole(file, "".join(line + "\n" for line in lines))
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}. What was there before is as it was.",
            fix="Choose another place: --out F",
        ) from None
    printer.line(f"{plural(len(lines), 'entry', 'entries')} in {file}.")


def _table(answer: AuditAnswer, zone: ZoneInfo) -> Table:
    columns = [Column("ENTRY", right=True), *map(Column, ("AT", "WHO", "EVENT")), Column("RUN", right=True)]
    table = Table([*columns, Column("SOURCE"), Column("", sentence=True)])
    for row in answer.entries:
        table.add(str(row.entry), moment(row.at, zone), row.who, row.event, str(row.run), row.source, _said(row))
    return table


def _said(row: AuditRow) -> str:
    """What people want to know of an entry, in a few words."""
    told = row.detail
    if row.event == "apply":
        undo = f", undoes run {told['undoes']}" if told.get("undoes") else ""
        accepted = f", --accept {told['accept']}" if told.get("accept") is not None else ""
        return f"plan {str(told['digest'])[:12]}: set {told['set']:,}, clear {told['clear']:,}{undo}{accepted}"
    if row.event == "applied":
        became = ", ".join(f"{count:,} {result}" for result, count in told["items"].items())
        return f"plan {str(told['digest'])[:12]}: {became}"
    if row.event == "refused":
        return f"plan {str(told['digest'])[:12]}: {' '.join(told['reasons'])}"
    if row.event == "run":
        return f"{told['status']}{', DEGRADED' if told['degraded'] else ''}"
    return f"journal lines {told['lines']}" if "lines" in told else ""
