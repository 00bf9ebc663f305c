"""Where tags may stand, and what stands there."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from veaf_sync.connector import SourceSettings, Tag


@pytest.mark.parametrize(
    ("given", "target", "raw"),
    [
        ({"label": "okr:{objective}"}, "labels", "okr:fast"),
        ({"label": "goal[{objective}]"}, "labels", "goal[fast]"),
        ({"field": "Objective"}, "field:Objective", "fast"),
        ({"field": " OKR: this year ", "value": "Goal {objective}!"}, "field:OKR: this year", "Goal fast!"),
        ({"property": "veaf.objective"}, "property:veaf.objective", "fast"),
    ],
)
def test_a_tag_stands_in_one_place_and_is_told_back_by_its_form(given, target, raw):
    tag = Tag.model_validate(given)
    assert (tag.target, tag.raw("fast"), tag.objective(raw)) == (target, raw, "fast")
    assert tag.objective(f"x{raw}") == (None if tag.prefix else "xfast")
    again = Tag.at(tag.target, tag.pattern)
    assert (again.target, again.pattern) == (tag.target, tag.pattern)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "names a label, a field, a property or goal"),
        ({"on": "all"}, "names a label, a field, a property or goal"),
        ({"label": "okr:{objective}", "field": "Objective"}, "label and field are both named"),
        ({"field": "Objective", "property": "x"}, "field and property are both named"),
        ({"label": "okr:{objective}", "value": "{objective}"}, "value belongs to a field or property"),
        ({"label": "okr"}, "{objective} once"),
        ({"field": "Objective", "value": "{objective}{objective}"}, "{objective} once"),
        ({"label": "okr: {objective}"}, "cannot hold spaces"),
        ({"property": "my key"}, "cannot hold spaces"),
        ({"property": ""}, "cannot hold spaces"),
        ({"field": "  "}, "a field has a name"),
    ],
)
def test_what_is_no_tag(given, why):
    with pytest.raises(ValidationError, match=why):
        Tag.model_validate(given)


def test_a_connector_says_what_a_tag_may_be():
    class Both(SourceSettings):
        targets = frozenset({"field", "property"})

    class Nothing(SourceSettings):
        targets = frozenset()

    tagged = {"connector": "x", "tag": {"label": "okr:{objective}"}}
    assert SourceSettings.model_validate(tagged).tag is not None
    assert Both.model_validate({"connector": "x", "tag": {"field": "Objective"}}).tag is not None
    with pytest.raises(ValidationError, match=r"cannot be a label here\. This connector writes: field, property"):
        Both.model_validate(tagged)
    with pytest.raises(ValidationError, match="this connector only reads"):
        Nothing.model_validate(tagged)
    assert Nothing.model_validate({"connector": "x"}).tag is None


def test_a_goal_stands_for_the_objective_that_names_it():
    tag = Tag.model_validate({"goal": True}).with_goals({"fast": "G-1"})
    assert (tag.kind, tag.target, tag.raw("fast"), tag.raw("lone")) == ("goal", "goals", "G-1", "")
    assert (tag.objective("G-1"), tag.objective("G-9")) == ("fast", "G-9")
    assert Tag.at(tag.target, tag.pattern) == tag
