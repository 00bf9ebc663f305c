"""The waterfall adds up, whatever changed."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync.measure import CAUSES, UNCOUNTED, counts, known_coverage, moves, steps
from veaf_sync.measure.drift import PLACES

VERDICTS = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")
known = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from("12345678")), st.sampled_from([*VERDICTS, UNCOUNTED])
)


def frame(places: dict[tuple[str, str], str]) -> pl.DataFrame:
    return pl.DataFrame([(*key, place) for key, place in places.items()], schema=PLACES, orient="row")


@st.composite
def readings(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """An earlier run, its items under other documents (a source may be dropped), and a later run."""
    before, after = draw(known), draw(known)
    place = st.sampled_from([*VERDICTS, UNCOUNTED])
    middle = {key: draw(st.one_of(st.just(was), place)) for key, was in before.items() if draw(st.integers(0, 9))}
    return frame(before), frame(middle), frame(after)


@given(readings())
def test_start_and_all_steps_are_the_end_in_every_verdict(
    found: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    before, middle, after = found
    moved = moves(before, middle, after)
    start, end, taken = counts(before), counts(after), steps(moved, counts(before))
    for verdict in VERDICTS:
        assert start[verdict] + sum(step.added[verdict] for step in taken) == end[verdict]
    assert (taken[-1].coverage if taken else known_coverage(start)) == known_coverage(end)
    assert sum(step.items for step in taken) == moved.height
    assert [CAUSES.index(step.cause) for step in taken] == sorted(CAUSES.index(step.cause) for step in taken)


@given(readings())
def test_every_item_s_way_leads_from_its_place_before_to_its_place_after(
    found: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    before, middle, after = found
    was, now = ({(row[0], row[1]): row[2] for row in part.iter_rows()} for part in (before, after))
    place = {key: was.get(key, UNCOUNTED) for key in {*was, *now}}
    for source, id_, cause, old, new in moves(before, middle, after).iter_rows():
        assert place[source, id_] == old != new
        assert (cause == "new") <= ((source, id_) not in was)
        assert (cause == "gone") <= ((source, id_) not in now)
        place[source, id_] = new
    assert place == {key: now.get(key, UNCOUNTED) for key in place}


def test_nothing_changed_is_no_step() -> None:
    same = frame({("a", "1"): "aligned", ("a", "2"): UNCOUNTED})
    assert steps(moves(same, same, same), counts(same)) == []
