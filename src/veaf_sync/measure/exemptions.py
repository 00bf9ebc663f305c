"""Budgets of exemption classes: overspending is reported and changes no verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import polars as pl

from veaf_sync.mapping import MappingFile
from veaf_sync.measure.coverage import ratio
from veaf_sync.model import Verdict

_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class ExemptionBudget:
    """An exemption class: `count` exempt counted items, their `share` of all counted items (None: nothing is counted).

    `until` is the last valid day of any of its rules.
    """

    exemption: str
    owners: tuple[str, ...]
    until: date
    budget: float
    count: float
    share: float | None

    @property
    def overspent(self) -> bool:
        return self.share is not None and self.share > self.budget + _EDGE


def exemption_budgets(cells: pl.DataFrame, mapping: MappingFile) -> list[ExemptionBudget]:
    """What each exemption class of `mapping` spends of its budget, over CELLS; sorted by class.

    Where several rules exempt into one class with different budgets, the smallest holds.
    """
    counted = math.fsum(cells["count"].to_list())
    exempt = cells.filter(pl.col("verdict") == Verdict.EXEMPT.value)
    classes = sorted({rule.exempt.class_ for rule in mapping.rules if rule.exempt})
    found = []
    for name in classes:
        rules = [rule.exempt for rule in mapping.rules if rule.exempt and rule.exempt.class_ == name]
        spent = math.fsum(exempt.filter(pl.col("exemption") == name)["count"].to_list())
        found.append(
            ExemptionBudget(
                exemption=name,
                owners=tuple(dict.fromkeys(rule.owner for rule in rules)),
                until=max(rule.until for rule in rules),
                budget=min(rule.budget for rule in rules),
                count=spent,
                share=ratio(spent, counted),
            )
        )
    return found
