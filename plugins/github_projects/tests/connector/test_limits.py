"""Limits, heavy pages, partial answers and answers that are none: what is waited for, halved, named or refused."""

from __future__ import annotations

import json

import pytest

from veaf_sync.emulator import Rewrite, Status, Throttle
from veaf_sync.emulator.wire import Response
from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected
from veaf_sync.http import Limits, Throttled
from veaf_sync_github.emulator import Knobs


def asks_items(request):
    return b"query Items" in request.body


def answers(body, *, headers=None, status=200):
    return Rewrite(lambda _: Response.of(body, status, headers or {}))


LIMITED = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}


class TestLimits:
    def test_the_primary_limit_is_sat_out_until_its_reset(self, github, connect, clock, many, pull):
        site = github(items=many(150), clock=clock, knobs=Knobs(points=10))
        clock.advance(58 * 60)
        begun = clock.now()
        assert len(pull(connect(site))) == 150
        assert (begun.hour, clock.now().hour) == (12, 13), "the hour's points were spent once"

    def test_a_reset_that_is_too_far_off_ends_the_source_with_its_time(self, github, connect, clock, many, pull):
        site = github(items=many(150), clock=clock, knobs=Knobs(points=10))
        with pytest.raises(Throttled, match=r"12:59:59 UTC"):
            pull(connect(site))

    def test_with_partial_data_nothing_of_it_is_taken(self, github, connect, clock, many, pull):
        site = github(items=many(150), clock=clock)
        partial = {"data": {"node": {"items": {"nodes": [None]}}}, "errors": [LIMITED]}
        site.faults.add(answers(partial, headers={"Retry-After": "7"}), when=asks_items)
        begun = clock.now()
        assert len(pull(connect(site))) == 150
        assert (clock.now() - begun).total_seconds() >= 7

    @pytest.mark.parametrize("status", [200, 403])
    def test_the_secondary_limit_says_how_long(self, github, connect, clock, many, pull, status):
        site = github(items=many(3), clock=clock)
        said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        body = {"message": said} if status == 403 else {"data": None, "errors": [{"message": said}]}
        site.faults.add(answers(body, headers={"Retry-After": "90"}, status=status), when=asks_items)
        begun = clock.now()
        assert len(pull(connect(site))) == 3
        assert (clock.now() - begun).total_seconds() >= 90

    def test_a_secondary_limit_without_a_time_is_a_minute_then_two(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)
        said = {"data": None, "errors": [{"message": "You have exceeded a secondary rate limit."}]}
        site.faults.add(answers(said), when=asks_items, times=2)
        begun = clock.now()
        assert len(pull(connect(site))) == 3
        assert (clock.now() - begun).total_seconds() >= 60 + 120

    def test_a_limit_at_the_very_first_request_is_sat_out_too(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)
        site.faults.add(answers({"data": None, "errors": [LIMITED]}, headers={"Retry-After": "90"}))
        begun = clock.now()
        connector = connect(site)
        assert connector.check().user
        assert (clock.now() - begun).total_seconds() >= 90
        assert len(pull(connector)) == 3

    def test_a_limit_at_the_very_first_request_that_does_not_end_is_named(self, github, connect, clock, many):
        site = github(items=many(3), clock=clock)
        site.faults.add(answers({"data": None, "errors": [LIMITED]}, headers={"Retry-After": "1"}), times=None)
        with pytest.raises(Throttled, match=r"Asking who we are .*: the rate limit was reached"):
            connect(site).check()

    def test_a_limit_without_end_ends_the_walk(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)
        site.faults.add(answers({"data": None, "errors": [LIMITED]}), when=asks_items, times=None)
        with pytest.raises(Throttled):
            pull(connect(site, limits=Limits(wait_budget=1e6)))

    def test_plain_403_is_no_limit(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)
        body = {"message": "Resource not accessible by personal access token"}
        site.faults.add(answers(body, status=403, headers={"X-RateLimit-Remaining": "4999"}), when=asks_items)
        with pytest.raises(Forbidden, match="not accessible"):
            pull(connect(site))


