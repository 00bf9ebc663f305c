"""Files made to take all memory or all time: a clear message each, and little memory."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from veaf_sync.cli.planfile import SIZE_CAP

MEGABYTE = 1 << 20
MOST = 420 * MEGABYTE
"""Resident memory of a whole command; one that reads a small file takes about half of it."""
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
    'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main'
    '+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://'
    'schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="rId1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": SHEET % '<row r="1"><c r="A1" t="s"><v>0</v></c></row>',
    "xl/sharedStrings.xml": '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>key</t></si></sst>',
}
"""The least that is a spreadsheet with one cell."""
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    + ']><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&a9;</t></si></sst>'
)
STRINGS = b"<si><t></t></si>" * (MEGABYTE // 16)


def spreadsheet(path: Path, changed: dict[str, str], large: int = 0, lies: bool = False) -> None:
    """A workbook with other parts; `large`: megabytes of empty strings in it, of which it `lies` that they are none."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as parts:
        for name, text in {**PARTS, **changed}.items():
            if not (large and name == "xl/sharedStrings.xml"):
                parts.writestr(name, text)
                continue
            with parts.open(name, "w", force_zip64=False) as part:
                part.write(PARTS[name].removesuffix("</sst>").encode())
                for _ in range(large):
                    part.write(STRINGS)
                part.write(b"</sst>")
            if lies:
                parts.infolist()[-1].file_size = 2_000


def packed(path: Path, block: bytes, times: int) -> None:
    path.write_bytes(gzip.compress(block, 9) * times)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    """A configuration whose every source is a file that is meant to do harm; it holds one that is not."""
    folder = tmp_path_factory.mktemp("sizes")
    spreadsheet(folder / "honest.xlsx", {})
    spreadsheet(folder / "bomb.xlsx", {}, large=200)
    spreadsheet(folder / "lies.xlsx", {}, large=40, lies=True)
    spreadsheet(folder / "laughs.xlsx", {"xl/sharedStrings.xml": LAUGHS})
    spreadsheet(
        folder / "far.xlsx", {"xl/worksheets/sheet1.xml": SHEET % '<row r="99999999999"><c r="A99999999999"/></row>'}
    )
    packed(folder / "bomb.jsonl.gz", (b" " * 65535 + b"\n") * 16, 160)
    (folder / "deep.jsonl").write_text("[" * 500_000 + "\n", "utf-8")
    (folder / "long.jsonl").write_bytes(b'{"key": "' + b"x" * 40 * MEGABYTE)
    (folder / "long.csv").write_bytes(b'key,title\nA,"' + b"x" * 40 * MEGABYTE)
    (folder / "wide.csv").write_bytes(b"key" + b",c" * MEGABYTE + b"\nA\n")
    sources = {name.replace(".", "-"): {"connector": "file", "path": name} for name in sorted(os.listdir(folder))}
    settings = {"version": 1, "store": "sqlite:///sizes.db", "sources": sources}
    (folder / "veaf-sync.yaml").write_text(json.dumps(settings), "utf-8")
    (folder / "strategy.yaml").write_text("vision: {title: v}\nobjectives: [{id: a, title: a}]\n", "utf-8")
    (folder / "mapping.yaml").write_text("rules: []\n", "utf-8")
    return folder


CHILD = """\
import json, re, resource, sys
from pathlib import Path
from veaf_sync.cli import main
code = main(sys.argv[1:])
status = Path("/proc/self/status")
if status.exists():  # on Linux ru_maxrss begins with the peak of the process that started this one
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([code, peak]), file=sys.stderr)
"""


def measured(*arguments: object, seconds: int = 60) -> tuple[int, int, str]:
    """Exit code, highest resident memory in bytes, and what a command said, in a process of its own."""
    command = [sys.executable, "-c", CHILD, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    said, _, last = ended.stderr.rstrip("\n").rpartition("\n")
    code, peak = json.loads(last)
    return code, peak, ended.stdout + said


def test_hostile_exports_are_told_in_little_memory(hostile):
    code, peak, said = measured("-C", hostile, "sync")
    assert code == 3, said
    for source, words in {
        "bomb-xlsx": "unpacks to more than",
        "lies-xlsx": "cannot be read to its end",
        "laughs-xlsx": "is no XLSX file",
        "far-xlsx": "more rows than",
        "bomb-jsonl-gz": "unpacks to more than",
        "deep-jsonl": "this is no JSON",
        "long-jsonl": "the line is longer than",
        "long-csv": "never closed",
        "wide-csv": "cells under",
    }.items():
        told = [line for line in said.splitlines() if line.startswith(f"  {source}: ")]
        assert any(words in line for line in told), told
    assert "  honest-xlsx: 0 items\npull honest-xlsx: compare and publish" in said  # read to its end: it has no rows
    assert peak < MOST, f"{peak / MEGABYTE:.0f} MB"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[" * 200_000, "nested deeper than any plan"),
        ('{"kind": ' + "[" * 90_000 + "]" * 90_000 + "}", "nested deeper than any plan"),
        ('{"kind": "veaf-sync plan", "format_version": "1.0", "run": 1e999}', "altered"),
    ],
    ids=["nested", "nested and closed", "infinite"],
)
def test_a_plan_that_is_nested_or_endless_is_refused(veaf, firm, tmp_path, content, says):
    (tmp_path / "plan.json").write_text(content, "utf-8")
    ended = veaf("-C", firm.folder, "show", tmp_path / "plan.json", codes=(4,))
    assert says in ended.err


def test_a_plan_beyond_all_size_is_not_read(firm, tmp_path):
    huge = tmp_path / "plan.json"
    with huge.open("wb") as file:
        file.truncate(700_000_000)
    code, peak, said = measured("-C", firm.folder, "show", huge)
    assert (code, "too large for a plan" in said) == (2, True), said
    assert peak < MOST, f"{peak / MEGABYTE:.0f} MB"
    if Path("/dev/zero").exists():  # what has no size is read up to the cap
        code, peak, said = measured("-C", firm.folder, "show", "/dev/zero")
        assert (code, "too large for a plan" in said) == (2, True), said
        assert peak < MOST + SIZE_CAP, f"{peak / MEGABYTE:.0f} MB"
