"""`veaf-sync init --from`: ask for what a source needs, show what is visible, draft."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veaf_sync.cli import printer
from veaf_sync.cli.progress import progress
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import percent, plural
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError, UserError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from veaf_sync.connector import Connector
    from veaf_sync.drafting import Drafted, Entry, Shown

SHEETS = (".csv", ".xlsx")
SHOWN = 12
"""So many partitions of a source are listed."""
SECRETS = ".secrets"
"""The folder beside the documents for tokens that were typed; git does not take it."""
_REFERENCE = re.compile(r"(env|file|keyring):\S.*")
_ASKED = ("site", "user", "token")
"""What is asked for where a connector has it and it was not given, beside what it requires."""


def run(
    workspace: Workspace, origins: Sequence[str], folder: Path, given: Mapping[str, str], organisation: str
) -> None:
    """Draft a configuration from `origins` into `folder`; `given` are settings of the source as typed."""
    from veaf_sync import config, drafting
    from veaf_sync.drafting.model import Draft

    config.refuse_overwriting(folder)
    sheets = [Path(each) for each in origins if Path(each).suffix.lower() in SHEETS]
    names = [each for each in origins if Path(each).suffix.lower() not in SHEETS]
    known = sum((drafting.sheet(path) for path in sheets), start=Draft())
    registry = workspace.installed
    connectors = [_connector(name, registry.connectors) for name in names]
    if len(connectors) > 1 and given:
        raise UsageError("Settings are of one source. Name one --from with them, and add the others by hand.")
    entries = [_entry(connector, dict(given), folder) for connector in connectors]
    workspace.pending = "No document was written."
    with _folder(folder):
        zone = "UTC"
        looked = drafting.look(entries, folder, registry, workspace.clock) if entries else {}
        for name, shown in looked.items():
            _show(name, shown)
            zone = shown.identity.time_zone if zone == "UTC" and _is_zone(shown.identity.time_zone) else zone
        with progress(workspace) as said:
            drafted = drafting.draft(
                entries,
                known,
                folder,
                registry,
                workspace.clock,
                goals={name: shown.goals for name, shown in looked.items()},
                organisation=organisation,
                timezone=zone,
                progress=said,
            )
    _report(drafted, entries)


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """The folder is there, as paths that count from it may lead out of it; gone again where nothing came into it."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.") from None
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for each in made:
                each.rmdir()
        raise


def _connector(name: str, connectors: Mapping[str, type[Connector[Any]]]) -> type[Connector[Any]]:
    if name not in connectors:
        sheets = " or ".join(SHEETS)
        raise UsageError(
            f"--from {name} is neither an installed connector ({', '.join(sorted(connectors)) or 'none'}) nor a "
            f"{sheets} file of objectives.",
            fix="veaf-sync init --from jira",
        )
    return connectors[name]


def _entry(connector: type[Connector[Any]], given: dict[str, str], folder: Path) -> Entry:
    """What was given, asked for where it is missing."""
    from veaf_sync.connector.settings import is_path
    from veaf_sync.drafting.entry import Entry, as_setting

    fields = {
        name: field
        for name, field in connector.settings.model_fields.items()
        if name != "connector" and (field.is_required() or name in _ASKED)
    }
    if missing := [name for name, field in fields.items() if name not in given and field.is_required()]:
        if not sys.stdin.isatty():
            flags = " ".join(f"--{name} …" if name in _ASKED else f"--set {name}=…" for name in missing)
            raise UsageError(
                f"{connector.name} needs {' and '.join(missing)}, and there is no terminal to ask at.",
                fix=f"veaf-sync init --from {connector.name} {flags}",
            )
        for name, field in fields.items():
            if name not in given:
                given[name] = _asked(name, field)
    for name, text in given.items():
        if name.endswith("token") and text and not _REFERENCE.fullmatch(text):
            given[name] = _kept(text, name, connector, folder)
        elif text.startswith("file:"):
            given[name] = f"file:{_from_folder(text.removeprefix('file:'), folder)}"
        elif name in connector.settings.model_fields and is_path(connector.settings.model_fields[name]):
            given[name] = _from_folder(text, folder)
    return Entry.of(connector, {name: as_setting(text) for name, text in given.items() if text})


