"""The points at which a run is killed, and the fault that does it at a request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from veaf_sync.emulator import Emulator, Fault, Request, Response
from veaf_sync.emulator.faults import Answer
from veaf_sync.emulator.wire import Wire


class Instant(StrEnum):
    """When a run is killed, seen from the request or commit."""

    RECEIVED = "received, without effect"
    TAKEN = "effect taken, no answer sent"
    ANSWERED = "answer sent"
    COMMIT = "at a commit"


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run is killed: at the request, or at the boundary around a commit, of this number. `kind`: what it is."""

    instant: Instant
    number: int
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}, {self.instant} (number {self.number})"


def points(requests: Sequence[str], boundaries: Sequence[str]) -> list[Point]:
    """Every point of a run, given what its requests and the boundaries around its commits were."""
    at_requests = [
        Point(instant, number, kind)
        for number, kind in enumerate(requests, 1)
        for instant in (Instant.RECEIVED, Instant.TAKEN, Instant.ANSWERED)
    ]
    return at_requests + [Point(Instant.COMMIT, number, kind) for number, kind in enumerate(boundaries, 1)]


def sample(every: Sequence[Point], count: int) -> list[Point]:
    """`count` of the points, the same every time: as many at each instant, where there are so many.

    Of an instant one of each kind, as far as that goes, then others; evenly from the run's beginning to its end.
    """
    chosen: set[int] = set()
    for number, instant in enumerate(Instant):
        at = [place for place, point in enumerate(every) if point.instant is instant]
        first = sorted({every[place].kind: place for place in reversed(at)}.values())
        share = (count - len(chosen)) // (len(Instant) - number)
        places = _spread(first, share)
        left = [place for place in at if place not in places]
        chosen |= places | _spread(left, share - len(places))
    return [every[place] for place in sorted(chosen)]


def _spread(places: Sequence[int], count: int) -> set[int]:
    """`count` of the places, evenly; all where there are no more."""
    return {places[number * len(places) // count] for number in range(count)} if count < len(places) else set(places)


class Trap:
    """Counts the requests of all emulators, and kills at the one of the point's number."""

    def __init__(self, point: Point, kill: Callable[[], None]) -> None:
        self._point = point
        self._kill = kill
        self._seen = 0
        self._lock = threading.Lock()

    def set(self, sites: Sequence[Emulator]) -> None:
        if self._point.instant is not Instant.COMMIT:
            for site in sites:
                site.faults.add(Kill(self._point.instant, self._kill), when=self._due)

    def _due(self, _request: Request) -> bool:
        with self._lock:
            self._seen += 1
            return self._seen == self._point.number


@dataclass(frozen=True)
class Kill(Fault):
    """Kills the process that asks, at an instant of the exchange."""

    instant: Instant
    kill: Callable[[], None]

    def prepare(self, answer: Answer, now: datetime) -> Response:
        if self.instant is Instant.RECEIVED:
            self.kill()
            return Response(0)
        return answer()

    def deliver(self, wire: Wire, response: Response) -> None:
        if self.instant is Instant.ANSWERED:
            wire.send(response)
        if self.instant is not Instant.RECEIVED:
            self.kill()
        wire.reset()
