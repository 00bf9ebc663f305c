"""What would align an item, in one short sentence; nothing where nothing can be said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync.mapping.closest import WORDS, closest
from veaf_sync.mapping.decision import NOTHING, Decision, Judge
from veaf_sync.mapping.document import OBJECTIVE_GROUP, MappingFile, Reader
from veaf_sync.mapping.lapsed import lapsed
from veaf_sync.mapping.verdicts import Mapped, trace
from veaf_sync.model import Origin, Verdict
from veaf_sync.strategy import VISION, Strategy

FIXES = pl.Schema({"source": pl.String(), "id": pl.String(), "fix": pl.String()})


def fixes(
    items: pl.DataFrame,
    hierarchy: pl.DataFrame,
    mapping: MappingFile,
    strategy: Strategy,
    *,
    at: datetime,
    tz: ZoneInfo,
) -> pl.DataFrame:
    """A frame (`source`, `id`, `fix`) with a row for every one of ITEMS, sorted.

    `fix` is `""` for what needs none (aligned, exempt, unreadable) and where nothing certain can be said. `items`
    must hold the ancestors of those that are asked about; arguments as for `map_items`.
    """
    found = _fixes_of(trace(items, hierarchy, mapping, strategy, at=at, tz=tz), mapping.stated)
    ended = lapsed(items, hierarchy, mapping, strategy, at=at, tz=tz)
    if ended.is_empty():
        return found
    renew = pl.format('renew until of rule "{}" in mapping.yaml, or {}', "rule", "fix")
    beside = found.join(ended, on=["source", "id"], how="left", maintain_order="left")
    return beside.select(
        "source", "id", pl.when(pl.col("fix") != "").then(renew).otherwise(None).fill_null(pl.col("fix")).alias("fix")
    )


def _fixes_of(mapped: Mapped, readers: Sequence[Reader]) -> pl.DataFrame:
    """The same, of what was mapped."""
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    kinds = mapped.items.select(
        mapped.own.gather(mapped.holder).alias("code"),
        (mapped.holder != row).fill_null(False).alias("inherited"),
        "unreadable",
        pl.col("key").gather(mapped.holder).alias("above"),
        pl.col("key").gather(mapped.lineage.parents).alias("parent"),
    )
    said = _said(kinds["code"].unique(), mapped, how_to_state(readers))
    found = kinds.join(said, on="code", how="left", nulls_equal=True, maintain_order="left")
    found = found.with_columns(_closest(mapped, readers, kinds).alias("closest"))
    alone = pl.col("code").is_null()
    own = pl.when(pl.col("fix") != "").then("fix")
    parent = pl.when(alone).then(pl.lit("align its parent ") + pl.col("parent"))
    from_above = pl.when("inherited").then(pl.lit("on ") + pl.col("above") + ": " + own)
    either = pl.when(~pl.col("inherited")).then(pl.concat_str(parent, own, separator=", or ", ignore_nulls=True))
    fix = pl.coalesce("closest", from_above, either).fill_null("")
    fix = pl.when("unreadable").then(pl.lit("")).otherwise(fix)
    return mapped.items.select("source", "id", found.select(fix.alias("fix")).to_series())


def _closest(mapped: Mapped, readers: Sequence[Reader], kinds: pl.DataFrame) -> pl.Series:
    """What rule is missed by one value, per row: asked for readable items that nothing matched and nobody untagged."""
    wanted = kinds.select(pl.col("code").is_null() & ~pl.col("unreadable")).to_series()
    rows = (wanted & (mapped.items["withdrawn"].list.len() == 0)).arg_true().cast(pl.UInt32)
    every = pl.repeat(None, mapped.items.height, dtype=pl.String(), eager=True)
    return every.scatter(rows, closest(mapped, readers, rows)) if len(rows) else every


def _said(codes: pl.Series, mapped: Mapped, how: str) -> pl.DataFrame:
    """`fix` for each of the distinct `codes`: what the result itself tells."""
    decisions = [NOTHING if code is None else mapped.ledger.decisions[code] for code in codes]
    texts = [_of_decision(decision, mapped.judge, how) for decision in decisions]
    return pl.DataFrame([codes.alias("code"), pl.Series("fix", texts, dtype=pl.String())])


def _of_decision(decision: Decision, judge: Judge, how: str) -> str:
    if decision.verdict is Verdict.AMBIGUOUS:
        return f"keep one of {', '.join(decision.candidates)}"
    if decision.verdict is Verdict.DANGLING:
        where = f' in rule "{decision.rule}"' if decision.rule else ""
        dead = next(objective for objective, _ in decision.shares if not judge.tree.active(objective))
        return f"{judge.why_dead(dead)}: {_revive(dead, judge)}{where}"
    if decision.verdict is not Verdict.ORPHAN:
        return ""
    if decision.origin is Origin.STATEMENT:
        return f"instead of none, {how}" if how else "take none away"
    if decision.origin is Origin.RULE:
        return f'rule "{decision.rule}" says none: {how}' if how else f'rule "{decision.rule}" says none'
    return how


def _revive(objective: str, judge: Judge) -> str:
    if objective == VISION:
        return "name one"
    return {
        "closed": "name another or reopen it",
        "draft": "name another or activate it",
        "unknown": "correct it or add it to strategy.yaml",
    }.get(judge.tree.why_inactive(objective), "name another or connect it in strategy.yaml")


def how_to_state(readers: Sequence[Reader]) -> str:
    """How people state an objective through the first reader: `set label okr:<objective>`."""
    if not readers:
        return ""
    reader = readers[0]
    word = WORDS.get(reader.from_, reader.from_.removeprefix("fields."))
    if reader.pattern is None:
        return f"set {word} <objective>"
    form = _form(reader.pattern)
    return f"set {word} {form}" if form else f"set {word} like {reader.pattern}"


_GROUP = re.compile(rf"(?P<before>.*)\(\?P?<{OBJECTIVE_GROUP}>(?:[^()\[\]\\]|\\.|\[(?:[^\]\\]|\\.)+\])*\)(?P<after>.*)")
_LITERAL = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\[^a-zA-Z0-9])*")


def _form(pattern: str) -> str:
    """`okr:<objective>` for a pattern whose text around the group is plain, else `""`."""
    found = _GROUP.fullmatch(pattern)
    if not found or not all(_LITERAL.fullmatch(found[part]) for part in ("before", "after")):
        return ""
    before, after = (re.sub(r"\\(.)", r"\1", found[part]) for part in ("before", "after"))
    return f"{before}<objective>{after}"
