"""Fields found by their kind, and issues read with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.model import Level, StateCategory
from veaf_sync_jira.fields import Candidate, discover
from veaf_sync_jira.items import ItemReader
from veaf_sync_jira.settings import JiraSettings

JPO = "com.atlassian.jpo:jpo-custom-field-parent"
PYXIS = "com.pyxis.greenhopper.jira:"


def _field(number, name, custom="", kind="any", project=None):
    row = {"id": f"customfield_{number}", "name": name, "schema": {"type": kind, "custom": custom}}
    return row | ({"scope": {"type": "PROJECT", "project": {"id": project}}} if project else {})


LIST = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "statuscategorychangedate", "name": "Status Category Changed"},
    _field(1, "Sprint (renamed)", f"{PYXIS}gh-sprint"),
    _field(2, "Epos", f"{PYXIS}gh-epic-link"),
    _field(3, "Eltern", JPO),
    _field(4, "Story Points", "com.atlassian.jira.plugin.system.customfieldtypes:float", "number"),
    _field(5, "Story point estimate", f"{PYXIS}jsw-story-points", "number"),
    _field(6, "Story point estimate", f"{PYXIS}jsw-story-points", "number", project="77"),
    _field(7, "Team", "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"),
    _field(8, "Theme", "com.atlassian.jira.plugin.system.customfieldtypes:select", "option"),
    _field(9, "Story Points", "com.atlassian.jira.plugin.system.customfieldtypes:textfield", "string"),
]


def _reader(named=None, **more):
    settings = JiraSettings.model_validate(
        {"site": "https://jira.example.com", "token": "env:T", "fields": named or {}, **more}
    )
    return ItemReader(settings, discover(LIST, settings.fields), "https://jira.example.com")


def _issue(**fields):
    values = {
        "project": {"id": "10", "key": "PAY"},
        "issuetype": {"name": "Story"},
        "status": {"name": "Open"},
        **fields,
    }
    return {"id": "10001", "key": "PAY-1", "self": "https://elsewhere.example/rest/api/2/issue/10001", "fields": values}


def test_fields_are_found_by_their_kind_not_their_name():
    fields = discover(LIST, {})
    assert (fields.sprint, fields.epic_link, fields.parent_link) == (
        (Candidate("customfield_1"),),
        (Candidate("customfield_2"),),
        (Candidate("customfield_3"),),
    )
    assert [one.id for one in fields.points] == ["customfield_4", "customfield_5", "customfield_6"]
    assert fields.team == (Candidate("customfield_7"),)
    assert "customfield_8" not in fields.wanted()


def test_settings_name_fields_whatever_the_case():
    fields = discover(LIST, {"points": ["story POINT estimate"], "team": ["theme"], "Kind": ["customfield_8"]})
    assert [one.id for one in fields.points] == ["customfield_5", "customfield_6"]
    assert fields.team == (Candidate("customfield_8"),)
    assert fields.custom == {"Kind": (Candidate("customfield_8"),)}


def test_misspelt_field_is_refused():
    with pytest.raises(Rejected, match=r"fields\.team: this Jira has no field named 'Teem'") as caught:
        discover(LIST, {"team": ["Teem"]})
    assert "Did you mean Team?" in caught.value.fix


@pytest.mark.parametrize("answer", [None, [], {}, [7], [{"name": "x"}]])
def test_list_of_fields_that_is_none(answer):
    with pytest.raises(Incomplete):
        discover(answer, {})


def test_points_of_the_issues_own_project_go_first():
    reader = _reader()
    own = _issue(customfield_5=3, customfield_6=8, project={"id": "77", "key": "TEAM"})
    assert reader.read(own).points == 8
    assert reader.read(_issue(customfield_5=3, customfield_6=8)).points == 3
    assert reader.read(_issue(customfield_4=0, customfield_5=3)).points == 0
    assert reader.read(_issue()).points is None
    assert reader.read(_issue(customfield_4="many")).points is None


@pytest.mark.parametrize(
    ("fields", "parent"),
    [
        ({"parent": {"id": "1", "key": "PAY-9"}, "customfield_2": "PAY-8"}, "PAY-9"),
        ({"customfield_2": "PAY-8", "customfield_3": "PORT-1"}, "PAY-8"),
        ({"customfield_3": "PORT-1"}, "PORT-1"),
        ({"customfield_3": {"data": {"key": "PORT-2"}}}, "PORT-2"),
        ({"customfield_2": None, "customfield_3": None, "parent": None}, ""),
    ],
)
def test_parent_wherever_it_is_said(fields, parent):
    assert _reader().read(_issue(**fields)).parent == parent


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ({"name": "Story", "hierarchyLevel": 0}, Level.STANDARD),
        ({"name": "Thing", "hierarchyLevel": 1}, Level.EPIC),
        ({"name": "Thing", "hierarchyLevel": 2}, Level.INITIATIVE),
        ({"name": "Thing", "hierarchyLevel": 5}, Level.INITIATIVE),
        ({"name": "Thing", "hierarchyLevel": -1}, Level.SUBTASK),
        ({"name": "Technical task", "subtask": True}, Level.SUBTASK),
        ({"name": "epic", "subtask": False}, Level.EPIC),
        ({"name": "Initiative", "subtask": False}, Level.INITIATIVE),
        ({"name": "Feature", "subtask": False}, Level.EPIC),
        ({"name": "Bug", "subtask": False}, Level.STANDARD),
        ({}, Level.STANDARD),
    ],
)
def test_levels(kind, level):
    assert _reader(levels={"epic": ["FEATURE"]}).read(_issue(issuetype=kind)).level is level


@pytest.mark.parametrize(
    ("status", "category"),
    [
        ({"name": "Open", "statusCategory": {"key": "new"}}, StateCategory.TODO),
        ({"name": "Doing", "statusCategory": {"key": "indeterminate"}}, StateCategory.IN_PROGRESS),
        ({"name": "Closed", "statusCategory": {"key": "done"}}, StateCategory.DONE),
        ({"name": "Odd", "statusCategory": {"key": "undefined"}}, StateCategory.TODO),
        ({"name": "Released", "statusCategory": {"key": "indeterminate"}}, StateCategory.DONE),
        ({"name": "Open"}, StateCategory.TODO),
    ],
)
def test_states(status, category):
    assert _reader(states={"done": ["released"]}).read(_issue(status=status)).state_category is category


def test_completion_is_the_resolution_else_the_day_it_became_done():
    done = {"name": "Done", "statusCategory": {"key": "done"}}
    changed, resolved = "2026-11-02T10:00:00.000+0100", "2026-11-01T10:00:00.000+0000"
    reader = _reader()
    assert reader.read(_issue(status=done, statuscategorychangedate=changed)).completed == datetime(
        2026, 11, 2, 9, tzinfo=UTC
    )
    both = _issue(status=done, statuscategorychangedate=changed, resolutiondate=resolved)
    assert reader.read(both).completed == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert reader.read(_issue(statuscategorychangedate=changed)).completed is None


def test_hours_are_what_is_logged_and_missing_is_not_zero():
    assert _reader().read(_issue(timespent=5400)).hours == 1.5
    assert _reader().read(_issue(timespent=0)).hours == 0
    assert _reader().read(_issue(timespent=None)).hours is None


def test_tags_are_the_labels_of_our_form():
    item = _reader(tag={"label": "okr:{objective}"}).read(_issue(labels=["okr:fast", "okr:", "other", "OKR:x"]))
    assert item.partitions[0].tags == ("okr:fast",)
    assert item.labels == ("okr:fast", "okr:", "other", "OKR:x")
    assert _reader().read(_issue(labels=["okr:fast"])).partitions[0].tags == ()


def test_the_address_is_made_here_and_never_taken_from_the_body():
    assert _reader().read(_issue()).url == "https://jira.example.com/browse/PAY-1"


NO_ISSUES = [
    None,
    7,
    {},
    {"id": "x", "key": "PAY-1", "fields": {}},
    {"id": "1", "key": "PAY-1"},
    {"id": "1", "key": "?", "fields": {}},
    _issue(created="soon"),
    _issue(labels=[7]),
    _issue(status=[1]),
]


@pytest.mark.parametrize("raw", NO_ISSUES)
def test_what_is_no_issue(raw):
    with pytest.raises(Incomplete, match="not of the form asked for"):
        _reader().read(raw)
