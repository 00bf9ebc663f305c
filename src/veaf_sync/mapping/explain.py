"""Why an item has its verdict: everything that was read and tried, on it and on the ancestors walked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync.conditions import Condition, Part, part_expression, properties, wanted
from veaf_sync.errors import UsageError
from veaf_sync.mapping.document import MappingFile, Reader, Rule
from veaf_sync.mapping.explanation import Alignment, Explanation, Said, Seen, Step, Tried
from veaf_sync.mapping.fixes import fixes
from veaf_sync.mapping.rows import KEY
from veaf_sync.mapping.statements import read_from, said
from veaf_sync.mapping.verdicts import Mapped, trace, verdicts
from veaf_sync.model import ItemRef
from veaf_sync.strategy import Strategy

NOTHING_THERE = "nothing"


def explain(
    ref: ItemRef,
    items: pl.DataFrame,
    hierarchy: pl.DataFrame,
    mapping: MappingFile,
    strategy: Strategy,
    *,
    at: datetime,
    tz: ZoneInfo,
) -> Explanation:
    """Why the item `ref` has its verdict and what would align it; arguments as for `map_items`.

    `items` needs to hold the item and its ancestors only. Raises `UsageError` if it does not hold the item.
    """
    line = _with_copies(_line(ref, hierarchy), hierarchy)
    family, relations = (frame.join(line, on=KEY, how="semi") for frame in (items, hierarchy))
    mapped = trace(family, relations, mapping, strategy, at=at, tz=tz)
    here = _row(mapped.items, ref)
    if here is None:
        raise UsageError(f"{ref.source} has no item with the id {ref.id}.")
    lines = verdicts(mapped).filter((pl.col("source") == ref.source) & (pl.col("id") == ref.id)).to_dicts()
    first = lines[0]
    return Explanation(
        ref=ref,
        key=mapped.items["key"][here],
        verdict=first["verdict"],
        alignments=tuple(
            Alignment(line["objective"], line["share"], line["origin"], line["rule"])
            for line in lines
            if line["objective"]
        ),
        origin=first["origin"],
        rule=first["rule"],
        exemption=first["exemption"],
        reason=first["reason"],
        withdrawn=tuple(mapped.items["withdrawn"][here]),
        walked=_walked(mapped, here, mapping, at),
        fix=fixes(family, relations, mapping, strategy, at=at, tz=tz)["fix"][here],
    )


def _with_copies(line: pl.DataFrame, hierarchy: pl.DataFrame) -> pl.DataFrame:
    """The line with the copies of its items: what is said on them counts, too."""
    copies = hierarchy.filter("mirror").join(
        line, left_on=["parent_source", "parent_id"], right_on=["source", "id"], how="semi"
    )
    return pl.concat([line, copies.select(line.columns)]).unique(maintain_order=True) if copies.height else line


def _line(ref: ItemRef, hierarchy: pl.DataFrame) -> pl.DataFrame:
    """(`source`, `id`) of an item and its ancestors."""
    line: dict[tuple[str, str], None] = {}
    current = (ref.source, ref.id)
    while current[0] and current not in line:
        line[current] = None
        row = hierarchy.filter((pl.col("source") == current[0]) & (pl.col("id") == current[1]))
        current = row.select("parent_source", "parent_id").row(0) if row.height else ("", "")
    return pl.DataFrame(list(line), schema=dict.fromkeys(KEY, pl.String()), orient="row")


def _row(items: pl.DataFrame, ref: ItemRef) -> int | None:
    found = items.select((pl.col("source") == ref.source) & (pl.col("id") == ref.id)).to_series().arg_true()
    return int(found[0]) if len(found) else None


def _walked(mapped: Mapped, here: int, mapping: MappingFile, at: datetime) -> tuple[Step, ...]:
    """The item and its ancestors up to the one whose own result decides, or all of them where none has one."""
    steps = []
    held = _held(mapped)
    for row in (here, *mapped.lineage.path(here)):
        item = mapped.items.row(row, named=True)
        statements = _statements(mapped, row, mapping.stated)
        own = mapped.own[row]
        steps.append(
            Step(
                ItemRef(item["source"], item["id"]),
                item["key"],
                item["title"],
                statements,
                () if statements else _tried(mapped, row, item, mapping.rules, held, at),
                "" if own is None else mapped.ledger.decisions[own].reason,
            )
        )
        if row == mapped.holder[here]:
            break
    return tuple(steps)


def _held(mapped: Mapped) -> pl.DataFrame:
    """Whether each key of each rule holds, per row, in columns `rule:key`; the expressions are those that map."""
    context = mapped.context
    asked = [
        part_expression(part, context).alias(f"{number}:{place}")
        for number, rule in enumerate(mapped.rules)
        for place, part in enumerate(rule.when.parts)
    ]
    return context.frame.with_columns(asked)


def _tried(
    mapped: Mapped, row: int, item: Mapping[str, Any], rules: Sequence[Rule], held: pl.DataFrame, at: datetime
) -> tuple[Tried, ...]:
    """The rules in order, up to the one that matched."""
    ruled = mapped.ruled[row]
    matching = "" if ruled is None else mapped.ledger.decisions[ruled].rule
    numbers = {rule.name: number for number, rule in enumerate(mapped.rules)}
    ancestors = [mapped.items["key"][above] for above in mapped.lineage.path(row)]
    found: list[Tried] = []
    for rule in rules:
        if rule.name not in numbers:
            until = rule.exempt.until.isoformat() if rule.exempt else ""
            found.append(Tried(rule.name, False, (), f"not asked: its exemption was valid until {until}"))
            continue
        places = [f"{numbers[rule.name]}:{place}" for place in range(len(rule.when.parts))]
        keys = tuple(
            Seen(part.name, wanted(part), seen(part, item, ancestors, at), bool(held[place][row]))
            for part, place in zip(rule.when.parts, places, strict=True)
        )
        matched = rule.name == matching
        builds_none = not matched and all(key.held for key in keys)
        found.append(Tried(rule.name, matched, keys, "builds no objective here" if builds_none else ""))
        if matched:
            break
    return tuple(found)


def _statements(mapped: Mapped, row: int, readers: Sequence[Reader]) -> tuple[Said, ...]:
    found: list[Said] = []
    for name in sorted(read_from(readers)):
        coded = mapped.context.coded[name]
        values = coded.elements.filter(pl.col("entry") == coded.codes[row])
        own: list[Reader | None] = [reader for reader in readers if reader.from_ == name]
        for reader in own or [None]:
            found += [Said(name, value, objective) for _, value, objective in said(values, reader).iter_rows()]
    dropped = mapped.judge.dropped(frozenset(each.objective for each in found))
    return tuple(replace(each, dropped=each.objective in dropped) for each in found)


def seen(part: Part, item: Mapping[str, Any], ancestors: Sequence[str], at: datetime) -> str:
    """What stands on an item (a row of ITEMS as a dictionary) where a part of a condition looks, for people."""
    names = sorted(properties(Condition((part,))))
    if names == [part.name]:
        return _value(part.name, item, ancestors, at)
    return " · ".join(f"{name}: {_value(name, item, ancestors, at)}" for name in names)


def _value(name: str, item: Mapping[str, Any], ancestors: Sequence[str], at: datetime) -> str:
    if name == "age":
        return f"{(at - item['created']) // timedelta(days=1)} days" if item["created"] else NOTHING_THERE
    if name == "ancestor":
        values = list(ancestors)
    elif name.startswith("fields."):
        values = json.loads(item["fields"]).get(name.removeprefix("fields."), [])
    elif name == "partition":
        values = item["partitions"]
    else:
        values = item[name] if isinstance(item[name], list) else [item[name]]
    return ", ".join(value for value in values if value) or NOTHING_THERE
