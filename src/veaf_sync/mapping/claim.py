"""Our own tags are output, never input: taken out of what people say before anything is mapped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import polars as pl

from veaf_sync.connector import GOALS, LABELS, Tag

UNCLAIMED = pl.Schema({"source": pl.String(), "id": pl.String(), "value": pl.String()})
FORMER = pl.Schema({"source": pl.String(), "id": pl.String(), "target": pl.String(), "value": pl.String()})
_FIELD = "field:"


@dataclass(frozen=True, slots=True)
class Claimed:
    """`items`: ITEMS without our own values in `labels` and `fields`, `withdrawn` as objective ids.

    `unclaimed`: a frame (`source`, `id`, `value`), sorted, of values that look like ours in sources for which
    the journal knows no write and no adoption: neither input nor ours to clear.
    `overruled`: (`source`, `id`, `objective`), sorted, withdrawals that count for nothing: the tag does not heed them.
    """

    items: pl.DataFrame
    unclaimed: pl.DataFrame
    overruled: pl.DataFrame


def claim(
    items: pl.DataFrame, tags: Mapping[str, Tag], claimed: Set[str], former: pl.DataFrame | None = None
) -> Claimed:
    """Take what we wrote out of the `labels` and `fields` of ITEMS, and name the objectives that people withdrew.

    `tags` holds the tag target by source, `claimed` the sources for which the journal holds a write or an
    adoption. In the other sources with a tag everything under its prefix is taken out, as unclaimed.
    `former` (`source`, `id`, `target`, `value`) is ours too: written at another target, or taken away since it was
    read. A value is taken out of the place it was written to, and of no other. Where a tag does not heed people, what
    they set or took away at its target is taken out too.
    """
    rows = items.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "source", "id", "labels", "tags", "written", "withdrawn"
    )
    unclaimed = _unclaimed(rows, {source: tag for source, tag in tags.items() if source not in claimed})
    ours = rows.select("row", "source", pl.col("written").alias("value")).filter(pl.col("value").list.len() > 0)
    unheeded = {source: tag for source, tag in tags.items() if not tag.heeds}
    out = [unclaimed, *([_unclaimed(rows, unheeded)] if unheeded else [])]
    ours = pl.concat([ours.explode("value"), *(each.select("row", "source", "value") for each in out)])
    ours = ours.select("row", _target(tags), "value")
    if former is not None and former.height:
        known = rows.select("row", "source", "id").join(former, on=["source", "id"])
        ours = pl.concat([ours, known.select("row", "target", "value")])
    labels = _without(rows, ours.filter(pl.col("target") == LABELS).select("row", "value"))
    fields = _without_fields(
        items["fields"], ours.filter(pl.col("target").str.starts_with(_FIELD) | (pl.col("target") == GOALS))
    )
    changed = items.with_columns(labels, fields, _objectives(rows, tags))
    overruled = changed.filter(pl.col("source").is_in(list(unheeded)) & (pl.col("withdrawn").list.len() > 0))
    overruled = overruled.select("source", "id", pl.col("withdrawn").alias("objective")).explode("objective")
    if overruled.height:
        none = pl.lit([], pl.List(pl.String()))
        heard = pl.when(pl.col("source").is_in(list(unheeded))).then(none).otherwise("withdrawn")
        changed = changed.with_columns(heard.alias("withdrawn"))
    return Claimed(
        items=changed,
        unclaimed=unclaimed.select(UNCLAIMED.names()).unique().sort(UNCLAIMED.names()),
        overruled=overruled.sort("source", "id", "objective"),
    )


def _unclaimed(rows: pl.DataFrame, tags: Mapping[str, Tag]) -> pl.DataFrame:
    """Rows (`row`, `source`, `id`, `value`) with every value that has the form of a source's tag."""
    seen = rows.filter(pl.col("source").is_in(list(tags)))
    labelled = [source for source, tag in tags.items() if tag.target == LABELS]
    shown = pl.when(pl.col("source").is_in(labelled)).then(pl.concat_list("labels", "tags")).otherwise("tags")
    values = seen.select("row", "source", "id", shown.alias("value"))
    values = values.filter(pl.col("value").list.len() > 0).explode("value")
    return values.filter(_objective_of(tags).is_not_null())


