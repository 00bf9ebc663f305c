"""Rate limits: a token bucket per method and route, and the headers by which each edition speaks of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from veaf_sync.emulator import Response
from veaf_sync_jira.emulator.service import Service

_UNLIMITED = 100


class Limits:
    """Cloud speaks of the limit when it is reached, Data Center on every answer (`retry-after: 0` when all is well)."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._buckets: dict[tuple[str, str], tuple[float, datetime]] = {}

    def refusal(self, method: str, route: str) -> Response | None:
        """429 where the rate is used up; otherwise takes one from the bucket."""
        rate = self.service.knobs.rate
        if rate is None:
            return None
        now = self.service.now
        left, seen = self._buckets.get((method, route), (rate, now))
        left = min(rate, left + (now - seen).total_seconds() * rate)
        if left >= 1:
            self._buckets[method, route] = (left - 1, now)
            return None
        self._buckets[method, route] = (left, now)
        wait = max(1, round((1 - left) / rate))
        headers = {"Retry-After": str(wait), "X-RateLimit-Limit": f"{rate:g}", "X-RateLimit-Remaining": "0"}
        if self.service.edition.cloud:
            headers["X-RateLimit-Reset"] = (now + timedelta(seconds=wait)).strftime("%Y-%m-%dT%H:%MZ")
            headers["RateLimit-Reason"] = "jira-burst-based"
        else:
            headers |= self._bucket_headers(rate)
        return Response.of({"errorMessages": ["Rate limit exceeded."], "errors": {}}, 429, headers)

    def headers(self) -> dict[str, str]:
        """What an answer that was not refused says."""
        if self.service.edition.cloud:
            return {}
        rate = self.service.knobs.rate or _UNLIMITED
        said = {"X-RateLimit-Limit": f"{rate:g}", "X-RateLimit-Remaining": f"{max(0, rate - 1):g}", "retry-after": "0"}
        return said | self._bucket_headers(rate)

    def _bucket_headers(self, rate: float) -> dict[str, str]:
        return {"X-RateLimit-Interval-Seconds": "1", "X-RateLimit-FillRate": f"{rate:g}"}
