"""A choice of several can only be set whole: from what stands there, or not at all."""

from __future__ import annotations

import json

import pytest

from veaf_sync.emulator import Response, Rewrite, Throttle
from veaf_sync.errors import Incomplete

FIELD = "field:Objective"


@pytest.fixture
def connector(asana, connect, clock, many):
    def make(values):
        site = asana(items=many(1), clock=clock)
        site.set_field("1001", "Objective", values, "multi_enum")
        return site, connect(site, tag={"field": "Objective"})

    return make


def test_an_answer_without_the_field_takes_nothing_away(connector, connect, change, write, pull):
    site, writer = connector(["theirs", "cheap"])
    planned = change("1001", ("theirs", "cheap"), ("theirs", "fast"), FIELD)
    writer.preview([planned])

    def without(answer):
        body = json.loads(answer.body)
        body["data"].pop("custom_fields", None)
        return Response.of(body)

    site.faults.add(Rewrite(without), method="GET", path=".*/tasks/1001", times=1)
    with pytest.raises(Incomplete, match="does not say what stands there"):
        write(writer, [planned])
    tags = pull(connect(site, tag={"field": "Objective"}))["1001"].partitions[0].tags
    assert "theirs" in tags


def test_a_choice_that_a_person_makes_while_we_wait_stays(connector, connect, change, write, pull):
    site, writer = connector(["cheap"])
    planned = change("1001", ("cheap",), ("fast",), FIELD)
    writer.preview([planned])

    def person(request):
        if b'"put"' in request.body:
            site.set_field("1001", "Objective", ["cheap", "theirs"], "multi_enum")
            return True
        return False

    site.faults.add(Throttle(60), path=".*/batch", when=person, times=1)
    write(writer, [planned])
    tags = pull(connect(site, tag={"field": "Objective"}))["1001"].partitions[0].tags
    assert "theirs" in tags
