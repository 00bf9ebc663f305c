"""A reference to a secret as a field of settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from veaf_sync.credentials.places import Amiss, Command, Environment, File, Keyring, Place
from veaf_sync.credentials.redaction import remember
from veaf_sync.errors import UserError

_KEY_FILE = "-----BEGIN "
"""What a private key begins with: the one kind of secret that has several lines."""


class Secret:
    """A reference to a secret, as written in the configuration. `repr` and `str` show the reference only."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("env", "file", "keyring", "cmd")

    def __init__(self, scheme: str, target: str, place: Place) -> None:
        self.scheme = scheme
        self.target = target
        self._place = place
        self._value: str | None = None

    @classmethod
    def parse(cls, value: object, folder: str = "") -> Secret:
        """A `Secret` from `env:X`, `file:X`, `keyring:X/Y` or `{cmd: [...]}`; `ValueError` says what is wrong.

        A relative path of `file:` counts from `folder`, and `cmd:` runs there (default: the working directory).
        """
        if isinstance(value, Secret):
            return value
        if isinstance(value, dict) and set(value) == {"cmd"}:
            argv = value["cmd"]
            if isinstance(argv, list) and argv and all(isinstance(part, str) and part for part in argv):
                return cls("cmd", argv[0], Command(tuple(argv), folder))
            raise ValueError("cmd needs a list: cmd: [program, argument]")
        if isinstance(value, str):
            scheme, _, target = value.partition(":")
            target = target.strip()
            if scheme == "env" and target:
                return cls(scheme, target, Environment(target))
            if scheme == "file" and target:
                return cls(scheme, target, File(Path(folder) / Path(target).expanduser()))
            if scheme == "keyring":
                service, _, user = target.rpartition("/")  # a service may be an address, with slashes of its own
                if service and user:
                    return cls(scheme, target, Keyring(service, user))
                raise ValueError("a keyring is asked for a service and a user. Write keyring:SERVICE/USER")
        raise ValueError(
            "a literal secret is refused. Write env:NAME, file:PATH, keyring:SERVICE/USER or {cmd: [program]}"
        )

    def problem(self) -> tuple[str, str] | None:
        """What is visibly wrong with the place where it is kept, and what helps; nobody is asked for the secret."""
        try:
            self._place.look()
        except Amiss as amiss:
            return f"{self} {amiss.what}.", amiss.fix
        return None

    def reveal(self, *, hide: bool = True) -> str:
        """The secret itself. Raises `UserError` when it is not there.

        `hide` false: it is no secret, but a name that is kept beside one, and may be shown.
        """
        if self._value is None:
            try:
                value = self._place.read().strip()
            except Amiss as amiss:
                raise UserError(f"{self} {amiss.what}.", fix=amiss.fix) from None
            if not value:
                raise UserError(f"{self} is empty.", fix="It must give the secret, on one line.")
            if hide:
                remember(value)
            if len(value.splitlines()) > 1 and not value.startswith(_KEY_FILE):
                lines = len(value.splitlines())
                raise UserError(f"{self} gives {lines} lines.", fix="It must give the secret alone, on one line.")
            self._value = value
        return self._value

    def __str__(self) -> str:
        return f"{self.scheme}:{self.target}"

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.scheme, self._place) == (other.scheme, other._place)

    def __hash__(self) -> int:
        return hash((self.scheme, self._place))

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
                {"type": "string", "pattern": "^((env|file):.+|keyring:.+/.+)$"},
                {
                    "type": "object",
                    "properties": {"cmd": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
                    "required": ["cmd"],
                    "additionalProperties": False,
                },
            ],
        }
