"""Tables: plain and aligned where nobody looks at a terminal, never an id cut."""

from __future__ import annotations

from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import amount, percent, signed


def test_the_plain_form_is_aligned_without_lines_or_colours():
    table = Table([Column("ITEM"), Column("AGE", right=True), Column("TITLE", widest=10)])
    table.add("jira-main:PAY-412", "21 d", "short")
    table.add("hub:acme/shop#88", "9 d", "a title that is long")
    assert table.lines() == [
        "ITEM                AGE  TITLE",
        "jira-main:PAY-412  21 d  short",
        "hub:acme/shop#88    9 d  a title t…",
    ]


def test_an_id_of_any_length_is_whole():
    table = Table([Column("ITEM"), Column("TITLE", widest=10)])
    long = "hub:" + "organisation/" * 20 + "repository#123456"
    table.add(long, "title")
    assert long in table.lines()[1]


def test_a_cell_is_cleaned_when_it_is_added():
    table = Table([Column("TITLE")])
    table.add("\x1b[2Jgone\nnext")
    assert table.lines()[1] == "gone next"


def test_numbers_as_people_read_them():
    assert percent(0.7812) == "78.1 %"
    assert percent(None) == "n/a"
    assert amount(268.0) == "268"
    assert amount(11.72) == "11.7"
    assert amount(12345.0) == "12,345"
    assert amount(None) == "n/a"
    assert (signed(4), signed(-9), signed(0.0), signed(2.41, digits=1)) == ("+4", "−9", "0", "+2.4")
