"""The screen of `status`: everything a person needs on Monday morning, in the order it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from veaf_sync.cli import printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import amount, day, days, listed, moment, percent, plural, points, signed

if TYPE_CHECKING:
    from datetime import datetime

    from veaf_sync.read import Change, Objective, Status, Weight

TITLE_WIDTH = 44
STALE_VALUE_DAYS = 30
OPEN = "ITEMS of one: veaf-sync items --objective ID --below --verdict aligned"
"""The command that lists what stands behind an objective's items; without --below its own. Filters follow it."""
PLACES = 5
"""So many partitions are named in a sentence."""
VERDICTS = ("aligned", "exempt", "orphan", "dangling", "ambiguous", "unreadable")


def show_status(status: Status, *, same: str = "") -> None:
    """Print the screen. `same` is the --as-of with which other commands see the same."""
    zone = ZoneInfo(status.timezone)
    _head(status, zone)
    printer.line()
    _coverage(status, zone)
    printer.line()
    _verdicts(status)
    if status.objectives:
        printer.line()
        printer.table(objectives_table(status.objectives))
        printer.line(f"  {OPEN}{same}")
        if status.objectives_note:
            printer.line(f"  {status.objectives_note}", style="yellow")
    if status.orphans:
        printer.line()
        _orphans(status, same)
    for note in status.notes:
        if "veaf-sync plan" not in note:  # NEXT says how it stands now
            printer.line()
            printer.line(f"NOTE  {note}")


def _head(status: Status, zone: ZoneInfo) -> None:
    from veaf_sync.read import PROVISIONAL

    period = status.period
    parts = [status.organisation] if status.organisation else []
    parts.append(f"{period.id}, day {period.day} of {period.days}")
    if status.as_of is not None:
        parts.append(f"run {status.run}, {moment(status.as_of, zone)}")
    printer.line(" · ".join(parts), style="bold")
    if status.provisional:
        printer.line(f"PROVISIONAL  {PROVISIONAL}", style="yellow")
    for cause in status.degradations:
        since = f" since {moment(cause.since, zone)}" if cause.since else ""
        frozen = f", {plural(cause.frozen, 'item')} frozen" if cause.frozen else ""
        where = f"{cause.source} ({listed(cause.partitions, most=PLACES)})" if cause.partitions else cause.source
        printer.line(f"DEGRADED  {where}: {cause.reason.rstrip('.')}{since}{frozen}. Fix: {cause.fix}", style="yellow")


def _coverage(status: Status, zone: ZoneInfo) -> None:
    count = status.weights.count
    low, high = count.coverage.low, count.coverage.high
    bounds = "bounds n/a" if low is None or high is None else f"bounds {points(low)}–{points(high)}"
    only = " of what was read" if status.never_read else ""
    provisional = " provisional" if status.provisional else ""
    text = f"COVERAGE  {percent(count.coverage.value)}{provisional}   {bounds}{only}"
    change = status.change
    if change is not None and change.coverage is not None:
        text += f"   {signed(change.coverage * 100, digits=1)} since {_since(change, status.as_of, zone)}"
    printer.line(text, style="bold")
    others = []
    for name in ("points", "hours", "people"):
        weight = getattr(status.weights, name)
        value = percent(weight.coverage.value if weight else None)
        others.append(f"{name} {value}{_guessed(weight)}")
    printer.line("          " + " · ".join(others))
    if status.missing:
        printer.line(f"          {status.missing}", style="yellow")


def _since(change: Change, now: datetime | None, zone: ZoneInfo) -> str:
    """The day of the run that is compared with; of one of the same day its number."""
    then = day(change.as_of, zone)
    return f"run {change.run} the same day" if now is not None and then == day(now, zone) else then


def _guessed(weight: Weight | None) -> str:
    """How much of a weight was imputed, and how many items have no value of their own."""
    shares = ((weight.imputed_share, "imputed"), (weight.missing_share, "missing")) if weight else ()
    said = ", ".join(f"{percent(share, digits=0)} {word}" for share, word in shares if share)
    return f" ({said})" if said else ""


