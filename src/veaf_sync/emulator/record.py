"""What the emulator remembers of each request: for request counts, and for checks against the vendor's document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from veaf_sync.emulator.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what became of it.

    `template` is the route that answered ("" where none did), `status` what the emulator answered (0 = nothing),
    `fault` the name of the fault that was injected, if any, `replaced` whether it stands in the place of the
    emulator's own answer; `at` is the emulator's clock.
    """

    number: int
    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes
    status: int
    template: str
    fault: str
    replaced: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request and the answer in full, as observers see them; with a fault, the answer that was meant to go out."""

    request: Request
    response: Response
    record: Recorded