def _from_folder(typed: str, folder: Path) -> str:
    """A path as typed here, as the documents in `folder` must say it."""
    path = Path(typed.strip()).expanduser()
    return str(path) if path.is_absolute() else os.path.relpath(path, folder)


def _asked(name: str, field: FieldInfo) -> str:
    """Asked at the terminal; what may be absent may be left empty. A token is not echoed."""
    secret = name.endswith("token")
    hint = " (or env:NAME, file:PATH)" if secret else ""
    default = str(field.default) if isinstance(field.default, str) else None if field.is_required() else ""
    printer.aside(f"{name}: {field.description or ''}")
    answer: str = click.prompt(
        f"  {name}{hint}", default=default, hide_input=secret, show_default=bool(default), err=True
    )
    return answer.strip()


def _kept(secret: str, name: str, connector: type[Connector[Any]], folder: Path) -> str:
    """A typed secret, kept in a file for its owner only; the reference that the configuration names."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"--{name} takes a reference, no secret: what is typed in a command is kept in the shell's history.",
            fix=f"Put it into a variable and write --{name} env:NAME, or file:PATH.",
        )
    path = Path(SECRETS) / f"{connector.name}.{name}"
    try:
        (folder / SECRETS).mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / SECRETS).chmod(0o700)
        (folder / path).unlink(missing_ok=True)  # an older one may be a link, or open to others
        with open(folder / path, "x", encoding="utf-8", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            file.write(secret + "\n")
        (folder / SECRETS / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    return f"file:{path}"


def _show(name: str, shown: Shown) -> None:
    identity, partitions = shown.identity, shown.partitions
    printer.line(
        f"{name}  {identity.product or 'reached'} as {identity.user}, {plural(len(partitions), 'partition')} visible"
    )
    table = Table([Column("PARTITION"), Column("TITLE", sentence=True), Column("ITEMS", right=True)])
    for each in partitions[:SHOWN]:
        said = "" if each.readable else f"may not be read: {each.reason}"
        table.add(each.name, said or each.title, "" if each.size is None else f"{each.size:,}")
    printer.table(table)
    if len(partitions) > SHOWN:
        printer.line(f"  {len(partitions) - SHOWN:,} more. Fewer: --set projects=A,B")
    if shown.goals:
        printer.line(f"  {plural(len(shown.goals), 'goal')} of its own, which become objectives while they are open")


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        return bool(ZoneInfo(name))
    except (KeyError, OSError, ValueError):
        return False


def _report(drafted: Drafted, entries: Sequence[Entry]) -> None:
    from veaf_sync.config import DOCUMENTS

    draft = drafted.draft
    printer.line()
    if draft.objectives:
        places = f" and {plural(len(draft.readers), 'place')} where people state them" if draft.readers else ""
        objectives, rules = plural(len(draft.objectives), "objective"), plural(len(draft.rules), "rule")
        printer.line(f"Drafted {objectives}, nothing but drafts, with {rules}{places}.")
    else:
        printer.line(
            "Nothing here names objectives: no label, no field, no item above others. Write them yourself, or:"
        )
        printer.line("  veaf-sync init DIR --from OBJECTIVES.csv --from …")
    if drafted.mapped is not None and draft.objectives:
        counted = plural(drafted.counted, "counted item")
        printer.line(f"They would map {percent(drafted.mapped)} of {counted}; mapping.yaml tells each one's share.")
    if drafted.degraded:
        printer.line("Not everything could be read: veaf-sync status says what.", style="yellow")
    for path in drafted.paths:
        if path.name in DOCUMENTS:
            printer.line(f"wrote {path}")
    _next(drafted, entries)


def _next(drafted: Drafted, entries: Sequence[Entry]) -> None:
    steps = {"veaf-sync status": "the first number, provisional"}
    if not entries:
        steps = {"veaf-sync check": "says where the first source goes; --from FILE --from jira does both at once"}
    if drafted.draft.objectives:
        steps["veaf-sync strategy activate"] = "when strategy.yaml is what you mean"
    printer.line()
    printer.line("NEXT")
    for does, why in steps.items():
        printer.line(f"  {does:<{max(map(len, steps))}}  {why}")
