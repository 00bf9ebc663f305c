"""What can be set on the emulator: the server's age, its limits, and what is out of order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Knobs:
    """All may be changed while the emulator runs."""

    points: int = 5000
    """Points for an hour of the emulator's clock."""
    heavy: int = 0
    """Queries that could bring more nodes than this are broken off with 502; 0 = none."""
    old: bool = False
    """An Enterprise Server of before 2025: no archived items, no issue types, no sub-issues, no issue fields."""
    reader_may_edit: bool = True
    """Whether the first credential may write too, or only the second one."""
