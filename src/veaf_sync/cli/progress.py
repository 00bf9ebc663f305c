"""How far a pass has come: a bar on a terminal, plain lines elsewhere, always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import click

from veaf_sync.text import clean

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from veaf_sync.cli.workspace import Workspace

PLAIN_SECONDS = 5.0
PENDING = {
    "pull": "No snapshot was made; what was read so far is kept and the next veaf-sync sync goes on from there.",
    "map": "No snapshot was made; what was read is kept, and the next veaf-sync sync reads only what changed since.",
    "apply": "What was written so far is in the journal; run the same command again and it goes on from there.",
}
"""What an interruption leaves, by the first word of the stage it comes in. The others write to no tool."""


class PlainProgress:
    """A line per stage; per source at most one every few seconds, and always its last."""

    def __init__(self, workspace: Workspace, pending: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._pending = pending
        self._otherwise = workspace.pending
        self._said: dict[str, float] = {}
        self._unsaid: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._say_last()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is drawn meanwhile: somebody is asked something."""
        self._say_last()
        yield

    def stage(self, name: str) -> None:
        self._say_last()
        self._workspace.pending = self._pending.get(name.split()[0], self._otherwise)
        click.echo(clean(f"{name} …"), err=True)

    def partition(self, source: str, done: int, total: int | None, what: str) -> None:
        now = self._workspace.clock.monotonic()
        of = f" of {total:,}" if total is not None and done < total else ""
        self._unsaid[source] = f"  {source}: {done:,}{of} {what if (total if of else done) == 1 else what + 's'}"
        if now - self._said.setdefault(source, now) >= PLAIN_SECONDS:
            self._said[source] = now
            click.echo(clean(self._unsaid.pop(source)), err=True)

    def _say_last(self) -> None:
        for line in self._unsaid.values():
            click.echo(clean(line), err=True)
        self._unsaid.clear()

    def note(self, text: str) -> None:
        click.echo(clean(f"  {text}"), err=True)


class BarProgress:
    """A bar per source that moves, and vanishes when the pass has ended."""

    def __init__(self, workspace: Workspace, pending: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._pending = pending
        self._otherwise = workspace.pending
        self._bars: dict[str, TaskID] = {}
        self._rich: RichProgress | None = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._rich = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False, markup=False, emoji=False),
            transient=True,
        )
        self._rich.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._rich is not None:
            self._rich.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is drawn meanwhile: somebody is asked something."""
        if self._rich is None:
            yield
            return
        self._rich.stop()
        yield
        self._rich.start()

    def stage(self, name: str) -> None:
        self._workspace.pending = self._pending.get(name.split()[0], self._otherwise)
        if self._rich is not None:
            self._rich.console.print(clean(name) + " …")

    def partition(self, source: str, done: int, total: int | None, what: str) -> None:
        if self._rich is None:
            return
        label = clean(f"{source} {what if done == 1 else what + 's'}")
        if source not in self._bars:
            self._bars[source] = self._rich.add_task(label, total=total)
        self._rich.update(self._bars[source], completed=done, total=total, description=label)

    def note(self, text: str) -> None:
        if self._rich is not None:
            self._rich.console.print("  " + clean(text))


def progress(workspace: Workspace, pending: Mapping[str, str] = PENDING) -> PlainProgress | BarProgress:
    """The progress for where standard error goes; a context manager that hands out a `sync.Progress`.

    `pending` says what an interruption leaves, by stage; in other stages that is what the workspace says already.
    """
    return BarProgress(workspace, pending) if sys.stderr.isatty() else PlainProgress(workspace, pending)
