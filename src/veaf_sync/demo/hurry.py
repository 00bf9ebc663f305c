"""A clock for the demo: what is polled there answers at once, so nobody has to wait politely."""

from __future__ import annotations

import threading
from datetime import datetime

from veaf_sync.clock import Clock

LONGEST = 0.05
"""Seconds that a wait really takes."""


class HurriedClock:
    """The given clock, whose waits are cut short; for `monotonic` they lasted as long as was asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        with self._lock:
            return self._clock.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        short = min(max(0.0, seconds), LONGEST)
        self._clock.sleep(short)
        with self._lock:
            self._skipped += max(0.0, seconds) - short
