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

from .organisation import SEARCH, page_of, right_after_one_pass

of_shop = page_of("SHOP")


def rewritten(change):
    """The JSON of an answer, changed on its way out."""

    def alter(response):
        data = json.loads(response.body)
        change(data)
        return replace(response, body=json.dumps(data).encode())

    return Rewrite(alter)


PASSES = {
    "3 x 429 Retry-After 1": [Throttle(1)] * 3,
    "Retry-After as HTTP date, ISO time, absent, negative, of no form": [
        Throttle(30, "date"),
        Throttle(30, "iso"),
        Throttle(1, "absent"),
        Throttle(-30),
        Status(429, {"Retry-After": "soon"}),
    ],
    "one 500, one 502, one 503 without header": [Status(500), Status(502), Status(503)],
    "truncated body, reset in mid-page": [Truncate(), Reset(), Reset(0)],
}


@pytest.mark.parametrize("row", PASSES)
def test_a_fault_that_passes_costs_nothing(organisation, profile, row):
    """One search after the other meets the next fault of the row."""
    made = organisation(profile)
    all_is_there(made, [made.site.faults.add(fault, path=SEARCH) for fault in PASSES[row]])


def test_broken_json_log_in_page_wrong_content_type_in_a_200_once(organisation, profile):
    made = organisation(profile)
    faults = {"OPS": broken_json(), "PAY": login_page(), "SHOP": wrong_type()}
    all_is_there(made, [made.site.faults.add(fault, path=SEARCH, when=page_of(name)) for name, fault in faults.items()])


def all_is_there(made, planned):
    result = made.sync()
    assert [one.hits for one in planned] == [1] * len(planned)
    assert (result.degraded, result.sources[0].state, result.sources[0].new) == (False, "fresh", 46)
    assert made.stored(result.run.id) == made.there()
    assert len(made.sent()) == 4 + 6 + len(planned), "each was asked for once more"


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
    "30 x 429": {"A": (Throttle(1), "answered 429 after 6 attempts")},
    "500, 502, 503 without end": {
        "A": (Status(500), "answered 500"),
        "B": (Status(502), "answered 502"),
        "C": (Status(503), "answered 503"),
    },
    "truncated body, reset in mid-page without end": {
        "A": (Truncate(), "connection failed"),
        "B": (Reset(), "connection failed"),
        "C": (Reset(0), "connection failed"),
    },
    "broken JSON, HTML log-in page, wrong content type in a 200": {
        "A": (broken_json(), "broken JSON"),
        "B": (login_page(), "HTML page, probably a log-in page"),
        "C": (wrong_type(), "text/plain instead of JSON"),
        "D": (rewritten(lambda data: data.pop("issues")), "no list of issues"),
    },
}
CLOUD = {
    "isLast missing, token missing, empty page with token": {
        "A": (rewritten(lambda data: data.pop("isLast", None)), "does not say whether it is the last"),
        "B": (rewritten(lambda data: data.pop("nextPageToken", None)), "more follows, but not where"),
        "C": (rewritten(lambda data: data["issues"].clear()), "an empty page with a token"),
    },
}
DATA_CENTER = {
    "total missing, empty page that announces more": {
        "A": (rewritten(lambda data: data.pop("total")), "does not say where in the list"),
        "B": (rewritten(lambda data: data["issues"].clear()), "are announced and none came"),
    },
}
ROWS = [
    *(pytest.param("cloud", faults, id=f"cloud-{row}") for row, faults in (LASTS | CLOUD).items()),
    *(pytest.param("dc", faults, id=f"dc-{row}") for row, faults in (LASTS | DATA_CENTER).items()),
]
PAGED = {"A": 24, "B": 24, "C": 24, "D": 24, "GOOD": 4}


@pytest.fixture
def paged(organisation, some, profile):
    return organisation(profile, items=[item for name, count in PAGED.items() for item in some(name, count)])


def strike(made, faults):
    """Each fault strikes the second of three pages of its project, always; one pass, and what must hold after it.

    They are named with their reasons, nothing half of them is shown, the others are there; the site is not hammered.
    """
    planned = [
        made.site.faults.add(fault, path=SEARCH, when=page_of(name), nth=2, times=None)
        for name, (fault, _) in faults.items()
    ]
    result = made.sync()
    states, report = made.states(result.run.id), result.sources[0]
    assert (result.degraded, report.state) == (True, "partial")
    assert {name for name, state in states.items() if state.state == "failed"} == faults.keys()
    assert {state.state for state in states.values()} == {"failed", "fresh"}
    for name, (_, reason) in faults.items():
        assert re.search(reason, states[name].reason)
        assert re.search(rf"\b{name}\b", report.reason)
    assert made.stored(result.run.id) == {id: row for id, row in made.there().items() if row[1] not in faults}
    assert max(one.hits for one in planned) <= 6
    made.site.faults.clear()


@pytest.mark.parametrize(("profile", "faults"), ROWS)
def test_a_fault_that_lasts_is_named_and_nothing_half_is_published(paged, faults):
    strike(paged, faults)
    paged.site.edit("A-3", title="Edited on a page that was read before the fault")
    paged.site.delete("A-5")
    assert paged.of(right_after_one_pass(paged).run.id, "A") == {"aligned", "orphan"}


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


SMALL = Limits(read_timeout=1, deadline=2, body_cap=400_000, retries=1)
BODIES = {
    "A": (Stall(), "no answer in time|no complete answer within"),
    "B": (Drip(0.02), "no complete answer within"),
    "C": (Endless(), "larger than"),
    "D": (GzipBomb(2), "larger than"),
}


def test_body_stalls_one_byte_at_a_time_endless_body_gzip_bomb(paged, monkeypatch):
    """A deadline over each request and a cap on its body, small ones here."""
    with monkeypatch.context() as patch:
        patch.setattr(sources, "Session", partial(Session, limits=SMALL))
        strike(paged, BODIES)
    right_after_one_pass(paged)


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

    def test_repeated_token(self, paged, profile):
        """An error within two pages, not a walk without end."""
        tokens = []

        def repeat(data):
            tokens.append(data.get("nextPageToken", "none"))
            data.update(nextPageToken=tokens[0], isLast=False)

        strike(paged, {"A": (rewritten(repeat), "token was repeated|answered twice")})
        assert len(tokens) <= 3
        right_after_one_pass(paged)

    def test_a_token_that_expired_between_two_runs(self, paged, profile):
        strike(paged, {"A": (Status(503), "503")})
        paged.site.expire_tokens()
        right_after_one_pass(paged)
