"""What every answer has in common: the JSON contract's head, its times and its strictness."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

FORMAT_VERSION = "1.0"


def iso(instant: datetime) -> str:
    """An aware instant as UTC text with a Z: `2026-11-23T05:00:00Z`."""
    return instant.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


Instant = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An aware instant; in JSON UTC with a Z."""


class Part(BaseModel):
    """A piece of an answer: frozen, and nothing in it that the contract does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Answer(Part):
    """The head of every document. `run` and `as_of` are null only where nothing has run yet.

    `provisional`: every objective was a draft, and drafts counted as active.
    """

    format_version: Literal["1.0"] = "1.0"
    run: int | None
    as_of: Instant | None
    degraded: bool
    provisional: bool = False
