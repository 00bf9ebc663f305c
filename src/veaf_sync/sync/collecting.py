"""How often Python looks for rings of objects during a pass."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

AFTER = 50_000
"""New containers before it looks. Pages, rows and frames are trees: looking after 700 of them finds nothing."""


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """As it was before, on leaving."""
    threshold = gc.get_threshold()
    gc.set_threshold(max(threshold[0], AFTER), *threshold[1:])
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
