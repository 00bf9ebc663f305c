"""Broken, half-written and hostile files: a clear error that names file and row, and never a part of the rows."""

from __future__ import annotations

import gzip
import os
import re
import zipfile

import pytest
from openpyxl import Workbook

from veaf_sync.errors import Forbidden, Incomplete


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("items.csv", b"", "items.csv is empty; nothing of the file was taken over."),
        ("items.csv", b"Id,Title\nA,x\n", "has no column key (it has: Id, Title)"),
        ("items.csv", b"key,title,title\nA,x,y\n", "row 1: two columns title"),
        ("items.csv", b"key,title\nA,x\n,y\n", "items.csv, row 3: key is missing"),
        ("items.csv", b"key,title\nA,x\nB\n", "row 3: 1 cells under 2 columns"),
        ("items.csv", b"key,title\nA,x,y\n", "row 2: 3 cells under 2 columns"),
        ("items.csv", b'key,title\nA,"x\nB,y\n', "row 2: this is no CSV: a quotation mark is opened here and never"),
        ("items.csv", b'key,title\nA,x\nB,"x"y"\n', "row 3: this is no CSV: a quotation mark inside a quoted cell is"),
        ("items.csv", b"key,title\nA,x\nB,caf\xe9\n", "row 3: title: this is not UTF-8 (read as Windows' cp1252 it is"),
        ("items.csv", b"key,priorit\xe9\nA,x\n", "row 1: the columns' names: this is not UTF-8"),
        ("items.csv", b"\n;;\nkey;title\nA;x\n;y\n", "row 5: key is missing"),
        ("items.csv", b"key,title\nA,x\nA,y\n", "row 3: key A stands in items.csv, row 2, too"),
        ("items.csv", b"key,points\nA,3\nB,three\n", "row 3: points is 'three', which is no number"),
        ("items.csv", b'key,points\nA,"1,5"\n', "row 2: points is '1,5', which is no number"),
        ("items.csv", b"key,points\nA,1_000\n", "no number"),
        ("items.csv", b"key,points\nA,nan\n", "no number"),
        ("items.csv", b"key,hours\nA,-20\n", "row 2: hours is -20; hours are 0 or more"),
        ("items.csv", b"key,created\nA,24.11.2026\n", "created is '24.11.2026', which is no ISO 8601 time"),
        ("items.csv", b"key,created\nA,0001-01-01T00:00+05:00\n", "no ISO 8601 time"),
        ("items.jsonl", b'{"key": "A"}\n{"key": ', "items.jsonl, row 2: this is no JSON"),
        ("items.jsonl", b"<html>Please log in</html>", "row 1: this is no JSON"),
        ("items.jsonl", b'["A"]\n', "row 1: this is no JSON: a JSON object is expected"),
        ("items.jsonl", b'{"key": "A", "points": NaN}\n', "NaN is no number"),
        ("items.jsonl", b'{"key": "A", "points": true}\n', "points is 'True', which is no number"),
        ("items.jsonl", b'{"key": "A", "points": 1e999}\n', "no number"),
        ("items.jsonl", b'{"key": "A", "points": ' + b"9" * 400 + b"}\n", "row 1: points is '9999"),
        ("items.jsonl", b'{"key": "A", "state": {"name": "Done"}}\n', "state holds an object"),
        ("items.jsonl", b'{"key": "A", "labels": [{"name": "x"}]}\n', "labels holds an object"),
        ("items.jsonl", b'{"title": "A"}\n', "row 1: key is missing"),
        ("items.jsonl", b'{"key": "A", "x": ' + b"[" * 100_000 + b"\n", "this is no JSON"),
        ("items.jsonl", b'{"key": "A"}\n{"key": "\xff"}\n', "row 2: this is not UTF-8"),
        ("items.jsonl", b"x" * (17 * 1024 * 1024), "the line is longer than"),
        ("items.jsonl.gz", b"no gzip at all", "cannot be read to its end"),
        ("items.jsonl.gz", gzip.compress(b'{"key": "A"}\n')[:-4], "cannot be read to its end"),
        ("items.xlsx", b"no spreadsheet", "cannot be read to its end"),
        ("items.txt", b"key\nA\n", "is none of .jsonl, .ndjson, .jsonl.gz, .ndjson.gz, .csv, .xlsx"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_a_file_that_is_not_right_fails_as_a_whole(folder, connect, pull, name, content, message):
    (folder / name).write_bytes(content)

    with pytest.raises(Incomplete, match=re.escape(message)) as failure:
        pull(connect(name))

    assert failure.value.fix
    assert len(failure.value.message) < 400


@pytest.mark.parametrize("name", ["items.csv", "items.jsonl"])
def test_a_file_in_another_encoding_than_its_source_says_is_named(folder, connect, pull, name):
    (folder / name).write_bytes(b'{"key": "A"}\n')
    with pytest.raises(Incomplete, match=f"{name} is not utf-16") as failure:
        pull(connect(name, encoding="utf-16"))
    assert "encoding: utf-8" in failure.value.fix


MANY = """\
key,points,created,labels
A,"1,5",24.11.2026,x
,3,2026-11-01,x
C,3
"D ""d"" e",ok,2026-11-01,"a
b"
A,3,2026-11-01,x
""" + "".join(f"K{number},x,2026-11-01,\n" for number in range(1_000))


def test_everything_that_is_wrong_in_a_file_is_told_at_once(folder, connect, pull):
    (folder / "exports").mkdir()
    (folder / "exports" / "plant.csv").write_text(MANY, encoding="utf-8")
    connector = connect("exports/*.csv")

    assert connector.examine() == [
        "exports/plant.csv, row 2: points is '1,5', which is no number. Say it in the source: decimal: \",\"",
        "exports/plant.csv, row 2: created is '24.11.2026', which is no ISO 8601 time. "
        "Write it as 2026-11-23 or 2026-11-23T06:00:00Z.",
        "exports/plant.csv, row 3: key is missing. Give every row a key.",
        "exports/plant.csv, row 4: 2 cells under 4 columns. "
        "Run the export again; a cell that holds the delimiter needs quotes.",
        "exports/plant.csv, row 5: points is 'ok', which is no number. Write it plainly, such as 1234.5.",
        "exports/plant.csv, row 6: key A stands in exports/plant.csv, row 2, too. "
        "A key may stand once in a source. For dated exports of one thing set `partition`.",
        *(
            f"exports/plant.csv, row {row}: points is 'x', which is no number. Write it plainly, such as 1234.5."
            for row in range(7, 11)
        ),
        "exports/plant.csv: and 996 more.",
    ]
    with pytest.raises(Incomplete) as failure:
        pull(connector)
    assert failure.value.message == (
        "exports/plant.csv, row 2: points is '1,5', which is no number; 1,005 more; nothing of the file was taken over."
    )
    assert "veaf-sync check --online" in failure.value.fix


def test_merged_cells_are_refused_as_all_but_the_first_are_empty(folder, connect, pull):
    book = Workbook()
    for row in (["key", "parent"], ["A", "E"], ["B", None]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    book.save(folder / "plant.xlsx")

    with pytest.raises(Incomplete, match=r"plant\.xlsx, row 2: the cells B2:B3 are merged"):
        pull(connect("plant.xlsx"))


def test_what_unpacks_without_end_is_left(folder, connect, pull, monkeypatch):
    monkeypatch.setattr("veaf_sync_file.formats.UNPACKED_CAP", 1_000)
    (folder / "items.jsonl.gz").write_bytes(gzip.compress(b"\n" * 1_000_000))

    with pytest.raises(Incomplete, match="the file unpacks to more than"):
        pull(connect("items.jsonl.gz"))


def test_offline_a_path_is_held_to_what_is_there(folder, connect):
    settings = connect("exports/*").config
    (flaw,) = settings.flaws()
    assert (flaw.path, flaw.what) == (("path",), "exports/* matches no file.")

    (folder / "exports").mkdir()
    (folder / "exports" / "plant.csv").touch()
    assert settings.flaws() == ()
    (folder / "exports" / "notes.docx").touch()
    (flaw,) = settings.flaws()
    assert flaw.what.startswith("exports/notes.docx: none of .jsonl,")


def test_a_spreadsheet_without_its_parts_is_named(folder, connect, pull):
    with zipfile.ZipFile(folder / "items.xlsx", "w") as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")

    with pytest.raises(Incomplete, match="no valid workbook part"):
        pull(connect("items.xlsx"))


def test_a_spreadsheet_that_unfolds_without_end_is_refused(folder, connect, pull, monkeypatch):
    monkeypatch.setattr("veaf_sync_file.tables.SHEET_CAP", 1_000_000)
    with zipfile.ZipFile(folder / "items.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", b" " * 2_000_000)

    with pytest.raises(Incomplete, match="unpacks to more than 1,000,000 bytes"):
        pull(connect("items.xlsx"))


def test_a_path_that_matches_nothing_is_a_failed_source(connect):
    connector = connect("exports/*.csv")

    with pytest.raises(Incomplete, match=r"exports/\*\.csv matches no file"):
        connector.partitions()


def test_one_broken_file_costs_the_others_nothing(folder, connect):
    (folder / "a.csv").write_text("key\nA\n", encoding="utf-8")
    (folder / "b.csv").write_text("key,points\nB,many\n", encoding="utf-8")
    connector = connect("*.csv")

    good, bad = connector.shards(connector.partitions(), {})

    assert [item.key for page in connector.pages(good, None) for item in page.items] == ["A"]
    with pytest.raises(Incomplete, match=r"b\.csv, row 2: points"):
        list(connector.pages(bad, None))


def test_where_rows_name_partitions_a_broken_file_fails_the_source(folder, connect):
    """Nobody knows which partitions it would have filled: publishing PAY without it would lose items."""
    (folder / "a.csv").write_text("key,partition\nA,PAY\n", encoding="utf-8")
    (folder / "b.csv").write_bytes(b"key,partition\nB,\xff\n")

    with pytest.raises(Incomplete, match=r"b\.csv"):
        connect("*.csv").partitions()


def test_a_key_in_two_partitions_is_named_with_both_places(folder, connect):
    (folder / "a.csv").write_text("key\nA\n", encoding="utf-8")
    (folder / "b.csv").write_text("key\nB\nA\n", encoding="utf-8")

    with pytest.raises(Incomplete, match=r"b\.csv, row 3: key A stands in a\.csv, row 2, too"):
        connect("*.csv").partitions()


def test_a_column_that_columns_names_must_be_there(folder, connect, pull):
    (folder / "items.csv").write_text("key,Summary\nA,x\n", encoding="utf-8")

    with pytest.raises(Incomplete, match=r"has no column Story Points \(it has: key, Summary\)"):
        pull(connect(columns={"points": "Story Points"}))
    with pytest.raises(Incomplete, match="has no column parent_key or epic_key"):
        pull(connect(columns={"parent": ["parent_key", "epic_key"]}))


def test_an_export_that_is_still_being_written_is_not_published(folder, connect):
    path = folder / "items.csv"
    path.write_text("key\n" + "\n".join(f"K{number}" for number in range(1_500)) + "\n", encoding="utf-8")
    connector = connect()
    (shard,) = connector.shards(connector.partitions(), {})
    pages = connector.pages(shard, None)
    next(pages)

    with path.open("a", encoding="utf-8") as file:
        file.write("LATE\n")

    with pytest.raises(Incomplete, match="changed while it was read"):
        list(pages)


def test_a_partition_that_appears_between_roster_and_reading_is_not_published(folder, connect):
    path = folder / "items.csv"
    path.write_text("key,partition\nA,PAY\n", encoding="utf-8")
    connector = connect()
    (shard,) = connector.shards(connector.partitions(), {})

    path.write_text("key,partition\nA,PAY\nB,SHOP\n", encoding="utf-8")

    with pytest.raises(Incomplete, match="changed while it was read"):
        list(connector.pages(shard, None))


def test_a_file_that_goes_between_roster_and_reading_is_incomplete(folder, connect):
    (folder / "items.csv").write_text("key\nA\n", encoding="utf-8")
    connector = connect()
    (shard,) = connector.shards(connector.partitions(), {})
    (folder / "items.csv").unlink()

    with pytest.raises(Incomplete, match="is gone"):
        list(connector.pages(shard, None))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read every file")
def test_a_file_that_may_not_be_read_is_forbidden(folder, connect):
    path = folder / "items.csv"
    path.write_text("key\nA\n", encoding="utf-8")
    connector = connect(partition="all")
    (shard,) = connector.shards(connector.partitions(), {})
    path.chmod(0)

    with pytest.raises(Forbidden, match="may not be read"):
        list(connector.pages(shard, None))
