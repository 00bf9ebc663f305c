"""Tags in properties and fields, many at once: requests, tasks that end badly, and processes that are killed."""

from __future__ import annotations

import json

import pytest

from veaf_sync.emulator import AnswerLost, Status
from veaf_sync.model import Result
from veaf_sync.sync import preflight
from veaf_sync_jira.connector import JiraConnector

from .organisation import BUGS, STORIES, M, count, results

WANTED = dict.fromkeys(STORIES, ("fast",)) | dict.fromkeys(BUGS, ("cheap",))
CAPS = {"clears": {"count": 500, "share": 1}}
PLACES = {
    "property": {"property": "veaf.objective"},
    "select": {"field": "Objective"},
    "textfield": {"field": "Objective"},
}


@pytest.fixture(params=PLACES)
def place(request):
    return request.param


@pytest.fixture
def targeted(organisation, place):
    """The organisation on Cloud, tags at the place, not read yet."""
    made = organisation("cloud", tag=PLACES[place], guards=CAPS)
    if place != "property":
        made.site.service.state.choice("Objective", place, "fast", "cheap")
    return made


def values(made):
    """What stands at the place, by key, where anything does."""
    state, held = made.site.service.state, {}
    for issue in state.issues.values():
        if made.source["tag"].get("property"):
            found = made.site.service.properties.get(issue.id, {}).get("veaf.objective") or []
            found = found["objectives"] if isinstance(found, dict) else found
        else:
            (field,) = (id for id, (name, _) in state.custom.items() if name == "Objective")
            raw = json.loads(issue.fields.get(field, "null"))
            found = [raw["value"]] if isinstance(raw, dict) else [raw] if raw else []
        if found:
            held[issue.key] = tuple(found)
    return held


def test_written_and_let_go_many_at_once(targeted, place):
    assert results(targeted.sync(write=True).outcomes) == {Result.APPLIED: M}
    assert values(targeted) == WANTED
    if place == "property":
        assert count(targeted, "POST", "properties/multi") == -(-M // 100)
        assert count(targeted, "GET", "/task/") == 3, "two polls find it running"
        assert count(targeted, "PUT", "properties") == 0
    else:
        assert count(targeted, "POST", "bulk/issues/fields") == 2, "one for each value"
        assert count(targeted, "PUT", "issue/") == 0
    targeted.wait(3600)
    assert targeted.sync(write=True).outcomes == ()
    targeted.mapping = "rules: []\n"
    targeted.wait(3600)
    assert results(targeted.sync(write=True).outcomes) == {Result.APPLIED: M}
    assert values(targeted) == {}
    assert not targeted.site.mailed


def test_what_cannot_be_written_is_told(targeted, place):
    targeted.site.knobs.unwritable = {"PAY-3": "locked by a workflow"}
    outcomes = targeted.sync(write=True).outcomes
    assert results(outcomes) == {Result.APPLIED: M - 1, Result.FAILED: 1}
    assert values(targeted) == {key: value for key, value in WANTED.items() if key != "PAY-3"}


@pytest.mark.parametrize("end", ["FAILED", "CANCELLED", "DEAD"])
def test_a_task_that_ends_badly_is_judged_by_reading(targeted, end):
    targeted.site.knobs.bulk_end = end
    assert results(targeted.sync(write=True).outcomes) == {Result.FAILED: M}
    assert values(targeted) == {}
    targeted.site.knobs.bulk_end = "COMPLETE"
    targeted.wait(3600)
    assert results(targeted.sync(write=True).outcomes) == {Result.APPLIED: M}
    assert values(targeted) == WANTED


def test_a_lost_answer_is_settled_by_reading(targeted, place):
    """The task runs and nobody knows its number."""
    path = "properties/multi$" if place == "property" else "bulk/issues/fields$"
    targeted.site.knobs.bulk_polls = 0
    targeted.site.knobs.bulk_seconds = 0
    targeted.site.faults.add(AnswerLost(), path=path, times=None)
    targeted.sync(write=True)
    targeted.site.faults.clear()
    targeted.wait(24 * 3600 + 60)
    targeted.sync(write=True)
    targeted.wait(3600)
    final = targeted.sync(write=True)
    assert final.outcomes == ()
    assert values(targeted) == WANTED
    assert targeted.store.journal.open("jira") == []


def test_killed_before_the_task_was_polled(targeted, monkeypatch):
    planned = targeted.plan(targeted.sync())

    def dies(self, task, batch):
        raise KeyboardInterrupt

    whole = JiraConnector.poll
    monkeypatch.setattr(JiraConnector, "poll", dies)
    with pytest.raises(KeyboardInterrupt):
        targeted.apply(planned)
    monkeypatch.setattr(JiraConnector, "poll", whole)
    targeted.wait(3600)
    targeted.sync(write=True)
    assert values(targeted) == WANTED
    targeted.wait(3600)
    assert targeted.sync(write=True).outcomes == ()


def test_without_the_permission_fields_are_written_one_by_one(targeted, place):
    targeted.site.knobs.bulk_change = False
    assert results(targeted.sync(write=True).outcomes) == {Result.APPLIED: M}
    assert values(targeted) == WANTED
    assert count(targeted, "PUT", "issue/") == (0 if place == "property" else M)


def test_what_an_app_put_into_the_property_stays(targeted, place):
    if place != "property":
        pytest.skip("of fields, people's values are tested beside the connector")
    site = targeted.site
    targeted.sync(write=True)
    chore = site.issue("PAY-2")
    site.service.properties[chore.id] = {"veaf.objective": ["theirs"], "other": 1}
    targeted.mapping = "rules: []\n"
    targeted.wait(3600)
    targeted.sync(full=True, write=True)
    assert values(targeted) == {"PAY-2": ("theirs",)}
    assert site.service.properties[chore.id]["other"] == 1


def test_data_center_shows_no_properties(organisation):
    made = organisation("dc", tag=PLACES["property"])
    with pytest.raises(Exception, match="Data Center"):
        _ = made.config
    made.source["user"] = made.site.service.user  # with a user it could be Cloud: the server says
    assert "no properties" in " ".join(preflight(made.config, made.registry, made.clock)[0].problems)
    planned = made.plan(made.sync()).plan
    assert planned.changes == ()
    assert {"no properties" in each.reason for each in planned.refused} == {True}


def test_a_property_that_cannot_be_set_is_told_of_each(organisation):
    made = organisation("cloud", tag=PLACES["property"], guards=CAPS)
    made.site.faults.add(
        Status(400, body=b'{"errorMessages": ["no"], "errors": {}}'), path="properties/multi$", times=None
    )
    outcomes = made.sync(write=True).outcomes
    assert results(outcomes) == {Result.FAILED: M}
