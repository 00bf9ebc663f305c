"""How a command ends when it does not end well: the words for people, the JSON for programs, the exit code, the log."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync.cli.suggestions import complete
from veaf_sync.errors import ConfigError, Problem, VeafSyncError
from veaf_sync.text import clean_block

if TYPE_CHECKING:
    from veaf_sync.cli.workspace import Workspace

LOG_NAME = "veaf-sync.log"
USAGE, INTERNAL, INTERRUPTED = 2, 70, 130


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is shown: `code` is the stable word of the JSON form, `fix` may be empty."""

    code: str
    message: str
    fix: str
    exit_code: int
    problems: tuple[Problem, ...] = ()
    """Of the configuration, each with its file and line."""

    @classmethod
    def of(cls, error: Exception, workspace: Workspace) -> Failure:
        """The failure that `error` stands for. An unforeseen one is written to the log, with its traceback."""
        if isinstance(error, VeafSyncError):
            problems = error.problems if isinstance(error, ConfigError) else ()
            return cls(error.code, _redact(error.message), _redact(error.fix), error.exit_code, problems)
        if isinstance(error, click.UsageError):
            path = error.ctx.command_path if error.ctx else "veaf-sync"
            return cls("usage", error.format_message(), f"{path} --help", USAGE)
        if isinstance(error, click.ClickException):
            return cls("usage", error.format_message(), "", USAGE)
        log = _write_log(error, workspace.log_folder())
        what = _redact(f"{type(error).__name__}: {error}".splitlines()[0])
        return cls("internal", f"Internal error: {what}", f"The traceback is in {log}; please report it.", INTERNAL)

    @classmethod
    def interrupted(cls, pending: str) -> Failure:
        """Ctrl-C. `pending` says in a sentence what was and was not done."""
        return cls("interrupted", f"Interrupted. {pending}", "", INTERRUPTED)

    def completed(self, folder: Path | None) -> Failure:
        """The same with commands that run where they are pasted. `folder` is that of -C."""
        return replace(self, message=complete(self.message, folder), fix=complete(self.fix, folder))

    def as_text(self) -> str:
        fix = f"\nFix: {self.fix}" if self.fix else ""
        return clean_block(self.message + fix)

    def as_json(self) -> str:
        error: dict[str, object] = {"code": self.code, "message": self.message, "fix": self.fix}
        if self.problems:
            error["problems"] = [problem_document(problem) for problem in self.problems]
        return json.dumps({"error": error})


def problem_document(problem: Problem) -> dict[str, object]:
    """A problem of the configuration in JSON; `line` is null where it is about the whole file."""
    return {
        "file": problem.file,
        "line": problem.line or None,
        "where": problem.where,
        "what": _redact(problem.what),
        "hint": _redact(problem.hint),
        "severity": problem.severity,
    }


def _redact(text: str) -> str:
    from veaf_sync.credentials import redact  # brings pydantic: only when something went wrong

    return redact(text)


def _write_log(error: Exception, folder: Path | None) -> Path:
    """Append the redacted traceback to the log of the configuration's folder; a temporary file where there is none."""
    text = _redact("".join(traceback.format_exception(error)))
    if folder is not None:
        path = folder / LOG_NAME
        with contextlib.suppress(OSError):
            _append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600), text)
            return path
    handle, name = tempfile.mkstemp(prefix="veaf-sync-", suffix=".log")
    _append(handle, text)
    return Path(name)


def _append(handle: int, text: str) -> None:
    with os.fdopen(handle, "a", encoding="utf-8") as log:
        log.write(text + "\n")
