"""Wanted − seen: which of our tags to set, which to clear, and what people left otherwise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from veaf_sync.connector import LABELS, Refusal, Tag
from veaf_sync.mapping import NONE
from veaf_sync.model import ItemRef, Origin, TagChange, Verdict
from veaf_sync.plan.document import Kept, Plan, State

_KEY = ("source", "id")
_UNSEEN = "tags that we wrote do not show there, and it is not settled whether people took them; left as it is"
_DECIDED = [Verdict.ALIGNED.value, Verdict.ORPHAN.value, Verdict.EXEMPT.value]


def make(
    items: pl.DataFrame,
    verdicts: pl.DataFrame,
    weights: pl.DataFrame,
    tags: Mapping[str, Tag],
    *,
    run: int,
    at: datetime,
    documents: Mapping[str, str],
    sources: Mapping[str, str],
    degraded: AbstractSet[tuple[str, str]] = frozenset(),
    overruled: pl.DataFrame | None = None,
    unsettled: Mapping[tuple[str, str], str] = MappingProxyType({}),
    kept: AbstractSet[tuple[str, str]] = frozenset(),
) -> Plan:
    """The plan for the sources of `tags`, from ITEMS, VERDICTS and WEIGHTS of a run.

    Aligned items want their objectives, orphan and exempt ones nothing, and with `on: direct` also those that only
    inherit want nothing. Dangling, ambiguous and unreadable items and those out of scope are left as they are.
    Only values that the journal holds as ours (`written`) are ever cleared; people's stay, and are told
    in `skipped` where they differ. `documents` are the texts of the configuration, `sources` says as of when each
    source was read. Where a tag does not heed people, items that they left otherwise than it is wanted are left alone;
    `overruled` (source, id, objective) says what they took away there. In a source with a `degraded` (source,
    partition) nothing is cleared: such clears are `refused`. So are those of `unsettled` items (source, id), above
    which the parent that is named there was not read. Nothing is changed on `kept` items (source, id), which do not
    show tags of ours although nobody is believed to have taken them.
    """
    uncertain = {source for source, _ in degraded}
    rows = _decided(items, verdicts, weights, tags)
    changes: list[tuple[TagChange, str]] = []
    skipped: list[Kept] = []
    refused: list[Refusal] = []
    taken: dict[tuple[str, str], set[str]] = {}
    for source, id_, objective in overruled.iter_rows() if overruled is not None else ():
        taken.setdefault((source, id_), set()).add(objective)
    for row in _in_order(rows):
        tag = tags[row["source"]]
        if not tag.heeds and (conflicts := list(_conflicts(row, tag, taken.get((row["source"], row["id"]), set())))):
            skipped.extend(conflicts)
            continue
        change = _change(row, tag)
        if (row["source"], row["id"]) in kept:
            refused.append(Refusal(change, _UNSEEN))
            continue
        skipped.extend(_kept(row, tag))
        parent = unsettled.get((row["source"], row["id"]))
        if change.removes and (row["source"] in uncertain or parent is not None):
            only_clears = replace(change, after=tuple(v for v in change.before if v in change.after))
            why = (
                f"{row['source']} was not read completely, so nothing is cleared there"
                if row["source"] in uncertain
                else f"the parent {parent} was not read, so whether it serves nothing is not known; not cleared"
            )
            refused.append(Refusal(only_clears, why))
            change = replace(change, after=tuple(sorted({*change.before, *change.after})))
        if change.adds or change.removes:
            changes.append((change, row["partition"]))
    return Plan(
        run=run,
        at=at,
        degraded=bool(degraded),
        state=State(
            documents={name: digest_of(text) for name, text in documents.items()},
            sources=dict(sources),
            targets={source: tag.target for source, tag in tags.items()},
            patterns={source: tag.pattern for source, tag in tags.items()},
        ),
        changes=tuple(change for change, _ in changes),
        partitions=tuple(partition for _, partition in changes),
        skipped=tuple(skipped),
        refused=tuple(refused),
    )


def digest_of(text: str) -> str:
    """SHA-256 of a text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts PAY-9 before PAY-10."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", key) if part)


