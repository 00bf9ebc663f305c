"""The pull's faults, at the fifth of eight pages: nothing is lost, and nothing partial passes for whole."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar

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
from veaf_sync.errors import AuthError, Forbidden, Incomplete
from veaf_sync.http import Limits
from veaf_sync_jira.emulator import Knobs

COUNT, PAGE = 160, 20
SEARCH = r"/search(/jql)?$"


@pytest.fixture
def site(jira, many, clock, profile):
    return jira(profile, items=many(COUNT), clock=clock, knobs=Knobs(page_cap=PAGE))


def _rewrite(change):
    """Changes the JSON of an answer on its way out."""

    def alter(response):
        data = json.loads(response.body)
        change(data)
        return replace(response, body=json.dumps(data).encode())

    return Rewrite(alter)


PASSING = {
    "3 x 429 with Retry-After": (Throttle(1), 3),
    "429 with an HTTP date": (Throttle(30, "date"), 2),
    "429 with an ISO time": (Throttle(30, "iso"), 1),
    "429 without Retry-After": (Throttle(1, "absent"), 2),
    "429 with a negative Retry-After": (Throttle(-30), 1),
    "429 with garbage": (Status(429, {"Retry-After": "soon"}), 1),
    "500": (Status(500), 1),
    "502": (Status(502), 1),
    "503": (Status(503), 1),
    "504": (Status(504), 1),
    "truncated body": (Truncate(), 1),
    "reset in mid-page": (Reset(), 1),
    "reset before the answer": (Reset(0), 1),
    "broken JSON once": (broken_json(), 1),
    "log-in page once": (login_page(), 1),
    "wrong content type once": (wrong_type(), 1),
}


@pytest.mark.parametrize("name", PASSING)
def test_passing_fault_costs_nothing(site, connect, pull, clock, name):
    fault, times = PASSING[name]
    planned = site.faults.add(fault, path=SEARCH, nth=5, times=times)
    items, pages = pull(connect(site))
    assert planned.hits == times
    assert len(items) == COUNT
    assert pages[-1].cursor is not None
    if isinstance(fault, Throttle) and fault.form != "absent":
        assert sum(clock.slept) >= times * max(0, fault.wait)


LASTING = {
    "30 x 429": (Throttle(1), "answered 429 after 6 attempts"),
    "huge Retry-After": (Throttle(7200), "until 2026-11-24 14:00:00 UTC"),
    "huge Retry-After as a date": (Throttle(7200, "date"), "until 2026-11-24 14:00:00 UTC"),
    "503 for ever": (Status(503), "answered 503"),
    "broken JSON": (broken_json(), "broken JSON"),
    "log-in page": (login_page(), "HTML page, probably a log-in page"),
    "wrong content type": (wrong_type(), "text/plain instead of JSON"),
    "always truncated": (Truncate(), "connection failed"),
    "body without issues": (_rewrite(lambda data: data.pop("issues")), "no list of issues"),
    "issues that are no issues": (_rewrite(lambda data: data["issues"].append(7)), "no list of issues"),
    "issue without fields": (_rewrite(lambda data: data["issues"][3].pop("fields")), "not of the form asked for"),
    "time that is none": (
        _rewrite(lambda data: data["issues"][3]["fields"].update(updated="yesterday")),
        "not of the form asked for",
    ),
}


@pytest.mark.parametrize("name", LASTING)
def test_lasting_fault_ends_the_shard_as_incomplete(site, connect, whole, fails, name):
    fault, reason = LASTING[name]
    site.faults.add(fault, path=SEARCH, nth=5, times=None)
    assert len(fails(connect(site).pages(whole("PAY"), None), reason)) == 4
    assert len(site.requests) < 30


@pytest.mark.parametrize("name", LASTING)
def test_interrupted_shard_goes_on_where_it_was(site, connect, whole, fails, name):
    fault, reason = LASTING[name]
    planned = site.faults.add(fault, path=SEARCH, nth=5, times=None)
    pages = fails(connect(site).pages(whole("PAY"), None), reason)
    site.faults.remove(planned)
    rest = list(connect(site).pages(whole("PAY"), pages[-1].mark))
    assert {item.key for page in [*pages, *rest] for item in page.items} == {f"PAY-{n}" for n in range(1, COUNT + 1)}
    assert len(rest) == 4


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Stall(5), "no complete answer within"),
        (Drip(0.05), "no complete answer within"),
        (Endless(), "larger than"),
        (GzipBomb(64), "larger than"),
    ],
    ids=["stalls", "drips", "endless", "gzip bomb"],
)
def test_body_that_does_not_end_is_bounded(site, connect, whole, fault, reason):
    site.faults.add(fault, path=SEARCH, nth=2, times=None)
    connector = connect(site, limits=Limits(deadline=1.5, body_cap=4 * 2**20))
    with pytest.raises(Incomplete, match=reason):
        list(connector.pages(whole("PAY"), None))


@pytest.mark.parametrize("status", [200, 401, 403])
def test_login_that_is_lost_in_the_middle_is_named(site, connect, whole, status):
    headers = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.jsp"}
    site.faults.add(Status(status, headers, b'{"issues": []}'), path=SEARCH, nth=5, times=None)
    with pytest.raises(AuthError, match="CAPTCHA"):
        list(connect(site).pages(whole("PAY"), None))


def test_anonymous_answer_in_the_middle_is_refused(site, connect, whole):
    body = b'{"issues": [], "isLast": true, "startAt": 0, "maxResults": 50, "total": 0}'
    site.faults.add(Status(200, {"X-AUSERNAME": "anonymous"}, body), path=SEARCH, nth=5, times=None)
    with pytest.raises(AuthError, match="anonymous"):
        list(connect(site).pages(whole("PAY"), None))


@pytest.mark.parametrize("lenient", [False, True])
def test_permission_lost_in_the_middle_is_forbidden_not_empty(site, connect, whole, fails, lenient):
    site.knobs.lenient = lenient
    site.faults.add(Meanwhile(lambda: site.forbid("PAY")), path=SEARCH, nth=4)
    pages = fails(connect(site).pages(whole("PAY"), None), "PAY", (Incomplete, Forbidden))
    assert len(pages) == 3


class TestCloud:
    """Page tokens that mislead."""

    @pytest.fixture
    def profile(self):
        return "cloud"

    def test_repeated_token(self, site, connect, whole, fails):
        tokens = []

        def repeat(data):
            tokens.append(data.get("nextPageToken"))
            data["nextPageToken"] = tokens[0]

        site.faults.add(_rewrite(repeat), path=SEARCH, nth=5, times=None)
        pages = fails(connect(site).pages(whole("PAY"), None), "token was repeated")
        assert len(pages) <= 6

    def test_missing_is_last(self, site, connect, whole, fails):
        site.faults.add(_rewrite(lambda data: data.pop("isLast")), path=SEARCH, nth=5, times=None)
        assert len(fails(connect(site).pages(whole("PAY"), None), "does not say whether it is the last")) == 4

    def test_missing_token(self, site, connect, whole, fails):
        site.faults.add(_rewrite(lambda data: data.pop("nextPageToken")), path=SEARCH, nth=5, times=None)
        assert len(fails(connect(site).pages(whole("PAY"), None), "more follows, but not where")) == 4

    def test_empty_page_with_token(self, site, connect, whole, fails):
        site.faults.add(_rewrite(lambda data: data["issues"].clear()), path=SEARCH, nth=5, times=None)
        assert len(fails(connect(site).pages(whole("PAY"), None), "empty page with a token")) == 4

    def test_same_page_under_new_tokens(self, site, connect, whole, fails):
        kept = []

        def freeze(response):
            kept.append(json.loads(response.body).get("issues"))
            data = {"issues": kept[0], "isLast": False, "nextPageToken": f"token {len(kept)}"}
            return replace(response, status=200, body=json.dumps(data).encode())

        site.faults.add(Rewrite(freeze), path=SEARCH, nth=5, times=None)
        assert len(fails(connect(site).pages(whole("PAY"), None), "same page came twice|expire faster")) <= 6

    def test_last_page_that_says_nothing_of_a_token_is_the_end(self, site, connect, pull):
        assert len(pull(connect(site))[0]) == COUNT

    @pytest.mark.parametrize("page", range(1, 8))
    def test_expired_token_goes_on_from_the_last_key(self, site, connect, whole, clock, page):
        keys, requests = [], 0
        for number, step in enumerate(connect(site).pages(whole("PAY"), None), 1):
            keys += [item.key for item in step.items]
            if number == page:
                site.expire_tokens()
                clock.advance(1)
                requests = len(site.requests)
        assert set(keys) == {f"PAY-{n}" for n in range(1, COUNT + 1)}
        assert len(keys) <= COUNT + 1
        assert len(site.requests) - requests <= 8 - page + 2

    def test_tokens_that_live_for_no_time_at_all(self, site, connect, pull):
        site.knobs.token_lifetime = 0
        items, _ = pull(connect(site))
        assert len(items) == COUNT

    def test_foreign_token_in_a_mark(self, site, connect, whole):
        pages = list(connect(site).pages(whole("PAY"), None))
        walk = {**pages[3].mark["walk"], "token": "Zm9yZWlnbg=="}
        rest = list(connect(site).pages(whole("PAY"), {**pages[3].mark, "walk": walk}))
        assert len({item.key for page in [*pages[:4], *rest] for item in page.items}) == COUNT
        assert sum(len(page.items) for page in rest) <= COUNT - 4 * PAGE + 1

    @pytest.mark.parametrize("what", ["deleted", "moved"])
    def test_expired_token_and_last_issue_gone(self, site, connect, whole, clock, many, what):
        site.load(many(3, "SHOP"))
        keys = set()
        for number, step in enumerate(connect(site).pages(whole("PAY"), None), 1):
            keys |= {item.key for item in step.items}
            if number == 3:
                site.expire_tokens()
                clock.advance(1)
                for gone in (f"PAY-{3 * PAGE}", f"PAY-{3 * PAGE - 1}"):
                    site.delete(gone) if what == "deleted" else site.move(gone, "SHOP")
        assert keys == {f"PAY-{n}" for n in range(1, COUNT + 1)}

    def test_expired_token_of_an_incremental_shard(self, site, connect, clock):
        connector = connect(site)
        shard = connector.shards(connector.partitions(), {"PAY": {"since": 0}})[0]
        keys = set()
        for number, step in enumerate(connector.pages(shard, None), 1):
            keys |= {item.key for item in step.items}
            if number == 3:
                site.expire_tokens()
                clock.advance(1)
        assert len(keys) == COUNT

    def test_incremental_tokens_that_never_last_end_as_incomplete(self, site, connect):
        site.knobs.token_lifetime = 0
        connector = connect(site)
        shard = connector.shards(connector.partitions(), {"PAY": {"since": 0}})[0]
        with pytest.raises(Incomplete, match="expire faster"):
            list(connector.pages(shard, None))


class TestDataCenter:
    """Offsets that mislead."""

    @pytest.fixture
    def profile(self):
        return "dc"

    LIES: ClassVar = {
        "no total": lambda data: data.pop("total"),
        "total is a text": lambda data: data.update(total="many"),
        "another offset": lambda data: data.update(startAt=data["startAt"] + 1),
        "announced, not sent": lambda data: data["issues"].clear(),
    }

    @pytest.mark.parametrize("lie", LIES)
    @pytest.mark.parametrize("incremental", [False, True])
    def test_answer_that_contradicts_itself(self, site, connect, whole, fails, lie, incremental):
        site.faults.add(_rewrite(self.LIES[lie]), path=SEARCH, nth=5, times=None)
        connector = connect(site)
        shard = connector.shards(connector.partitions(), {"PAY": {"since": 0}})[0] if incremental else whole("PAY")
        assert len(fails(connector.pages(shard, None), "Reading")) == 4

    @pytest.mark.parametrize("incremental", [False, True])
    def test_server_that_repeats_one_page(self, site, connect, whole, incremental):
        kept = []

        def freeze(data):
            kept.append(data["issues"])
            data["issues"], data["total"] = kept[0], COUNT

        site.faults.add(_rewrite(freeze), path=SEARCH, nth=2, times=None)
        connector = connect(site)
        shard = connector.shards(connector.partitions(), {"PAY": {"since": 0}})[0] if incremental else whole("PAY")
        with pytest.raises(Incomplete, match="same page came twice"):
            list(connector.pages(shard, None))
        assert len(kept) <= 4

    def test_site_without_key_comparison_is_walked_by_offset(self, site, connect, pull):
        refusal = Status(
            400, body=b"{\"errorMessages\": [\"The operator '>' is not supported by the 'issuekey' field.\"]}"
        )
        site.faults.add(refusal, path=SEARCH, when=lambda request: b"issuekey >" in request.body, times=None)
        items, pages = pull(connect(site))
        assert len(items) == COUNT
        assert sum(len(page.items) for page in pages) <= COUNT + len(pages)


def test_one_bad_project_of_several_leaves_the_others(jira, connect, many, clock, profile):
    site = jira(profile, items=[item for name in "ABCDE" for item in many(30, f"P{name}")], clock=clock)
    site.faults.add(Status(503), path=SEARCH, when=lambda request: b'\\"PC\\"' in request.body, times=None)
    connector = connect(site)
    read, failed = set(), set()
    for shard in connector.shards(connector.partitions(), {}):
        try:
            for page in connector.pages(shard, None):
                read |= {item.key for item in page.items}
        except Incomplete:
            failed |= set(shard.partitions)
    assert failed == {"PC"}
    assert len(read) == 120


def test_lost_project_ends_the_incremental_shard_by_name(jira, connect, many, clock, profile):
    site = jira(profile, items=[*many(3), *many(3, "SHOP")], clock=clock)
    connector = connect(site)
    shard = connector.shards(connector.partitions(), {"PAY": {"since": 0}, "SHOP": {"since": 0}})[0]
    site.forbid("SHOP")
    with pytest.raises(Incomplete, match="SHOP: not visible"):
        list(connector.pages(shard, None))


def test_waits_of_one_walk_add_up(site, connect, whole, fails):
    site.faults.add(Throttle(80), path=SEARCH, every=2, times=None)
    connector = connect(site, limits=Limits(wait_budget=200))
    assert 1 <= len(fails(connector.pages(whole("PAY"), None), "s of waiting are left")) <= 3


def test_self_links_are_never_followed(site, connect, pull):
    """The bodies' links name another host; the session would refuse to go there."""
    items, _ = pull(connect(site))
    assert all(item.url.startswith(site.url) for item in items.values())


@pytest.mark.parametrize("status", [410, 413, 414, 422])
def test_what_is_refused_for_good_is_asked_once_and_named(site, connect, whole, fails, status):
    """The search that Cloud has given up, a query that is too long (all are sent as a body), a defect of the site."""
    refusal = Status(status, body=b'{"errorMessages": ["So it is."], "errors": {}}')
    searches = {"path": r"/search(/jql)?$", "when": lambda request: request.method == "POST"}
    planned = site.faults.add(refusal, nth=5, times=None, **searches)
    with pytest.raises(Incomplete, match=rf"refused \({status}\): So it is") as ended:
        list(connect(site).pages(whole("PAY"), None))
    assert planned.hits == 1
    assert ("edition: dc" in ended.value.fix) is (status == 410)
    assert all(request.method == "POST" for request in site.requests if request.path.endswith(("/2/search", "/jql")))
