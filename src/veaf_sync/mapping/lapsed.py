"""Which items an exemption would still cover if its last valid day were not over."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync.mapping.document import MappingFile, Rule
from veaf_sync.mapping.verdicts import map_items
from veaf_sync.model import Verdict
from veaf_sync.strategy import Strategy

LAPSED = pl.Schema({"source": pl.String(), "id": pl.String(), "rule": pl.String()})


def lapsed(
    items: pl.DataFrame,
    hierarchy: pl.DataFrame,
    mapping: MappingFile,
    strategy: Strategy,
    *,
    at: datetime,
    tz: ZoneInfo,
) -> pl.DataFrame:
    """A frame (`source`, `id`, `rule`) of the items that an expired rule exempted; arguments as for `map_items`.

    Maps once more, only where there is such a rule.
    """
    ended = [rule.name for rule in mapping.rules if rule.expired(at, tz)]
    if not ended:
        return pl.DataFrame(schema=LAPSED)
    revived = mapping.model_copy(update={"rules": tuple(_renewed(rule) for rule in mapping.rules)})
    found = map_items(items, hierarchy, revived, strategy, at=at, tz=tz)
    return found.filter(pl.col("verdict") == Verdict.EXEMPT.value, pl.col("rule").is_in(ended)).select(LAPSED.names())


def _renewed(rule: Rule) -> Rule:
    if rule.exempt is None:
        return rule
    return rule.model_copy(update={"exempt": rule.exempt.model_copy(update={"until": date.max})})
