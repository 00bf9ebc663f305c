"""What a row becomes: formats, columns, and what their texts mean."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime

import pytest
from openpyxl import Workbook
from pydantic import ValidationError

from veaf_sync.errors import Incomplete
from veaf_sync.model import Level, StateCategory

FULL = {
    "key": "PAY-1",
    "title": "Retry storm",
    "description": "Card tokens, again; and again.",
    "url": "https://tracker.example/PAY-1",
    "partition": "PAY",
    "type": "Story",
    "parent": "PAY-9",
    "state": "In Review",
    "labels": "okr:fast-checkout; backend,",
    "components": "Platform",
    "milestones": "2026.4",
    "sprints": "S1,S2",
    "assignees": "ada",
    "team": "payments",
    "objective": "fast-checkout",
    "points": "3.5",
    "hours": "0",
    "created": "2026-11-01",
    "updated": "2026-11-20T09:00:00+01:00",
    "completed": "",
    "Risk": "high; very",
}


def csv_of(*rows: dict[str, str], delimiter: str = ",") -> str:
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join('"' + value.replace('"', '""') + '"' for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def test_every_property_is_read_from_the_column_of_its_name(folder, connect, pull):
    (folder / "items.csv").write_text(csv_of(FULL), encoding="utf-8")

    item = pull(connect(timezone="Europe/Berlin"))["PAY-1"]

    assert (item.id, item.key, item.title, item.type) == ("PAY-1", "PAY-1", "Retry storm", "Story")
    assert item.description == "Card tokens, again; and again."
    assert item.url == "https://tracker.example/PAY-1"
    assert [place.partition for place in item.partitions] == ["PAY"]
    assert (item.level, item.parent) == (Level.STANDARD, "PAY-9")
    assert (item.state, item.state_category) == ("In Review", StateCategory.IN_PROGRESS)
    assert item.labels == ("okr:fast-checkout", "backend")
    assert (item.components, item.milestones, item.sprints) == (("Platform",), ("2026.4",), ("S1", "S2"))
    assert (item.assignees, item.team, item.stated) == (("ada",), "payments", ("fast-checkout",))
    assert (item.points, item.hours) == (3.5, 0.0)
    assert item.created == datetime(2026, 10, 31, 23, 0, tzinfo=UTC)  # the start of that day in Berlin
    assert item.updated == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert item.completed is None
    assert dict(item.fields) == {"Risk": ("high; very",)}


def test_a_time_without_a_zone_is_utc_even_where_days_are_not(folder, connect, pull):
    (folder / "items.csv").write_text("key,created,completed\nA,2026-09-30T23:30:00,2026-10-01\n", encoding="utf-8")

    item = pull(connect(timezone="Europe/Berlin"))["A"]

    assert item.created == datetime(2026, 9, 30, 23, 30, tzinfo=UTC)
    assert item.completed == datetime(2026, 9, 30, 22, 0, tzinfo=UTC)


def test_an_empty_cell_is_missing(folder, connect, pull):
    (folder / "items.csv").write_text("key,points,labels,parent,Risk\nA,,,,\n", encoding="utf-8")

    item = pull(connect())["A"]

    assert (item.points, item.labels, item.parent, dict(item.fields)) == (None, (), "", {})
    assert [place.partition for place in item.partitions] == ["items"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_of_a_csv_is_found(folder, connect, pull, delimiter):
    row = {"key": "A", "title": "one, two; three\tfour", "labels": "x"}
    (folder / "items.csv").write_text(csv_of(row, delimiter=delimiter), encoding="utf-8-sig")

    item = pull(connect())["A"]

    assert (item.title, item.labels) == ("one, two; three\tfour", ("x",))


def test_a_quoted_cell_may_hold_lines_and_quotes(folder, connect, pull):
    (folder / "items.csv").write_text('key,title\r\nA,"one ""two""\nthree"\r\n\r\nB,four\r\n', encoding="utf-8")

    items = pull(connect())

    assert items["A"].title == 'one "two"\nthree'
    assert items["B"].title == "four"


@pytest.mark.parametrize("encoding", ["utf-8", "utf8", "UTF_8"])
def test_a_byte_order_mark_is_no_part_of_the_first_columns_name(folder, connect, pull, encoding):
    (folder / "items.csv").write_bytes("key,title\nA,Café\n".encode("utf-8-sig"))
    assert pull(connect(encoding=encoding))["A"].title == "Café"


def test_what_excel_writes_in_europe_is_read(folder, connect, pull):
    text = 'sep=;\r\nkey;title;points;\r\nA;Café;1,5;\r\n;;;\r\nB;"one\ntwo";;\r\n'
    (folder / "items.csv").write_bytes(text.encode("cp1252"))

    items = pull(connect(encoding="cp1252", decimal=","))

    assert (items["A"].title, items["A"].points) == ("Café", 1.5)
    assert (items["B"].title, items["B"].points) == ("one\ntwo", None)
    with pytest.raises(ValidationError, match="no encoding"):
        connect(encoding="latin-99")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_every_way(folder, connect, pull, ends):
    (folder / "items.csv").write_bytes(f"key,title\nA,x{ends}B,y\r\nC,z".encode())

    assert list(pull(connect())) == ["A", "B", "C"]


def test_several_columns_of_one_name_are_the_values_of_one_field(folder, connect, pull):
    """As Jira exports labels, sprints and custom fields of several values."""
    (folder / "items.csv").write_text("key,labels,Risk,labels,Risk\nA,x,low,,high\nB,x,,y,\n", encoding="utf-8")

    items = pull(connect())

    assert (items["A"].labels, dict(items["A"].fields)) == (("x",), {"Risk": ("low", "high")})
    assert (items["B"].labels, dict(items["B"].fields)) == (("x", "y"), {})


@pytest.mark.parametrize("name", ["items.jsonl", "items.jsonl.gz"])
def test_json_lines_keep_lists_and_numbers(folder, connect, pull, name):
    row = {
        "key": "A",
        "labels": ["x, y", "z"],
        "sprints": "S1;S2",
        "points": 3,
        "completed": None,
        "Size": 3.0,
        "Flags": [True, 2, None, ""],
        "refs": {"any": "thing"},
    }
    text = "\ufeff" + json.dumps(row) + "\n\n" + json.dumps({"key": 7}) + "\n"
    data = text.encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    items = pull(connect(name))

    assert items["A"].labels == ("x, y", "z")
    assert items["A"].sprints == ("S1", "S2")
    assert (items["A"].points, items["A"].completed) == (3.0, None)
    assert dict(items["A"].fields) == {"Size": ("3",), "Flags": ("true", "2")}
    assert list(items) == ["A", "7"]
    assert items["A"].partitions[0].partition == "items"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "PAY-1"])
def test_only_links_into_the_web_are_kept(folder, connect, pull, url):
    (folder / "items.jsonl").write_text(json.dumps({"key": "A", "url": url}), encoding="utf-8")

    assert pull(connect("items.jsonl"))["A"].url == ""


def test_what_no_database_can_hold_is_taken_out(folder, connect, pull):
    (folder / "items.jsonl").write_text(
        '{"key": "A", "title": "a\\u0000b\\ud800c", "X": "\\udfffd"}\n', encoding="utf-8"
    )

    item = pull(connect("items.jsonl"))["A"]

    assert (item.title, dict(item.fields)) == ("abc", {"X": ("d",)})


def test_a_spreadsheet_is_read_like_the_others(folder, connect, pull):
    book = Workbook()
    sheet = book.active
    sheet.append(["key", "title", "created", "updated", "points", "labels", "Risk", None])
    sheet.append(["A", "Retry", date(2026, 11, 1), datetime(2026, 11, 20, 9, 0), 5, "x;y", 3.0])  # noqa: DTZ001
    sheet.append([None, None, None])
    sheet.append(["B"])
    sheet["C2"].number_format = "yyyy-mm-dd"
    sheet["D2"].number_format = "yyyy-mm-dd hh:mm"
    book.create_sheet("Other").append(["key"])
    book.save(folder / "plant.xlsx")

    items = pull(connect("plant.xlsx", timezone="Europe/Berlin"))

    assert list(items) == ["A", "B"]
    assert items["A"].created == datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    assert items["A"].updated == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert (items["A"].points, items["A"].labels, dict(items["A"].fields)) == (5.0, ("x", "y"), {"Risk": ("3",)})
    assert pull(connect("plant.xlsx", sheet="Other")) == {}
    with pytest.raises(Incomplete, match=r"no sheet Nowhere \(it has: Sheet, Other\)"):
        pull(connect("plant.xlsx", sheet="Nowhere"))


def test_columns_rename_and_of_several_the_first_filled_counts(folder, connect, pull):
    text = "Id,Summary,parent_key,epic_key,state,Status\nT,Sub,S,E,ignored,Done\nS,Story,,E,ignored,New\n"
    (folder / "items.csv").write_text(text, encoding="utf-8")
    columns = {"key": "Id", "title": "Summary", "parent": ["parent_key", "epic_key"], "state": "Status"}

    items = pull(connect(columns=columns))

    assert (items["T"].title, items["T"].parent, items["S"].parent) == ("Sub", "S", "E")
    assert (items["T"].state, items["T"].state_category) == ("Done", StateCategory.DONE)
    # A column that stands for no property is a custom field; so is each of several alternatives.
    assert dict(items["T"].fields) == {"parent_key": ("S",), "epic_key": ("E",), "state": ("ignored",)}


@pytest.mark.parametrize(
    ("cells", "level"),
    [
        ({"type": "Initiative"}, Level.INITIATIVE),
        ({"type": "epic"}, Level.EPIC),
        ({"type": "Sub-task"}, Level.SUBTASK),
        ({"type": "Subtask"}, Level.SUBTASK),
        ({"type": "Feature"}, Level.EPIC),  # by the setting
        ({"type": "Bug"}, Level.STANDARD),
        ({"type": "Bug", "level": "epic"}, Level.EPIC),
        ({"type": "Epic", "level": "standard"}, Level.STANDARD),
        ({"type": "Epic", "level": "whatever"}, Level.EPIC),
        ({}, Level.STANDARD),
    ],
)
def test_the_level_is_the_column_else_the_settings_else_the_type(folder, connect, pull, cells, level):
    (folder / "items.jsonl").write_text(json.dumps({"key": "A", **cells}), encoding="utf-8")

    assert pull(connect("items.jsonl", levels={"epic": ["Epic", "Feature"]}))["A"].level is level


@pytest.mark.parametrize(
    ("cells", "category"),
    [
        *(({"state": state}, StateCategory.TODO) for state in ("New", "To Do", "open", "Backlog", "Whatever", "")),
        *(({"state": state}, StateCategory.IN_PROGRESS) for state in ("In Progress", "in review")),
        *(({"state": state}, StateCategory.DONE) for state in ("Done", "Closed", "Resolved", "Released")),
        ({"state": "Whatever", "completed": "2026-11-01"}, StateCategory.DONE),
        ({"state": "To Do", "completed": "2026-11-01"}, StateCategory.TODO),
        ({"state": "Whatever", "state_category": "indeterminate"}, StateCategory.IN_PROGRESS),
        ({"state": "Done", "state_category": "new"}, StateCategory.TODO),
        ({"state": "Open", "state_category": "done"}, StateCategory.DONE),
    ],
)
def test_the_state_category_is_the_column_else_the_settings_else_the_usual_names(
    folder, connect, pull, cells, category
):
    (folder / "items.jsonl").write_text(json.dumps({"key": "A", **cells}), encoding="utf-8")

    assert pull(connect("items.jsonl", states={"done": ["Released"]}))["A"].state_category is category


def test_the_settings_of_states_beat_the_usual_names(folder, connect, pull):
    (folder / "items.csv").write_text("key,state\nA,Open\n", encoding="utf-8")

    assert pull(connect(states={"in_progress": "Open"}))["A"].state_category is StateCategory.IN_PROGRESS
