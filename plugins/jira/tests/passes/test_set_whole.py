"""Fields that Jira sets whole, and edits that turn out to go singly: looked at again before each is written."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from veaf_sync.emulator import AnswerLost, Meanwhile, Throttle
from veaf_sync.errors import VeafSyncError
from veaf_sync.model import Result
from veaf_sync.store import tables

from .organisation import EDIT, count, some

CAPS = {"clears": {"count": 500, "share": 1}}


def field_of(made):
    (field,) = (id_ for id_, (name, _) in made.site.service.state.custom.items() if name == "Objective")
    return field


def value(made, key):
    return json.loads(made.site.issue(key).fields.get(field_of(made), "null"))


def test_a_field_that_a_person_sets_while_we_wait_stays(organisation):
    made = organisation("dc", tag={"field": "Objective"}, guards=CAPS, items=some("PAY", 3))
    made.site.service.state.choice("Objective", "textfield", "fast", "cheap")
    planned = made.plan(made.sync())
    issue = made.site.issue("PAY-3")

    def person(_request):
        issue.fields[field_of(made)] = json.dumps("decided by the board")
        return True

    made.site.faults.add(Throttle(240), method="PUT", path=rf".*/issue/{issue.id}$", times=1, when=person)
    made.apply(planned)
    assert value(made, "PAY-3") == "decided by the board"


def test_a_field_that_a_person_sets_while_others_are_edited_stays(organisation):
    made = organisation("cloud", tag={"field": "Objective"}, guards=CAPS)
    made.site.service.state.choice("Objective", "textfield", "fast", "cheap")
    made.site.knobs.bulk_change = False
    planned = made.plan(made.sync())

    def person():
        made.wait(600)
        made.site.issue("SHOP-22").fields[field_of(made)] = json.dumps("the board's word")

    made.site.faults.add(Meanwhile(person), method="PUT", path=EDIT, times=1)
    made.apply(planned)
    assert value(made, "SHOP-22") == "the board's word"


def test_single_edits_end_where_the_lease_is_lost(organisation):
    made = organisation("cloud", tag={"label": "okr:{objective}"}, guards=CAPS)
    made.site.knobs.bulk_change = False
    planned = made.plan(made.sync())

    def stolen():
        with made.store.leases._database.unfenced() as connection:
            connection.execute(update(tables.leases).values(expires=0))
        for name in ("run", "source:jira"):
            made.store.leases.acquire(name, "another run", timedelta(minutes=5))

    made.site.faults.add(Meanwhile(stolen), method="PUT", path=EDIT, times=1)
    with pytest.raises(VeafSyncError):
        made.apply(planned)
    assert count(made, "PUT", "/issue/") <= 2


@pytest.mark.parametrize("kind", ["textfield", "select"])
@pytest.mark.parametrize("profile", ["cloud", "dc"])
def test_a_wait_that_nobody_used_costs_nothing_else(organisation, profile, kind):
    """Told to wait, or a lost answer: the item is looked at again, and the same pass ends with all of them written."""
    made = organisation(profile, tag={"field": "Objective"}, guards=CAPS, items=some("PAY", 6))
    made.site.service.state.choice("Objective", kind, "fast", "cheap")
    planned = made.plan(made.sync())
    where = {"method": "POST", "path": r".*/bulk/issues/fields$"} if profile == "cloud" else {"method": "PUT"}
    made.site.faults.add(Throttle(240), times=1, **where)
    if profile == "dc":
        made.site.faults.add(AnswerLost(), times=1, **where)
    outcomes = made.apply(planned).outcomes
    assert {outcome.result for outcome in outcomes} == {Result.APPLIED}
    assert len(outcomes) == len(planned.plan.changes)
    assert all(value(made, outcome_key) is not None for outcome_key in [change.key for change in planned.plan.changes])
    assert made.store.journal.open("jira") == []


def test_a_bulk_edit_of_a_field_is_not_sent_again_behind_a_wait(organisation):
    made = organisation("cloud", tag={"field": "Objective"}, guards=CAPS, items=some("PAY", 6))
    made.site.service.state.choice("Objective", "textfield", "fast", "cheap")
    planned = made.plan(made.sync())
    edited = planned.plan.changes[-1].key

    def person(_request):
        made.site.issue(edited).fields[field_of(made)] = json.dumps("decided by the board")
        return True

    made.site.faults.add(Throttle(240), method="POST", path=r".*/bulk/issues/fields$", times=1, when=person)
    results = {outcome.item.id: outcome.result for outcome in made.apply(planned).outcomes}
    assert value(made, edited) == "decided by the board"
    assert sorted(results.values()) == sorted([Result.CONFLICT] + [Result.APPLIED] * (len(results) - 1))


def test_a_wait_longer_than_patience_ends_the_writing_and_says_until_when(organisation):
    made = organisation("dc", tag={"field": "Objective"}, guards=CAPS, items=some("PAY", 6))
    made.site.service.state.choice("Objective", "textfield", "fast", "cheap")
    planned = made.plan(made.sync())
    before = count(made, "PUT", "/issue/")
    made.site.faults.add(Throttle(3000), method="PUT", path=EDIT, times=None)
    outcomes = made.apply(planned).outcomes
    assert {outcome.result for outcome in outcomes} == {Result.FAILED}
    assert {outcome.detail for outcome in outcomes} == {
        "Editing PAY-1: answered 429: it asks to be left alone for 50 minutes."
    }
    assert count(made, "PUT", "/issue/") - before == 1
