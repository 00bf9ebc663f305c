"""One work item that lives in several tools: found, counted once, and what its copies say counts for it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync import mapping, measure
from veaf_sync.frames import ITEMS, LINKED
from veaf_sync.mapping import MappingFile
from veaf_sync.model import ItemRef
from veaf_sync.strategy import Strategy

AT = datetime(2026, 11, 26, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
STRATEGY = Strategy.model_validate({"vision": {"title": "V"}, "objectives": [{"id": "fast"}, {"id": "cheap"}]})
RULES = MappingFile.model_validate(
    {
        "stated": [{"from": "labels", "pattern": "okr:(?P<objective>.+)"}],
        "rules": [{"name": "bugs", "when": {"type": "Bug"}, "objective": "cheap"}],
    }
)
TEXTS = pl.List(pl.String())


def items(*rows: dict[str, object]) -> pl.DataFrame:
    blank = {name: [] if dtype == TEXTS else "" if dtype == pl.String() else None for name, dtype in ITEMS.items()}
    common = {"level": "standard", "state_category": "todo", "fields": "{}", "unreadable": False, "partition": "P"}
    filled = [{**blank, **common, "key": row["id"], "partitions": ["P"], **row} for row in rows]
    return pl.DataFrame(filled, schema=ITEMS).sort("source", "id")


def linked(*rows: tuple[str, str, str, str, str, str, bool]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LINKED, orient="row")


def pair(
    one: tuple[str, str], other: tuple[str, str], title: str = "Same"
) -> tuple[str, str, str, str, str, str, bool]:
    return (*one, title, *other, title, False)


def measured(frame: pl.DataFrame, mirrors: pl.DataFrame) -> dict[tuple[str, str], tuple[str, str, bool, float]]:
    """(verdict, objective, counted, points) by item."""
    hierarchy = mapping.resolve(frame, STRATEGY, mirrors)
    verdicts = mapping.map_items(frame, hierarchy, RULES, STRATEGY, at=AT, tz=UTC_ZONE)
    weights = measure.weigh(frame, hierarchy, scope=measure.Scope(), period_start=AT, period_end=AT)
    found = verdicts.join(weights, on=["source", "id"])
    return {
        (row["source"], row["id"]): (row["verdict"], row["objective"], row["counted"], row["hours"])
        for row in found.to_dicts()
    }


def test_an_address_needs_the_same_title_and_a_field_does_not():
    found = mapping.mirrors(
        linked(
            ("jira", "1", "Faster pages!", "hub", "7", "faster  Pages", False),
            ("jira", "2", "Relates to it", "hub", "8", "Something else", False),
            ("jira", "3", "Other", "hub", "9", "Words", True),
            ("jira", "4", "...", "hub", "10", "!", False),
        ),
        ["hub", "jira"],
    )
    assert found.rows() == [("jira", "1", "hub", "7"), ("jira", "3", "hub", "9")]


def test_of_one_source_there_is_one_copy_and_copies_of_copies_are_copies():
    found = mapping.mirrors(
        linked(
            pair(("asana", "5"), ("hub", "7")),
            pair(("hub", "7"), ("jira", "1")),
            pair(("hub", "7"), ("jira", "2")),
        ),
        ["jira", "hub", "asana"],
    )
    assert found.rows() == [("asana", "5", "jira", "1"), ("hub", "7", "jira", "1")]


MIRRORED = mapping.mirrors(linked(pair(("hub", "7"), ("jira", "1"))), ["jira", "hub"])


def test_it_is_counted_once_with_the_hours_of_both():
    frame = items({"source": "jira", "id": "1", "hours": 2.0}, {"source": "hub", "id": "7", "hours": 3.0})
    assert measured(frame, MIRRORED) == {
        ("jira", "1"): ("orphan", "", True, 5.0),
        ("hub", "7"): ("orphan", "", False, 0.0),
    }


def test_what_people_state_on_a_copy_counts_for_it():
    both = [{"source": "jira", "id": "1", "type": "Bug"}, {"source": "hub", "id": "7"}]
    by_rule = measured(items(*both), MIRRORED)
    assert {value[:2] for value in by_rule.values()} == {("aligned", "cheap")}
    both[1]["labels"] = ["okr:fast"]
    assert {value[:2] for value in measured(items(*both), MIRRORED).values()} == {("aligned", "fast")}
    both[0]["labels"] = ["okr:cheap"]
    assert {value[0] for value in measured(items(*both), MIRRORED).values()} == {"ambiguous"}
    both[1]["labels"] = ["okr:none"]
    both[0]["labels"] = []
    assert {value[0] for value in measured(items(*both), MIRRORED).values()} == {"orphan"}


def test_an_original_without_a_parent_inherits_from_its_copys():
    frame = items(
        {"source": "hub", "id": "6", "level": "epic", "labels": ["okr:fast"]},
        {"source": "hub", "id": "7", "parent": "6"},
        {"source": "jira", "id": "1"},
    )
    found = measured(frame, MIRRORED)
    assert found["jira", "1"][:3] == ("aligned", "fast", True)
    assert found["hub", "7"][:3] == ("aligned", "fast", False)
    assert found["hub", "6"][2] is False, "a container: what is below it is counted in the other tool"


places = st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from("123"))
worlds = st.lists(
    st.tuples(places, st.sampled_from(["", "okr:fast", "okr:cheap", "okr:none"]), st.sampled_from(["Bug", "Task"])),
    min_size=1,
    max_size=9,
    unique_by=lambda row: row[0],
)


@given(worlds, st.lists(st.tuples(places, places), max_size=5), st.permutations(["a", "b", "c"]))
def test_every_work_item_is_counted_once_and_all_its_copies_agree(world, pairs, order):
    there = {place for place, _, _ in world}
    said = [pair(one, other) for one, other in pairs if one[0] != other[0] and {one, other} <= there]
    mirrors = mapping.mirrors(linked(*said), order)
    frame = items(
        *[
            {
                "source": source,
                "id": f"{source}{id}",
                "key": f"{source}{id}",
                "labels": [label] if label else [],
                "type": kind,
            }
            for (source, id), label, kind in world
        ]
    )
    named = mirrors.with_columns(
        id=pl.col("source") + pl.col("id"), original_id=pl.col("original_source") + pl.col("original_id")
    )
    found = measured(frame, named)
    copies = {(row["source"], row["id"]): (row["original_source"], row["original_id"]) for row in named.to_dicts()}
    assert {place for place, value in found.items() if not value[2]} == set(copies)
    assert not set(copies) & set(copies.values()), "an original is no copy"
    for copy, original in copies.items():
        assert found[copy][:2] == found[original][:2]
        assert order.index(original[0]) < order.index(copy[0])
    hierarchy = mapping.resolve(frame, STRATEGY, named)
    for (source, id), value in found.items():
        told = mapping.explain(ItemRef(source, id), frame, hierarchy, RULES, STRATEGY, at=AT, tz=UTC_ZONE)
        assert told.verdict == value[0], "explain is mapping"
    alone = measured(frame, mirrors.clear())
    for place in set(found) - set(copies) - set(copies.values()):
        assert found[place] == alone[place], "what has no copy is as it was"