def _without(rows: pl.DataFrame, ours: pl.DataFrame) -> pl.Series:
    """The labels without the values (`row`, `value`) that are ours."""
    labels = rows["labels"]
    affected = ours.select("row").unique().sort("row")
    if not affected.height:
        return labels
    kept = rows.select("row", "labels").join(affected, on="row", how="semi").explode("labels").drop_nulls()
    kept = kept.join(ours, left_on=["row", "labels"], right_on=["row", "value"], how="anti", maintain_order="left")
    kept = affected.join(kept.group_by("row", maintain_order=True).agg("labels"), on="row", how="left")
    kept = kept.select("row", pl.col("labels").fill_null([]).alias("kept"))
    both = rows.select("row", "labels").join(kept, on="row", how="left", maintain_order="left")
    return both.select(pl.coalesce("kept", "labels").alias("labels")).to_series()


def _without_fields(fields: pl.Series, ours: pl.DataFrame) -> pl.Series:
    """The custom fields, as JSON, without the values (`row`, `target`, `value`) that are ours."""
    held = fields.to_frame().with_row_index("row").filter(pl.col("fields") != "{}")
    held = held.join(ours.with_columns(pl.col("target").str.strip_prefix(_FIELD)), on="row")
    if not held.height:
        return fields
    left: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    by_row = held.sort("row", "target", "value").group_by("row", maintain_order=True)
    rows, texts = [], []
    for row, text, names, values in by_row.agg(pl.col("fields").first(), "target", "value").iter_rows():
        key = text, tuple(zip(names, values, strict=True))
        if key not in left:
            left[key] = _left(*key)
        rows.append(row)
        texts.append(left[key])
    return fields.clone().scatter(rows, texts)


def _left(text: str, ours: Iterable[tuple[str, str]]) -> str:
    """Custom fields without the (name, value) that are ours; a field of which nothing is left is missing."""
    taken = set(ours)
    kept = {
        name: [value for value in values if (name, value) not in taken] for name, values in json.loads(text).items()
    }
    return json.dumps({name: values for name, values in kept.items() if values}, ensure_ascii=False)


def _target(tags: Mapping[str, Tag]) -> pl.Expr:
    """The present target of each `source`; without a tag, its labels."""
    found = pl.lit(LABELS)
    for source, tag in tags.items():
        if tag.target != LABELS:
            found = pl.when(pl.col("source") == source).then(pl.lit(tag.target)).otherwise(found)
    return found.alias("target")


def _objectives(rows: pl.DataFrame, tags: Mapping[str, Tag]) -> pl.Series:
    """The objectives that the values in `withdrawn` stand for."""
    held = rows.select("row", "source", pl.col("withdrawn").alias("value")).filter(pl.col("value").list.len() > 0)
    if not held.height:
        return rows["withdrawn"]
    values = held.explode("value").with_columns(_objective_of(tags).alias("objective")).drop_nulls("objective")
    by_row = values.group_by("row").agg(pl.col("objective").unique().sort())
    every = rows.select("row").join(by_row, on="row", how="left", maintain_order="left")
    return every["objective"].fill_null([]).alias("withdrawn")


def _objective_of(tags: Mapping[str, Tag]) -> pl.Expr:
    """The objective that `value` stands for at its `source`'s tag target; null where it is not a tag of ours."""
    value = pl.col("value")
    found = pl.lit(None, dtype=pl.String())
    for source, tag in tags.items():
        if tag.goal:
            inner = value.replace({key: objective for objective, key in tag.goals.items()})
            ours = pl.col("source") == source
        else:
            inner = value.str.strip_prefix(tag.prefix).str.strip_suffix(tag.suffix)
            ours = (pl.col("source") == source) & (value == tag.prefix + inner + tag.suffix) & (inner != "")
        found = pl.when(ours).then(inner).otherwise(found)
    return found
