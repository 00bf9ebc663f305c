"""Errors, sorted by what the caller does about them.

VeafSyncError                      where, what, why it stopped; `fix` is the command or edit that helps
├── UserError           exit 2     the person at the keyboard can fix it
│   ├── ConfigError                problems of the configuration, all at once, with file and line
│   └── UsageError                 an argument that cannot be used (unknown item, bad date …)
├── Refused             exit 4     a guard stopped it; nothing was written
├── SourceError         exit 3     a source failed; the others go on, the run is DEGRADED
│   ├── AuthError                  credentials refused or answered as somebody else: the source ends
│   ├── Forbidden                  one partition or item may not be read: it is frozen, the rest goes on
│   ├── Incomplete                 a shard cannot be finished now: its partitions stay as last read
│   ├── TokenExpired               a page token is no longer good: restart the shard from its last key
│   └── Rejected                   the tool refused one request for good (400, 422 …): do not repeat it
└── StoreError          exit 2     the store cannot be used as it is; nothing was written to it
    └── FenceLost       exit 4     another run holds the lease now: this one may not write any more
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class VeafSyncError(Exception):
    """Base of every error a person may see.

    `message` says where and what, `fix` the command or edit that helps (may be empty). `code` is the
    stable word of the JSON form `{"error": {"code", "message", "fix"}}`.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n{self.fix}" if self.fix else self.message


class UserError(VeafSyncError):
    code = "user"
    exit_code = 2


class UsageError(UserError):
    code = "usage"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a document: `line` and `column` count from 1, 0 = the whole file."""

    file: str
    line: int
    where: str
    what: str
    hint: str = ""
    severity: str = "error"  # error: stops every command · finding: reported by `check` only

    def __str__(self) -> str:
        place = f"line {self.line:<4}" if self.line else "         "
        tail = f"  {self.hint}" if self.hint else ""
        where = f"{self.where}: " if self.where else ""
        return f"  {place} {where}{self.what}{tail}"


class ConfigError(UserError):
    """Everything that is wrong with the configuration at once."""

    code = "configuration"

    def __init__(self, problems: Sequence[Problem], *, fix: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__(render_problems(self.problems, "Nothing was read or written."), fix=fix)


def render_problems(problems: Sequence[Problem], closing: str) -> str:
    """The problems by file, in the order of the files' lines, with `closing` behind each file's count."""
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    parts = []
    for file, rows in by_file.items():
        noun = "finding" if all(row.severity == "finding" for row in rows) else "problem"
        count = f"1 {noun}" if len(rows) == 1 else f"{len(rows)} {noun}s"
        lines = [f"{file}: {count}. {closing}".rstrip(), ""]
        lines += [str(row) for row in sorted(rows, key=lambda row: row.line)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


class Refused(VeafSyncError):
    code = "refused"
    exit_code = 4


class SourceError(VeafSyncError):
    code = "source"
    exit_code = 3


class AuthError(SourceError):
    code = "credentials"


class Forbidden(SourceError):
    code = "forbidden"


class Incomplete(SourceError):
    code = "incomplete"


class TokenExpired(SourceError):
    code = "token-expired"


class Rejected(SourceError):
    """The tool refused a request for good. `status` is the HTTP status, 0 where there was none."""

    code = "rejected"

    def __init__(self, message: str, *, fix: str = "", status: int = 0) -> None:
        super().__init__(message, fix=fix)
        self.status = status


class StoreError(VeafSyncError):
    code = "store"
    exit_code = 2


class FenceLost(StoreError):
    code = "fence-lost"
    exit_code = 4
