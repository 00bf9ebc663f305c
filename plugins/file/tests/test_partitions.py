"""How files become partitions, shards and pages, and what `get` answers."""

from __future__ import annotations

import os
import tracemalloc

import pytest
from pydantic import ValidationError

from veaf_sync.connector import Absent, Partition
from veaf_sync.errors import Incomplete
from veaf_sync_file.connector import PAGE
from veaf_sync_file.settings import FileSettings


def test_without_a_column_each_file_is_a_partition_and_a_shard(folder, connect):
    (folder / "exports").mkdir()
    (folder / "exports" / "b.csv").write_text("key\nB1\nB2\n", encoding="utf-8")
    (folder / "exports" / "a.jsonl.gz").write_bytes(b"")
    (folder / "exports" / "a.csv").write_text("key\nA1\n", encoding="utf-8")
    connector = connect("exports/*.csv")

    assert connector.partitions() == (Partition("a", size=1), Partition("b", size=2))
    shards = connector.shards(connector.partitions(), {"a": {"any": "cursor"}})
    assert [(shard.name, shard.partitions, shard.incremental) for shard in shards] == [
        ("a", ("a",), False),
        ("b", ("b",), False),
    ]
    assert [shard.name for shard in connector.shards([Partition("b")], {})] == ["b"]


def test_files_that_share_a_partition_are_one_shard(folder, connect, pull):
    (folder / "a.csv").write_text("key,partition\nA,PAY\nB,\n", encoding="utf-8")
    (folder / "b.csv").write_text("key,partition\nC,SHOP\nD,PAY\n", encoding="utf-8")
    (folder / "c.csv").write_text("key\nE\n", encoding="utf-8")
    connector = connect("*.csv")

    assert [(part.name, part.size) for part in connector.partitions()] == [("PAY", 2), ("SHOP", 1), ("a", 1), ("c", 1)]
    assert [shard.partitions for shard in connector.shards(connector.partitions(), {})] == [
        ("PAY", "SHOP", "a"),
        ("c",),
    ]
    assert list(pull(connector)) == ["A", "B", "C", "D", "E"]


def test_of_dated_exports_the_later_file_replaces_rows_of_the_earlier(folder, connect, pull):
    (folder / "plant-2026-11-01.csv").write_text("key,state\nA,New\nB,New\n", encoding="utf-8")
    (folder / "plant-2026-11-08.csv").write_text("key,state\nC,New\nA,Done\n", encoding="utf-8")
    connector = connect("plant-*.csv", partition="plant")

    assert connector.partitions() == (Partition("plant"),)
    items = pull(connector)

    assert {key: item.state for key, item in items.items()} == {"A": "Done", "B": "New", "C": "New"}
    assert {place.partition for item in items.values() for place in item.partitions} == {"plant"}
    assert connector.get(["A"])["A"].state == "Done"


def test_pages_are_bounded_and_the_last_one_has_no_mark(folder, connect):
    keys = [f"K{number}" for number in range(2 * PAGE)]
    (folder / "items.csv").write_text("key\n" + "\n".join(keys), encoding="utf-8")
    connector = connect()
    (shard,) = connector.shards(connector.partitions(), {})

    pages = list(connector.pages(shard, None))

    assert [len(page.items) for page in pages] == [PAGE, PAGE]
    assert [page.mark for page in pages] == [{"rows": PAGE}, None]
    # From a mark the walk may repeat, and omits nothing.
    again = [item.key for page in connector.pages(shard, pages[0].mark) for item in page.items]
    assert set(keys[PAGE:]) <= set(again)


def test_a_folder_whose_name_looks_like_a_pattern_is_itself(folder, connect):
    odd = folder / "plans [2026] *"
    odd.mkdir()
    (odd / "items.csv").write_text("key\nA\n", encoding="utf-8")
    settings = FileSettings.model_validate({"connector": "file", "path": "*.csv"}, context={"folder": odd})
    assert settings.files() == [odd / "items.csv"]
    assert not settings.flaws()


@pytest.mark.parametrize("partition", ["", "all"])
def test_a_file_that_was_written_anew_is_another_walk(folder, connect, partition):
    """An aborted walk of the same shard is gone on with: keys that were corrected since would come with it."""
    path = folder / "items.csv"
    path.write_text("key\nA-1\n", encoding="utf-8")

    def query():
        connector = connect(partition=partition)
        return connector.shards(connector.partitions(), {})[0].query

    before = query()
    assert query() == before
    path.write_text("key\nB-1\n", encoding="utf-8")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000))
    assert query() != before


def test_an_empty_json_lines_file_is_an_empty_partition(folder, connect, pull):
    (folder / "items.jsonl").write_bytes(b"")
    connector = connect("items.jsonl")

    assert connector.partitions() == (Partition("items", size=0),)
    assert pull(connector) == {}


def test_get_reads_anew_and_tells_gone_from_unknown(folder, connect):
    (folder / "a.csv").write_text("key,title\nA,old\n", encoding="utf-8")
    connector = connect("*.csv")
    assert connector.get(["A"])["A"].title == "old"

    (folder / "a.csv").write_text("key,title\nA,new\n", encoding="utf-8")
    found = connector.get(["A", "B"])
    assert (found["A"].title, found["B"]) == ("new", Absent.GONE)

    (folder / "b.csv").write_text("no key here\n1\n", encoding="utf-8")
    found = connector.get(["A", "B"])
    assert (found["A"].title, found["B"]) == ("new", Absent.UNKNOWN)
    (folder / "a.csv").unlink()
    (folder / "b.csv").unlink()
    assert connector.get(["A"]) == {"A": Absent.UNKNOWN}


def test_check_says_what_is_there(folder, connect):
    (folder / "items.csv").write_text("key\nA\n", encoding="utf-8")

    identity = connect(timezone="Asia/Kolkata").check()

    assert (identity.product, identity.time_zone) == ("1 file", "Asia/Kolkata")
    assert identity.server_time.isoformat() == "2026-11-24T05:00:00+00:00"
    assert identity.notes == ("Files are only read: no tags can be written.",)
    (folder / "items.csv").write_text("key,Title,Risk\nA,x,y\n", encoding="utf-8")
    assert connect(columns={"title": "Title"}).check().notes[1].startswith("Custom fields: Risk. ")
    with pytest.raises(Incomplete, match="matches no file"):
        connect("nothing/*.csv").check()


def test_what_cannot_be_written_is_refused_as_a_setting(connect):
    with pytest.raises(ValidationError, match="this connector only reads"):
        connect(tag={"label": "okr:{objective}"})
    with pytest.raises(ValidationError, match="Europe/Berlin"):
        connect(timezone="Europe/Berlim")


def test_memory_does_not_grow_with_what_rows_hold(folder, connect):
    """12 MB of descriptions are walked in a few: only the keys are kept."""
    row = '{"key": "K%d", "description": "' + "x" * 3_000 + '"}\n'
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(row % number for number in range(4_000))
    connector = connect("items.jsonl", partition="all")
    (shard,) = connector.shards(connector.partitions(), {})

    tracemalloc.start()
    for _ in connector.pages(shard, None):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 8_000_000  # a page or two of 1,000 rows, not 4,000
