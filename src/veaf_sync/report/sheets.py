"""The report as CSV files, complete whatever their size. A spreadsheet takes every text in them as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from veaf_sync.read import WEIGHT_NAMES, Objective, Weights
from veaf_sync.report.pack import Pack
from veaf_sync.report.text import cells

_VERDICTS = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")
_COVERAGE: Mapping[str, Any] = (
    dict.fromkeys(("by", "source", "group", "weight"), pl.String)
    | dict.fromkeys(("total", *_VERDICTS, "value", "low", "high", "imputed_share", "missing_share"), pl.Float64)
)  # fmt: skip
_OBJECTIVES: Mapping[str, Any] = (
    dict.fromkeys(("objective", "title", "supports", "declared", "state", "accountable", "responsible"), pl.String)
    | dict.fromkeys(("planned_share", "actual_share", *WEIGHT_NAMES, "items"), pl.Float64)
    | {"key_results": pl.Int64, "on_track": pl.Int64, "mean": pl.Float64, "worst": pl.Float64, "worst_child": pl.String}
)  # fmt: skip
_EPICS: Mapping[str, Any] = (
    dict.fromkeys(("id", "source", "key", "title", "url", "state", "team"), pl.String)
    | {"counted": pl.Boolean, "verdict": pl.String, "objectives": pl.String, "children": pl.Int64, "aligned": pl.Int64}
)  # fmt: skip
_DRIFT: Mapping[str, Any] = (
    dict.fromkeys(("cause", "before", "after"), pl.String)
    | dict.fromkeys(("items", "total", *_VERDICTS), pl.Int64)
    | {"coverage": pl.Float64}
)  # fmt: skip
_NOT_FOR_ORPHANS = ("counted", "verdict", "objective", "share", "exemption", "origin", "rule")


def coverage(pack: Pack) -> str:
    """One row per group and weight; `by` is empty for the whole. A weight that is n/a has empty numbers."""
    rows = _weights(pack.coverage.weights, by="", source="", group="")
    for by, answer in pack.groups.items():
        for group in answer.groups:
            rows += _weights(group.weights, by=by, source=group.source, group=group.group)
    return _csv(pl.DataFrame(rows, schema=_COVERAGE))


def items(pack: Pack) -> str:
    """Every counted item, one row per item and share: the shares of a split item sum to 1, all shares to all items."""
    return _csv(_shared(pack.rows))


def orphans(pack: Pack) -> str:
    """Every orphan with its reason and closest fix, the oldest first."""
    return _csv(_shared(pack.rows.filter(pl.col("verdict") == "orphan")).drop(_NOT_FOR_ORPHANS))


def objectives(pack: Pack) -> str:
    """One row per objective, by id."""
    return _csv(pl.DataFrame([_objective(row) for row in pack.objectives.objectives], schema=_OBJECTIVES))


def epics(pack: Pack) -> str:
    """One row per epic."""
    rows = [
        {**row.model_dump(), "objectives": "; ".join(part.objective for part in row.objectives)}
        for row in pack.epics.epics
    ]
    return _csv(pl.DataFrame(rows, schema=_EPICS))


def drift(pack: Pack) -> str:
    """The steps from the run that this one is compared with (cause `start`) to this one (`end`); they add up."""
    told = pack.drift
    rows = [] if told.start is None else [{"cause": "start", **told.start.model_dump()}]
    rows += [step.model_dump() for step in told.steps]
    return _csv(pl.DataFrame([*rows, {"cause": "end", **told.end.model_dump()}], schema=_DRIFT))


def drift_items(pack: Pack) -> str:
    """The items behind the steps: one row per item and change of place."""
    return _csv(pack.drifted)


SHEETS: Mapping[str, Callable[[Pack], str]] = {
    "coverage.csv": coverage,
    "items.csv": items,
    "orphans.csv": orphans,
    "objectives.csv": objectives,
    "epics.csv": epics,
    "drift.csv": drift,
    "drift-items.csv": drift_items,
}


def _weights(weights: Weights, **place: str) -> list[dict[str, Any]]:
    rows = []
    for name in WEIGHT_NAMES:
        weight = getattr(weights, name)
        numbers = weight.model_dump() if weight else {}
        rows.append({**place, "weight": name, **numbers.pop("coverage", {}), **numbers})
    return rows


def _shared(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per share; an item that serves nothing has one row with share 1."""
    exploded = rows.drop("epics").explode("objectives", empty_as_null=True)
    place = rows.columns.index("objectives")
    names = [name for name in rows.columns if name not in ("objectives", "epics")]
    return exploded.with_columns(
        objective=pl.col("objectives").struct.field("objective").fill_null(""),
        share=pl.col("objectives").struct.field("share").fill_null(1.0),
    ).select(*names[:place], "objective", "share", *names[place:])


def _objective(row: Objective) -> dict[str, Any]:
    plain = row.model_dump(include=set(_OBJECTIVES) - {"key_results"})
    return {
        **plain,
        "responsible": "; ".join(row.responsible),
        "key_results": len(row.key_results),
        "on_track": sum(result.on_track is True for result in row.key_results),
        **row.roll_up.model_dump(include={"mean", "worst", "worst_child"}),
    }


def _csv(frame: pl.DataFrame) -> str:
    texts = [cells(name) for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(texts).write_csv()
