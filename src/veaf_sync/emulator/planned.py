"""Faults on demand: what goes wrong on the wire, when, and how often.

emulator.faults.add(Throttle(1), path="/search", times=3)          # three 429 with Retry-After: 1
emulator.faults.add(Reset(), path="/search", nth=5)                # the fifth page breaks off
emulator.faults.add(AnswerLost(), method="PUT", every=20, times=None)  # each 20th write is done, the answer lost
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from veaf_sync.emulator.faults import Fault
from veaf_sync.emulator.wire import Request


@dataclass
class Planned:
    """A fault and when it strikes; `hits` counts how often it did."""

    fault: Fault
    method: str
    path: re.Pattern[str]
    when: Callable[[Request], bool] | None
    nth: int
    every: int
    times: int | None
    seen: int = 0
    hits: int = 0

    def strikes(self, request: Request) -> bool:
        """Whether it strikes this request; counts the requests that fit."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method and request.method != self.method:
            return False
        if not self.path.search(request.path) or (self.when and not self.when(request)):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.seen - self.nth) % self.every:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are planned. The first one that strikes a request wins."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        method: str = "",
        path: str = "",
        when: Callable[[Request], bool] | None = None,
        nth: int = 1,
        every: int = 1,
        times: int | None = 1,
    ) -> Planned:
        """Plan a fault.

        It strikes requests of `method` (empty: any) whose path holds the regular expression `path` and for which
        `when` holds; from the `nth` such request on, each `every`-th, `times` times (None: always).
        """
        planned = Planned(fault, method.upper(), re.compile(path), when, nth, every, times)
        with self._lock:
            self._planned.append(planned)
        return planned

    def remove(self, planned: Planned) -> None:
        """Take back a planned fault."""
        with self._lock:
            self._planned.remove(planned)

    def clear(self) -> None:
        """Nothing fails any more."""
        with self._lock:
            self._planned.clear()

    def strike(self, request: Request) -> Fault | None:
        """The fault that strikes this request, if any."""
        if not self._planned:
            return None
        with self._lock:
            return next((planned.fault for planned in self._planned if planned.strikes(request)), None)
