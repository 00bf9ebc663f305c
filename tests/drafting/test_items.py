"""Labels, fields and top-level items become objectives, and the mapping that is written says exactly that."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync import config, mapping, measure
from veaf_sync.connector import Connector
from veaf_sync.drafting.items import World, from_items
from veaf_sync.drafting.model import Draft, DraftObjective, DraftResult, DraftRule, slug
from veaf_sync.drafting.texts import mapping_text, strategy_text
from veaf_sync.frames import ITEMS
from veaf_sync.strategy import Strategy, Vision

AT = datetime(2026, 11, 26, tzinfo=UTC)
EMPTY = Strategy(vision=Vision(title=""))
DEFAULTS = {
    "source": "s",
    "level": "standard",
    "type": "Task",
    "state_category": "todo",
    "fields": "{}",
    "unreadable": False,
    "partition": "P",
    "partitions": ["P"],
}


def world(*rows: dict[str, object]) -> World:
    blank = {
        name: [] if dtype == pl.List(pl.String()) else None if dtype != pl.String() else ""
        for name, dtype in ITEMS.items()
    }
    filled = [{**blank, **DEFAULTS, "id": str(number), "key": f"K-{number}", **row} for number, row in enumerate(rows)]
    items = pl.DataFrame(filled, schema=ITEMS).sort("source", "id")
    hierarchy = mapping.resolve(items, EMPTY)
    weights = measure.weigh(items, hierarchy, scope=measure.Scope(), period_start=AT, period_end=AT)
    return World(items, hierarchy, weights)


def mapped(read: World, draft: Draft) -> dict[str, str]:
    """The objective of every counted item under the draft, as the written documents say it."""
    texts = {
        config.SETTINGS: "version: 1\nsources: {s: {connector: any}}\n",
        config.STRATEGY: strategy_text(draft, "here", AT.date()),
        config.MAPPING: mapping_text(draft, "here", {}),
    }
    loaded = config.load_texts(texts, {"any": Connector}, at=AT)
    found = mapping.map_items(
        read.items, read.hierarchy, loaded.mapping, loaded.strategy, at=AT, tz=loaded.timezone
    ).join(read.weights.filter("counted").select("source", "id"), on=["source", "id"])
    assert set(found["verdict"]) <= {"aligned", "orphan"}
    return {row["id"]: row["objective"] for row in found.to_dicts()}


def test_labels_that_announce_an_objective_state_it():
    read = world(
        {"labels": ["okr:fast", "area:web"]},
        {"labels": ["okr:fast"]},
        {"labels": ["okr:cheap", "area:db"]},
        {"labels": ["x"]},
    )
    draft = from_items(read)
    assert [each.id for each in draft.objectives] == ["fast", "cheap"]
    assert mapped(read, draft) == {"0": "fast", "1": "fast", "2": "cheap", "3": ""}
    assert draft.left == ("labels area:…  2 items",)


def test_labels_that_are_no_ids_get_rules():
    read = world({"labels": ["Goal: Faster pages"]}, {"labels": ["Goal: cheap"]}, {"labels": ["okr:none"]})
    draft = from_items(read)
    assert mapped(read, draft) == {"0": "faster-pages", "1": "cheap", "2": ""}


def test_what_a_spreadsheet_named_is_led_to():
    known = [DraftObjective("O1", "Faster pages", "sheet"), DraftObjective("O2", "Cheap", "sheet")]
    read = world(
        {"labels": ["okr:O1"]},
        {"labels": ["okr:faster-pages"]},
        {"key": "E-1", "level": "epic", "title": "Cheap"},
        {"parent": "E-1"},
        {"key": "E-2", "level": "epic", "title": "Something else"},
        {"parent": "E-2"},
    )
    found = from_items(read, known)
    assert found.objectives == ()
    assert mapped(read, Draft(tuple(known)) + found) == {"0": "O1", "1": "O1", "3": "O2", "5": ""}
    assert found.left == ("epic E-2 Something else  1 item below",)


def test_top_level_items_take_what_is_below_them():
    read = world(
        {"key": "I-1", "level": "initiative", "title": "Grow"},
        {"key": "E-1", "level": "epic", "title": "One", "parent": "I-1"},
        {"parent": "E-1"},
        {"parent": "E-1"},
        {"key": "E-2", "level": "epic", "title": "Two", "parent": "I-1", "labels": ["okr:two"]},
        {"parent": "E-2"},
        {"key": "I-2", "level": "initiative", "title": "Empty"},
    )
    draft = from_items(read)
    assert [(each.id, each.why) for each in draft.objectives] == [
        ("grow", "s:I-1, 3 items below")
    ]  # E-2 is not counted
    assert mapped(read, draft) == {"2": "grow", "3": "grow", "5": "grow", "6": ""}


def test_fields_that_announce_objectives_are_read():
    values = [["fast"], ["Two words"], ["fast", "cheap"], ["fast, cheap"]]
    read = world(*[{"fields": json.dumps({"Objective": value, "Size": ["L"]})} for value in values[:2]])
    draft = from_items(read)
    assert mapped(read, draft) == {"0": "fast", "1": "two-words"}
    several = from_items(world(*[{"fields": json.dumps({"OKR": value})} for value in values[2:]]))
    assert [each.id for each in several.objectives] == ["cheap", "fast"]


hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(hostile, hostile, hostile), max_size=4))
def test_whatever_a_tool_says_is_read_back_as_it_was(said):
    objectives, rules = [], []
    for number, (title, key, why) in enumerate(said):
        identity = f"{slug(title)}-{number}"
        result = DraftResult(why, baseline=0.0, target=float(number + 1))
        objectives.append(DraftObjective(identity, title, why, accountable=key, key_results=(result,)))
        rules.append(DraftRule(f"{number} {title}", {"key": key + "x"}, identity))
    draft = Draft(tuple(objectives), (), tuple(rules), (said[0][2],) if said else ())
    texts = {
        config.SETTINGS: "version: 1\nsources: {s: {connector: any}}\n",
        config.STRATEGY: strategy_text(draft, "here", AT.date()),
        config.MAPPING: mapping_text(draft, "here", {}),
    }
    loaded = config.load_texts(texts, {"any": Connector}, at=AT)
    assert [(each.id, each.title, each.accountable) for each in loaded.strategy.objectives] == [
        (each.id, each.title.replace("\0", ""), each.accountable.replace("\0", "")) for each in objectives
    ]
    assert [(rule.name, rule.objective) for rule in loaded.mapping.rules] == [
        (rule.name.replace("\0", ""), rule.objective) for rule in rules
    ]


labels = st.sampled_from(
    ["okr:a", "okr:b c", "OKR:a", "goal-x", "goal/x", "theme: a.b*", "okr:none", "plain", "area:x", "okr:{x}"]
)


@given(st.lists(st.lists(labels, unique=True, max_size=1), min_size=1, max_size=8))
def test_every_strategic_label_leads_where_it_says(per_item):
    read = world(*[{"labels": each} for each in per_item])
    found = mapped(read, from_items(read))
    for number, said in enumerate(per_item):
        strategic = bool(said) and not said[0].startswith(("plain", "area")) and said[0] != "okr:none"
        assert bool(found[str(number)]) == strategic
