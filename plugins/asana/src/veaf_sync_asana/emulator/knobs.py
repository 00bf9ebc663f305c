"""What can be set on the emulator: its limits, its plan, and what is out of order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Knobs:
    """All may be changed while the emulator runs."""

    per_minute: int = 0
    """Requests for a minute of the emulator's clock, each action of a batch counted; 0 = no limit."""
    free: bool = False
    """A workspace without a paid plan: no custom fields and no portfolios (402)."""
    token_hours: float = 24.0
    """How long a place in a change feed is known."""
    offset_seconds: float = 3600.0
    """How long a place in a list is known."""
    deaf: bool = False
    """The change feed loses every event from now on: it promises to deliver each at most once."""
    invisible: int = 404
    """What is answered for a task that the caller may not see."""
    reader_may_edit: bool = True
    """Whether the first credential may write too, or only the second one."""
