"""What can be set on the emulator: the site's habits, the user's rights, and what is out of order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Knobs:
    """All may be changed while the emulator runs. Seconds are of the emulator's clock."""

    time_zone: str = "UTC"
    """The user's time zone: /myself says it, JQL dates are read in it, times are written in it."""
    index_lag: float = 0
    """Seconds until a search shows an edit; direct reads show it at once."""
    page_cap: int = 0
    """The longest page of a search that wants fields; 0 = the edition's own (Cloud 100, Data Center 1,000)."""
    id_page_cap: int = 5000
    """The longest page of a search that wants ids and keys only (Cloud)."""
    bulkfetch_cap: int = 1000
    """The longest `bulkfetch` that names its fields; others are capped at 100 (Cloud)."""
    token_lifetime: float = 7 * 24 * 3600
    """Seconds until a page token expires (Cloud)."""
    wrong_credentials: Literal["refuse", "anonymous"] = "refuse"
    """Whether wrong credentials are refused (401) or answered as nobody: 200 with what the public may see."""
    public: set[str] = field(default_factory=set)
    """Keys of the projects that nobody in particular may see."""
    lenient: bool = False
    """Whether values in JQL that do not exist (or are not visible) match nothing instead of being refused (400)."""
    empty: bool = False
    """The whole site answers as if it were empty, with status 200."""
    admin: bool = True
    """Whether the user administers the projects: without that, an edit that mails nobody is refused (403)."""
    bulk_change: bool = True
    """Whether the user has the global permission "Bulk change" (Cloud)."""
    reader_may_edit: bool = True
    """Whether the first credential may write too, or only the second one (`WRITE_TOKEN`)."""
    off_screen: set[str] = field(default_factory=set)
    """Projects on whose edit screen the field Labels does not stand."""
    locked: set[str] = field(default_factory=set)
    """Projects that the user may browse but not edit."""
    unwritable: dict[str, str] = field(default_factory=dict)
    """Key → reason: issues on which a bulk edit fails, while the task is COMPLETE (Cloud)."""
    bulk_polls: int = 2
    """How many polls find a bulk task ENQUEUED or RUNNING before it is COMPLETE (Cloud)."""
    bulk_seconds: float = 60
    """After so many seconds a bulk task is complete even if nobody polls."""
    bulk_end: Literal["COMPLETE", "FAILED", "CANCELLED", "DEAD"] = "COMPLETE"
    """How bulk tasks end; only COMPLETE ones change issues."""
    bulk_at_once: int = 5
    """How many bulk tasks may be open at once (Cloud)."""
    goals: bool = True
    """Whether the user has access to goals (Cloud)."""
    goals_page: int = 50
    """The longest page of goals, and of what is linked to one (Cloud)."""
    older_goals: bool = False
    """Whether taking a link away goes by its older name (Cloud)."""
    rate: float | None = None
    """Requests a second allowed for each method and path; None = unlimited."""
