"""Short sentences that several formats share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from veaf_sync.read import Degradation, KeyResult, Objective, RollUp, Status, Step
from veaf_sync.report.figures import plural, quantity, short_day, short_moment

MEANINGS = {
    "aligned": "serves active objectives",
    "exempt": "keeps things running, within a budget",
    "orphan": "was read and serves nothing",
    "dangling": "names an objective that is not active",
    "ambiguous": "people state different objectives on it",
    "unreadable": "could not be read, frozen as last known",
}

STEPS = {
    "new": "new items",
    "counted": "came into the count",
    "gone": "gone, or not asked for any more",
    "uncounted": "left the count",
}


def degradation(reason: Degradation, zone: ZoneInfo) -> str:
    """`plant-asana (plant): token refused since Sat 21 Nov 22:10, 18 items frozen.`"""
    places = ", ".join(name for name in reason.partitions if name)
    where = f"{reason.source} ({places})" if places else reason.source
    since = f" since {short_moment(reason.since, zone)}" if reason.since else ", never read completely"
    held = (
        f"{plural(reason.frozen, 'item')} frozen" if reason.frozen else f"{plural(reason.items, 'item')} as last read"
    )
    return f"{where}: {reason.reason.rstrip('.')}{since}, {held}."


def since(instant: datetime, as_of: datetime, zone: ZoneInfo) -> str:
    """`16 Nov`, or on the same day the time: `06:00`."""
    then, now = instant.astimezone(zone), as_of.astimezone(zone)
    return f"{then:%H:%M}" if then.date() == now.date() else short_day(then.date())


def step(step: Step, documents: Sequence[str]) -> str:
    """What a step of the waterfall is called: `orphan → aligned`."""
    if step.cause == "moved":
        return f"{step.before} → {step.after}"
    if step.cause == "documents":
        return f"{' and '.join(documents)} changed"
    return STEPS[step.cause]


def on_track(results: Sequence[KeyResult]) -> str:
    """`1 of 3 on track`."""
    return f"{sum(result.on_track is True for result in results)} of {len(results)} on track"


def worst_child(rolled: RollUp, objectives: Sequence[Objective], own: Sequence[KeyResult] = ()) -> str:
    """What the worst child of a roll-up is called: a key result of its own, or an objective right below."""
    titles = {row.objective: row.title for row in objectives} | {result.id: result.title for result in own}
    return titles.get(rolled.worst_child) or rolled.worst_child


def standing(result: KeyResult) -> str:
    """How a key result stands and how old its value is: `behind, typed 21 days ago`."""
    if result.value is None:
        return "no value yet"
    word = {True: "on track", False: "behind", None: "not judged"}[result.on_track]
    age = result.value_age_days
    when = "" if age is None else " today" if age == 0 else f" {plural(age, 'day')} ago"
    return f"{word}, {result.measured_by}{when}"


def everything(what: str, status: Status, csv_beside: bool) -> str:
    """Where all rows are, when a page shows only some."""
    if csv_beside:
        return f"All of them, with every column, are in {what}.csv beside this file."
    return f"All of them, with every column: veaf-sync report --format csv --as-of {status.run}"


def shortened(digest: str) -> str:
    """`9f2c…e1`."""
    return f"{digest[:4]}…{digest[-2:]}" if len(digest) > 8 else digest


def value(result: KeyResult) -> str:
    """`66 % of 80 %`."""
    return f"{quantity(result.value, result.unit)} of {quantity(result.target, result.unit)}"
