"""What is wrong in one file: collected over all of its rows, so that one pass is enough to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from veaf_sync.errors import Incomplete

KEPT = 20
"""Faults of a file that are told one by one; the others are counted."""
KEPT_OF_A_KIND = 5
"""Of one kind (the same mistake in the same column) so many, so that it leaves room for the others."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`row` as a spreadsheet counts (the line of JSON Lines); 0 = the file."""

    row: int
    what: str
    fix: str


@dataclass(slots=True)
class Faults:
    """Of the file that people know as `name`."""

    name: str
    count: int = 0
    kept: list[Fault] = field(default_factory=list)
    _kinds: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, row: int, what: str, fix: str, kind: str = "") -> None:
        """`kind` is what faults of one kind share; default its fix."""
        kind = kind or fix
        self.count += 1
        self._kinds[kind] += 1
        if len(self.kept) < KEPT and self._kinds[kind] <= KEPT_OF_A_KIND:
            self.kept.append(Fault(row, what, fix))

    def sentences(self) -> list[str]:
        """Each kept fault with its place and what helps, then how many more there are."""
        told = [f"{self._place(fault)} {fault.what}. {fault.fix}" for fault in self.kept]
        more = self.count - len(self.kept)
        return [*told, f"{self.name}: and {more:,} more."] if more else told

    def summary(self) -> str:
        """The first fault and the number of the others, as a clause."""
        first = self.kept[0]
        more = f"; {self.count - 1:,} more" if self.count > 1 else ""
        return f"{self._place(first)} {first.what}{more}"

    def _place(self, fault: Fault) -> str:
        return f"{self.name}, row {fault.row}:" if fault.row else self.name


def incomplete(failed: Sequence[Faults]) -> Incomplete:
    """The error of files with faults."""
    told = "; ".join(faults.summary() for faults in failed[:3])
    more = f"; {len(failed) - 3:,} more files" if len(failed) > 3 else ""
    taken = "nothing of the file was taken over" if len(failed) == 1 else "nothing of these files was taken over"
    alone = len(failed) == 1 and failed[0].count == 1
    fix = failed[0].kept[0].fix if alone else "Every one of them, with what helps: veaf-sync check --online"
    return Incomplete(f"{told}{more}; {taken}.", fix=fix)
