"""Suggested commands, completed where text leaves for the person: pasted, they run as the one that suggested them."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from veaf_sync.cli.commands import GROUPS

NAME = "veaf-sync"
NAMING_THEIR_FOLDER = ("init", "demo", "sandbox")
"""Commands that are told their folder without -C."""
_COMMANDS = "|".join(name for commands in GROUPS.values() for name in commands)
_SUGGESTED = re.compile(rf"(?<![\w./-]){NAME} (?=({_COMMANDS}|--help)(?![\w-]))")


def complete(text: str, folder: Path | None = None) -> str:
    """`text` with the program named as it was started, and `-C` of the running command or of `folder` in its commands.

    `folder` is for when the command has ended.
    """
    if f"{NAME} " not in text:
        return text
    context = click.get_current_context(silent=True)
    chosen = folder or (context.obj.chosen if context and context.obj else None)
    where = f"-C {shlex.quote(str(chosen))} " if chosen else ""
    program = _program()
    return _SUGGESTED.sub(
        lambda found: f"{program} {'' if found[1] in (*NAMING_THEIR_FOLDER, '--help') else where}", text
    )


def complete_fixes(document: Any) -> Any:
    """The same JSON document with the commands in each `fix` completed; all else may be a tracker's text."""
    if isinstance(document, list):
        return [complete_fixes(part) for part in document]
    if isinstance(document, Mapping):
        return {
            name: complete(part) if name == "fix" and isinstance(part, str) else complete_fixes(part)
            for name, part in document.items()
        }
    return document


def _program() -> str:
    """The name, where a shell finds this program by it; else the path it was started by, short below this folder."""
    started, found = Path(sys.argv[0]), shutil.which(NAME)
    if started.name != NAME or (found and Path(found).resolve() == started.resolve()):
        return NAME
    here = Path.cwd()
    short = started.is_absolute() and started.parent != here and started.is_relative_to(here)
    return shlex.quote(str(started.relative_to(here)) if short else sys.argv[0])
