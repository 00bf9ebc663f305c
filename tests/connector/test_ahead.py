"""The next step is taken while the present one is worked on: the same steps, one ahead and never more."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync.connector import ahead


@given(st.lists(st.integers()))
def test_the_same_steps_in_the_same_order(steps):
    assert list(ahead(iter(steps))) == steps


def test_one_step_ahead_and_never_more():
    taken = []
    second, third = threading.Event(), threading.Event()

    def steps():
        for number, event in enumerate((threading.Event(), second, third)):
            taken.append(number)
            event.set()
            yield number

    walk = ahead(steps())
    assert next(walk) == 0
    assert second.wait(10), "the second is on its way while the first is worked on"
    assert not third.wait(0.05)
    assert taken == [0, 1]
    assert list(walk) == [1, 2]


def test_what_is_raised_comes_behind_the_steps_before_it():
    def steps():
        yield 1
        raise KeyError("gone")

    walk = ahead(steps())
    assert next(walk) == 1
    with pytest.raises(KeyError, match="gone"):
        next(walk)


def test_who_does_not_go_on_leaves_nothing_running():
    walk = ahead(iter([1, 2, 3]))
    before = {thread for thread in threading.enumerate() if thread.name.endswith("-ahead")}
    assert next(walk) == 1
    (own,) = {thread for thread in threading.enumerate() if thread.name.endswith("-ahead")} - before
    walk.close()
    own.join(10)
    assert not own.is_alive()
