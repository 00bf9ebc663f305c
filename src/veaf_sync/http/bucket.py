"""A token bucket that hands out turns."""

from __future__ import annotations


class TokenBucket:
    """`rate` turns per second, up to `burst` at once. Not thread-safe by itself.

    `reserve` always grants a turn and says when it comes, first come first served: nobody starves, and in any
    window of t seconds at most burst + rate · t turns fall due.
    """

    def __init__(self, rate: float, burst: float) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("a bucket needs a rate above 0 and a burst of at least 1")
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at: float | None = None

    def reserve(self, now: float) -> float:
        """Take the next turn at `now` (monotonic seconds). Returns the seconds until it comes."""
        if self._at is None:
            self._at = now
        passed = max(0.0, now - self._at)
        self._at = max(now, self._at)
        self._tokens = min(self.burst, self._tokens + passed * self.rate) - 1
        return max(0.0, -self._tokens / self.rate)
