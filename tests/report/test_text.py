"""A cell of a report's file is the same as one of the command line's: one rule, two engines."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from veaf_sync.report.text import cells
from veaf_sync.text import clean_cell

HOSTILE = "a=+-@ \t\r\n\x1b[]\\0;31m\x07\x9b\x9d\x9c\x85\u00a0\u202e\u2028\uff1d\ufeff\U000e0041"
STEERING = st.text(st.sampled_from(HOSTILE))


@given(st.lists(STEERING | st.text(st.characters(codec="utf-8")), max_size=20))
@example(["\x1b[31m=1+1", "\x1b]0;title\x07+1", " \u00a0=1", "\u202e=1", "\ta"])
def test_a_column_is_cleaned_as_each_of_its_cells(texts):
    frame = pl.DataFrame({"title": pl.Series(texts, dtype=pl.String)})
    assert frame.select(cells("title"))["title"].to_list() == [clean_cell(text) for text in texts]
