"""The places where secrets are kept: each can be looked at, without asking for the secret, and read.

What is wrong with a place is told in words that hold nothing of what stands in it: a command's output and
a file's content may be the secret.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

SECONDS = 30
"""A command has this long to answer."""
_SIZE_CAP = 64 * 1024
"""Bytes of a secret's file; a secret is a line."""


class Amiss(Exception):
    """What is wrong with a place, as the rest of a sentence that begins with the reference, and what helps."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class Place(Protocol):
    """Where one secret is. Both raise `Amiss`."""

    def look(self) -> None:
        """See that a secret can be there: cheap, asks nobody, starts nothing."""

    def read(self) -> str:
        """What stands there."""


@dataclass(frozen=True, slots=True)
class Environment:
    name: str

    def look(self) -> None:
        if not self.read().strip():
            raise Amiss("is empty", f"export {self.name}=…")

    def read(self) -> str:
        if self.name not in os.environ:
            raise Amiss("is not set", f"export {self.name}=…")
        return os.environ[self.name]


@dataclass(frozen=True, slots=True)
class File:
    path: Path

    def look(self) -> None:
        if not self.read().strip():
            raise Amiss("is empty", self._fix)
        if os.name == "posix" and self.path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            raise Amiss("can be read by others on this machine", f"chmod 600 {self.path}")

    def read(self) -> str:
        try:
            with self.path.open("rb") as file:
                content = file.read(_SIZE_CAP + 1)
        except OSError as error:
            raise Amiss(f"cannot be read: {error.strerror}", self._fix) from None
        if len(content) > _SIZE_CAP:
            raise Amiss("is too large for a secret", self._fix)
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Amiss("is no text", self._fix) from None

    @property
    def _fix(self) -> str:
        return f"Write the secret to {self.path} (chmod 600)."


@dataclass(frozen=True, slots=True)
class Keyring:
    service: str
    user: str

    def look(self) -> None:
        if find_spec("keyring") is None:
            raise Amiss("needs the keyring package", "pip install 'veaf-sync[keyring]'")

    def read(self) -> str:
        self.look()
        import keyring  # optional: only who uses keyring: needs it
        from keyring.errors import KeyringLocked, NoKeyringError

        try:
            value = keyring.get_password(self.service, self.user)
        except NoKeyringError:
            fix = "On a server keep the secret in env:, file: or cmd: instead."
            raise Amiss("cannot be asked: this machine has no keyring", fix) from None
        except KeyringLocked:
            raise Amiss("cannot be asked: the keyring is locked", "Unlock it, then try again.") from None
        except Exception as error:  # each backend has errors of its own
            fix = f"See what this says: keyring get {self.service} {self.user}"
            raise Amiss(f"cannot be asked ({type(error).__name__})", fix) from None
        if value is None:
            raise Amiss("holds nothing", f"keyring set {self.service} {self.user}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Command:
    argv: tuple[str, ...]
    folder: str = ""

    def look(self) -> None:
        program = Path(self.argv[0])
        found = Path(self.folder, program) if len(program.parts) > 1 else program
        if shutil.which(found) is None:
            raise self._missing()

    def read(self) -> str:
        try:
            process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.folder or None,
            )
        except FileNotFoundError:
            raise self._missing() from None
        except (OSError, ValueError) as error:
            raise Amiss(f"cannot be started: {getattr(error, 'strerror', '') or error}", self._fix) from None
        with process:
            try:
                output, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # and no waiting for its output: what it started may hold that open
                fix = f"{self._fix} It must ask nobody for anything."
                raise Amiss(f"failed: no answer in {SECONDS} seconds", fix) from None
        if process.returncode:
            raise Amiss(f"failed: it ended with exit code {process.returncode}", self._fix)
        try:
            return output.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Amiss("failed: it printed no text", self._fix) from None

    def _missing(self) -> Amiss:
        return Amiss(f"failed: there is no program {self.argv[0]}", "Install it, or write its full path.")

    @property
    def _fix(self) -> str:
        return f"Run it by hand and look: {self.argv[0]} …"
