"""Files that are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> Path:
    """Write a file beside its place, then put it there: whoever opens `path` sees a whole file, old or new.

    Links are followed; what is no file (a pipe, /dev/stdout) is written to as it is. Raises `OSError`.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        place.write_text(text, encoding="utf-8", newline="\n")
        return path
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path
