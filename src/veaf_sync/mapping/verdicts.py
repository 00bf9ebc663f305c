"""From items and rules to a verdict for every item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync.conditions import Context, Lineage, prepare
from veaf_sync.frames import VERDICTS
from veaf_sync.mapping.decision import NOTHING, Decision, Judge, Ledger, inherited, unreadable
from veaf_sync.mapping.document import MappingFile, Rule
from veaf_sync.mapping.inheritance import settle, withdraw
from veaf_sync.mapping.mirrors import speak_for
from veaf_sync.mapping.rows import beside, in_order, parent_rows
from veaf_sync.mapping.rules import first_match, live, numbered
from veaf_sync.mapping.statements import read_from, statements
from veaf_sync.model import Verdict
from veaf_sync.strategy import Strategy, tree


@dataclass(frozen=True, slots=True)
class Mapped:
    """Everything that mapping found out, a row per item in the order of `items`.

    Numbers in `ruled` and `own` lead to `ledger.decisions`; `holder` is the row whose own result an
    item has (itself, an ancestor, or null). `rules` are those that can match now.
    """

    items: pl.DataFrame
    lineage: Lineage
    context: Context
    rules: tuple[Rule, ...]
    judge: Judge
    ledger: Ledger
    ruled: pl.Series
    own: pl.Series
    holder: pl.Series


def map_items(
    items: pl.DataFrame,
    hierarchy: pl.DataFrame,
    mapping: MappingFile,
    strategy: Strategy,
    *,
    at: datetime,
    tz: ZoneInfo,
) -> pl.DataFrame:
    """VERDICTS of all ITEMS at the instant `at`, sorted by (`source`, `id`, `objective`).

    `items` have been through `claim`, `hierarchy` comes from `resolve`; `tz` decides which day is an exemption's
    last. For each item the first that says something counts: its statements, the rules in order, the nearest
    ancestor that has a result of its own.
    """
    return verdicts(trace(items, hierarchy, mapping, strategy, at=at, tz=tz))


def trace(
    items: pl.DataFrame,
    hierarchy: pl.DataFrame,
    mapping: MappingFile,
    strategy: Strategy,
    *,
    at: datetime,
    tz: ZoneInfo,
) -> Mapped:
    """Apply statements, rules and inheritance to `items`, and keep what each of them said."""
    items = in_order(items)
    relations = beside(items, hierarchy)
    items = items.with_columns(relations["team"])
    lineage = Lineage(parent_rows(relations))
    judge, ledger = Judge(tree(strategy)), Ledger()
    rules = live(mapping.rules, at, tz)
    also = read_from(mapping.stated) | numbered(rules)
    context = prepare(items, [rule.when for rule in rules], at=at, lineage=lineage, also=also)
    stated = statements(mapping.stated, context.coded, judge, ledger)
    ruled = first_match(rules, context, judge, ledger)
    if relations["mirror"].any():
        stated, ruled = speak_for(stated, ruled, lineage.parents, relations["mirror"], judge, ledger)
    withdrawn = items["withdrawn"]
    if (withdrawn.list.len() > 0).any():
        ruled = withdraw(ruled, withdrawn, judge, ledger, passed_on=False)
    own = pl.select(pl.coalesce(stated, ruled)).to_series()
    own, holder = settle(own, withdrawn, lineage, judge, ledger)
    return Mapped(items, lineage, context, rules, judge, ledger, ruled, own, holder)


def verdicts(mapped: Mapped) -> pl.DataFrame:
    """The VERDICTS of what was mapped."""
    nothing = mapped.ledger.code(NOTHING)
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    kinds = mapped.items.select(
        "source",
        "id",
        mapped.own.gather(mapped.holder).fill_null(nothing).alias("code"),
        (mapped.holder != row).fill_null(False).alias("inherited"),
        "unreadable",
        pl.col("key").gather(mapped.holder).alias("above"),
    )
    kind = ["code", "inherited", "unreadable"]
    results = _results(kinds.select(kind).unique(), mapped.ledger)
    found = kinds.join(results, on=kind, how="left", maintain_order="left_right")
    from_above = pl.col("inherited") & (pl.col("verdict") == Verdict.ALIGNED)
    reason = pl.when(from_above).then(pl.lit("under ") + pl.col("above")).otherwise("reason")
    return found.with_columns(reason.alias("reason")).select(VERDICTS.names())


def _results(kinds: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """The columns of VERDICTS behind `source` and `id` for each distinct (`code`, `inherited`, `unreadable`)."""
    rows = []
    for code, from_above, lost in kinds.iter_rows():
        decision = ledger.decisions[code]
        decision = inherited(decision) if from_above else decision
        decision = unreadable(decision) if lost else decision
        rows += [(code, from_above, lost, *_columns(decision, *share)) for share in decision.rows]
    names = VERDICTS.names()[2:]
    schema = {**kinds.schema, **{name: VERDICTS[name] for name in names}}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _columns(decision: Decision, objective: str, share: float) -> tuple[str, str, float, str, str, str, str]:
    origin = decision.origin.value if decision.origin else ""
    return (decision.verdict.value, objective, share, origin, decision.rule, decision.exemption, decision.reason)
