"""Every format says the same, byte for byte the same when repeated, and spreadsheets and chats obey nothing in it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from veaf_sync import read
from veaf_sync.errors import UsageError
from veaf_sync.report import FORMATS, Pack, write, write_pack

VERDICTS = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")
ANSWERS = {
    "status.json": read.Status,
    "coverage.json": read.CoverageAnswer,
    "items.json": read.ItemsAnswer,
    "orphans.json": read.ItemsAnswer,
    "objectives.json": read.ObjectivesAnswer,
    "epics.json": read.EpicsAnswer,
    "drift.json": read.DriftAnswer,
}
SHEETS = ("coverage.csv", "items.csv", "orphans.csv", "objectives.csv", "epics.csv", "drift.csv", "drift-items.csv")


@pytest.fixture
def files(pack: Pack, tmp_path: Path) -> dict[str, str]:
    paths = write_pack(pack, FORMATS, tmp_path / "report")
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def _sheet(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_files_have_fixed_names(files: dict[str, str]) -> None:
    assert sorted(files) == sorted(["report.html", "report.md", *SHEETS, *ANSWERS])


def test_only_the_formats_asked_for_are_written(pack: Pack, tmp_path: Path) -> None:
    assert [path.name for path in write_pack(pack, ("md",), tmp_path)] == ["report.md"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_the_same_answers_give_the_same_bytes(firm: Any, tmp_path: Path) -> None:
    one = write_pack(firm.pack(), FORMATS, tmp_path / "one")
    two = write_pack(firm.pack(), FORMATS, tmp_path / "two")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_totals_are_equal_in_every_format(files: dict[str, str], pack: Pack) -> None:
    count = pack.status.weights.count
    from_json = json.loads(files["coverage.json"])["weights"]["count"]
    whole = next(row for row in _sheet(files["coverage.csv"]) if row["by"] == "" and row["weight"] == "count")
    items_json, items_csv = json.loads(files["items.json"])["items"], _sheet(files["items.csv"])
    for verdict in VERDICTS:
        total = count.verdict(verdict)
        assert from_json[verdict] == total
        assert float(whole[verdict]) == total
        assert sum(item["verdict"] == verdict for item in items_json) == total
        assert math.isclose(sum(float(row["share"]) for row in items_csv if row["verdict"] == verdict), total)
        assert re.search(rf"^\| {verdict} \| {total:.0f} \|", files["report.md"], re.M)
        assert f'data-value="{total!r}" aria-label="{total:.0f} {verdict} items: show them"' in files["report.html"]
    assert "= counted**" in files["report.md"]
    assert len(_sheet(files["orphans.csv"])) == len(json.loads(files["orphans.json"])["items"]) == count.orphan


def test_coverage_is_the_same_ratio_everywhere(files: dict[str, str], pack: Pack) -> None:
    value = pack.status.weights.count.coverage.value
    whole = next(row for row in _sheet(files["coverage.csv"]) if row["by"] == "" and row["weight"] == "count")
    assert float(whole["value"]) == json.loads(files["status.json"])["weights"]["count"]["coverage"]["value"] == value
    shown = f"{value * 100:.1f}"
    assert f"coverage {shown}" in files["report.md"]
    assert f'<p class="big">{shown}' in files["report.html"]


@pytest.mark.parametrize("by", ["source", "partition", "team", "level"])
def test_groups_add_up_to_the_whole(files: dict[str, str], by: str) -> None:
    rows = [row for row in _sheet(files["coverage.csv"]) if row["by"] == by and row["weight"] == "count"]
    whole = next(row for row in _sheet(files["coverage.csv"]) if row["by"] == "" and row["weight"] == "count")
    for column in ("total", *VERDICTS):
        assert math.isclose(sum(float(row[column]) for row in rows), float(whole[column]))


def test_objectives_and_what_serves_nothing_add_up(files: dict[str, str], pack: Pack) -> None:
    count = pack.status.weights.count
    own = sum(float(row["count"]) for row in _sheet(files["objectives.csv"]))
    nothing = count.orphan + count.exempt + count.dangling + count.ambiguous + count.unreadable
    assert math.isclose(own + nothing, count.total)


@pytest.mark.parametrize("name", ANSWERS)
def test_documents_hold_their_own_schema(files: dict[str, str], name: str) -> None:
    document = json.loads(files[name])
    assert list(document)[:4] == ["format_version", "run", "as_of", "degraded"]
    assert (document["format_version"], document["as_of"]) == ("1.0", "2026-11-23T05:00:00Z")
    schema = ANSWERS[name].model_json_schema(mode="serialization")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    assert ANSWERS[name].model_validate_json(files[name]).model_dump(mode="json") == document


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1", "\uff1d1")


@pytest.mark.parametrize("start", FORMULAS)
def test_a_spreadsheet_runs_nothing(firm: Any, tmp_path: Path, start: str) -> None:
    firm.text = lambda text: start + text
    write_pack(firm.pack(), ("csv",), tmp_path)
    for name in SHEETS:
        text = (tmp_path / name).read_text(encoding="utf-8")
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                first = cell.lstrip()[:1]
                assert first not in ("=", "@", "+", "\uff1d"), (name, cell)
                assert not (first == "-" and not re.fullmatch(r"-[\d.e-]+", cell)), (name, cell)
        assert not re.search("[\x00-\x08\x0b-\x1f\u200b\u202e]", text)


def test_a_cell_keeps_quotes_separators_and_line_ends_in_one_cell(firm: Any, tmp_path: Path) -> None:
    firm.works[0]["title"] = 'Say "hi", twice;\r\nnot once'
    write_pack(firm.pack(), ("csv",), tmp_path)
    titles = [row["title"] for row in _sheet((tmp_path / "items.csv").read_text(encoding="utf-8"))]
    assert 'Say "hi", twice; not once' in titles


MARKUP = "[click](javascript:alert(1)) <img src=x onerror=alert(1)> `code` | cell **bold** https://evil.example \u202e"


def test_markdown_shows_marks_instead_of_obeying_them(firm: Any, tmp_path: Path) -> None:
    firm.text = lambda text: MARKUP + text
    write_pack(firm.pack(), ("md",), tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "\\[click\\]" in text
    assert not re.search(r"(?<!\\)\[click", text)
    assert "<img" not in text
    assert "\u202e" not in text
    assert not re.search(r"(?<!<)https://evil", text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "click" in line]
    assert rows
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) in (4, 7, 8, 10)


def test_markdown_names_nobody(files: dict[str, str]) -> None:
    assert "person-" not in files["report.md"]
    assert "person-" in files["items.csv"]


def test_an_unknown_format_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no report format docx"):
        write(None, ("html", "docx"), tmp_path / "never")  # type: ignore[arg-type]
    assert not (tmp_path / "never").exists()


def test_a_file_that_cannot_be_written_leaves_the_others_whole_and_is_named(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    (tmp_path / "coverage.csv").write_text("last week's")
    with pytest.raises(UsageError, match=r"Written before that: report.html\."):
        write_pack(pack, ("html", "md", "csv"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coverage.csv", "report.html", "report.md"]
    assert (tmp_path / "coverage.csv").read_text() == "last week's"
    assert (tmp_path / "report.html").read_text(encoding="utf-8").endswith("</html>")


def test_what_the_run_noted_is_said(files: dict[str, str], pack: Pack) -> None:
    [note] = pack.status.notes
    assert f"<li>{note}</li>" in files["report.html"]
    assert f"- {note}" in files["report.md"]
    assert json.loads(files["status.json"])["notes"] == [note]


def test_the_waterfall_adds_up_in_every_format(files: dict[str, str], pack: Pack) -> None:
    start, *steps, end = _sheet(files["drift.csv"])
    assert (start["cause"], end["cause"]) == ("start", "end")
    document = json.loads(files["drift.json"])
    for name in ("total", *VERDICTS):
        assert int(start[name]) + sum(int(step[name]) for step in steps) == int(end[name])
        assert document["start"][name] + sum(step[name] for step in document["steps"]) == document["end"][name]
        assert document["end"][name] == int(end[name]) == getattr(pack.status.weights.count, name)
    assert document["end"]["coverage"] == float(end["coverage"]) == pack.status.weights.count.coverage.value
    assert len(_sheet(files["drift-items.csv"])) == sum(step["items"] for step in document["steps"])
    table = files["report.md"].split("## What changed since run 311, 16 Nov")[1].split("##")[0]
    rows = [[cell.strip(" *") for cell in row.split("|")[1:-1]] for row in table.splitlines() if row.startswith("|")][
        2:
    ]
    columns = [[int(re.sub("\u2212", "-", row[at]).replace("–", "0")) for row in rows] for at in range(2, 9)]
    assert all(sum(column[:-1]) == column[-1] for column in columns)
    assert rows[1][0] == "mapping.yaml changed"


def test_mean_and_worst_child_stand_beside_each_other_everywhere(files: dict[str, str]) -> None:
    assert "mean progress <b>26" in files["report.html"]
    assert '<td class="worst">26\u202f%<br><small>Checkout that nobody abandons</small></td>' in files["report.html"]
    assert "| 26\u202f% | 26\u202f% (Checkout that nobody abandons) |" in files["report.md"]
    growth = next(row for row in _sheet(files["objectives.csv"]) if row["objective"] == "growth")
    assert (growth["worst_child"], float(growth["mean"])) == ("fast-checkout", 5 / 19)


def test_a_folder_that_cannot_be_written_is_named(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written to") as caught:
        write_pack(pack, ("md",), tmp_path / "taken")
    assert "--out" in caught.value.fix
