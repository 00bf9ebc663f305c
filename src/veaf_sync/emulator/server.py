"""The loopback server: one thread per connection, connections stay open, stopping is immediate."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from veaf_sync.emulator.wire import BadRequest, Closed, Request, Response, Wire

Serve = Callable[[Wire, Request], None]
HOST = "127.0.0.1"


class LoopbackServer:
    """Serves on 127.0.0.1 until stopped. `port` 0 takes a free one; `serve` answers each request on its wire."""

    def __init__(self, serve: Serve, port: int = 0) -> None:
        self._serve = serve
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, port), backlog=128)
        self._port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="emulator", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def stop(self) -> None:
        """Take no more connections, and end those that are open, stalled ones included."""
        self._stopping.set()
        with contextlib.suppress(OSError), socket.create_connection((HOST, self._port), timeout=1):
            pass  # wakes the thread that waits for a connection
        self._thread.join()
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            self._open.add(connection)
            threading.Thread(target=self._converse, args=(connection,), name="emulator-connection", daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        wire = Wire(connection, self._stopping)
        try:
            while not self._stopping.is_set():
                request = wire.read()
                self._serve(wire, request)
                if request.headers.get("connection", "").lower() == "close":
                    return
        except Closed:
            return
        except BadRequest as error:
            with contextlib.suppress(Closed):
                wire.send(Response.of({"errorMessages": [str(error)]}, 400, {"Connection": "close"}))
        finally:
            self._open.discard(connection)
            wire.close()
