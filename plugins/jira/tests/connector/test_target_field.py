"""A tag in a custom field: a choice of one, a choice of several, or a text of one line."""

from __future__ import annotations

import json

import pytest

from veaf_sync.connector import Pending
from veaf_sync.emulator import Status
from veaf_sync.errors import Rejected
from veaf_sync.model import ItemRef, Membership, Result, TagChange, WorkItem

TARGET = "field:Objective"
KINDS = ("select", "multiselect", "textfield")


def change(item, before=(), after=()):
    return TagChange(ItemRef("jira", item.id), item.key, "", item.id, TARGET, before, after, "test")


def write(connector, changes):
    outcomes = []
    for batch in connector.batches(changes):
        answer = connector.write(batch)
        while isinstance(answer, Pending):
            answer = connector.poll(answer.task, batch)
        outcomes += answer
    return outcomes


@pytest.fixture
def place(jira, connect, clock, profile):
    """`place(kind, *options)`: a site of three issues with that field, and a maker of connectors to it."""

    def make(kind, *options):
        items = [WorkItem("", f"PAY-{n}", (Membership("PAY"),), title=f"Item {n}") for n in (1, 2, 3)]
        site = jira(profile, items=items, clock=clock)
        site.service.state.choice("Objective", kind, *options)
        return site, lambda **more: connect(site, tag={"field": "Objective"}, **more)

    return make


@pytest.fixture
def read(pull):
    """`read(connector)`: everything, by key."""
    return lambda connector: pull(connector)[0]


def tags(items):
    return {key: item.partitions[0].tags for key, item in items.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_written_read_again_and_taken_away(place, read, kind):
    _, connect = place(kind, "fast", "cheap")
    connector = connect()
    items = read(connector)
    changes = [change(items["PAY-1"], (), ("fast",)), change(items["PAY-2"], (), ("cheap",))]
    assert connector.preview(changes).refused == ()
    assert [outcome.result for outcome in write(connector, changes)] == [Result.APPLIED] * 2
    again = read(connect())
    assert tags(again) == {"PAY-1": ("fast",), "PAY-2": ("cheap",), "PAY-3": ()}
    assert again["PAY-1"].fields["Objective"] == ("fast",)
    assert connect().get([again["PAY-1"].id])[again["PAY-1"].id].partitions[0].tags == ("fast",)
    assert write(connector, [change(again["PAY-1"], ("fast",), ())])[0].result is Result.APPLIED
    assert tags(read(connect()))["PAY-1"] == ()


@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_counts_what_is_sent_and_whom_it_mails(place, read, kind, profile):
    """Two issues that get the same are one bulk edit, which is mute; the third is edited by itself."""
    site, connect = place(kind, "fast", "cheap")
    site.knobs.admin = False
    site.knobs.bulk_polls = 0
    connector = connect()
    items = read(connector)
    values = {"PAY-1": "fast", "PAY-2": "fast", "PAY-3": "cheap"}
    changes = [change(items[key], (), (value,)) for key, value in values.items()]
    many = profile == "cloud" and kind != "multiselect"
    assert connector.preview(changes).requests == 3
    assert connector.preview([change(each, (), ("fast",)) for each in items.values()]).requests == (2 if many else 3)
    refused = connect(mail="never").preview(changes).refused
    assert sorted(each.change.key for each in refused) == (["PAY-3"] if many else ["PAY-1", "PAY-2", "PAY-3"])
    muted = connect(mail="never")
    assert {outcome.result for outcome in write(muted, changes[:2])} == {Result.APPLIED if many else Result.FAILED}
    assert not site.mailed


def test_in_a_choice_of_several_what_a_person_adds_stays(place, read):
    _, connect = place("multiselect", "fast", "cheap", "theirs")
    connector = connect()
    items = read(connector)
    assert write(connector, [change(items["PAY-1"], (), ("cheap",))])[0].result is Result.APPLIED
    write(connect(), [change(items["PAY-1"], (), ("theirs",))])
    assert write(connector, [change(items["PAY-1"], ("cheap",), ("fast",))])[0].result is Result.APPLIED
    assert tags(read(connect()))["PAY-1"] == ("fast", "theirs")


@pytest.mark.parametrize(
    ("kind", "after", "reason"),
    [
        ("select", ("new",), "has no choice 'new'"),
        ("multiselect", ("new",), "has no choice 'new'"),
        ("select", ("cheap", "fast"), "holds one value, and 2 would stand there"),
        ("textfield", ("cheap", "fast"), "holds one value"),
        ("textfield", ("x" * 300,), "longer than the 255"),
        ("float", ("fast",), "is a float"),
    ],
)
def test_what_the_field_cannot_hold_is_refused_before_and_when_written(place, read, kind, after, reason):
    site, connect = place(kind, "fast", "cheap")
    connector = connect()
    items = read(connector)
    (refusal,) = connector.preview([change(items["PAY-1"], (), after)]).refused
    assert reason in refusal.reason
    sent = len(site.requests)
    (outcome,) = write(connector, [change(items["PAY-1"], (), after)])
    assert (outcome.result, outcome.detail) == (Result.FAILED, refusal.reason)
    assert len(site.requests) == sent, "nothing was sent"


def test_a_field_that_is_not_on_the_edit_screen_is_named(place, read):
    site, connect = place("select", "fast")
    site.knobs.off_screen = {"PAY"}
    connector = connect()
    (refusal,) = connector.preview([change(read(connector)["PAY-1"], (), ("fast",))]).refused
    assert "is not on the edit screen of PAY" in refusal.reason


def test_a_field_that_jira_does_not_know_is_named_with_its_setting(jira, connect, clock, profile, read):
    site = jira(profile, items=[WorkItem("", "PAY-1", (Membership("PAY"),))], clock=clock)
    with pytest.raises(Rejected, match=r"tag\.field: this Jira has no field named 'Nothing'"):
        read(connect(site, tag={"field": "Nothing"}))


def test_requests_are_one_edit_an_issue_and_one_screen_a_project(place, read, profile):
    site, connect = place("select", "fast")
    connector = connect()
    items = read(connector)
    sent = len(site.requests)
    write(connector, [change(item, (), ("fast",)) for item in items.values()])
    made = site.requests[sent:]
    if profile == "cloud":  # one bulk edit for what is equal, the polls that its task takes, and then nothing
        assert [request.method for request in made] == ["GET", "POST", "GET", "GET", "GET"]
        return
    assert [request.method for request in made] == ["GET", "PUT", "PUT", "PUT"]
    assert all(request.query.get("notifyUsers") == ["false"] for request in made[1:])


def test_a_refusal_of_jira_is_the_outcome_of_its_issue_only(place, read):
    site, connect = place("textfield")
    connector = connect()
    items = read(connector)
    body = json.dumps({"errorMessages": [], "errors": {"x": "Too late in the year."}}).encode()
    site.faults.add(Status(400, body=body), when=lambda r: r.method == "PUT" and items["PAY-2"].id in r.path)
    outcomes = write(connector, [change(item, (), (f"fast-{key}",)) for key, item in items.items()])
    assert [outcome.result.value for outcome in outcomes] == ["applied", "failed", "applied"]
    assert "Too late in the year" in outcomes[1].detail
