"""A deadline ends the exchange it was set for, and no other."""

from __future__ import annotations

import threading

from veaf_sync.http.watch import Watch


def test_a_deadline_that_passes_as_the_exchange_ends_shuts_nothing_afterwards():
    """The connection may then carry another exchange: a pool gives it on at once."""
    late, ended = threading.Event(), threading.Event()
    after: list[bool] = []

    class Slow(Watch):
        def shut_down(self) -> None:
            late.set()
            after.append(ended.wait(0.2))
            super().shut_down()

    with Slow(0.01):
        assert late.wait(10)
    ended.set()

    assert after == [False]
