"""`veaf-sync demo` as a newcomer runs it, and everything that works with its folder afterwards."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys

import jsonschema
import pytest

from veaf_sync.clock import SystemClock
from veaf_sync.demo.sandbox import serve
from veaf_sync.plugins import load

READING = {
    "status": [],
    "coverage": ["--by", "team"],
    "items": ["--verdict", "dangling"],
    "orphans": ["--limit", "5"],
    "objectives": [],
    "explain": ["jira-main:PAY-2"],
    "runs": [],
}


def test_it_ends_well_and_says_what_to_try(demo):
    folder, ended = demo
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    report = re.search(r"^Report +(\S+)$", ended.out, re.MULTILINE)
    assert report
    assert report[1].endswith("report.html")
    commands = re.findall(r"^  veaf-sync -C (\S+) (\w+)", ended.out, re.MULTILINE)
    assert len(commands) == 3
    assert {path for path, _ in commands} == {str(folder)}
    assert "0 tags left to write" in ended.out
    assert "\x1b" not in ended.out + ended.err


def test_its_figures_hang_together(demo):
    _, ended = demo
    planned = re.findall(r"set (\d+)  clear 0", ended.out)
    written = re.search(r"(\d+) items: (\d+) written\.", ended.out)
    assert planned
    assert written
    assert written[1] == written[2]
    assert sum(map(int, planned)) >= int(written[1]) > 100


@pytest.mark.parametrize("name", READING)
def test_every_reading_command_answers_without_a_network(demo, veaf, name):
    """In this process, where no variable holds the emulator's token and the emulator is gone."""
    folder, _ = demo
    text = veaf("-C", folder, name, *READING[name])
    assert text.code == 0, text.err
    assert text.out.strip()
    assert "\x1b" not in text.out
    answer = veaf("-C", folder, name, *READING[name], "-o", "json")
    assert answer.code == 0
    assert list(answer.document)[:4] == ["format_version", "run", "as_of", "degraded"]
    schema = veaf("schema", name).document
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(answer.document, schema)
    sheet = veaf("-C", folder, name, *READING[name], "-o", "csv")
    assert sheet.code == 0
    head, *rows = csv.reader(io.StringIO(sheet.out))
    assert rows
    assert {len(row) for row in rows} == {len(head)}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("status", "text"),
        ("status", "json"),
        ("coverage", "csv"),
        ("items", "csv"),
        ("orphans", "text"),
        ("objectives", "json"),
        ("explain", "json"),
    ],
)
def test_an_earlier_run_reads_the_same_byte_for_byte(demo, veaf, name, form):
    folder, _ = demo
    when = ["--as-of", "1"]
    first = veaf("-C", folder, name, *READING[name], *when, "-o", form)
    second = veaf("-C", folder, name, *READING[name], *when, "-o", form)
    assert first.code == second.code == 0
    assert first.out == second.out


def test_the_items_behind_a_number_are_as_many_as_it_says(demo, veaf):
    folder, _ = demo
    count = veaf("-C", folder, "coverage", "-o", "json").document["weights"]["count"]
    for verdict in ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable"):
        listed = veaf("-C", folder, "items", "--verdict", verdict, "-o", "json").document
        assert listed["total"] == len(listed["items"]) == round(count[verdict])


def test_groups_add_up_to_the_whole(demo, veaf):
    folder, _ = demo
    for by in ("source", "partition", "team", "objective", "level"):
        answer = veaf("-C", folder, "coverage", "--by", by, "-o", "json").document
        total = sum(group["weights"]["count"]["total"] for group in answer["groups"])
        assert total == pytest.approx(answer["weights"]["count"]["total"])


def test_the_report_is_written_again_as_the_demo_left_it(demo, veaf, tmp_path):
    folder, _ = demo
    ended = veaf("-C", folder, "report", "--out", tmp_path, "--strict")
    assert ended.code == 0, ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in (folder / "report").iterdir()
    )
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / "report" / path.name).read_bytes(), path.name


def test_check_misses_nothing_but_the_emulators_credentials(demo, veaf):
    folder, _ = demo
    found = veaf("-C", folder, "check", "-o", "json").document["problems"]
    # All that is missing is what the emulator took with it when it stopped.
    assert {(each["severity"], each["what"].partition(":")[0]) for each in found} == {("finding", "env")}, found


def test_a_sync_without_the_emulator_is_degraded_and_reading_goes_on(demo, veaf, tmp_path, monkeypatch):
    """The emulator has stopped and its token is not set: no source with working credentials, nothing lost."""
    folder, _ = demo
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    before = veaf("-C", copy, "coverage", "-o", "json").document["weights"]["count"]["total"]
    assert veaf("-C", copy, "sync").code == 2
    ended = veaf("-C", copy, "status")
    assert ended.code == 0
    assert "DEGRADED" in ended.out
    assert veaf("-C", copy, "report", "--out", tmp_path / "out", "--strict").code == 3
    assert veaf("-C", copy, "coverage", "-o", "json").document["weights"]["count"]["total"] == before


def test_it_repeats_on_its_own_folder_and_refuses_another(demo, veaf, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    ended = veaf("demo", tmp_path)
    assert ended.code == 2
    assert "Nothing was written" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_demo_takes_no_sandbox_and_a_sandbox_keeps_what_was_edited(tmp_path, veaf):
    box = tmp_path / "box"
    with serve(box, load(), SystemClock()) as first:
        assert not first.kept
    strategy = box / "strategy.yaml"
    strategy.write_text(f"# ours\n{strategy.read_text()}")
    ended = veaf("demo", box)
    assert ended.code == 2
    assert "is a sandbox's" in ended.err
    assert "Nothing was written" in ended.err
    with serve(box, load(), SystemClock()) as second:
        assert second.kept
    assert strategy.read_text().startswith("# ours\n")


def test_a_sandbox_may_take_a_demo_and_it_is_a_sandbox_then(demo, veaf, tmp_path):
    folder, _ = demo
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with serve(copy, load(), SystemClock()) as box:
        assert box.kept
    assert veaf("demo", copy).code == 2


def test_the_sandbox_serves_until_ctrl_c_and_says_what_to_export(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "veaf_sync", "sandbox", str(tmp_path / "box")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        said = list(itertools.takewhile(lambda line: "Ctrl-C" not in line, running.stdout))
        exports = dict(re.findall(r"^  export (\w+)=(\S+)", "".join(said), re.MULTILINE))
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=30)
    settings = (tmp_path / "box" / "veaf-sync.yaml").read_text()
    assert all(f"env:{name}" in settings for name in exports)
    assert any(name.endswith("_WRITE_TOKEN") for name in exports)
    assert "Stopped." in rest
    assert errors == ""
    assert running.returncode == 0
