"""The pull table's wire faults through the whole pass: the ids read like the table's rows.

Each strikes the second of three pages of one project. A fault that passes costs nothing; one that lasts makes that
project stale and the run DEGRADED, the others are published, and when it stops one pass ends in the right state.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from veaf_sync.emulator import (
    Drip,
    Endless,
    GzipBomb,
    Meanwhile,
    Reset,
    Rewrite,
    Stall,
    Status,
    Throttle,
    Truncate,
    broken_json,
    login_page,
    wrong_type,
)
from veaf_sync.http import Limits, Session
from veaf_sync.sync import sources

SEARCH = r"/search(/jql)?$"
DAY = 24 * 3600


def of_shop(request):
    """A page of the project SHOP as a whole, neither a count nor the query for changes."""
    return b'project = \\"SHOP\\"' in request.body and b'"maxResults": 0' not in request.body


def changes(request):
    return b"updated >=" in request.body


def rewritten(change):
    """The JSON of an answer, changed on its way out."""

    def alter(response):
        data = json.loads(response.body)
        change(data)
        return replace(response, body=json.dumps(data).encode())

    return Rewrite(alter)


PASSES = {
    "3 x 429, Retry-After: 1": (Throttle(1), 3),
    "Retry-After as HTTP date": (Throttle(30, "date"), 2),
    "Retry-After as ISO time": (Throttle(30, "iso"), 2),
    "Retry-After absent": (Throttle(1, "absent"), 2),
    "Retry-After negative": (Throttle(-30), 2),
    "Retry-After of no form": (Status(429, {"Retry-After": "soon"}), 2),
    "one 500": (Status(500), 1),
    "one 502": (Status(502), 1),
    "one 503 without header": (Status(503), 1),
    "truncated body": (Truncate(), 1),
    "reset in mid-page": (Reset(), 1),
    "reset before the answer": (Reset(0), 1),
    "broken JSON once": (broken_json(), 1),
    "log-in page once": (login_page(), 1),
    "wrong content type once": (wrong_type(), 1),
}


TOO = ("3 x 429, Retry-After: 1", "one 500", "reset in mid-page", "log-in page once")


@pytest.mark.parametrize(("profile", "row"), [*(("cloud", row) for row in PASSES), *(("dc", row) for row in TOO)])
def test_a_fault_that_passes_costs_nothing(organisation, profile, row):
    fault, times = PASSES[row]
    made = organisation(profile)
    planned = made.site.faults.add(fault, path=SEARCH, when=of_shop, nth=2, times=times)
    result = made.sync()
    assert planned.hits == times
    assert (result.degraded, result.sources[0].state, result.sources[0].new) == (False, "fresh", 46)
    assert made.stored(result.run.id) == made.there()
    assert len(made.sent()) == 4 + 6 + times


@pytest.mark.parametrize(("profile", "form"), [("cloud", "seconds"), ("cloud", "date"), ("dc", "iso")])
def test_nobody_asks_an_endpoint_before_the_time_it_was_told(organisation, profile, form):
    """One pause for host and endpoint: the other shards' workers sit it out too."""
    made = organisation(profile)
    made.site.faults.add(Throttle(30, form), path=SEARCH, nth=3, every=4, times=2)
    assert not made.sync().degraded
    searches = [request for request in made.sent() if request.path.endswith(("/search", "/search/jql"))]
    for refused in (request for request in searches if request.status == 429):
        told = refused.at + timedelta(seconds=30 if form == "seconds" else 29)
        early = [request for request in searches if refused.at < request.at < told]
        assert not early
        assert [request for request in searches if request.at >= told]


LASTS = {
    "30 x 429": (Throttle(1), "answered 429 after 6 attempts"),
    "503 without end": (Status(503), "answered 503"),
    "truncated without end": (Truncate(), "connection failed"),
    "reset without end": (Reset(), "connection failed"),
    "broken JSON": (broken_json(), "broken JSON"),
    "HTML log-in page": (login_page(), "HTML page, probably a log-in page"),
    "wrong content type": (wrong_type(), "text/plain instead of JSON"),
    "body without issues": (rewritten(lambda data: data.pop("issues")), "no list of issues"),
}
CLOUD = {
    "isLast missing": (rewritten(lambda data: data.pop("isLast", None)), "does not say whether it is the last"),
    "token missing": (rewritten(lambda data: data.pop("nextPageToken", None)), "more follows, but not where"),
    "empty page with token": (rewritten(lambda data: data["issues"].clear()), "an empty page with a token"),
}
DATA_CENTER = {
    "total missing": (rewritten(lambda data: data.pop("total")), "does not say where in the list"),
    "empty page that announces more": (rewritten(lambda data: data["issues"].clear()), "are announced and none came"),
}
ROWS = [
    *(pytest.param("cloud", *fault, id=f"cloud-{row}") for row, fault in (LASTS | CLOUD).items()),
    *(
        pytest.param("dc", *fault, id=f"dc-{row}")
        for row, fault in (LASTS | DATA_CENTER).items()
        if row in {*DATA_CENTER, "30 x 429", "truncated without end", "HTML log-in page"}
    ),
]


