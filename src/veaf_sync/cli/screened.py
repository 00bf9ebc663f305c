"""Standard output and error without secrets, whoever writes: a plugin's `print`, a warning, a thread's traceback.

Standard output is for answers. Once plugins are at work, what anybody else prints there goes to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

FEWEST = 8
"""Characters: a secret that is shorter may stand in any word of ours, and is masked only where a tool speaks."""


class Screened:
    """A stream that redacts each text written to it, and is the given one in everything else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if "veaf_sync.credentials" in sys.modules:  # else no secret was read, and importing it takes time
            from veaf_sync.credentials import redact

            self._stream.write(redact(text, fewest=FEWEST))
            return len(text)
        return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Answers(Screened):
    """Standard output; `ours` is always that, this itself only until plugins are at work."""

    def __init__(self, stream: TextIO, beside: Screened) -> None:
        super().__init__(stream)
        self._beside = beside
        self._foreign = False

    @property
    def ours(self) -> TextIO:
        """Where answers are written."""
        return cast("TextIO", Screened(self._stream))

    def foreign(self) -> None:
        """From here on code runs that is not ours."""
        self._foreign = True

    def write(self, text: str) -> int:
        return self._beside.write(text) if self._foreign else super().write(text)


def answers() -> TextIO:
    """The stream that an answer is written to."""
    return cast("TextIO", getattr(sys.stdout, "ours", sys.stdout))


def plugins_begin() -> None:
    """What is printed from here on and is no answer goes to standard error."""
    if isinstance(sys.stdout, Answers):
        sys.stdout.foreign()


@contextmanager
def screened() -> Iterator[None]:
    """Both streams screened until the block is left."""
    out, err = sys.stdout, sys.stderr
    beside = Screened(err)
    sys.stdout, sys.stderr = cast("TextIO", Answers(out, beside)), cast("TextIO", beside)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