def _verdicts(status: Status) -> None:
    """The six verdicts with what changed below them; they end in the total they add up to."""
    count = status.weights.count
    parts = [f"{amount(count.verdict(name))} {name}" for name in VERDICTS]
    notes = [_note(status, name) for name in VERDICTS]
    widths = [max(len(part), len(note)) for part, note in zip(parts, notes, strict=True)]
    total = f"= {plural(round(count.total), 'item')}"
    terminal = printer.width()
    if terminal is not None and sum(widths) + 3 * len(widths) + len(total) > terminal:
        for part, note in zip(parts, notes, strict=True):
            printer.line(f"  {part}  {note}".rstrip())
        printer.line(f"  {total}")
    else:
        _aligned(parts, notes, widths, total)
    for budget in status.exemptions:
        if budget.over:
            printer.line(
                f"  over budget: {budget.exemption} takes {percent(budget.used)} of {percent(budget.budget, digits=0)}"
                f" (rule {budget.rule}, owner {budget.owner})",
                style="yellow",
            )


def _aligned(parts: list[str], notes: list[str], widths: list[int], total: str) -> None:
    printer.line(
        "  " + "   ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)) + "   " + total
    )
    below = "  " + "   ".join(note.ljust(width) for note, width in zip(notes, widths, strict=True))
    if below.strip():
        printer.line(below.rstrip())


def _note(status: Status, name: str) -> str:
    change = getattr(status.change, name) if status.change else 0.0
    moved = signed(change) if round(change) else ""
    limits = [budget.budget for budget in status.exemptions if budget.budget is not None]
    if name != "exempt" or not limits:
        return moved
    used = sum(budget.used or 0.0 for budget in status.exemptions if budget.budget is not None)
    return f"{points(used)} of {percent(sum(limits), digits=0)} {moved}".rstrip()


def objectives_table(objectives: list[Objective]) -> Table:
    """Planned and actual beside the key results: output and outcome in columns of their own."""
    numbers = ("PLANNED", "ACTUAL", *_item_titles(objectives))
    table = Table(
        [
            Column("OBJECTIVE"),
            *[Column(title, right=True) for title in numbers],
            Column("KEY RESULTS"),
            Column("STATE"),
        ]
    )
    for row in objectives:
        planned = "" if row.planned_share is None else percent(row.planned_share, digits=0)
        items = _items(row, objectives)
        table.add(row.objective, planned, percent(row.actual_share), *items, key_results(row), row.state)
    return table


def narrowed_table(objectives: list[Objective]) -> Table:
    """Only what filters narrow: plan, state and key results are about all work."""
    titles = ("SHARE", *_item_titles(objectives))
    table = Table([Column("OBJECTIVE"), *[Column(title, right=True) for title in titles]])
    for row in objectives:
        table.add(row.objective, percent(row.actual_share), *_items(row, objectives))
    return table


def _item_titles(objectives: list[Objective]) -> tuple[str, ...]:
    """Where objectives have others below them, their own items stand beside those of all."""
    return ("ITEMS", "OWN") if any(row.below for row in objectives) else ("ITEMS",)


def _items(row: Objective, objectives: list[Objective]) -> tuple[str, ...]:
    return (amount(row.items), amount(row.count))[: len(_item_titles(objectives))]


def key_results(objective: Objective) -> str:
    """`1 of 3 on track`, or what is missing to say so."""
    results = objective.key_results
    if not results:
        return "none"
    ages = [result.value_age_days for result in results if result.value_age_days is not None]
    if not ages:
        return "no value yet"
    if min(ages) > STALE_VALUE_DAYS:
        return f"typed {min(ages)} days ago"
    return f"{sum(1 for result in results if result.on_track)} of {len(results)} on track"


def _orphans(status: Status, same: str) -> None:
    table = Table(
        [
            Column("OLDEST ORPHANS"),
            Column("AGE", right=True),
            Column("TEAM"),
            Column("TITLE", widest=TITLE_WIDTH),
            Column("CLOSEST FIX", sentence=True),
        ]
    )
    for item in status.orphans:
        table.add(item.id, days(item.age_days), item.team, item.title, item.fix or "no suggestion")
    printer.table(table)
    if status.orphans_more:
        printer.line(f"  {status.orphans_more} more: veaf-sync orphans{same}")


def show_next(status: Status, *, waiting: int) -> None:
    """The one command that most likely comes next. `waiting`: tag values that a plan would set or clear."""
    if status.degraded:
        text = "veaf-sync check --online (why a source cannot be read)"
    elif status.provisional:
        text = "veaf-sync objectives (what was drafted; then: veaf-sync strategy activate)"
    elif waiting:
        text = f"veaf-sync plan ({plural(waiting, 'tag change waits', 'tag changes wait')})"
    else:
        text = "veaf-sync report (the page to forward)"
    printer.line()
    printer.line(f"NEXT  {text}")
