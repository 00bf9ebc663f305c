"""Files that are whole or not there."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path


def write_whole(path: Path, text: str) -> Path:
    """Write a file beside its place, then put it there: whoever opens `path` sees a whole file, old or new.

    The new file may be read by whoever might read the old one. Links are followed; what is no file (a pipe,
    /dev/stdout) is written to as it is. Raises `OSError`.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        place.write_text(text, encoding="utf-8", newline="\n")
        return path
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
    part = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "x", encoding="utf-8", newline="\n", opener=_for_owner if mode is not None else None) as file:
            file.write(text)
        if mode is not None:
            part.chmod(mode)
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
