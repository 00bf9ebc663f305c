"""What every vendor's emulator is: state, a table of routes, faults, and a record of all requests."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import ClassVar, Self

from veaf_sync.clock import Clock, SystemClock
from veaf_sync.emulator.faults import Fault
from veaf_sync.emulator.planned import Faults
from veaf_sync.emulator.record import Exchange, Recorded
from veaf_sync.emulator.routes import Match, Routes
from veaf_sync.emulator.server import LoopbackServer
from veaf_sync.emulator.wire import BadRequest, Request, Response, Wire
from veaf_sync.model import WorkItem


class Emulator:
    """Base class of the vendors' emulators. A subclass fills `routes` and writes `load`, `source` and `tags`.

    Requests are answered one at a time under `lock`; the methods by which people change things take it too.
    Nothing leaves the loopback interface.
    """

    name: ClassVar[str] = ""
    """The name of the connector it is made for."""
    profiles: ClassVar[tuple[str, ...]] = ("default",)
    """The vendor's editions, the usual one first."""

    def __init__(self, *, profile: str = "", clock: Clock | None = None) -> None:
        if profile and profile not in self.profiles:
            raise ValueError(f"{self.name} has no profile {profile}. It has: {', '.join(self.profiles)}.")
        self.profile = profile or self.profiles[0]
        self.clock: Clock = clock or SystemClock()
        self.routes = Routes()
        self.faults = Faults()
        self.requests: list[Recorded] = []
        self.observers: list[Callable[[Exchange], None]] = []
        self.crashes: list[str] = []
        """Tracebacks of failures of the emulator itself, or of what a fault does meanwhile; it answers 500 then."""
        self.environment: Mapping[str, str] = {}
        """Variables that the references in `source()` need."""
        self.lock = threading.RLock()
        self._server: LoopbackServer | None = None
        self._counting = threading.Lock()

    def load(self, items: Iterable[WorkItem]) -> None:
        """Hold these items as the vendor would. Raises `ValueError` for what the vendor cannot hold."""
        raise NotImplementedError

    def source(self) -> dict[str, object]:
        """The entry of `sources:` in veaf-sync.yaml that points here; secrets are references into `environment`."""
        raise NotImplementedError

    def separate_credentials(self) -> None:
        """From now on writing needs a credential of its own, where the vendor has that: the other one only reads."""

    def use_tokens(self, reading: str, writing: str) -> None:
        """Take these secrets, and no longer the usual ones; `environment` has them."""
        raise NotImplementedError

    def tags(self) -> dict[str, tuple[str, ...]]:
        """The tool's present state at the tag target: key → labels, sorted."""
        raise NotImplementedError

    def respond(self, request: Request, match: Match | None) -> Response:
        """Answer a request; a subclass wraps this for authentication, limits and errors."""
        if match is None:
            return Response.of({"errorMessages": [f"No resource at {request.method} {request.path}"]}, 404)
        return match.handler(request, *match.params.values())

    @property
    def url(self) -> str:
        """Where it serves. Raises `RuntimeError` before `start`."""
        if self._server is None:
            raise RuntimeError(f"the {self.name} emulator is not running: call start() first")
        return self._server.url

    def start(self, port: int = 0) -> str:
        """Serve on 127.0.0.1 (`port` 0: a free one) and return the base URL. Starting twice changes nothing."""
        if self._server is None:
            self._server = LoopbackServer(self._serve, port)
        return self._server.url

    def stop(self) -> None:
        """Stop serving; the state stays and can be served again."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, wire: Wire, request: Request) -> None:
        match = self.routes.match(request)
        fault = self.faults.strike(request)
        if fault is None:
            response = self._answer(request, match)
            self._note(request, match, response, None)
            wire.send(response)
            return
        try:
            response = fault.prepare(lambda: self._answer(request, match), self.clock.now())
        except Exception:
            self.crashes.append(traceback.format_exc())
            response = Response(500)
        self._note(request, match, response, fault)
        fault.deliver(wire, response)

    def _answer(self, request: Request, match: Match | None) -> Response:
        try:
            with self.lock:
                return self.respond(request, match)
        except BadRequest as error:
            return Response.of({"errorMessages": [str(error)], "errors": {}}, 400)
        except Exception:
            self.crashes.append(traceback.format_exc())
            return Response.of({"errorMessages": ["Internal server error of the emulator"], "errors": {}}, 500)

    def _note(self, request: Request, match: Match | None, response: Response, fault: Fault | None) -> None:
        with self._counting:
            record = Recorded(
                number=len(self.requests) + 1,
                method=request.method,
                path=request.path,
                query=request.query,
                body=request.body,
                status=response.status,
                template=match.template if match else "",
                fault=fault.name if fault else "",
                replaced=fault is not None and fault.replaces,
                at=self.clock.now(),
            )
            self.requests.append(record)
        for observe in self.observers:
            observe(Exchange(request, response, record))
