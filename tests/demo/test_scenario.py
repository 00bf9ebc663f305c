"""The scenario: the same on every run, alive on every day, and nobody's data."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from veaf_sync.demo.scenario import scenario
from veaf_sync.model import Level, StateCategory

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DAYS = [AT, datetime(2026, 10, 1, 0, 5, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)]


def test_the_same_instant_gives_the_same_items():
    assert scenario(AT) == scenario(AT)


@pytest.mark.parametrize("at", DAYS, ids=str)
def test_everything_lies_in_the_past_and_in_order(at):
    for item in scenario(at):
        assert item.created is not None
        assert item.updated is not None
        assert item.created <= item.updated <= at
        if item.completed is not None:
            assert item.created < item.completed <= at


def test_another_day_moves_the_times_and_nothing_else():
    later = AT + timedelta(days=400)
    for now, then in zip(scenario(AT), scenario(later), strict=True):
        assert (now.key, now.title, now.labels, now.state) == (then.key, then.title, then.labels, then.state)
        assert then.created - now.created == timedelta(days=400)


def test_it_is_a_few_hundred_items_of_four_projects_and_every_kind():
    items = scenario(AT)
    assert 300 <= len(items) <= 600
    assert Counter(place.partition for item in items for place in item.partitions).keys() == {
        "PAY",
        "SHOP",
        "OPS",
        "LAUNCH",
    }
    assert {item.level for item in items} == {Level.EPIC, Level.STANDARD, Level.SUBTASK}
    assert {"Story", "Bug", "Incident", "Spike", "Task", "Epic", "Sub-task"} == {item.type for item in items}
    assert {item.state_category for item in items} == set(StateCategory)
    assert any(item.points is None for item in items)
    assert any(not item.assignees for item in items)


def test_ids_and_keys_are_unique_and_parents_are_known():
    items = scenario(AT)
    keys = {item.key for item in items}
    assert len(keys) == len({item.id for item in items}) == len(items)
    assert {item.parent for item in items if item.parent} <= keys
    assert all(item.parent for item in items if item.level is Level.SUBTASK)


def test_people_are_numbers_and_nothing_links_anywhere():
    for item in scenario(AT):
        assert all(re.fullmatch(r"u-\d\d", name) for name in item.assignees)
        assert not re.search(r"https?:|@", item.title)


def test_titles_of_an_epic_differ():
    below = Counter((item.parent, item.title) for item in scenario(AT) if item.type == "Story")
    assert max(below.values()) == 1
