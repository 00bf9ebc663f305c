"""What a person should know about a run beyond its numbers."""

from __future__ import annotations

from veaf_sync.read.snapshot import Snapshot

PROVISIONAL = (
    "every objective is a draft, and drafts count as active until one is activated. "
    "Review strategy.yaml, then: veaf-sync strategy activate, and veaf-sync sync"
)
"""What a provisional snapshot means and how it ends."""


def notes(snapshot: Snapshot) -> list[str]:
    """One sentence each, as the run left them: later writes change no earlier report."""
    summary = snapshot.run.summary
    found = [str(note) for note in summary.get("notes", [])]
    waiting = int(summary.get("waiting", 0))
    if waiting:
        noun = "tag change" if waiting == 1 else "tag changes"
        found.append(f"{waiting:,} {noun} waited to be written when this was read. Review them: veaf-sync plan")
    return found
