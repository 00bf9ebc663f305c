"""Laws that hold whatever the items: totals add up, nothing counts twice, order does not matter."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from veaf_sync.measure import (
    WEIGHT_NAMES,
    Allocation,
    Scope,
    WeightCoverage,
    coverage,
    make_cells,
    objective_side,
    weigh,
)
from veaf_sync.strategy import Strategy, tree

Frame = Callable[..., pl.DataFrame]
START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
VERDICTS = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")
KEYS = [f"K{number}" for number in range(9)]
numbers = st.one_of(st.none(), st.sampled_from([0.0, 0.1, 0.2, 1 / 3, 2.5, 8.0, -20.0, math.nan]), st.floats(-1e6, 1e6))

item = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["a", "b"]),
        "parent": st.sampled_from(["", *KEYS]),
        "level": st.sampled_from(["epic", "standard", "standard", "subtask"]),
        "type": st.sampled_from(["Story", "Bug"]),
        "partition": st.sampled_from(["P", "Q"]),
        "team": st.sampled_from(["", "red"]),
        "state_category": st.sampled_from(["todo", "in_progress", "done"]),
        "completed": st.sampled_from([None, START, AT, END]),
        "updated": st.sampled_from([None, AT - timedelta(days=3), AT - timedelta(days=30)]),
        "points": numbers,
        "hours": numbers,
        "assignees": st.lists(st.sampled_from(["kim", "lee", "ada"]), max_size=3),
    }
)
says = st.sampled_from(
    [
        ("aligned", {"x": 1.0}),
        ("aligned", {"y": 1.0}),
        ("aligned", {"x": 0.6, "y": 0.4}),
        ("dangling", {"gone": 1.0}),
        ("dangling", {"x": 0.3, "gone": 0.7}),
        *((verdict, {"": 1.0}) for verdict in ("ambiguous", "exempt", "orphan", "unreadable")),
    ]
)
worlds = st.lists(st.tuples(item, says), max_size=len(KEYS)).map(
    lambda rows: [({**row, "id": key, "key": key}, said) for key, (row, said) in zip(KEYS, rows, strict=False)]
)
fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class World:
    """All frames of one made-up organisation."""

    def __init__(self, items: pl.DataFrame, hierarchy: pl.DataFrame, verdicts: pl.DataFrame) -> None:
        self.items, self.hierarchy, self.verdicts = items, hierarchy, verdicts
        self.weights = weigh(items, hierarchy, scope=Scope(), period_start=START, period_end=END)
        self.cells = make_cells(items, hierarchy, verdicts, self.weights)

    def side(self) -> pl.DataFrame:
        listed = [{"id": "x"}, {"id": "y", "supports": "x"}, {"id": "z", "planned_share": 0.5}]
        strategy = Strategy.model_validate({"vision": {"title": "V"}, "objectives": listed})
        return objective_side(
            self.items,
            self.verdicts,
            self.weights,
            tree(strategy),
            at=AT,
            tz=ZoneInfo("UTC"),
            allocation=Allocation(),
            stalled_after=timedelta(days=14),
        )


@pytest.fixture(scope="session")
def world(make_items: Frame, make_hierarchy: Frame, make_verdicts: Frame) -> Callable[[Any], World]:
    def build(rows: Any) -> World:
        items = make_items([row for row, _ in rows])
        verdicts = make_verdicts(
            {"source": row["source"], "id": row["id"], "verdict": verdict, "objective": objective, "share": share}
            for row, (verdict, shares) in rows
            for objective, share in shares.items()
        )
        return World(items, make_hierarchy(items), verdicts)

    return build


def adds_up(found: WeightCoverage) -> None:
    assert math.fsum(getattr(found, verdict) for verdict in VERDICTS) == pytest.approx(found.total)
    bounds = found.coverage
    if bounds.value is not None:
        assert bounds.low is not None
        assert bounds.high is not None
        assert 0 <= bounds.low <= bounds.value + 1e-12
        assert bounds.value <= bounds.high + 1e-12
        assert bounds.high <= 1 + 1e-12
    for share in (found.imputed_share, found.missing_share):
        assert share is None or -1e-12 <= share <= 1 + 1e-12


@fast
@given(worlds)
def test_every_weight_adds_up_over_verdicts_and_groups(world: Callable[[Any], World], rows: Any) -> None:
    read = world(rows)
    whole = coverage(read.cells)
    for name in WEIGHT_NAMES:
        found = whole[name]
        if found is None:
            assert name == "points"
            assert read.weights["points"].null_count() == read.weights.height
            continue
        assert (read.weights[name] >= 0).all(), "whatever nonsense a tool holds"
        assert found.total == pytest.approx(math.fsum(read.weights[name].to_list()))
        adds_up(found)
        for column in ("source", "partition", "team", "level", "objective", "verdict"):
            groups = [coverage(part)[name] for part in read.cells.partition_by(column)]
            for group in groups:
                assert group is not None
                adds_up(group)
            assert math.fsum(group.total for group in groups if group) == pytest.approx(found.total)
            assert math.fsum(group.aligned for group in groups if group) == pytest.approx(found.aligned)


@fast
@given(worlds)
def test_objectives_and_the_other_verdicts_are_everything(world: Callable[[Any], World], rows: Any) -> None:
    read = world(rows)
    side, whole = read.side(), coverage(read.cells)
    for name in WEIGHT_NAMES:
        found = whole[name]
        if found is not None:
            others = math.fsum(getattr(found, verdict) for verdict in VERDICTS if verdict != "aligned")
            assert math.fsum(side[name].to_list()) + others == pytest.approx(found.total)


@fast
@given(worlds)
def test_nothing_counts_twice(world: Callable[[Any], World], rows: Any) -> None:
    read = world(rows)
    weights = {(source, identity): row for source, identity, *row in read.weights.rows()}
    counted = {key for key, row in weights.items() if row[1]}
    up = {
        (source, identity): (above, above_id) if above else None
        for source, identity, above, above_id, *_ in read.hierarchy.rows()
    }
    level = {(source, identity): level for source, identity, level in read.items.select("source", "id", "level").rows()}

    def above(key: Any) -> list[Any]:
        chain = []
        while (key := up[key]) is not None:
            chain.append(key)
        return chain

    def owner(key: Any) -> Any:
        while level[key] == "subtask" and up[key] is not None:
            key = up[key]
        return key

    for key in counted:
        assert level[key] != "subtask" or up[key] is None
        assert level[key] == "subtask" or not counted.intersection(above(key))
    logged = read.items.select("source", "id", "hours").rows()
    flowing = [hours for source, identity, hours in logged if (hours or 0) > 0 and owner((source, identity)) in counted]
    assert math.fsum(read.weights["hours"].to_list()) == pytest.approx(math.fsum(flowing))
    named = {
        name
        for source, identity, names in read.items.select("source", "id", "assignees").rows()
        if owner((source, identity)) in counted
        for name in names
    }
    assert math.fsum(read.weights["people"].to_list()) == pytest.approx(len(named))


@fast
@given(worlds)
def test_imputing_changes_no_given_value(world: Callable[[Any], World], rows: Any) -> None:
    read = world(rows)
    assume(read.weights["points"].null_count() == 0)
    both = read.items.select("source", "id", pl.col("points").alias("own")).join(read.weights, on=["source", "id"])
    for own, row in zip(both["own"], both.iter_rows(named=True), strict=True):
        if not row["counted"]:
            assert (row["points"], row["points_imputed"], row["points_missing"]) == (0.0, 0.0, False)
        elif own is None or not own >= 0:
            assert row["points"] == row["points_imputed"] > 0
            assert row["points_missing"]
        else:
            assert (row["points"], row["points_imputed"], row["points_missing"]) == (own, 0.0, False)


@fast
@given(worlds, st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(world: Callable[[Any], World], rows: Any, seed: int) -> None:
    read = world(rows)
    frames = (read.items, read.hierarchy, read.verdicts)
    shuffled = World(*(frame.sample(fraction=1, shuffle=True, seed=seed) for frame in frames))
    assert shuffled.weights.equals(read.weights)
    assert shuffled.cells.equals(read.cells)
    assert shuffled.side().equals(read.side())


def test_the_order_of_many_rows_changes_no_bit(make_items: Frame, make_hierarchy: Frame, make_verdicts: Frame) -> None:
    rows = [
        {
            "id": str(n),
            "points": n / 7,
            "hours": 1 / (n + 1),
            "assignees": [f"p{n % 13}", f"p{n % 7}"],
            "partition": f"P{n % 3}",
        }
        for n in range(20_000)
    ]
    items = make_items(rows)
    hierarchy = make_hierarchy(items)
    verdicts = make_verdicts({"id": row["id"], "verdict": "aligned", "objective": "x"} for row in rows)
    read = World(items, hierarchy, verdicts)
    turned = World(items.reverse(), hierarchy.sample(fraction=1, shuffle=True, seed=1), verdicts.reverse())
    assert turned.cells.equals(read.cells)
    assert turned.side().equals(read.side())


def test_a_counted_item_without_a_verdict_is_never_lost_in_silence(
    make_items: Frame, make_hierarchy: Frame, make_verdicts: Frame
) -> None:
    items = make_items([{"id": "a"}, {"id": "b"}])
    for others in ([], [{"id": "c"}]):
        with pytest.raises(ValueError, match="1 of 2 counted items have no verdict"):
            World(items, make_hierarchy(items), make_verdicts([{"id": "a"}, *others]))
