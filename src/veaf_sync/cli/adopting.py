"""Whose tags are: what `sync --adopt-tags` would claim is listed, and then asked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import plural

if TYPE_CHECKING:
    from veaf_sync.cli.progress import BarProgress, PlainProgress
    from veaf_sync.sync import Unclaimed

SHOWN = 50
"""Values that are listed one by one; of the others only how many."""
MEANS = {
    "ours": "Ours: no statements, and cleared where the mapping does not want them.",
    "people": "People's: statements that override rules, and never cleared.",
}


class Adopting:
    """Shows what would be claimed and asks, once in a pass.

    `asked`: there was something. `unasked` is what nobody could be asked about.
    """

    def __init__(self, whose: str, *, ask: bool, quiet: bool) -> None:
        self._whose = whose
        self._ask = ask
        self._quiet = quiet
        self.shown: BarProgress | PlainProgress | None = None
        self.asked = False
        self.unasked = ""

    def __call__(self, values: Sequence[Unclaimed]) -> bool:
        self.asked = True
        with self.shown.paused() if self.shown else nullcontext():
            if not self._quiet:
                self._list(values)
            if not self._ask:
                return True
            if not sys.stdin.isatty():
                self.unasked = plural(len(values), "value")
                return False
            if click.confirm(f"Claim these {plural(len(values), 'value')} as {self._whose}?", default=False, err=True):
                return True
            printer.aside("Nothing was claimed.")
            return False

    def _list(self, values: Sequence[Unclaimed]) -> None:
        table = Table([Column("UNCLAIMED"), Column("VALUE")])
        for one in values[:SHOWN]:
            table.add(f"{one.source}:{one.key}", one.value)
        printer.table(table)
        if len(values) > SHOWN:
            printer.line(f"{len(values) - SHOWN:,} more")
        printer.line(MEANS[self._whose])
