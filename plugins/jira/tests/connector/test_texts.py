"""Jira's values as texts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync_jira.texts import clean, instant, name_of, names_of, person, rich, sprint_names


def _doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


def _p(*texts):
    return {"type": "paragraph", "content": [{"type": "text", "text": text} for text in texts]}


def test_document_reads_as_its_text():
    item = {"type": "listItem", "content": [_p("one")]}
    row = {
        "type": "tableRow",
        "content": [{"type": "tableCell", "content": [_p("a")]}, {"type": "tableCell", "content": [_p("b")]}],
    }
    document = _doc(
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Goal"}]},
        _p("First ", "sentence."),
        {"type": "bulletList", "content": [item, {"type": "listItem", "content": [_p("two")]}]},
        {"type": "paragraph", "content": [
            {"type": "mention", "attrs": {"id": "u1", "text": "@Ada"}},
            {"type": "hardBreak"},
            {"type": "inlineCard", "attrs": {"url": "https://example.com/x"}},
            {"type": "emoji", "attrs": {"shortName": ":ok:"}},
            {"type": "status", "attrs": {"text": "BLOCKED"}},
            {"type": "date", "attrs": {"timestamp": "1764028800000"}},
        ]},
        {"type": "codeBlock", "content": [{"type": "text", "text": "x = 1"}]},
        {"type": "table", "content": [row]},
    )  # fmt: skip
    lines = [line.strip() for line in rich(document).splitlines() if line.strip()]
    assert lines[:4] == ["Goal", "First sentence.", "- one", "- two"]
    assert lines[4:7] == ["@Ada", "https://example.com/x:ok:BLOCKED2025-11-25", "x = 1"]
    assert " ".join(lines[7:]).split() == ["a", "b"]


def test_deep_and_broken_documents_are_no_trouble():
    deep = {"type": "text", "text": "bottom"}
    for _ in range(50_000):
        deep = {"type": "paragraph", "content": [deep]}
    assert rich(_doc(deep)) == "bottom"
    assert rich(_doc(None, 7, {"type": "text", "text": 9}, {"type": "date", "attrs": {"timestamp": "9" * 40}})) != "x"
    assert rich({"content": "not a list"}) == ""
    assert rich(None) == rich(7) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["doc", "text", "paragraph", "listItem"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "content", "text", "attrs", "value", "name", "child"]), inner, max_size=4
        )
    ),
    max_leaves=25,
)


@given(json_values)
def test_nothing_that_jira_sends_crashes_the_reader(value):
    for text in (rich(value), *names_of(value), person(value), *sprint_names(value)):
        text.encode("utf-8")
        assert "\x1b" not in text


@given(st.text())
def test_cleaning_is_idempotent_and_storable(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert not {"\x00", "\x1b", "\x1f", "\x7f", "\x9b"} & set(cleaned)


def test_terminal_escapes_and_lone_surrogates_are_taken_out():
    assert clean("\x1b[31mred\x00\ud800 ok\r\nnext\x9b") == "[31mred ok\nnext"


JAVA = (
    "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=3,rapidViewId=2,state=CLOSED,name={},startDate=<null>,goal=]"
)


@pytest.mark.parametrize("name", ["May", "Sprint 4, part 2", "a=b", "[x]", "Team [A], name=B"])
def test_sprints_of_data_center(name):
    assert sprint_names([JAVA.format(name)]) == (name,)


def test_sprints_of_cloud_and_of_nothing():
    assert sprint_names([{"id": 1, "name": "May"}, {"id": 2, "name": "June"}, {"id": 3, "name": "May"}]) == (
        "May",
        "June",
    )
    assert sprint_names(None) == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"value": "Growth", "id": "1"}, "Growth"),
        ({"value": "EU", "child": {"value": "DE"}}, "EU / DE"),
        ({"name": "1.0"}, "1.0"),
        ({"id": "team-7", "name": "Payments"}, "Payments"),
        ({"accountId": "u1", "displayName": "Ada"}, "u1"),
        (3.0, "3"),
        (2.5, "2.5"),
        (True, "true"),
        ("  two\nlines ", "two lines"),
        (None, ""),
    ],
)
def test_values(value, text):
    assert name_of(value) == text


def test_people_by_their_stable_name():
    assert person({"accountId": "u1", "displayName": "Ada"}) == "u1"
    assert person({"name": "ada", "key": "JIRAUSER1", "displayName": "Ada"}) == "ada"
    assert person(None) == ""


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-24T09:30:00.000+0000", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("2026-11-24T09:30:00.000-0500", datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
        ("2026-11-24T09:30:00.000+0530", datetime(2026, 11, 24, 4, 0, tzinfo=UTC)),
        ("2026-11-24T09:30:00Z", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        (None, None),
    ],
)
def test_times(text, at):
    assert instant(text) == at


@pytest.mark.parametrize("text", ["2026-11-24T09:30:00", "yesterday", 7, "24/Nov/26"])
def test_times_that_are_none(text):
    with pytest.raises(ValueError, match=r"time|isoformat"):
        instant(text)
