"""The test's side of `forking.py`: processes that run commands, and are killed or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

KILLED = -signal.SIGKILL
ZYGOTE = Path(__file__).with_name("forking.py")


class Shell:
    """Runs commands, one at a time. `output` is the file into which they print."""

    def __init__(self, output: Path, way: Literal["fork", "stay"], around: Sequence[str] = ()) -> None:
        """`around`: a command that starts the process with what surrounds it."""
        self.output = output
        self._pid = 0
        self._forked = threading.Event()
        self._process = subprocess.Popen(
            [*around, sys.executable, "-W", "ignore", str(ZYGOTE), way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._way = way
        self._heard = False

    @property
    def process(self) -> int:
        """Its number."""
        return self._process.pid

    def wait(self) -> None:
        """Wait until it is ready."""
        if not self._heard:
            assert self._hear() == {"ready": True}
            self._heard = True

    def close(self) -> None:
        """End the process. What it does is over by then."""
        self._to.close()
        self._process.wait()
        self._from.close()

    def run(
        self,
        arguments: Sequence[str],
        at: datetime,
        environment: Mapping[str, str],
        *,
        die_at: int = 0,
        boundaries: Path | None = None,
    ) -> int:
        """Run a command at the instant `at` of its clock; its exit code, or the signal that killed it, below 0.

        `die_at`: the number of the boundary around commits at which the process kills itself; `boundaries`: a file to
        which it writes their names. Both need a process of its own.
        """
        self.wait()
        asked = {
            "arguments": list(arguments),
            "at": at.isoformat(),
            "environment": dict(environment),
            "output": str(self.output),
            "die_at": die_at,
            "boundaries": str(boundaries or ""),
        }
        self._forked.clear()
        self._to.write(json.dumps(asked).encode() + b"\n")
        self._to.flush()
        if self._way == "fork":
            self._pid = int(self._hear()["pid"])
            self._forked.set()
        return int(self._hear()["status"])

    def kill(self) -> None:
        """Kill the forked process that runs now, from whatever thread; waits for the news that there is one."""
        assert self._way == "fork"
        self._forked.wait()
        os.kill(self._pid, signal.SIGKILL)

    def _hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._from.readline())
        return heard
