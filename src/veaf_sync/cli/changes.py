"""A plan as text: counts per source and objective, examples, every removal, the digest; or everything in it."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from veaf_sync.cli import printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import MINUS, plural

if TYPE_CHECKING:
    from pathlib import Path

    from veaf_sync.model import TagChange
    from veaf_sync.plan import Counts, ObjectiveChanges, Plan, SourceSummary
    from veaf_sync.sync import Cost, Planned

EXAMPLES = 10


def show_summary(plan: Plan) -> None:
    """What people review before they apply: screens.md has an example."""
    from veaf_sync.plan import summarise

    summaries = summarise(plan)
    groups = sum(1 for summary in summaries for objective in summary.objectives if objective.sets)
    for summary in summaries:
        printer.line(_source_line(summary), style="bold")
        printer.table(_objectives(summary, examples=max(1, EXAMPLES // max(1, groups))))
        _clears(summary)
    if not summaries:
        printer.line(
            "Nothing is planned: no source has a tag target that could be written now (tag: of a source says where; "
            "one that is read-only, or has unclaimed tags, is left out)."
        )


def show_planned(planned: Planned) -> None:
    """The summary, and what writing it would cost; or that nothing is to be written, and why."""
    show_summary(planned.plan)
    for note in planned.notes:
        printer.line(note, style="yellow")
    if planned.edited:
        printer.line(
            f"Planned with {', '.join(planned.edited)} as edited since run {planned.plan.run}; status and reports "
            "still show it as it was then. To read, map and measure again: veaf-sync sync",
            style="yellow",
        )
    if not planned.plan.state.targets:
        return
    counts = planned.plan.counts
    if not planned.plan.changes:
        printer.line(_nothing(counts))
        return
    total = plural(counts.set + counts.clear, "change")
    if planned.costs:
        requests = plural(sum(cost.requests for cost in planned.costs), "request")
        printer.line(f"{total} in {requests}; {_mailed(planned.costs)}. Nothing has been written.")
    else:
        printer.line(f"{total}. Nothing has been written.")


def _nothing(counts: Counts) -> str:
    """Why a plan is empty."""
    left = [
        f"{plural(counts.skip, 'value')} {'stays' if counts.skip == 1 else 'stay'} as people left them"
        if counts.skip
        else "",
        f"{plural(counts.refused, 'value')} cannot be written" if counts.refused else "",
    ]
    but = "; ".join(text for text in left if text)
    if not but:
        return "Nothing needs changing: every tag of ours stands where the mapping wants it."
    return f"Nothing can or need be changed: {but}; every other tag of ours stands where the mapping wants it."


def _mailed(costs: Sequence[Cost]) -> str:
    people = [cost.mailed for cost in costs if cost.mailed is not None]
    if len(people) < len(costs):
        return "how many people would be mailed is not known"
    return f"{plural(sum(people), 'person', 'people')} would be mailed" if sum(people) else "nobody is mailed"


def _source_line(summary: SourceSummary) -> str:
    counts = summary.counts
    where = [] if summary.target == "labels" else [summary.target.replace(":", " ", 1)]
    parts = [summary.source, *where, plural(summary.items, "item"), f"set {counts.set:,}  clear {counts.clear:,}"]
    if counts.skip:
        parts.append(f"kept as people left them {counts.skip:,}")
    if counts.refused:
        reasons = "; ".join(reason.rstrip(".") for reason in summary.refusals)
        parts.append(f"not writable {counts.refused:,} ({reasons})")
    return "   ".join(parts)


def _objectives(summary: SourceSummary, *, examples: int) -> Table:
    table = Table([Column(""), Column("", right=True), Column("", right=True), Column("", sentence=True)], indent="  ")
    for objective in summary.objectives:
        sets, clears = len(objective.sets), len(objective.clears)
        table.add(
            objective.objective,
            f"+{sets:,}" if sets else "",
            f"{MINUS}{clears:,}" if clears else "",
            _examples(objective, examples),
        )
    return table


def _examples(objective: ObjectiveChanges, most: int) -> str:
    """The first change of each reason: ten items under one epic would say the same thing ten times."""
    by_reason: dict[str, str] = {}
    for change in objective.sets:
        by_reason.setdefault(_why(change), change.key)
    shown = [f"{key} ({reason})" for reason, key in by_reason.items()][:most]
    more = len(objective.sets) - len(shown)
    return "" if not shown else "e.g. " + ", ".join(shown) + (f", {more:,} more" if more else "")


def _why(change: TagChange) -> str:
    return change.reason.rstrip(".") or (f'rule "{change.rule}"' if change.rule else "")


def _clears(summary: SourceSummary) -> None:
    """Every removal, by its reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for change in summary.clears:
        by_reason[_why(change)].append(change.key)
    for reason, keys in by_reason.items():
        printer.line(f"  clears: {', '.join(keys)}   ({reason})")


def show_digest(
    plan: Plan,
    *,
    file: Path | None,
    refused: Sequence[str] = (),
    otherwise: str = "veaf-sync plan --out plan.json",
) -> None:
    """The digest, and how to apply exactly this, or why apply would refuse it and how to go on then.

    `file` is where the plan was written, `refused` what the guards say to it, `otherwise` the command that goes on
    where there is no file; none where nobody is asked.
    """
    from veaf_sync.plan import digest

    name = shlex.quote(str(file)) if file else ""
    if not plan.changes:
        if file:
            printer.line(f"{file} holds no change, so there is nothing to apply. Everything: veaf-sync show {name}")
        return
    printer.line(f"Digest {digest(plan)}")
    if refused:
        printer.line("As it stands, apply would refuse it:", style="yellow")
        for reason in refused:
            printer.line(f"  {reason}")
    elif file:
        printer.line(f"Apply exactly this: veaf-sync apply {name} · everything: veaf-sync show {name}")
    elif otherwise:
        printer.line(f"To review and apply exactly this: {otherwise}")


def show_everything(plan: Plan) -> None:
    """Every change, every value that people left otherwise, every refusal."""
    show_summary(plan)
    _section("CHANGES", ("BEFORE", "AFTER", "REASON"), [(c, _change_cells(c)) for c in plan.changes])
    kept = Table([Column("KEPT"), Column("VALUE"), Column("REASON", sentence=True)])
    for value in plan.skipped:
        kept.add(f"{value.item.source}:{value.key}", value.value, value.reason)
    if kept.rows:
        printer.line()
        printer.table(kept)
    refused = [(each.change, (*_change_cells(each.change)[:2], each.reason)) for each in plan.refused]
    _section("NOT WRITABLE", ("BEFORE", "AFTER", "REASON"), refused)


def _section(title: str, others: Sequence[str], rows: Sequence[tuple[TagChange, tuple[str, ...]]]) -> None:
    table = Table([Column(title), *map(Column, others[:-1]), Column(others[-1], sentence=True)])
    for change, cells in rows:
        place = f"{change.item.source}:{change.key}"
        table.add(f"{place} ({change.partition})" if change.partition else place, *cells)
    if table.rows:
        printer.line()
        printer.table(table)


def _change_cells(change: TagChange) -> tuple[str, str, str]:
    return ", ".join(change.before) or "–", ", ".join(change.after) or "–", _why(change)
