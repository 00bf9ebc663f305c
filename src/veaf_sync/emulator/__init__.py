"""The base of the vendors' emulators: a stateful HTTP server on the loopback interface, with faults on demand.

An emulator behaves like the vendor's own server for the part of its API that a connector uses: state, paging,
permissions, limits, lag. It needs no account and no network, so the demo, the sandbox and the tests run the real
connectors against it. A vendor's emulator subclasses `Emulator`, fills the table of routes and lives beside its
connector.
"""

from veaf_sync.emulator.base import Emulator
from veaf_sync.emulator.faults import (
    AnswerLost,
    Drip,
    Endless,
    Fault,
    GzipBomb,
    Latency,
    Meanwhile,
    Refuse,
    Reset,
    Rewrite,
    Stall,
    Status,
    Throttle,
    Truncate,
    broken_json,
    login_page,
    wrong_type,
)
from veaf_sync.emulator.planned import Faults, Planned
from veaf_sync.emulator.record import Exchange, Recorded
from veaf_sync.emulator.routes import Routes
from veaf_sync.emulator.wire import BadRequest, Request, Response

__all__ = [
    "AnswerLost",
    "BadRequest",
    "Drip",
    "Emulator",
    "Endless",
    "Exchange",
    "Fault",
    "Faults",
    "GzipBomb",
    "Latency",
    "Meanwhile",
    "Planned",
    "Recorded",
    "Refuse",
    "Request",
    "Reset",
    "Response",
    "Rewrite",
    "Routes",
    "Stall",
    "Status",
    "Throttle",
    "Truncate",
    "broken_json",
    "login_page",
    "wrong_type",
]
