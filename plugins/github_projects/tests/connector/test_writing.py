"""Labels are added and removed, many in a request, each with an outcome of its own."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from veaf_sync.emulator import Rewrite
from veaf_sync.emulator.wire import Response
from veaf_sync.errors import Incomplete
from veaf_sync.model import Membership, Result, WorkItem

FAST, CHEAP = "okr:fast", "okr:cheap"


def changes_labels(request):
    return b"addLabelsToLabelable" in request.body or b"removeLabelsFromLabelable" in request.body


def write(connector, changes):
    return [outcome for batch in connector.batches(changes) for outcome in connector.write(batch)]


def test_others_labels_stay_and_missing_ones_are_created_once_a_repository(github, connect, clock, many, pull, change):
    site = github(items=[*many(30, labels=("theirs",)), *many(2, repository="acme/tools")], clock=clock)
    connector = connect(site)
    items = pull(connector)
    outcomes = write(connector, [change(item, (FAST,)) for item in items.values()])
    assert {outcome.result for outcome in outcomes} == {Result.APPLIED}
    assert set(site.tags()["acme/shop#7"]) == {"theirs", FAST}
    assert site.tags()["acme/tools#1"] == (FAST,)
    assert sum(b"createLabel" in r.body for r in site.requests) == 2, "one for each repository's first batch"


def test_requests_are_at_their_floor(github, connect, clock, many, pull, change):
    site = github(items=many(100, labels=(FAST, "x")), clock=clock)
    connector = connect(site)
    items = pull(connector)
    sent = len(site.requests)
    changes = [change(item, (CHEAP,), (FAST,)) for item in items.values()]
    assert connector.preview(changes).requests == 6
    write(connector, changes)
    assert len(site.requests) - sent == 1 + 1 + 5, "the labels, the one that is missing, twenty items at a time"


def test_at_least_a_second_lies_between_two_writes(github, connect, clock, many, pull, change):
    site = github(items=many(60, labels=(FAST,)), clock=clock)
    connector = connect(site)
    changes = [change(item, (), (FAST,)) for item in pull(connector).values()]
    write(connector, changes)
    times = [r.at for r in site.requests if changes_labels(r)]
    assert len(times) == 3
    assert all((later - earlier).total_seconds() >= 1 for earlier, later in pairwise(times))


def test_one_that_fails_leaves_the_others_done(github, connect, clock, many, pull, change):
    site = github(items=many(3, labels=("x",)), clock=clock)
    connector = connect(site)
    items = pull(connector)
    site.delete("acme/shop#2")
    outcomes = write(connector, [change(items[f"acme/shop#{n}"], (FAST,)) for n in (1, 2, 3)])
    assert [outcome.result for outcome in outcomes] == [Result.APPLIED, Result.FAILED, Result.APPLIED]
    assert "Could not resolve" in outcomes[1].detail


def test_a_token_that_only_reads_is_told(github, connect, clock, many, pull, change):
    site = github(items=many(1, labels=(FAST,)), clock=clock)
    site.separate_credentials()
    connector = connect(site)
    (item,) = pull(connector).values()
    (outcome,) = write(connector, [change(item, (), (FAST,))])
    assert (outcome.result, outcome.detail) == (Result.FAILED, "Resource not accessible by personal access token")
    (outcome,) = write(connector, [change(item, (CHEAP,))])
    assert "could not be created" in outcome.detail
    assert site.tags() == {"acme/shop#1": (FAST,)}


def test_drafts_and_long_labels_are_refused_before_anything_is_sent(github, connect, clock, many, pull, change):
    draft = WorkItem(id="", key="acme/1#draft-1", partitions=(Membership("acme/1"),))
    site = github(items=[*many(1), draft], clock=clock)
    connector = connect(site)
    items = pull(connector)
    sent = len(site.requests)
    changes = [
        change(item, ("okr:" + "x" * (60 if key.startswith("acme/shop") else 1),)) for key, item in items.items()
    ]
    preview = connector.preview(changes)
    assert len(preview.refused) == 2
    assert preview.requests == 0
    assert {outcome.result for outcome in write(connector, changes)} == {Result.FAILED}
    assert len(site.requests) == sent


def test_a_limit_in_the_middle_leaves_the_rest_for_another_request(github, connect, clock, many, pull, change):
    site = github(items=many(3, labels=(FAST,)), clock=clock)
    connector = connect(site)
    items = pull(connector)

    def halve(response):
        body = json.loads(response.body)
        body["data"]["m2"] = None
        body["errors"] = [{"type": "RATE_LIMITED", "path": ["m2"], "message": "API rate limit exceeded"}]
        return Response.of(body, 200, {"Retry-After": "5"})

    site.faults.add(Rewrite(halve), when=changes_labels)
    outcomes = write(connector, [change(item, (), (FAST,)) for item in items.values()])
    assert {outcome.result for outcome in outcomes} == {Result.APPLIED}
    first, second = (json.loads(r.body) for r in site.requests if changes_labels(r))
    assert (len(first["variables"]), len(second["variables"])) == (3, 1)


def test_a_limit_that_stopped_all_of_it_is_sat_out(github, connect, clock, many, pull, change):
    site = github(items=many(1, labels=(FAST,)), clock=clock)
    connector = connect(site)
    (item,) = pull(connector).values()
    body = {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    site.faults.add(Rewrite(lambda _: Response.of(body, 200, {"Retry-After": "5"})), when=changes_labels)
    (outcome,) = write(connector, [change(item, (), (FAST,))])
    assert outcome.result is Result.APPLIED
    assert site.tags() == {"acme/shop#1": ()}


def test_a_label_in_another_case_is_not_taken_for_ours(github, connect, clock, many, pull, change):
    site = github(items=[*many(1, labels=("OKR:Fast",)), *many(1, first=2)], clock=clock)
    connector = connect(site)
    items = pull(connector)
    changes = [change(items["acme/shop#2"], (FAST,))]
    (refusal,) = connector.preview(changes).refused
    assert "'OKR:Fast'" in refusal.reason
    (outcome,) = write(connector, changes)
    assert (outcome.result, outcome.detail) == (Result.FAILED, refusal.reason)
    assert site.tags()["acme/shop#2"] == ()


def test_the_secondary_limit_is_sat_out(github, connect, clock, many, pull, change):
    site = github(items=many(1, labels=(FAST,)), clock=clock)
    connector = connect(site)
    (item,) = pull(connector).values()
    body = {"message": "You have exceeded a secondary rate limit."}
    site.faults.add(Rewrite(lambda _: Response.of(body, 403, {"Retry-After": "60"})), when=changes_labels)
    begun = clock.now()
    (outcome,) = write(connector, [change(item, (), (FAST,))])
    assert outcome.result is Result.APPLIED
    assert (clock.now() - begun).total_seconds() >= 60


def test_a_document_that_is_refused_fails_every_change_of_it(github, connect, clock, many, pull, change):
    site = github(items=many(2, labels=(FAST,)), clock=clock)
    connector = connect(site)
    changes = [change(item, (), (FAST,)) for item in pull(connector).values()]
    body = {"errors": [{"extensions": {"code": "argumentLiteralsIncompatible"}, "message": "Argument is wrong"}]}
    site.faults.add(Rewrite(lambda _: Response.of(body)), when=changes_labels)
    assert [(o.result, o.detail) for o in write(connector, changes)] == [(Result.FAILED, "Argument is wrong")] * 2


def test_an_answer_that_is_lost_is_not_sent_again(github, connect, clock, many, pull, change):
    from veaf_sync.emulator import AnswerLost

    site = github(items=many(1, labels=(FAST,)), clock=clock)
    connector = connect(site)
    (item,) = pull(connector).values()
    site.faults.add(AnswerLost(), when=changes_labels)
    with pytest.raises(Incomplete):
        write(connector, [change(item, (), (FAST,))])
    assert sum(changes_labels(r) for r in site.requests) == 1
