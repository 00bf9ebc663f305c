"""What people say on the item itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from veaf_sync.conditions import Coded, whole
from veaf_sync.mapping.combine import decide, spread
from veaf_sync.mapping.decision import Decision, Judge, Ledger
from veaf_sync.mapping.document import OBJECTIVE_GROUP, Reader

STATED = "stated"
"""The column of objectives that the tool itself carries; always read."""


def read_from(readers: Sequence[Reader]) -> set[str]:
    """The properties that carry statements."""
    return {STATED, *(reader.from_ for reader in readers)}


def statements(readers: Sequence[Reader], coded: Mapping[str, Coded], judge: Judge, ledger: Ledger) -> pl.Series:
    """For every row the number of what its statements come to (all readers tried); null where it has none."""
    sets: list[frozenset[str]] = []
    columns: list[pl.Series] = []
    for name in sorted(read_from(readers)):
        own: list[Reader | None] = [reader for reader in readers if reader.from_ == name]
        of_entries = _by_entry(coded[name], own or [None])
        if of_entries:
            first = len(sets)
            sets += of_entries.values()
            numbers = {entry: first + index for index, entry in enumerate(of_entries)}
            columns.append(coded[name].rows(spread(numbers, coded[name].entries)))

    def says(*numbers: int | None) -> Decision:
        return judge.stated(frozenset().union(*(sets[number] for number in numbers if number is not None)))

    if not columns:
        return pl.repeat(None, len(coded[STATED].codes), dtype=pl.UInt32, eager=True)
    return decide(columns, ledger, says)


def _by_entry(coded: Coded, readers: Sequence[Reader | None]) -> dict[int, frozenset[str]]:
    """The objectives that each entry of a property states, by the entry's number, where it states any."""
    found = pl.concat([said(coded.elements, reader) for reader in readers])
    return {entry: frozenset(objectives) for entry, objectives in found.group_by("entry").agg("objective").iter_rows()}


def said(elements: pl.DataFrame, reader: Reader | None) -> pl.DataFrame:
    """Rows (`entry`, `value`, `objective`) of the values that state an objective; without a reader all do."""
    objective = pl.col("value")
    if reader is not None and reader.pattern is not None:
        objective = objective.str.extract_groups(whole(reader.pattern)).struct.field(OBJECTIVE_GROUP)
    found = elements.select("entry", "value", objective.alias("objective"))
    return found.filter(pl.col("objective").fill_null("") != "")