def degraded_by_shop(made, before, reason, **options):
    """One pass in which SHOP cannot be read: what must hold whatever the fault is. Returns its run."""
    for project in ("PAY", "SHOP"):
        made.site.edit(f"{project}-2", title="Edited", type="Story")
    known = made.stored(before)
    result = made.sync(full=True, **options)
    run, report, states = result.run.id, result.sources[0], made.states(result.run.id)
    assert (result.degraded, report.state) == (True, "partial")
    assert "SHOP" in report.reason
    assert {name: state.state for name, state in states.items()} == {"OPS": "fresh", "PAY": "fresh", "SHOP": "failed"}
    assert re.search(reason, states["SHOP"].reason)
    there = made.there()
    for id, row in made.stored(run).items():
        assert row == (known[id] if row[1] == "SHOP" else there[id])
    assert made.stored(run).keys() == there.keys()
    return run


def right_after_one_pass(made):
    """The fault is over: one pass, and what is stored stands at the site, all of it read."""
    made.wait(3600)
    result = made.sync()
    assert (result.degraded, result.sources[0].state) == (False, "fresh")
    assert made.stored(result.run.id) == made.there()
    assert "unreadable" not in made.verdicts(result.run.id).values()
    return result.run.id


def everything_but_shop(made, reason):
    """A first pass in which SHOP cannot be read: it is named, nothing half of it is shown, the others are there."""
    result = made.sync()
    states, report = made.states(result.run.id), result.sources[0]
    assert (result.degraded, report.state) == (True, "partial")
    assert "SHOP" in report.reason
    assert {name: state.state for name, state in states.items()} == {"OPS": "fresh", "PAY": "fresh", "SHOP": "failed"}
    assert re.search(reason, states["SHOP"].reason)
    assert made.stored(result.run.id) == {id: row for id, row in made.there().items() if row[1] != "SHOP"}


@pytest.mark.parametrize(("profile", "fault", "reason"), ROWS)
def test_a_fault_that_lasts_is_named_and_nothing_half_is_published(organisation, profile, fault, reason):
    made = organisation(profile)
    planned = made.site.faults.add(fault, path=SEARCH, when=of_shop, nth=2, times=None)
    everything_but_shop(made, reason)
    assert len(made.sent()) <= 4 + 6 + 6, "it does not hammer"
    assert planned.hits <= 6
    made.site.faults.clear()
    made.site.edit("SHOP-3", title="Edited on a page that was read before the fault")
    made.site.delete("SHOP-5")
    assert made.of(right_after_one_pass(made), "SHOP") == {"aligned", "orphan"}


@pytest.mark.parametrize(
    ("profile", "row"), [("cloud", "30 x 429"), ("cloud", "broken JSON"), ("dc", "HTML log-in page")]
)
def test_what_was_read_before_is_unreadable_and_never_an_orphan(read, row):
    fault, reason = LASTS[row]
    read.site.faults.add(fault, path=SEARCH, when=of_shop, nth=2, times=None)
    run = degraded_by_shop(read, 1, reason)
    assert read.of(run, "SHOP") == {"unreadable"}
    assert read.of(run, "PAY") == read.of(run, "OPS") == {"aligned", "orphan"}
    read.site.faults.clear()
    assert read.of(right_after_one_pass(read), "SHOP") == {"aligned", "orphan"}


BEYOND = {
    "Retry-After huge": (Throttle(1e12), "for more than a year"),
    "Retry-After two hours": (Throttle(7200), "until 2026-11-25 14:00:00 UTC"),
    "Retry-After two hours as HTTP date": (Throttle(7200, "date"), "until 2026-11-25 1[34]:[05][09]:[05][09] UTC"),
}


@pytest.mark.parametrize(("profile", "row"), [("cloud", row) for row in BEYOND])
def test_a_wait_beyond_the_budget_ends_the_shards_of_that_endpoint_and_says_until_when(read, row):
    """The pause is the endpoint's, so a shard that asks it later is stale too; nothing is sent meanwhile."""
    fault, reason = BEYOND[row]
    read.source["freshness"] = {"error_after": "72h"}
    planned = read.site.faults.add(fault, path=SEARCH, when=of_shop, nth=2, times=None)
    known, verdicts = read.stored(1), read.verdicts(1)
    result = read.sync(full=True)
    run, states = result.run.id, read.states(result.run.id)
    assert result.degraded
    assert states["SHOP"].state == "failed"
    assert re.search(reason, states["SHOP"].reason)
    assert planned.hits == 1
    assert read.sent()[-1].at == result.run.at, "nobody waited, nobody asked again"
    assert (read.stored(run), read.verdicts(run)) == (known, verdicts)
    read.site.faults.clear()
    read.wait(7200)
    right_after_one_pass(read)


SMALL = Limits(read_timeout=2.0, deadline=4.0, body_cap=400_000, retries=1)
BODIES = {
    "body stalls": (Stall(), "no answer in time|no complete answer within"),
    "one byte at a time": (Drip(0.02), "no complete answer within"),
    "endless body": (Endless(), "larger than"),
    "gzip bomb": (GzipBomb(2), "larger than"),
}


