"""How long, how much and how often: the numbers of one source's HTTP traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from veaf_sync.clock import Clock
from veaf_sync.errors import Incomplete

_RATES = MappingProxyType({"GET": 100.0, "HEAD": 100.0, "POST": 100.0, "PUT": 50.0, "DELETE": 50.0})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and requests per second. The defaults are the steady rates that Jira Cloud publishes.

    `connect_timeout` and `read_timeout` bound one wait for the network, `deadline` the time that all attempts
    of one request together may spend on the network, its body included. `body_cap` bounds the body after
    decompression. `wait_budget` bounds what one `Patience` may wait because the tool said so or because an
    attempt failed. `rates` are per host, endpoint and method; a method that is not named takes POST's.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    deadline: float = 120.0
    body_cap: int = 64 * 1024 * 1024
    retries: int = 5
    backoff: float = 1.0
    backoff_max: float = 60.0
    wait_budget: float = 300.0
    concurrency: int = 8
    rates: Mapping[str, float] = field(default_factory=lambda: _RATES)

    def rate(self, method: str) -> float:
        """Requests per second for `method`."""
        return self.rates.get(method.upper()) or self.rates.get("POST") or _RATES["POST"]


class Throttled(Incomplete):
    """The tool asked for a longer wait than there is patience for, or refused a request that may not be repeated.

    It was refused unread. `seconds`: how long the tool wants to be left alone.
    """

    code = "throttled"

    def __init__(self, message: str, *, fix: str = "", seconds: float = 0.0) -> None:
        super().__init__(message, fix=fix)
        self.seconds = seconds


class Patience:
    """The seconds that one piece of work (a shard's walk, a request) may still spend waiting. For one thread."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def spend(self, seconds: float, clock: Clock, what: str) -> None:
        """Take `seconds` off. Raises `Throttled`, saying until when, if that is more than is left."""
        if seconds > self.left:
            raise Throttled(
                f"{what}: the tool must not be asked again {_until(seconds, clock)}, "
                f"and only {max(0, round(self.left))} s of waiting are left.",
                fix="Run the same command again after that time.",
                seconds=seconds,
            )
        self.left -= seconds


def _until(seconds: float, clock: Clock) -> str:
    if seconds > 366 * 86_400:
        return "for more than a year"
    return f"until {clock.now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"
