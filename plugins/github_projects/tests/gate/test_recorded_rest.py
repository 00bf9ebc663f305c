"""Answers that GitHub's REST interface gave, recorded by others, through our HTTP: read, or mapped to an error.

The connector asks by GraphQL only; what refuses a request on the way is the same for both.
"""

from __future__ import annotations

import gzip
import json

import pytest
import responses

from veaf_sync.errors import Rejected
from veaf_sync.http import Session


@pytest.fixture
def recorded(contracts):
    """All exchanges, by scenario and number."""
    if contracts is None:
        pytest.skip("the recorded answers are not beside the checkout")
    scenarios = json.loads(gzip.decompress((contracts / "recorded-rest.json.gz").read_bytes()))
    return [(name, number, each) for name, found in scenarios.items() for number, each in enumerate(found)]


@responses.activate
def test_every_recorded_answer_is_read_or_refused_by_name(recorded, clock):
    assert len(recorded) == 15
    read = 0
    with Session(clock=clock, hosts=("api.github.com",)) as session:
        for name, number, one in recorded:
            url = f"https://api.github.com/{name}/{number}"
            method, status, body = one["method"].upper(), one["status"], one["response"]
            if body in ("", None):
                responses.add(method, url, status=status)
            else:
                responses.add(method, url, json=body, status=status)
            if status < 400:
                assert session.call(method, url).data == (body or None)
                read += 1
                continue
            with pytest.raises(Rejected) as refusal:
                session.call(method, url, what="Creating a label")
            assert refusal.value.status == status
            assert body["message"] in refusal.value.message
    assert read == 14
