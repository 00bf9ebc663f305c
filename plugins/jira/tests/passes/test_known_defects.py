"""What docs/known-defects.md lists of Jira: each test says what should hold, and fails until it does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from veaf_sync.emulator import Meanwhile, Throttle
from veaf_sync.errors import VeafSyncError
from veaf_sync.store import tables

from .organisation import EDIT, count, some

CAPS = {"clears": {"count": 500, "share": 1}}
STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
CLOUD = pytest.mark.parametrize("profile", ["cloud"])


def field_of(made):
    (field,) = (id_ for id_, (name, _) in made.site.service.state.custom.items() if name == "Objective")
    return field


def value(made, key):
    return json.loads(made.site.issue(key).fields.get(field_of(made), "null"))


@pytest.mark.xfail(strict=True, reason="a field is set after a wait without looking again")
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


@pytest.mark.xfail(strict=True, reason="where bulk edits turn out to be refused, one look is for up to 1,000 edits")
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


@pytest.mark.xfail(strict=True, reason="where bulk edits turn out to be refused, the lease is looked at once for all")
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


@pytest.mark.xfail(strict=True, reason="what the index still shows of our own removals reads as a person's word")
@CLOUD
def test_a_tag_that_we_took_away_is_nobodys_statement_while_the_index_lags(tagged, profile):
    tagged.site.knobs.index_lag = 200
    tagged.mapping = STATED + tagged.mapping
    tagged.wait(3600)
    tagged.sync(write=True)
    tagged.wait(3600)
    tagged.mapping = f"{STATED}rules: []\n"
    tagged.sync(write=True)
    assert tagged.tags() == {}
    tagged.wait(60)
    result = tagged.sync(full=True)
    assert "statement" not in set(tagged.store.results.list(result.run.id)["origin"])
