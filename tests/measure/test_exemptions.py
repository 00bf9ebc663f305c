"""Budgets of exemption classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from veaf_sync.mapping import MappingFile
from veaf_sync.measure import exemption_budgets, make_cells


def exempt(name: str, budget: float, until: str, owner: str = "ops") -> dict[str, Any]:
    return {
        "name": f"{name} {until}",
        "when": {"type": name},
        "exempt": {"class": name, "owner": owner, "reason": "r", "until": until, "budget": budget},
    }


def test_a_budget_is_a_share_of_all_counted_items(
    make_items: Callable[..., pl.DataFrame],
    make_hierarchy: Callable[..., pl.DataFrame],
    make_verdicts: Callable[..., pl.DataFrame],
    weigh_rows: Callable[..., pl.DataFrame],
) -> None:
    rows = [{"id": str(n)} for n in range(10)]
    items = make_items(rows)
    told = [{"id": str(n), "verdict": "exempt", "exemption": "oncall"} for n in range(3)]
    told += [{"id": str(n), "verdict": "orphan"} for n in range(3, 10)]
    cells = make_cells(items, make_hierarchy(items), make_verdicts(told), weigh_rows(rows))
    rules = [
        exempt("oncall", 0.4, "2026-12-31"),
        exempt("oncall", 0.2, "2027-03-31", "shop"),
        exempt("audit", 0, "2026-12-31"),
    ]
    audit, oncall = exemption_budgets(cells, MappingFile.model_validate({"rules": [*rules]}))
    assert (audit.exemption, audit.count, audit.share, audit.overspent) == ("audit", 0.0, 0.0, False)
    assert (oncall.budget, oncall.count, oncall.share, oncall.overspent) == (0.2, 3.0, 0.3, True)
    assert (oncall.owners, oncall.until.isoformat()) == (("ops", "shop"), "2027-03-31")
    nothing = exemption_budgets(cells.clear(), MappingFile.model_validate({"rules": [*rules]}))
    assert [(one.share, one.overspent) for one in nothing] == [(None, False), (None, False)]
