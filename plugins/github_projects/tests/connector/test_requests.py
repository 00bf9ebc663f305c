"""Requests and points against their floors: vendor's formulas, none above them by more than one in twenty."""

from __future__ import annotations

import json

from veaf_sync.emulator import Rewrite


def test_a_full_walk_is_one_request_for_a_hundred_items(github, connect, clock, many, pull):
    site = github(items=[*many(1000, "acme/1"), *many(5, "acme/2", first=2001)], clock=clock)
    pull(connect(site))
    assert len(site.requests) == 1 + 1 + (10 + 1), "who we are, the projects, the pages"


def test_what_changed_is_a_thin_sweep_and_one_request_for_a_hundred_of_it(github, connect, clock, many, pull, cursors):
    site = github(items=many(1000), clock=clock)
    since = cursors(connect(site))
    clock.advance(3600)
    for number in range(1, 131):
        site.edit(f"acme/shop#{number}", title="New")
    sent = len(site.requests)
    assert len(pull(connect(site), since)) == 130
    assert len(site.requests) - sent == 1 + 1 + 10 + 2


def test_a_page_costs_a_few_points_and_a_thin_one_a_single_point(github, connect, clock, many, pull, cursors):
    site = github(items=many(100), clock=clock)
    costs = []

    def note(response):
        rate = (json.loads(response.body).get("data") or {}).get("rateLimit")
        costs.append(rate["cost"] if rate else None)
        return response

    site.faults.add(Rewrite(note), times=None)
    since = cursors(connect(site))
    assert costs.pop() <= 7
    pull(connect(site), since)
    assert costs.pop() == 1
