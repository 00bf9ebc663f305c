"""Work items as a table or as CSV: what `items` and `orphans` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veaf_sync.cli import printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import amount, days, percent

if TYPE_CHECKING:
    from veaf_sync.read import Item, ItemsAnswer

CSV_COLUMNS = (
    "id",
    "source",
    "key",
    "title",
    "url",
    "level",
    "type",
    "state",
    "partition",
    "team",
    "owner",
    "age_days",
    "counted",
    "verdict",
    "objective",
    "share",
    "exemption",
    "origin",
    "rule",
    "reason",
    "fix",
)


def show(answer: ItemsAnswer, form: str, *, orphans: bool = False) -> None:
    """Print items in the form asked for. `orphans` shows reason and fix in place of verdict and objective."""
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        printer.sheet(CSV_COLUMNS, _sheet_rows(answer.items))
    elif not answer.items:
        _nothing(answer)
    else:
        printer.table(_orphans(answer.items) if orphans else _items(answer.items))
        printer.line(_count(answer))


def _nothing(answer: ItemsAnswer) -> None:
    if answer.not_counted:
        are = "is one that is" if answer.not_counted == 1 else f"are {answer.not_counted:,} that are"
        printer.line(
            f"No counted item matches. There {are} not counted (containers, sub-tasks, out of scope): add --all"
        )
    else:
        printer.line("No item matches.")


def _count(answer: ItemsAnswer) -> str:
    """`100 of 277 items` and how to see more; where they count by their shares, also what these add up to."""
    shown = len(answer.items)
    of = f" of {answer.total:,}" if answer.total > shown else ""
    split = answer.count is not None and abs(answer.count - answer.total) > 1e-6
    shares = f"; by their shares {amount(answer.count)}" if split else ""
    more = ". More with --limit N, all with -o csv" if of else ""
    return f"{shown:,}{of} {'items' if answer.total != 1 else 'item'}{shares}{more}"


def _items(items: list[Item]) -> Table:
    table = Table(
        [
            Column("ITEM"),
            Column("VERDICT"),
            Column("OBJECTIVE", sentence=True),
            Column("TEAM"),
            Column("LEVEL"),
            Column("AGE", right=True),
            Column("TITLE", widest=60),
        ]
    )
    for item in items:
        verdict = item.verdict if item.counted else f"({item.verdict})"
        table.add(item.id, verdict, objectives(item), item.team, item.level, days(item.age_days), item.title)
    return table


def _orphans(items: list[Item]) -> Table:
    table = Table(
        [
            Column("ITEM"),
            Column("AGE", right=True),
            Column("TEAM"),
            Column("OWNER"),
            Column("TITLE", widest=44),
            Column("REASON", sentence=True),
            Column("CLOSEST FIX", sentence=True),
        ]
    )
    for item in items:
        table.add(
            item.id,
            days(item.age_days),
            item.team,
            item.owner,
            item.title,
            item.reason.rstrip("."),
            item.fix or "no suggestion",
        )
    return table


def objectives(item: Item) -> str:
    """`fast-checkout`, or with shares where it is split: `cheap-to-run 40 %, fast-checkout 60 %`."""
    if len(item.objectives) == 1:
        return item.objectives[0].objective
    return ", ".join(f"{part.objective} {percent(part.share, digits=0)}" for part in item.objectives)


def _sheet_rows(items: list[Item]) -> list[list[object]]:
    """One row per item and share, so that shares can be summed."""
    rows = []
    for item in items:
        plain = item.model_dump(mode="json")
        shares = [(part.objective, part.share) for part in item.objectives] or [("", 1.0)]
        for objective, share in shares:
            row = {**plain, "objective": objective, "share": share}
            rows.append(["" if row[name] is None else row[name] for name in CSV_COLUMNS])
    return rows
