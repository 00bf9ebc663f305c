"""From the results that items have of their own to those they inherit, and what people withdrew from either."""

from __future__ import annotations

import polars as pl

from veaf_sync.conditions import Lineage
from veaf_sync.mapping.combine import CODE, decide
from veaf_sync.mapping.decision import Decision, Judge, Ledger, inherited


def withdraw(given: pl.Series, withdrawn: pl.Series, judge: Judge, ledger: Ledger, *, passed_on: bool) -> pl.Series:
    """The numbers of the results `given`, without what each item's `withdrawn` (lists of objectives) takes away.

    `passed_on`: the results come from an ancestor and stand on the item as inherited. Rows whose result stays as
    it was keep its number.
    """
    texts = withdrawn.list.join(_APART)

    def says(code: int | None, text: str | None) -> Decision | None:
        if code is None or text is None:
            return None
        own = ledger.decisions[code]
        decision = inherited(own) if passed_on else own
        left = judge.without(decision, frozenset(text.split(_APART)))
        return own if left is decision else left

    return decide([given, texts], ledger, says)


_APART = "\x1f"


def settle(
    own: pl.Series, withdrawn: pl.Series, lineage: Lineage, judge: Judge, ledger: Ledger
) -> tuple[pl.Series, pl.Series]:
    """Each row's own result, and the row (itself or an ancestor) whose own result it has; null where there is none.

    `own` are results by number, withdrawals already taken from them. An item without one that withdrew an
    objective its ancestor would give it gets a result of its own, the one that its descendants inherit; so
    these are settled from the top of the tree downwards.
    """
    waiting = own.is_null() & (withdrawn.list.len() > 0)
    while waiting.any():
        above = lineage.nearest(own.is_not_null() | waiting).gather(lineage.parents)
        blocked = waiting.gather(above).fill_null(False)
        rows = (waiting & ~blocked).arg_true()
        if not len(rows):
            break
        given = own.gather(above.gather(rows))
        left = withdraw(given, withdrawn.gather(rows), judge, ledger, passed_on=True)
        changed = (left != given).fill_null(False)
        own = own.scatter(rows.filter(changed), left.filter(changed)) if changed.any() else own
        waiting = waiting.scatter(rows, False)
    return own.cast(CODE), lineage.nearest(own.is_not_null())
