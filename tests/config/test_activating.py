"""Drafts become active without a change to anything else in the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync import config
from veaf_sync.errors import UsageError
from veaf_sync.strategy import Strategy

TEXT = """\
# state: draft stands here too
vision: {title: "state: draft"}
objectives:
  - id: one          # the first
    state: draft     # after review: active
    title: "draft"
  - {id: two, title: Zwei ü, state: "draft", supports: one}
  - id: three
    state: 'draft'
  - id: four
    state: closed
  - id: five
"""


def read(text: str) -> dict[str, str]:
    from ruamel.yaml import YAML

    return {each["id"]: each.get("state", "active") for each in YAML(typ="safe").load(text)["objectives"]}


@given(st.sets(st.sampled_from(["one", "two", "three"])))
def test_only_the_word_draft_changes(ids):
    after = config.activated(TEXT, ids)
    assert read(after) == read(TEXT) | dict.fromkeys(ids, "active")
    changed = [(old, new) for old, new in zip(TEXT.splitlines(), after.splitlines(), strict=True) if old != new]
    assert len(changed) == len(ids)
    assert all(old.replace("'draft'", "draft").replace('"draft"', "draft") != new for old, new in changed)
    assert config.activated(after, ids) == after


def test_a_file_of_windows_keeps_its_line_ends():
    text = TEXT.replace("\n", "\r\n")
    assert config.activated(text, {"one"}) == text.replace("state: draft     #", "state: active     #")


def test_what_is_no_draft_is_said():
    strategy = Strategy.model_validate(
        {"vision": {"title": "V"}, "objectives": [{"id": name, "state": state} for name, state in read(TEXT).items()]}
    )
    assert [each.id for each in config.drafts(strategy)] == ["one", "two", "three"]
    assert config.drafts(strategy, ["five"]) == []
    with pytest.raises(UsageError, match="no objective tow") as unknown:
        config.drafts(strategy, ["tow"])
    assert "two" in (unknown.value.fix or "")
    with pytest.raises(UsageError, match="four is closed"):
        config.drafts(strategy, ["four"])
