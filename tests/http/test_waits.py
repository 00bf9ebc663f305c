"""Laws of `Retry-After`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync.http import retry_after, told_wait

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
instants = st.integers(min_value=0, max_value=4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.text())
def test_never_crashes_and_never_negative(text):
    told = retry_after(text, NOW)
    assert told is None or told >= 0


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_seconds_are_taken_whole(seconds):
    assert retry_after(repr(seconds), NOW) == seconds


@given(instants)
def test_dates_and_iso_times_agree(at):
    expected = max(0.0, (at - NOW).total_seconds())
    assert retry_after(format_datetime(at, usegmt=True), NOW) == expected
    assert retry_after(at.isoformat(), NOW) == expected
    assert retry_after(at.isoformat().replace("+00:00", "Z"), NOW) == expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), (" 7 ", 7), ("0", 0), ("-30", 0), ("1.5", 1.5), ("nan", None), (None, None), ("", None),
     ("later", None),
     ("Fri, 31 Dec 1999 23:59:59 GMT", 0), ("2026-11-24T12:01:00Z", 60), ("2026-11-24T07:01:00-05:00", 60)],
)  # fmt: skip
def test_examples(value, seconds):
    assert retry_after(value, NOW) == seconds


@given(st.integers(min_value=-7200, max_value=7200), st.integers(min_value=0, max_value=3600))
def test_a_wrong_clock_on_this_side_shortens_nothing(skew, wait):
    server = NOW + timedelta(seconds=skew)
    headers = {
        "Date": format_datetime(server, usegmt=True),
        "Retry-After": format_datetime(server + timedelta(seconds=wait), usegmt=True),
    }
    assert told_wait(headers, NOW) == wait


def test_reset_stands_in_for_an_absent_retry_after():
    assert told_wait({"X-RateLimit-Reset": "2026-11-24T12:00:30Z"}, NOW) == 30
    assert told_wait({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 45)}, NOW) == 45
    assert told_wait({"X-RateLimit-Reset": "12"}, NOW) is None
    assert told_wait({"Retry-After": "5", "X-RateLimit-Reset": "2026-11-24T12:00:30Z"}, NOW) == 5
    assert told_wait({}, NOW) is None


def test_reset_says_nothing_while_something_of_the_limit_remains():
    reset = {"X-RateLimit-Reset": "2026-11-24T12:00:30Z"}
    assert told_wait({**reset, "X-RateLimit-Remaining": "0"}, NOW) == 30
    assert told_wait({**reset, "X-RateLimit-Remaining": "4999"}, NOW) is None
    assert told_wait({**reset, "X-RateLimit-Remaining": "4999", "Retry-After": "7"}, NOW) == 7
