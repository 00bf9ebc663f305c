"""What a pass tells whoever watches it. Silent by default; the command line draws bars or prints lines."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    def stage(self, name: str) -> None:
        """A stage of the pass begins, and what was told of the one before is its end: pull, map, plan, apply."""

    def partition(self, source: str, done: int, total: int | None, what: str) -> None:
        """`done` of about `total` (None: unknown) items or changes of `source`; `what` is one of them in words."""

    def note(self, text: str) -> None:
        """One sentence that a person should see."""


class Silent:
    def stage(self, name: str) -> None:
        return

    def partition(self, source: str, done: int, total: int | None, what: str) -> None:
        return

    def note(self, text: str) -> None:
        return


SILENT = Silent()
