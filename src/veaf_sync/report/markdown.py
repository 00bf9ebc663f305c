"""The report as Markdown, for chats, wikis and mail: no person's name, and no markup that a tracker put there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from veaf_sync.read import (
    PROVISIONAL,
    Alignment,
    CoverageAnswer,
    DriftAnswer,
    Item,
    KeyResult,
    Objective,
    RollUp,
    Standing,
    Status,
    Weight,
)
from veaf_sync.report import sentences
from veaf_sync.report.draw import DRAWN
from veaf_sync.report.drill import Tokens
from veaf_sync.report.figures import bare_percent, day, moment, number, percent, plural, points, signed
from veaf_sync.report.pack import Pack
from veaf_sync.report.placing import split
from veaf_sync.report.text import link
from veaf_sync.report.text import markdown as md
from veaf_sync.text import clean

EPICS_SHOWN = 20
DASH = "–"


def render(pack: Pack) -> str:
    """The whole report as one Markdown text."""
    zone = ZoneInfo(pack.status.timezone)
    blocks = [
        *_head(pack.status, zone),
        *_coverage(pack.status, zone),
        *_verdicts(pack.status, zone),
        *_drift(pack.drift, pack.status, zone),
        *_objectives(pack.status, pack.objectives.roll_up),
        *_split(pack),
        *_groups("Teams", pack.groups["team"], "no team"),
        *_groups("Sources and partitions", pack.groups["partition"], ""),
        *_epics(pack),
        *_orphans(pack.status),
        *_definitions(pack.status),
    ]
    return "\n\n".join(blocks) + "\n"


def _head(status: Status, zone: ZoneInfo) -> list[str]:
    period = status.period
    as_of = moment(status.as_of, zone) if status.as_of else ""
    whose = f"{status.organisation}, " if status.organisation else ""
    blocks = [
        f"# {md(whose)}{md(period.id)}: {_provisional(status)}coverage {percent(status.weights.count.coverage.value)}",
        f"Day {period.day} of {period.days} · run {status.run} · as of {as_of} · digest `{status.digest}`",
    ]
    if status.provisional:
        blocks.append(f"> **PROVISIONAL** {md(PROVISIONAL)}")
    if status.degraded:
        causes = [
            f"{md(sentences.degradation(reason, zone))} Fix: `{clean(reason.fix)}`" for reason in status.degradations
        ]
        blocks.append("> **DEGRADED** " + " ".join(causes or ["Not everything was read."]))
    if status.notes:
        blocks.append("\n".join(f"- {md(note)}" for note in status.notes))
    return blocks


def _provisional(status: Status) -> str:
    return "provisional " if status.provisional else ""


def _coverage(status: Status, zone: ZoneInfo) -> list[str]:
    rows = []
    for name in ("count", "points", "hours", "people"):
        weight: Weight | None = getattr(status.weights, name)
        if weight is None:
            rows.append((name, "n/a", DASH, DASH, DASH))
            continue
        bounds = f"{bare_percent(weight.coverage.low)}–{bare_percent(weight.coverage.high)}"
        rows.append(
            (
                name,
                percent(weight.coverage.value),
                bounds if weight.coverage.low is not None else DASH,
                percent(weight.imputed_share, 0),
                percent(weight.missing_share, 0),
            )
        )
    blocks = ["## Coverage", _table(("Weight", "Coverage", "Bounds", "Imputed", "No value"), rows, right=(1, 2, 3, 4))]
    if status.missing:
        blocks.append(f"**Figures and bounds are of what was read only.** {md(status.missing)}")
    if status.change and status.change.coverage is not None and status.as_of:
        since = sentences.since(status.change.as_of, status.as_of, zone)
        blocks.append(f"{points(status.change.coverage)} points since run {status.change.run}, {since}.")
    return blocks


def _verdicts(status: Status, zone: ZoneInfo) -> list[str]:
    count, change = status.weights.count, status.change
    rows = [
        (
            verdict,
            number(count.verdict(verdict)),
            percent(count.verdict(verdict) / count.total) if count.total else "n/a",
            signed(getattr(change, verdict)) if change else DASH,
            sentences.MEANINGS[verdict],
        )
        for verdict in DRAWN
    ]
    rows.append(("**= counted**", f"**{number(count.total)}**", "", signed(change.total) if change else DASH, ""))
    since = f"Since {sentences.since(change.as_of, status.as_of, zone)}" if change and status.as_of else "Change"
    blocks = [
        "## Where the counted work stands",
        _table(("Verdict", "Items", "Share", since, "Meaning"), rows, right=(1, 2, 3)),
    ]
    for budget in status.exemptions:
        limit = f" of {percent(budget.budget, 0)}" if budget.budget is not None else ""
        until = f", until {day(budget.until)}" if budget.until else ""
        over = " **over budget**" if budget.over else ""
        blocks.append(
            f"Exempt as {md(budget.exemption)}: {plural(budget.items, 'item')}, {percent(budget.used)}{limit}"
            f" (owner {md(budget.owner)}{until}).{over}"
        )
    return blocks


def _drift(drift: DriftAnswer, status: Status, zone: ZoneInfo) -> list[str]:
    if drift.start is None or drift.since_as_of is None or status.as_of is None:
        return ["## What changed", "No earlier run of the same period, scope and definitions to compare with."]
    day = sentences.since(drift.since_as_of, status.as_of, zone)
    blocks = [f"## What changed since run {drift.since}, {day}"]
    if drift.documents:
        blocks.append(f"{' and '.join(drift.documents)} changed in between.")
    if not drift.steps:
        return [*blocks, "No counted item has another verdict since."]
    head = ("Step", "Items moved", *DRAWN, "= items", "Coverage then")
    rows = [(f"**Run {drift.since}**", "", *_levels(drift.start))]
    for step in drift.steps:
        added = [signed(value) if value else DASH for value in (*(getattr(step, name) for name in DRAWN), step.total)]
        rows.append((sentences.step(step, drift.documents), number(step.items), *added, percent(step.coverage)))
    rows.append((f"**= run {status.run}**", "", *_levels(drift.end)))
    return [*blocks, _table(head, rows, right=range(1, len(head)))]


def _levels(standing: Standing) -> tuple[str, ...]:
    verdicts = (f"**{number(getattr(standing, name))}**" for name in (*DRAWN, "total"))
    return (*verdicts, f"**{percent(standing.coverage)}**")


def _objectives(status: Status, whole: RollUp) -> list[str]:
    rows = []
    for row in status.objectives:
        results = [
            f"{md(result.title or result.id)}: {md(sentences.value(result))} ({md(sentences.standing(result))})"
            for result in row.key_results
        ]
        told = f"{sentences.on_track(row.key_results)}: {'; '.join(results)}" if results else "none"
        planned = percent(row.planned_share) if row.planned_share is not None else DASH
        name = f"{md(row.title)} ({md(row.objective)})" if row.title else md(row.objective)
        rows.append(
            (name, row.state, planned, percent(row.actual_share), number(row.items), told,
             *_rolled(row.roll_up, status.objectives, row.key_results), md(row.accountable) or DASH)
        )  # fmt: skip
    head = ("Objective", "State", "Planned", "Actual", "Items", "Key results", "Mean", "Worst", "Accountable")
    if not rows:
        return []
    blocks = ["## Objectives, worst first", _table(head, rows, right=(2, 3, 4, 6))]
    if status.objectives_note:
        blocks.append(status.objectives_note)
    if whole.mean is not None:
        mean, worst = _rolled(whole, status.objectives)
        known = f"{whole.measured} of {whole.key_results} key results have a value"
        blocks.append(f"All objectives together: mean progress {mean}, worst {worst}; {known}.")
    return blocks


def _rolled(rolled: RollUp, objectives: Sequence[Objective], own: Sequence[KeyResult] = ()) -> tuple[str, str]:
    """Mean and worst child of a roll-up, for two cells beside each other."""
    if rolled.mean is None:
        return DASH, DASH
    worst = md(sentences.worst_child(rolled, objectives, own))
    return percent(rolled.mean, 0), f"{percent(rolled.worst, 0)} ({worst})"


def _split(pack: Pack) -> list[str]:
    rows = [
        ("– " * (row.depth - 1) + md(row.label), number(row.value), percent(row.share)) for row in split(pack, Tokens())
    ]
    rows.append(("**= counted**", f"**{number(pack.status.weights.count.total)}**", ""))
    return ["## What the counted work serves", _table(("Where it goes", "Items", "Share"), rows, right=(1, 2))]


def _groups(title: str, answer: CoverageAnswer, nobody: str) -> list[str]:
    rows = []
    for group in answer.groups:
        weight = group.weights.count
        name = f"{md(group.source)} / {md(group.group)}" if group.source else md(group.group or nobody)
        verdicts = [number(weight.verdict(verdict)) for verdict in DRAWN]
        rows.append((name, percent(weight.coverage.value), *verdicts, number(weight.total)))
    head = (title, "Coverage", *DRAWN, "= items")
    return [f"## {title}", _table(head, rows, right=range(1, len(head)))] if rows else []


def _epics(pack: Pack) -> list[str]:
    epics = pack.epics.epics
    rows = [
        (_item(row.key, row.url), md(row.title), md(row.team) or DASH, row.verdict, _serves(row.objectives) or DASH,
         number(row.children), number(row.aligned))
        for row in epics[:EPICS_SHOWN]
    ]  # fmt: skip
    if not rows:
        return []
    head = ("Epic", "Title", "Team", "Verdict", "Serves", "Counted below", "Aligned")
    blocks = ["## Epics", _table(head, rows, right=(5, 6))]
    if len(epics) > EPICS_SHOWN:
        blocks.append(f"{number(len(epics) - EPICS_SHOWN)} more in epics.csv.")
    return blocks


def _orphans(status: Status) -> list[str]:
    if not status.orphans:
        return ["## Oldest orphans", "None."]
    head = ("Age", "Item", "Title", "Team", "Why", "Closest fix")
    blocks = ["## Oldest orphans", _table(head, [_orphan(row) for row in status.orphans], right=(0,))]
    if status.orphans_more:
        blocks.append(f"{number(status.orphans_more)} more: `veaf-sync orphans`")
    return blocks


def _orphan(row: Item) -> Sequence[str]:
    age = f"{number(row.age_days)} d" if row.age_days is not None else "unknown"
    return (age, _item(row.id, row.url), md(row.title), md(row.team) or DASH, md(row.reason), md(row.fix) or DASH)


def _definitions(status: Status) -> list[str]:
    return [
        f"## Definitions, metric version {status.metric_version}",
        "Coverage = aligned ÷ (counted − exempt − ambiguous − unreadable). Low bound = aligned ÷ (counted − exempt); "
        "high bound = (aligned + ambiguous + unreadable) ÷ (counted − exempt). A denominator of 0 is n/a. "
        "Every counted item has exactly one verdict, so they add up.",
    ]


def _item(key: str, url: str) -> str:
    address = link(url)
    return f"[{md(key)}](<{address}>)" if address else md(key)


def _serves(parts: Iterable[Alignment]) -> str:
    return ", ".join(md(part.objective) + (f" {percent(part.share, 0)}" if part.share < 1 else "") for part in parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    to_the_right = set(right)
    rule = ["---:" if column in to_the_right else "---" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
