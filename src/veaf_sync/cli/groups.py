"""Coverage as text: the four weights side by side, or one line per group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from veaf_sync.cli import printer
from veaf_sync.cli.options import NONE
from veaf_sync.cli.tables import Column, Table, transposed
from veaf_sync.cli.words import NA, amount, percent

if TYPE_CHECKING:
    from veaf_sync.read import CoverageAnswer, Weight, Weights

TITLE_WIDTH = 32
NAMES = ("count", "points", "hours", "people")
VERDICTS = ("aligned", "exempt", "orphan", "dangling", "ambiguous", "unreadable")


def show(answer: CoverageAnswer, form: str, *, same: str = "") -> None:
    """Print coverage in the form asked for. `same` are the options with which `items` sees the same work."""
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        printer.sheet(("group", "source", "title", "weight", *_FIGURES), _sheet_rows(answer))
    else:
        weights, terminal = _weights(answer.weights), printer.width()
        narrow = terminal is not None and terminal < weights.narrowest()
        printer.table(transposed(weights) if narrow else weights)
        if answer.by:
            printer.line()
            printer.table(_groups(answer))
            printer.line(f"What is behind a line: veaf-sync items --{answer.by} NAME{same}")


def _weights(weights: Weights) -> Table:
    table = Table(
        [Column("WEIGHT"), Column("COVERAGE", right=True), Column("LOW", right=True), Column("HIGH", right=True)]
        + [Column(name.upper(), right=True) for name in VERDICTS]
        + [Column("TOTAL", right=True), Column("IMPUTED", right=True), Column("MISSING", right=True)]
    )
    for name in NAMES:
        weight: Weight | None = getattr(weights, name)
        if weight is None:
            table.add(name, *[NA] * 12)
            continue
        bounds = weight.coverage
        table.add(
            name,
            percent(bounds.value),
            percent(bounds.low),
            percent(bounds.high),
            *[amount(weight.verdict(verdict)) for verdict in VERDICTS],
            amount(weight.total),
            percent(weight.imputed_share, digits=0),
            percent(weight.missing_share, digits=0),
        )
    return table


def _groups(answer: CoverageAnswer) -> Table:
    """By group in the weight `count`; the other weights are in the JSON and CSV forms."""
    titled = any(group.title not in ("", group.group) for group in answer.groups)
    table = Table(
        [Column(answer.by.upper()), *([Column("TITLE", widest=TITLE_WIDTH)] if titled else [])]
        + [
            Column("COVERAGE", right=True),
            Column("LOW", right=True),
            Column("HIGH", right=True),
        ]
        + [Column(name.upper(), right=True) for name in VERDICTS]
        + [Column("TOTAL", right=True)]
    )
    for group in answer.groups:
        count = group.weights.count
        name = group.group or NONE
        table.add(
            f"{group.source}:{name}" if group.source and answer.by == "partition" else name,
            *([group.title] if titled else []),
            percent(count.coverage.value),
            percent(count.coverage.low),
            percent(count.coverage.high),
            *[amount(count.verdict(verdict)) for verdict in VERDICTS],
            amount(count.total),
        )
    return table


_FIGURES = ("total", *VERDICTS, "value", "low", "high", "imputed_share", "missing_share")


def _sheet_rows(answer: CoverageAnswer) -> Iterator[list[object]]:
    """Every weight of the whole (group empty) and of each group; a weight that is n/a has empty figures."""
    for group, source, title, weights in [
        ("", "", "", answer.weights),
        *[(g.group or NONE, g.source, g.title, g.weights) for g in answer.groups],
    ]:
        for name in NAMES:
            weight: Weight | None = getattr(weights, name)
            if weight is None:
                yield [group, source, title, name, *[""] * len(_FIGURES)]
                continue
            plain = {**weight.model_dump(exclude={"coverage"}), **weight.coverage.model_dump()}
            yield [group, source, title, name, *["" if plain[figure] is None else plain[figure] for figure in _FIGURES]]
