"""Standard output and error without secrets, whoever writes: a plugin's `print`, a warning, a thread's traceback."""

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


@contextmanager
def screened() -> Iterator[None]:
    """Both streams screened until the block is left."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", Screened(out)), cast("TextIO", Screened(err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
