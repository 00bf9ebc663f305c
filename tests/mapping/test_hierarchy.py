"""Parents across sources, former keys, rings, teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from veaf_sync.frames import HIERARCHY

Build = Callable[..., Any]


def parents(world: Any) -> dict[str, str]:
    return {
        f"{source}:{id_}": f"{parent_source}:{parent}" if parent_source else ""
        for source, id_, parent_source, parent in world.hierarchy.drop("ring", "mirror", "team").iter_rows()
    }


def test_own_source_first_then_the_others_by_name(world: Build) -> None:
    found = world(
        [
            {"source": "b", "key": "E1"},
            {"source": "c", "key": "E1"},
            {"source": "c", "key": "S1", "parent": "E1"},
            {"source": "d", "key": "S2", "parent": "E1"},
            {"source": "d", "key": "S3", "parent": "GONE"},
        ]
    )
    assert parents(found) == {"b:E1": "", "c:E1": "", "c:S1": "c:E1", "d:S2": "b:E1", "d:S3": ""}
    assert found.hierarchy.schema == HIERARCHY


def test_former_keys(world: Build) -> None:
    found = world(
        [
            {"source": "a", "key": "NEW-1", "aliases": ["OLD-1", "OLDER-1"]},
            {"source": "a", "key": "S1", "parent": "OLDER-1"},
            {"source": "b", "key": "OLD-1"},
            {"source": "b", "key": "S2", "parent": "OLDER-1"},
            {"source": "b", "key": "S3", "parent": "OLD-1"},
            {"source": "c", "key": "S4", "parent": "OLD-1"},
        ]
    )
    assert parents(found) == {
        "a:NEW-1": "",
        "a:S1": "a:NEW-1",
        "b:OLD-1": "",
        "b:S2": "a:NEW-1",
        "b:S3": "b:OLD-1",
        "c:S4": "a:NEW-1",
    }


def test_keys_that_are_not_unique_lead_to_the_first_id(world: Build) -> None:
    found = world([{"id": "2", "key": "E"}, {"id": "1", "key": "E"}, {"id": "3", "key": "S", "parent": "E"}])
    assert parents(found)["work:3"] == "work:1"


def test_rings_count_as_absent_and_what_hangs_below_keeps_its_link(world: Build) -> None:
    found = world(
        [
            {"key": "A", "parent": "B"},
            {"key": "B", "parent": "A"},
            {"key": "C", "parent": "A"},
            {"key": "X", "parent": "X"},
        ]
    )
    assert parents(found) == {"work:A": "", "work:B": "", "work:C": "work:A", "work:X": ""}
    assert found.hierarchy["ring"].to_list() == [True, True, False, True]


def test_team_is_the_item_s_own_else_the_first_that_claims_it(world: Build) -> None:
    items = [
        {"key": "A", "team": "own", "partition": "PAY"},
        {"key": "B", "partition": "PAY", "type": "Bug"},
        {"key": "C", "partition": "SHOP", "parent": "B"},
        {"key": "D", "partition": "SHOP"},
    ]
    teams = {
        "none": {"members": 3},
        "payments": {"items": {"partition": "pay"}},
        "bugs": {"items": {"any": [{"type": "Bug"}, {"ancestor": {"type": "Bug"}}]}},
    }
    assert world(items, teams=teams).hierarchy["team"].to_list() == ["own", "payments", "bugs", ""]


def test_rules_see_the_resolved_team(world: Build) -> None:
    teams = {"payments": {"items": {"partition": "PAY"}}}
    rules = [
        {"name": "team", "when": {"team": "Payments"}, "objective": "fast"},
        {"name": "below", "when": {"ancestor": {"team": "payments"}}, "objective": "cheap"},
    ]
    items = [{"key": "A", "partition": "PAY"}, {"key": "B", "parent": "A"}]
    results = world(items, rules, teams=teams).results()
    assert [results[key]["rule"] for key in ("work:A", "work:B")] == ["team", "below"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 7)), min_size=1, max_size=8))
def test_any_graph_of_parents_ends(world: Build, links: list[tuple[str, int]]) -> None:
    items = [
        {"source": source, "key": f"K{number}", "parent": f"K{parent}"} for number, (source, parent) in enumerate(links)
    ]
    found = world(items, [{"name": "first", "when": {"key": "K0"}, "objective": "fast"}])
    above = {row[:2]: row[2:4] for row in found.hierarchy.iter_rows()}
    for start in above:
        seen: list[tuple[str, str]] = []
        current = start
        while current[0]:
            assert current not in seen
            seen.append(current)
            current = above[current]
    assert found.verdicts().group_by("source", "id").agg(pl.col("share").sum())["share"].to_list() == [1.0] * len(items)
