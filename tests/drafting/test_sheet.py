"""A spreadsheet of objectives becomes a strategy; what it cannot say is said with its row."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import openpyxl
import pytest

from veaf_sync import config
from veaf_sync.drafting import sheet
from veaf_sync.drafting.model import Draft
from veaf_sync.drafting.texts import mapping_text, settings_text, strategy_text
from veaf_sync.errors import UserError
from veaf_sync.strategy import Strategy

AT = datetime(2026, 11, 26, tzinfo=UTC)
TABLE = """\
Objective;Owner;Team;Parent;Planned share;Key result;Baseline;Target;Current;Due
Checkout that nobody abandons;head-of-payments;payments;;30 %;Completion;61;80,5;66;2027-12-31
;;;;;Time to pay (s);48;20;47;
Guest checkout;lead;shop, payments;Checkout that nobody abandons;;Share of guests;;40;;
Checkout that nobody abandons;;;;;Refunds;1,200;"600";;
Half the cost;cfo;;Nothing there;0.25;;;;;
None;;;Half the cost;;;;;;
"""


def strategy_of(draft: Draft) -> Strategy:
    texts = {
        config.SETTINGS: "version: 1\nsources: {a: {connector: any}}\n",
        config.STRATEGY: strategy_text(draft, "here", AT.date()),
        config.MAPPING: mapping_text(draft, "here", {}),
    }
    from veaf_sync.connector import Connector

    return config.load_texts(texts, {"any": Connector}, at=AT).strategy


def test_rows_become_objectives_with_their_key_results(tmp_path):
    path = tmp_path / "okr.csv"
    path.write_text(TABLE, encoding="utf-8-sig")
    found = {each.id: each for each in strategy_of(sheet(path)).objectives}
    assert list(found) == ["checkout-that-nobody-abandons", "guest-checkout", "half-the-cost", "objective"]
    checkout = found["checkout-that-nobody-abandons"]
    assert (checkout.accountable, checkout.responsible, checkout.planned_share) == (
        "head-of-payments",
        ("payments",),
        0.3,
    )
    assert [(kr.title, kr.baseline, kr.target) for kr in checkout.key_results] == [
        ("Completion", 61, 80.5),
        ("Time to pay (s)", 48, 20),
        ("Refunds", 1200, 600),
    ]
    assert str(checkout.key_results[0].due) == "2027-12-31"
    assert [value.value for value in checkout.key_results[0].values] == [66]
    assert found["guest-checkout"].supports == "checkout-that-nobody-abandons"
    assert found["guest-checkout"].key_results == ()  # without a baseline it is only a comment
    assert found["half-the-cost"].supports == "vision"
    assert found["objective"].title == "None"  # its word is reserved
    assert {each.state for each in found.values()} == {"draft"}
    text = strategy_text(sheet(path), "here", AT.date())
    assert "without a baseline and a target: Share of guests" in text
    assert "its parent there 'Nothing there' is no objective here" in text


def test_a_workbook_says_the_same_as_its_csv(tmp_path):
    rows = [
        ["ID", "Title", "Supports", "Planned_Share", "Key-Result", "Baseline", "Target", "Due Date"],
        ["O1", "Faster", None, 0.5, "Time", 10, 5, datetime(2027, 6, 30)],  # noqa: DTZ001  as a workbook has it
        ["O2", "Cheaper", "O1", "20 %", None, None, None, None],
        [None, None, None, None, None, None, None, None],
    ]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "okr.xlsx")
    with (tmp_path / "okr.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    of_book, of_csv = (strategy_of(sheet(tmp_path / name)) for name in ("okr.xlsx", "okr.csv"))
    assert of_book == of_csv
    assert [(each.id, each.supports, each.planned_share) for each in of_book.objectives] == [
        ("O1", "vision", 0.5),
        ("O2", "O1", 0.2),
    ]


def test_rings_support_the_vision(tmp_path):
    path = tmp_path / "okr.csv"
    path.write_text("title,parent\na,b\nb,a\nc,c\nd,c\n")
    assert {each.id: each.supports for each in sheet(path).objectives} == dict.fromkeys("abcd", "vision") | {
        "d": "vision"
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column for the objectives' titles"),
        ("key,summary\n1,x\n", "its first row has: key, summary"),
        ("title\n", "holds no objective"),
        ("title,kr\n,x\n", "row 2: a key result without an objective"),
        ("title,kr,baseline\na,x,much\n", "row 2: baseline is 'much'"),
        ("title,kr,target\na,x,nan\n", "row 2: target is 'nan'"),
        ("title,share\na,300\n", "row 2: the planned share"),
        ("title,kr,due\na,x,soon\n", "row 2: due is 'soon'"),
        ('title\n"a\n', "is no CSV"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_row(tmp_path, text, says):
    path = tmp_path / "okr.csv"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        sheet(path)
    assert says in error.value.message


def test_broken_files_are_said(tmp_path):
    for name, content in (("a.xlsx", b"PK no"), ("b.csv", b"\xff\xfe\x00"), ("c.csv", b"title\n" + b"x\n" * 20_000)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError):
            sheet(tmp_path / name)
    with pytest.raises(UserError, match="cannot be read"):
        sheet(tmp_path / "absent.csv")


def test_real_objectives_come_through(tmp_path, shared):
    """The key results of a project that publishes them, as a spreadsheet would hold them."""
    lines = (shared / "data/objectives_docs/ipfs-okrs/okrs_normalised.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    path = tmp_path / "okr.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["Team", "Objective", "Key result", "Owner"])
        table.writerows([row["team"], row["objective"], row["key_result"], "; ".join(row["owner"])] for row in rows)
    draft = sheet(path)
    assert sum(len(each.key_results) for each in draft.objectives) == len(rows)
    assert {each.title for each in draft.objectives} == {" ".join(row["objective"].split()) for row in rows}
    assert len(strategy_of(draft).objectives) == len(draft.objectives)


def test_settings_without_a_source_show_where_it_goes():
    assert "# jira-main: {connector: jira" in settings_text([], organisation="", timezone="UTC")
