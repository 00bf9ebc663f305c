"""Our own tags are output, never input."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from veaf_sync.connector import Tag
from veaf_sync.frames import ITEMS
from veaf_sync.mapping import FORMER, claim

TAG = Tag(label="okr:{objective}")
TAGS = {"jira": TAG, "hub": Tag(label="goal-{objective}-x")}
MISSING: dict[pl.DataType, Any] = {pl.String(): "", pl.List(pl.String()): [], pl.Boolean(): False}


def items(*rows: dict[str, Any]) -> pl.DataFrame:
    complete = [
        {name: row.get(name, MISSING.get(dtype)) for name, dtype in ITEMS.items()}
        for number, given in enumerate(rows)
        for row in [{"source": "jira", "id": str(number), **given}]
    ]
    return pl.DataFrame(complete, schema=ITEMS)


def test_what_we_wrote_is_no_label_in_claimed_sources() -> None:
    given = items(
        {"labels": ["okr:fast", "ux", "okr:cheap"], "tags": ["okr:fast", "okr:cheap"], "written": ["okr:fast"]},
        {"labels": ["okr:fast"], "tags": ["okr:fast"]},
        {"labels": ["okr:fast"], "tags": ["okr:fast"], "written": ["okr:fast"]},
        {},
    )
    found = claim(given, TAGS, frozenset({"jira"}))
    assert found.items["labels"].to_list() == [["ux", "okr:cheap"], ["okr:fast"], [], []]
    assert found.unclaimed.height == 0
    assert found.items.schema == ITEMS


def test_everything_under_the_prefix_is_unclaimed_elsewhere() -> None:
    given = items(
        {"labels": ["okr:fast", "ux"], "tags": ["okr:fast"]},
        {"source": "hub", "labels": ["goal-a-x", "goal-x", "okr:fast"], "tags": ["goal-a-x", "goal-b-x"]},
        {"source": "file", "labels": ["okr:fast"]},
    )
    found = claim(given, TAGS, frozenset())
    assert found.items["labels"].to_list() == [["ux"], ["goal-x", "okr:fast"], ["okr:fast"]]
    assert found.unclaimed.rows() == [("hub", "1", "goal-a-x"), ("hub", "1", "goal-b-x"), ("jira", "0", "okr:fast")]


def test_withdrawn_values_become_objectives() -> None:
    given = items(
        {"withdrawn": ["okr:fast", "other"]},
        {"withdrawn": ["okr:", "nothing"]},
        {"source": "hub", "withdrawn": ["goal-a-x"]},
        {"source": "file", "withdrawn": ["okr:fast"]},
        {},
    )
    found = claim(given, TAGS, frozenset({"jira", "hub"}))
    assert found.items["withdrawn"].to_list() == [["fast"], [], ["a"], [], []]


def test_what_we_wrote_is_taken_out_of_the_place_it_was_written_to_and_of_no_other() -> None:
    tags = {"jira": Tag(field="Objective"), "hub": TAG, "plain": Tag(property="okr")}
    both = json.dumps({"Objective": ["fast", "cheap"], "Other": ["fast"]})
    given = items(
        {"labels": ["fast"], "fields": both, "tags": ["fast"], "written": ["fast"]},
        {"labels": ["okr:q3"], "fields": both},
        {"fields": json.dumps({"Objective": ["fast"]}), "tags": ["fast"], "written": ["fast"]},
        {"source": "hub", "labels": ["okr:fast"], "fields": both, "tags": ["okr:fast"], "written": ["okr:fast"]},
        {"source": "plain", "labels": ["fast"], "fields": both, "tags": ["fast"], "written": ["fast"]},
    )
    rows = [("jira", "1", "labels", "okr:q3"), ("hub", "3", "field:Objective", "cheap"), ("hub", "9", "labels", "x")]
    former = pl.DataFrame(rows, FORMER, orient="row")
    found = claim(given, tags, frozenset(tags), former)
    assert found.items["labels"].to_list() == [["fast"], [], [], [], ["fast"]]
    assert [json.loads(text) for text in found.items["fields"]] == [
        {"Objective": ["cheap"], "Other": ["fast"]},
        {"Objective": ["fast", "cheap"], "Other": ["fast"]},
        {},
        {"Objective": ["fast"], "Other": ["fast"]},
        {"Objective": ["fast", "cheap"], "Other": ["fast"]},
    ]
    assert found.unclaimed.height == 0
    nobodys = claim(given, tags, frozenset())
    assert nobodys.unclaimed.rows() == [
        ("hub", "3", "okr:fast"),
        ("jira", "0", "fast"),
        ("jira", "2", "fast"),
        ("plain", "4", "fast"),
    ]


def test_nothing_to_do() -> None:
    given = items({"labels": ["okr:fast"]})
    found = claim(given, {}, frozenset())
    assert found.items.equals(given)
    assert claim(given.clear(), TAGS, frozenset()).items.height == 0