def _decided(
    items: pl.DataFrame, verdicts: pl.DataFrame, weights: pl.DataFrame, tags: Mapping[str, Tag]
) -> pl.DataFrame:
    """Readable items in scope whose verdict decides their tags, where what is wanted and what is seen differ.

    Columns: source, id, key, partition, tags, written, withdrawn, wanted (list of tag values), origin, rule, reason,
    inherits (whether it has objectives that it only inherits, in a source that tags direct ones).
    """
    direct = [source for source, tag in tags.items() if tag.on == "direct"]
    aligned = pl.col("verdict") == Verdict.ALIGNED.value
    inherits = aligned & pl.col("source").is_in(direct) & (pl.col("origin") == Origin.INHERITED.value)
    chosen = (
        verdicts.filter(pl.col("source").is_in(list(tags)) & pl.col("verdict").is_in(_DECIDED))
        .select(*_KEY, "origin", "rule", "reason", aligned.alias("aligned"), inherits.alias("inherits"), _value(tags))
        .join(weights.filter("in_scope").select(_KEY), on=_KEY, how="semi")
    )
    wanted = chosen.filter(pl.col("aligned") & ~pl.col("inherits") & pl.col("value").is_not_null())
    wanted = wanted.sort(*_KEY, "value")
    wanted = wanted.group_by(_KEY, maintain_order=True).agg(pl.col("value").alias("wanted"))
    seen = items.filter(~pl.col("unreadable")).select(*_KEY, "key", "partition", "tags", "written", "withdrawn")
    rows = chosen.unique(_KEY).drop("value", "aligned").join(seen, on=_KEY).join(wanted, on=_KEY, how="left")
    rows = rows.with_columns(pl.col("wanted").fill_null([]))
    told = (pl.col("origin") == Origin.WITHDRAWN.value) & (pl.col("withdrawn").list.len() > 0)
    return rows.filter((pl.col("wanted") != pl.col("tags").list.sort()) | told)


def _value(tags: Mapping[str, Tag]) -> pl.Expr:
    """The tag value that stands for `objective` at each `source`'s target; null where it has no goal there."""
    found = pl.lit(None, pl.String)
    for source, tag in tags.items():
        value = pl.lit(tag.prefix) + pl.col("objective") + pl.lit(tag.suffix)
        if tag.goal:
            known = pl.col("objective").is_in(list(tag.goals))
            value = pl.when(known).then(pl.col("objective").replace(tag.goals))
        found = pl.when(pl.col("source") == source).then(value).otherwise(found)
    return found.alias("value")


def _in_order(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows by source and key in natural order."""
    keys = rows.select("source", "key", "id").rows()
    order = sorted(range(len(keys)), key=lambda n: (keys[n][0], natural(keys[n][1]), keys[n][2]))
    return rows[order].iter_rows(named=True)


def _change(row: Mapping[str, Any], tag: Tag) -> TagChange:
    seen = {value for value in row["tags"] if tag.target != LABELS or tag.objective(value) is not None}
    people = seen - set(row["written"])
    return TagChange(
        item=ItemRef(row["source"], row["id"]),
        key=row["key"],
        partition="",
        handle=row["id"],
        target=tag.target,
        before=tuple(sorted(seen)),
        after=tuple(sorted(people.union(row["wanted"]))),
        reason="it only inherits, and tags stand on direct items" if row["inherits"] else row["reason"],
        rule=row["rule"],
    )


def _conflicts(row: Mapping[str, Any], tag: Tag, taken: AbstractSet[str]) -> Iterator[Kept]:
    """Where people left an item otherwise than it is wanted, at a tag that does not heed them."""
    item, key, wanted = ItemRef(row["source"], row["id"]), row["key"], set(row["wanted"])
    said = f"the rules want {', '.join(sorted(wanted)) or 'none'}"
    for value in sorted(set(row["tags"]) - set(row["written"]) - wanted):
        if tag.objective(value) is not None:
            yield Kept(item, key, value, f"a person set it, {said}; left so, and reported")
    for value in sorted({tag.raw(objective) for objective in taken} & wanted):
        yield Kept(item, key, value, f"a person took it away, {said}; left so, and reported")


def _kept(row: Mapping[str, Any], tag: Tag) -> Iterator[Kept]:
    """Values of people that we would not have there, and values of ours that people took away."""
    item, key = ItemRef(row["source"], row["id"]), row["key"]
    if row["tags"]:
        agreed = {*row["written"], *row["wanted"], tag.raw(NONE)}
        for value in sorted(set(row["tags"]) - agreed):
            if tag.objective(value) is not None:
                yield Kept(item, key, value, "not written by us, so it stays")
    if row["origin"] == Origin.WITHDRAWN.value:
        for name in sorted(set(row["withdrawn"])):
            value = tag.raw(name) if tag.goal or tag.objective(name) is None else name
            yield Kept(item, key, value, "a person took it away, so it is not set again")
