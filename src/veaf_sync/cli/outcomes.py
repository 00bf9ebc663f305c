"""What became of the changes that were written: what `sync --write` and `apply` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from veaf_sync.cli import printer
from veaf_sync.cli.words import plural

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
SHOWN = 20


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether a write did not succeed. A person's edit that won is no failure."""
    return any(outcome.result.value == "failed" for outcome in outcomes)


def show(outcomes: Sequence[Outcome], plan: Plan | None) -> None:
    """Counts by result, and every change that was not written with its reason. `plan` knows the items' keys."""
    keys = {change.item: change.key for change in plan.changes} if plan else {}
    counts = Counter(outcome.result.value for outcome in outcomes)
    said = [f"{counts[result]:,} {WORDS[result]}" for result in RESULTS if counts[result]]
    printer.line(f"{plural(len(outcomes), 'item')}: {', '.join(said) or 'none'}.")
    odd = [outcome for outcome in outcomes if outcome.result.value in ("conflict", "failed")]
    for outcome in odd[:SHOWN]:
        key = keys.get(outcome.item, outcome.item.id)
        printer.line(f"  {outcome.item.source}:{key}  {outcome.result.value}: {outcome.detail}")
    if len(odd) > SHOWN:
        printer.line(f"  {len(odd) - SHOWN:,} more; all of them with -o json")


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
