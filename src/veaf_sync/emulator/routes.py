"""Which function answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from veaf_sync.emulator.wire import Request, Response

Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Match:
    """A route that fits: its template (`/rest/api/3/issue/{issueIdOrKey}`), function and path parameters."""

    template: str
    handler: Handler
    params: Mapping[str, str]


class Routes:
    """A routing table. Handlers are called with the request and the parameters of the template, by position."""

    def __init__(self) -> None:
        self._fixed: dict[tuple[str, str], Match] = {}
        self._open: dict[str, list[tuple[re.Pattern[str], str, Handler]]] = {}

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Answer `method` on `template`; `{name}` stands for one path segment."""
        if "{" not in template:
            self._fixed[method, template] = Match(template, handler, {})
            return
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        self._open.setdefault(method, []).append((re.compile(pattern), template, handler))

    def match(self, request: Request) -> Match | None:
        found = self._fixed.get((request.method, request.path))
        if found:
            return found
        for pattern, template, handler in self._open.get(request.method, ()):
            if fits := pattern.fullmatch(request.path):
                return Match(template, handler, fits.groupdict())
        return None

    def templates(self) -> frozenset[tuple[str, str]]:
        """All routes, as method and template."""
        opened = ((method, template) for method, routes in self._open.items() for _, template, _ in routes)
        return frozenset([*self._fixed, *opened])
