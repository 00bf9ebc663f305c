"""The ordered rules: the first that matches says what an item serves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync.conditions import Context
from veaf_sync.mapping.built import built, built_from
from veaf_sync.mapping.decision import Judge, Ledger
from veaf_sync.mapping.document import Rule

AT_ONCE = 128
"""Rules asked in one pass: a bit per row and rule is held meanwhile."""


def live(rules: Sequence[Rule], at: datetime, tz: ZoneInfo) -> tuple[Rule, ...]:
    """The rules that can match at the instant `at`: an exemption that has expired cannot."""
    return tuple(rule for rule in rules if not rule.expired(at, tz))


def numbered(rules: Sequence[Rule]) -> set[str]:
    """Properties that must be numbered in the context because objectives are built from them."""
    return {name for rule in rules for name, _ in (built_from(rule) if rule.groups else ())}


def first_match(rules: Sequence[Rule], context: Context, judge: Judge, ledger: Ledger) -> pl.Series:
    """For every row the number of what the first matching rule comes to; null where none matches."""
    found = pl.repeat(None, context.frame.height, dtype=pl.UInt32, eager=True)
    for start in reversed(range(0, len(rules), AT_ONCE)):
        some = rules[start : start + AT_ONCE]
        holds = context.ask({str(index): rule.when for index, rule in enumerate(some)})
        for index, rule in reversed(list(enumerate(some))):
            found = _over(found, holds[str(index)], rule, context, judge, ledger)
    return found


def _over(found: pl.Series, holds: pl.Series, rule: Rule, context: Context, judge: Judge, ledger: Ledger) -> pl.Series:
    """`found`, with the rule's result in the rows where it matches."""
    if not rule.groups:
        code = pl.lit(ledger.code(judge.ruled(rule)), dtype=pl.UInt32)
        return pl.select(pl.when(holds).then(code).otherwise(found)).to_series()
    codes = built(rule, holds, context.coded, judge, ledger)
    return pl.select(pl.when(codes.is_not_null()).then(codes).otherwise(found)).to_series()