class TestHeavyPages:
    def test_a_page_that_is_too_heavy_is_asked_for_in_halves(self, github, connect, clock, many, pull):
        site = github(items=many(150), clock=clock, knobs=Knobs(heavy=16_000))
        assert len(pull(connect(site))) == 150
        sizes = [json.loads(r.body)["variables"]["first"] for r in site.requests if asks_items(r)]
        assert sizes[:2] == [100, 50]
        assert set(sizes) == {100, 50}
        assert [r.status for r in site.requests if asks_items(r)].count(502) == 1, "the same page is not asked twice"

    def test_items_by_id_are_read_in_halves(self, github, connect, clock, many, pull):
        site = github(items=many(100), clock=clock)
        ids = [item.id for item in pull(connect(site)).values()]
        site.knobs.heavy = 10_000
        found = connect(site).get(ids)
        assert {item.id for item in found.values()} == set(ids)

    def test_a_server_that_is_always_too_busy_ends_the_walk(self, github, connect, clock, many, pull):
        site = github(items=many(10), clock=clock, knobs=Knobs(heavy=1))
        with pytest.raises(Incomplete, match="502"):
            pull(connect(site))
        assert sum(asks_items(r) for r in site.requests) <= 10

    def test_503_passes(self, github, connect, clock, many, pull):
        site = github(items=many(10), clock=clock)
        site.faults.add(Throttle(3, status=503), when=asks_items)
        assert len(pull(connect(site))) == 10


class TestAnswers:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            ({"type": "FORBIDDEN", "path": ["node"], "message": "Not for you"}, Forbidden),
            ({"type": "INSUFFICIENT_SCOPES", "message": "needs read:project"}, AuthError),
            ({"type": "NOT_FOUND", "path": ["node"], "message": "Could not resolve"}, Forbidden),
            ({"extensions": {"code": "undefinedField"}, "message": "Field 'x' doesn't exist"}, Rejected),
            ({"message": "Something went wrong while executing your query."}, Rejected),
        ],
    )
    def test_errors_that_are_about_the_project_end_its_walk(self, github, connect, clock, many, pull, error, kind):
        site = github(items=many(3), clock=clock)
        site.faults.add(answers({"data": {"node": None}, "errors": [error]}), when=asks_items)
        with pytest.raises(kind, match=error["message"].split()[0]):
            pull(connect(site))

    def test_an_item_that_may_not_be_read_leaves_the_others(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)

        def spoil(response):
            body = json.loads(response.body)
            body["data"]["node"]["items"]["nodes"][1]["content"] = None
            path = ["node", "items", "nodes", 1, "content"]
            body["errors"] = [{"type": "FORBIDDEN", "path": path, "message": "Resource protected by organization SAML"}]
            return Response.of(body)

        site.faults.add(Rewrite(spoil), when=asks_items)
        connector = connect(site)
        assert set(pull(connector)) == {"acme/shop#1", "acme/shop#3"}

    @pytest.mark.parametrize(
        "body",
        [
            [],
            {},
            {"data": 5},
            {"data": None},
            {"data": {"node": {"items": None}}},
            {"data": {"node": {"items": {"nodes": [], "pageInfo": {}}}}},
            {"data": {"node": {"items": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}}}},
            {
                "data": {
                    "node": {
                        "items": {"nodes": [{"content": {"__typename": "Issue"}}], "pageInfo": {"hasNextPage": False}}
                    }
                }
            },
        ],
    )
    def test_what_is_no_answer_ends_the_walk(self, github, connect, clock, many, pull, body):
        site = github(items=many(3), clock=clock)
        site.faults.add(answers(body), when=asks_items)
        with pytest.raises(Incomplete):
            pull(connect(site))

    def test_a_place_that_comes_twice_ends_the_walk(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)
        page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "Y3Vyc29yOjE="}}
        site.faults.add(answers({"data": {"node": {"items": page}}}), when=asks_items, times=None)
        with pytest.raises(Incomplete, match="twice"):
            pull(connect(site))

    def test_a_place_that_is_forgotten_costs_a_new_start(self, github, connect, clock, many, pull):
        site = github(items=many(150), clock=clock)
        error = {"type": "INVALID_CURSOR_ARGUMENTS", "path": ["node", "items"], "message": "not a valid cursor"}
        body = {"data": {"node": {"items": None}}, "errors": [error]}
        site.faults.add(answers(body), when=lambda r: asks_items(r) and b'"after": null' not in r.body)
        assert len(pull(connect(site))) == 150

    def test_html_is_not_taken_for_an_answer(self, github, connect, clock, many, pull):
        site = github(items=many(3), clock=clock)
        site.faults.add(
            Status(200, body=b"<html>Sign in</html>", content_type="text/html"), when=asks_items, times=None
        )
        with pytest.raises(Incomplete, match="HTML"):
            pull(connect(site))
