"""References to secrets, and redaction.

A configuration names where a secret is (`env:NAME`, `file:PATH`, `keyring:SERVICE/USER`, or
`cmd: [program, argument …]`), never the secret itself. It is resolved when a request is made, once per
reference and process. Every resolved value is remembered here so that `redact` can take it out of any
log line, error, plan or `repr`.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from veaf_sync.errors import UserError

MASK = "•••"
_COMMAND_SECONDS = 30
_known: set[str] = set()
_lock = threading.Lock()


def remember(secret: str) -> None:
    """Make `redact` hide `secret` and the forms it takes on the way out (URL-quoted, base64)."""
    if len(secret) < 4:
        return
    forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
    forms |= {repr(secret)[1:-1], json.dumps(secret)[1:-1]}  # as exceptions and JSON texts quote it
    with _lock:
        _known.update(forms)


def redact(text: str) -> str:
    """`text` with every secret resolved so far replaced by a mask."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        if secret in text:
            text = text.replace(secret, MASK)
    return text


class Secret:
    """A reference to a secret, as written in the configuration. `repr` and `str` show the reference only."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("env", "file", "keyring", "cmd")

    def __init__(self, scheme: str, target: str, argv: tuple[str, ...] = (), folder: str = "") -> None:
        self.scheme = scheme
        self.target = target
        self._argv = argv
        self._folder = folder
        self._value: str | None = None

    @classmethod
    def parse(cls, value: object, folder: str = "") -> Secret:
        """A `Secret` from `env:X`, `file:X`, `keyring:X` or `{cmd: [...]}`; `ValueError` says what is wrong.

        A relative path of `file:` counts from `folder`, and `cmd:` runs there (default: the working directory).
        """
        if isinstance(value, Secret):
            return value
        if isinstance(value, dict) and set(value) == {"cmd"}:
            argv = value["cmd"]
            if isinstance(argv, list) and argv and all(isinstance(part, str) for part in argv):
                return cls("cmd", argv[0], tuple(argv), folder)
            raise ValueError("cmd needs a list: cmd: [program, argument]")
        if isinstance(value, str):
            scheme, colon, target = value.partition(":")
            if colon and target and scheme in ("env", "file", "keyring"):
                return cls(scheme, target, folder=folder)
        raise ValueError(
            "a literal secret is refused. Write env:NAME, file:PATH, keyring:SERVICE/USER or {cmd: [program]}"
        )

    def reveal(self) -> str:
        """The secret itself. Raises `UserError` when it is not there."""
        if self._value is None:
            value = self._resolve().strip()
            if not value:
                raise UserError(f"{self} is empty.", fix=self._fix())
            remember(value)
            self._value = value
        return self._value

    def _resolve(self) -> str:
        if self.scheme == "env":
            if self.target not in os.environ:
                raise UserError(f"{self} is not set.", fix=self._fix())
            return os.environ[self.target]
        if self.scheme == "file":
            try:
                return (Path(self._folder) / Path(self.target).expanduser()).read_text(encoding="utf-8")
            except OSError as error:
                raise UserError(f"{self} cannot be read: {error.strerror}.", fix=self._fix()) from None
            except UnicodeDecodeError:
                raise UserError(f"{self} is no text.", fix=self._fix()) from None
        if self.scheme == "keyring":
            return self._from_keyring()
        return self._from_command()

    def _from_keyring(self) -> str:
        try:
            import keyring  # optional: only who uses keyring: needs it
        except ImportError:
            raise UserError(f"{self} needs the keyring package.", fix="pip install keyring") from None
        service, _, user = self.target.partition("/")
        value = keyring.get_password(service, user)
        if value is None:
            raise UserError(f"{self} holds nothing.", fix=self._fix())
        return str(value)

    def _from_command(self) -> str:
        try:
            done = subprocess.run(
                self._argv,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=True,
                stdin=subprocess.DEVNULL,
                cwd=self._folder or None,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise UserError(f"{self} failed ({type(error).__name__}).", fix=self._fix()) from None
        return done.stdout

    def _fix(self) -> str:
        return {
            "env": f"export {self.target}=…",
            "file": f"Write the secret to {self.target} (chmod 600).",
            "keyring": f"keyring set {self.target.replace('/', ' ')}",
            "cmd": f"Run it by hand and look: {self.target} …",
        }[self.scheme]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.target}"

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.scheme, self.target, self._argv) == (
            other.scheme,
            other.target,
            other._argv,
        )

    def __hash__(self) -> int:
        return hash((self.scheme, self.target, self._argv))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object, info: core_schema.ValidationInfo) -> Secret:
            context = info.context if isinstance(info.context, Mapping) else {}
            return cls.parse(value, str(context.get("folder", "")))

        return core_schema.with_info_plain_validator_function(
            validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "title": "Secret",
            "description": "Where a secret is kept, never the secret itself.",
            "anyOf": [
                {"type": "string", "pattern": "^(env|file|keyring):.+$"},
                {
                    "type": "object",
                    "properties": {"cmd": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
                    "required": ["cmd"],
                    "additionalProperties": False,
                },
            ],
        }
