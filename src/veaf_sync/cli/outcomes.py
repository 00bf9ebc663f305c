"""What became of the changes that were written: what `sync --write` and `apply` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from veaf_sync.cli import printer
from veaf_sync.cli.words import listed, plural

if TYPE_CHECKING:
    from veaf_sync.model import Outcome
    from veaf_sync.plan import Plan

RESULTS = ("applied", "unchanged", "conflict", "failed")
WORDS = {
    "applied": "written",
    "unchanged": "already so",
    "conflict": "left as a person changed them meanwhile",
    "failed": "failed",
}
SHOWN, FEW = 20, 5
"""Reasons that are told, and the items that are named with one."""


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether a write did not succeed. A person's edit that won is no failure."""
    return any(outcome.result.value == "failed" for outcome in outcomes)


def show(outcomes: Sequence[Outcome], plan: Plan | None, *, again: str = "") -> None:
    """Counts by result, and every change that was not written, those with the same reason in one line.

    `plan` knows the items' keys and values, `again` is the command that goes on with what was not written.
    """
    if not outcomes:
        printer.line("Nothing was to be written.")
        return
    changes = {change.item: change for change in plan.changes} if plan else {}
    counts = Counter(outcome.result.value for outcome in outcomes)
    said = [f"{counts[result]:,} {WORDS[result]}" for result in RESULTS if counts[result]]
    printer.line(f"{plural(len(outcomes), 'item')}: {', '.join(said)}.")
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.result.value in ("conflict", "failed"):
            key = changes[outcome.item].key if outcome.item in changes else outcome.item.id
            reasons.setdefault((outcome.item.source, outcome.result.value, outcome.detail), []).append(key)
    for (source, result, detail), keys in list(reasons.items())[:SHOWN]:
        what = f"{source}:{keys[0]}  {result}" if len(keys) == 1 else f"{source}  {len(keys):,} {result}"
        which = f" ({listed(keys, most=FEW)})" if len(keys) > 1 else ""
        printer.line(f"  {what}: {detail}{which}")
    if len(reasons) > SHOWN:
        printer.line(f"  {len(reasons) - SHOWN:,} more reasons; every item with -o json")
    left = [changes[o.item] for o in outcomes if o.result.value == "failed" and o.item in changes]
    if left and again:
        values = sum(len(change.adds) + len(change.removes) for change in left)
        printer.line(f"{plural(values, 'value')} not written. When the reasons are mended, go on with: {again}")
    if counts["conflict"]:
        printer.line("What people did meanwhile is read, and plans show it, after: veaf-sync sync")


def document(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The JSON form: counts, and every outcome."""
    counts = Counter(outcome.result.value for outcome in outcomes)
    return {
        "counts": {result: counts[result] for result in RESULTS},
        "changes": [
            {
                "source": outcome.item.source,
                "item": outcome.item.id,
                "result": outcome.result.value,
                "detail": outcome.detail,
            }
            for outcome in outcomes
        ],
    }
