"""A tracker's text never steers a terminal, a spreadsheet or the reader's eye."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from veaf_sync.text import clean, clean_cell, clean_json

ANY = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new window title\x07PAY", "PAY"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x9b2Jgone", "gone"),
        ("one\r\ntwo\tthree", "one two three"),
        ("abc\u202ecba", "abccba"),
        ("bell\x07 back\x08space", "bell backspace"),
        ("half \x1b", "half "),
        ("日本 café 🙂", "日本 café 🙂"),
    ],
)
def test_what_a_terminal_would_obey_is_gone(hostile, shown):
    assert clean(hostile) == shown


@given(ANY)
@example("\x1b\x1b[[31m31m")
def test_nothing_that_is_shown_is_a_control_character(text):
    assert [char for char in clean(text) if unicodedata.category(char) == "Cc" or char in "\u202e\u2066"] == []


@given(ANY)
def test_a_json_document_means_the_same_and_cannot_steer(text):
    document = clean_json(json.dumps({"title": text}, ensure_ascii=False))
    assert json.loads(document) == {"title": text}
    assert [char for char in document if unicodedata.category(char) == "Cc" or char in "\u202e\u2066"] == []


@given(ANY)
def test_no_cell_begins_a_formula(text):
    assert not str(clean_cell(text)).lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


def test_numbers_stay_numbers():
    assert clean_cell(-3) == -3
    assert clean_cell(None) is None
