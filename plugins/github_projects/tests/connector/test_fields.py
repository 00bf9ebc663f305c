"""A tag in a project's field, or in the organisation's issue field that a project shows."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import Meanwhile
from veaf_sync.model import ItemRef, Result, TagChange
from veaf_sync_github.emulator import Knobs

TARGET = "field:Objective"


def change(item, before=(), after=()):
    return TagChange(ItemRef("hub", item.id), item.key, "", item.id, TARGET, before, after, "test")


def write(connector, changes):
    return [outcome for batch in connector.batches(changes) for outcome in connector.write(batch)]


def seen(item):
    return {place.partition: place.tags for place in item.partitions}


@pytest.fixture
def hub(github, connect, clock, many):
    """Three issues of acme/1, the first of acme/2 too; both have a choice Objective. Gives the site and a maker."""
    site = github(items=[*many(1, "acme/1", "acme/2"), *many(2, "acme/1", first=2)], clock=clock)
    for name in ("acme/1", "acme/2"):
        site.state.add_field(site.state.project(name), "Objective", "SINGLE_SELECT")
    return site, lambda **more: connect(site, tag={"field": "Objective"}, **more)


def test_it_is_set_in_every_project_of_the_item_and_cleared_again(hub, pull):
    _, connect = hub
    connector = connect()
    items = pull(connector)
    changes = [change(items[f"acme/shop#{n}"], (), ("fast",)) for n in (1, 2)]
    assert connector.preview(changes).requests == 2 + 1, "two choices are made, three values set at once"
    assert {outcome.result for outcome in write(connector, changes)} == {Result.APPLIED}
    again = pull(connect())
    assert seen(again["acme/shop#1"]) == {"acme/1": ("fast",), "acme/2": ("fast",)}
    assert seen(again["acme/shop#2"]) == {"acme/1": ("fast",)}
    assert seen(again["acme/shop#3"]) == {"acme/1": ()}
    assert {o.result for o in write(connector, [change(again["acme/shop#1"], ("fast",), ())])} == {Result.APPLIED}
    assert seen(pull(connect())["acme/shop#1"]) == {"acme/1": (), "acme/2": ()}


def test_a_new_choice_takes_nothing_from_those_that_are_there(hub, pull):
    site, connect = hub
    for n in (2, 3):
        site.set_field(f"acme/shop#{n}", "acme/1", "Objective", "cheap")
    pull(connect())
    before = [option.id for option in site.state.project("acme/1").fields["Objective"].options]
    connector = connect()
    items = pull(connector)
    write(connector, [change(items["acme/shop#1"], (), ("fast",))])
    options = site.state.project("acme/1").fields["Objective"].options
    assert [option.id for option in options][: len(before)] == before
    again = pull(connect())
    assert [seen(again[f"acme/shop#{n}"])["acme/1"] for n in (1, 2, 3)] == [("fast",), ("cheap",), ("cheap",)]


def test_a_choice_that_was_deleted_meanwhile_is_looked_up_once_more(hub, pull):
    site, connect = hub
    connector = connect()
    items = pull(connector)
    write(connector, [change(items["acme/shop#2"], (), ("fast",))])
    field = site.state.project("acme/1").fields["Objective"]

    def replaced():
        field.options[0].id = "another"

    site.faults.add(Meanwhile(replaced), when=lambda request: b"updateProjectV2ItemFieldValue" in request.body)
    (outcome,) = write(connector, [change(items["acme/shop#3"], (), ("fast",))])
    assert outcome.result is Result.APPLIED
    assert seen(pull(connect())["acme/shop#3"]) == {"acme/1": ("fast",)}


def test_drafts_have_project_fields_too(github, connect, clock, pull):
    from veaf_sync.model import Membership, WorkItem

    draft = WorkItem("", "acme/1#draft-1", (Membership("acme/1"),), title="Idea", created=clock.now())
    site = github(items=[draft], clock=clock)
    site.state.add_field(site.state.project("acme/1"), "Objective", "TEXT")
    connector = connect(site, tag={"field": "Objective"})
    (item,) = pull(connector).values()
    assert write(connector, [change(item, (), ("fast",))])[0].result is Result.APPLIED
    assert seen(next(iter(pull(connect(site, tag={"field": "Objective"})).values()))) == {"acme/1": ("fast",)}


def test_an_issue_field_of_the_organisation_is_written_on_the_issue(github, connect, clock, many, pull):
    site = github(items=many(2, "acme/1", "acme/2"), clock=clock)
    for name in ("acme/1", "acme/2"):
        field = site.state.add_field(site.state.project(name), "Objective", "SINGLE_SELECT", mirrors=True)
        field.option("fast")
    connector = connect(site, tag={"field": "Objective"})
    items = pull(connector)
    assert write(connector, [change(items["acme/shop#1"], (), ("fast",))])[0].result is Result.APPLIED
    assert site.content("acme/shop#1").issue_fields == {"Objective": "fast"}
    assert seen(pull(connect(site, tag={"field": "Objective"}))["acme/shop#1"]) == {
        "acme/1": ("fast",),
        "acme/2": ("fast",),
    }
    (refusal,) = connector.preview([change(items["acme/shop#2"], (), ("new",))]).refused
    assert "add it in the organisation's settings" in refusal.reason
    assert write(connector, [change(items["acme/shop#1"], ("fast",), ())])[0].result is Result.APPLIED
    assert site.content("acme/shop#1").issue_fields == {}


@pytest.mark.parametrize(
    ("kind", "after", "reason"),
    [
        ("NUMBER", ("fast",), "is a number"),
        ("SINGLE_SELECT", ("cheap", "fast"), "holds one value, and 2 would stand there"),
        ("TEXT", ("cheap", "fast"), "holds one value"),
        (None, ("fast",), "None of its projects has a field called 'Objective'"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_before_and_when_written(
    github, connect, clock, many, pull, kind, after, reason
):
    site = github(items=many(1), clock=clock)
    if kind:
        site.state.add_field(site.state.project("acme/1"), "Objective", kind)
    connector = connect(site, tag={"field": "Objective"})
    (item,) = pull(connector).values()
    (refusal,) = connector.preview([change(item, (), after)]).refused
    assert reason in refusal.reason
    (outcome,) = write(connector, [change(item, (), after)])
    assert (outcome.result, outcome.detail) == (Result.FAILED, refusal.reason)


def test_an_older_server_would_clear_the_others_so_no_choice_is_made_there(github, connect, clock, many, pull):
    site = github(items=many(1), clock=clock, knobs=Knobs(old=True))
    site.state.add_field(site.state.project("acme/1"), "Objective", "SINGLE_SELECT")
    connector = connect(site, tag={"field": "Objective"})
    (item,) = pull(connector).values()
    (refusal,) = connector.preview([change(item, (), ("fast",))]).refused
    assert "add it by hand" in refusal.reason


def test_a_reader_may_not_write(github, connect, clock, many, pull):
    site = github(items=many(1), clock=clock, knobs=Knobs(reader_may_edit=False))
    site.state.add_field(site.state.project("acme/1"), "Objective", "TEXT")
    connector = connect(site, tag={"field": "Objective"})
    (item,) = pull(connector).values()
    (outcome,) = write(connector, [change(item, (), ("fast",))])
    assert (outcome.result, outcome.detail) == (Result.FAILED, "Resource not accessible by personal access token")


def test_fields_are_twenty_values_a_request(github, connect, clock, many, pull):
    site = github(items=many(100), clock=clock)
    site.state.add_field(site.state.project("acme/1"), "Objective", "TEXT")
    connector = connect(site, tag={"field": "Objective"})
    items = pull(connector)
    assert connector.get([item.id for item in items.values()])
    sent = len(site.requests)
    write(connector, [change(item, (), ("fast",)) for item in items.values()])
    assert len(site.requests) - sent == 1 + 5, "the fields once, then twenty values a request"


def test_a_rehearsal_says_where_the_field_is(github, connect, clock, many):
    site = github(items=many(1, "acme/1", "acme/2"), clock=clock)
    assert connect(site).rehearse().problems == ()

    def told():
        return connect(site, tag={"field": "Objective"}).rehearse()

    assert told().problems == ("No project has a field called 'Objective', so no tag is written.",)
    site.state.add_field(site.state.project("acme/1"), "Objective", "TEXT")
    assert told().notes == ("No field is called 'Objective' in acme/2: items that are only there get no tag.",)
    site.state.add_field(site.state.project("acme/2"), "Objective", "NUMBER")
    (problem,) = told().problems
    assert problem == "The field 'Objective' of acme/2 is a number; a tag needs a text or a choice of one."