@pytest.mark.parametrize(("profile", "row"), [*(("cloud", row) for row in BODIES), ("dc", "body stalls")])
def test_a_body_that_does_not_end_is_bounded(organisation, profile, row, monkeypatch):
    """A deadline over each request and a cap on its body, small ones here."""
    made = organisation(profile)
    fault, reason = BODIES[row]
    with monkeypatch.context() as patch:
        patch.setattr(sources, "Session", partial(Session, limits=SMALL))
        made.site.faults.add(fault, path=SEARCH, when=of_shop, nth=2, times=None)
        everything_but_shop(made, reason)
    made.site.faults.clear()
    right_after_one_pass(made)


@pytest.mark.parametrize("profile", ["cloud"])
class TestPageTokens:
    @pytest.mark.parametrize("row", ["expired", "foreign", "expired at once, always"])
    def test_a_token_that_is_refused_restarts_from_the_last_key(self, organisation, profile, row):
        made = organisation(profile)
        if row == "expired":
            made.site.faults.add(Meanwhile(made.site.expire_tokens), path=SEARCH, when=of_shop, nth=3)
        elif row == "foreign":
            foreign = rewritten(lambda data: data.update(nextPageToken="Zm9yZWlnbg=="))
            made.site.faults.add(foreign, path=SEARCH, when=of_shop, nth=2)
        else:
            made.site.knobs.token_lifetime = 0
        result = made.sync()
        assert not result.degraded
        assert made.stored(result.run.id) == made.there()
        refused = [request for request in made.sent() if request.status == 400]
        assert refused
        assert len(made.sent()) <= 4 + 6 + 2 * len(refused), "a restart costs one query, not the walk"

    def test_repeated_token(self, organisation, profile):
        """An error within two pages, not a walk without end."""
        tokens = []

        def repeat(data):
            tokens.append(data.get("nextPageToken", "none"))
            data.update(nextPageToken=tokens[0], isLast=False)

        made = organisation(profile)
        planned = made.site.faults.add(rewritten(repeat), path=SEARCH, when=of_shop, nth=2, times=None)
        everything_but_shop(made, "token was repeated|answered twice")
        assert planned.hits <= 3
        made.site.faults.clear()
        right_after_one_pass(made)

    def test_a_token_that_expired_between_two_runs(self, organisation, profile):
        made = organisation(profile)
        made.site.faults.add(Status(503), path=SEARCH, when=of_shop, nth=3, times=None)
        everything_but_shop(made, "503")
        made.site.faults.clear()
        made.site.expire_tokens()
        right_after_one_pass(made)


INCREMENTAL = {
    "30 x 429": Throttle(1),
    "broken JSON": broken_json(),
    "HTML log-in page": login_page(),
    "reset without end": Reset(),
}


@pytest.mark.parametrize(
    ("profile", "row"),
    [("cloud", "30 x 429"), ("cloud", "HTML log-in page"), ("dc", "broken JSON"), ("dc", "reset without end")],
)
def test_a_fault_of_the_one_incremental_query_changes_nothing(read, row):
    """All projects come by one query, so all are stale; what was read counts within the promise of freshness."""
    read.source["freshness"] = {"error_after": "72h"}
    before, verdicts = read.stored(1), read.verdicts(1)
    for number in range(1, 15):
        read.site.edit(f"PAY-{number}", title="Edited", type="Chore")
    read.site.faults.add(INCREMENTAL[row], path=SEARCH, when=changes, nth=2, times=None)
    result = read.sync()
    assert result.degraded
    assert {state.state for state in read.states(result.run.id).values()} == {"failed"}
    assert read.stored(result.run.id) == before
    assert read.verdicts(result.run.id) == verdicts
    read.site.faults.clear()
    right_after_one_pass(read)


def test_any_of_these_on_1_of_20_shards(organisation, some, profile):
    names = [f"P{number:02}" for number in range(20)]
    made = organisation(profile, items=[item for name in names for item in some(name, 3)])
    made.source["freshness"] = {"error_after": "72h"}
    assert made.of(made.sync().run.id, "P13") == {"aligned", "orphan"}
    made.wait(DAY)
    for name in names:
        made.site.edit(f"{name}-2", type="Story", title="Edited")
    made.site.faults.add(
        broken_json(), path=SEARCH, when=lambda request: b'project = \\"P13\\"' in request.body, times=None
    )
    result = made.sync(full=True)
    states = made.states(result.run.id)
    assert [name for name in names if states[name].state != "fresh"] == ["P13"]
    assert "Reading P13" in result.sources[0].reason
    within = made.verdicts(result.run.id)
    assert {key for key, verdict in within.items() if verdict == "orphan"} == {"P13-2"}, "as last read"
    made.source["freshness"] = {"error_after": "1h"}
    beyond = made.sync(full=True)
    assert made.of(beyond.run.id, "P13") == {"unreadable"}
    assert "unreadable" not in {v for key, v in made.verdicts(beyond.run.id).items() if not key.startswith("P13")}
    made.site.faults.clear()
    right_after_one_pass(made)
