"""Reading commands need the store and nothing else: neither a configuration that loads nor the right to write."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from veaf_sync.store import open_store
from veaf_sync.sync.holding import holding

READING = (
    ["status"],
    ["coverage", "--by", "team"],
    ["items"],
    ["orphans"],
    ["objectives"],
    ["explain", "N-5"],
    ["runs"],
    ["status", "--as-of", "2026-11-23"],
)


@pytest.mark.parametrize("name", ["mapping.yaml", "strategy.yaml", "veaf-sync.yaml"])
def test_a_configuration_that_does_not_load_stops_no_reading(veaf, plant, name):
    before = {tuple(command): veaf("-C", plant, *command) for command in READING}
    broken = {
        "mapping.yaml": "rules: [{name: x, wen: 1}]\n",
        "strategy.yaml": "vision: [\n",
        "veaf-sync.yaml": "version: 1\ntimezone: Europe/Berlin\nsources: {plant: {connector: gone}}\n",
    }
    (plant / name).write_text(broken[name])
    for command in READING:
        ended = veaf("-C", plant, *command)
        assert (ended.code, ended.out) == (0, before[tuple(command)].out), command
        assert ended.err.count("\n") == 1
        assert name in ended.err
        assert f"veaf-sync -C {plant} check" in ended.err
    for command in (["plan"], ["sync"]):
        ended = veaf("-C", plant, *command)
        assert ended.code == 2
        assert "Today's" not in ended.err


def test_a_configuration_that_was_edited_and_loads_says_nothing(veaf, plant):
    with (plant / "mapping.yaml").open("a") as mapping:
        mapping.write("# one more thought\n")
    assert veaf("-C", plant, "status").err == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("store: sqlite:///veaf-sync.db", "store: veaf-sync.db", "store"),
        ("timezone: Europe/Berlin", "timezone: Europe/Berln", "Did you mean Europe/Berlin?"),
        ("version: 1", "version: [1", "line 1"),
    ],
)
def test_what_reading_needs_is_told_where_it_is_wrong(veaf, plant, before, after, said):
    path = plant / "veaf-sync.yaml"
    path.write_text(path.read_text().replace(before, after))
    ended = veaf("-C", plant, "status")
    assert ended.code == 2
    assert said in ended.err


@pytest.fixture
def copied(plant, monkeypatch):
    """That organisation as somebody gets it who may only read it."""
    files = [plant, *plant.rglob("*")]
    modes = {path: path.stat().st_mode for path in files}
    if os.geteuid() == 0:  # may write anything: `access` then tells what the modes say
        real = os.access

        def access(path, mode, **how):
            return real(path, mode, **how) and not (mode & os.W_OK and not Path(path).stat().st_mode & stat.S_IWUSR)

        monkeypatch.setattr(os, "access", access)
    for path in files:
        path.chmod(modes[path] & ~0o222)
    yield plant
    for path in files:
        path.chmod(modes[path])


def test_a_store_that_may_only_be_read_is_read_and_nothing_is_left_beside_it(veaf, copied):
    there = sorted(path.name for path in copied.iterdir())
    for command in READING:
        ended = veaf("-C", copied, *command)
        assert (ended.code, ended.err) == (0, ""), command
    assert sorted(path.name for path in copied.iterdir()) == there
    assert veaf("-C", copied, "report", "--out", copied.parent / "mine").code == 0


def test_what_writes_is_refused_on_a_store_that_may_only_be_read(veaf, copied):
    ended = veaf("-C", copied, "apply", "--auto-approve")
    assert ended.code == 2
    assert "read-only" in ended.err


def test_changes_that_only_a_writer_can_bring_in_are_not_passed_over(veaf, plant, copied, tmp_path):
    """A copy of a store taken while a run wrote: without its log it would be an earlier state, told as the last."""
    live = tmp_path / "live.db"
    shutil.copy(copied / "veaf-sync.db", live)
    writer = sqlite3.connect(live)
    writer.execute("UPDATE runs SET degraded = 1")
    writer.commit()
    for path in (copied, copied / "veaf-sync.db"):
        path.chmod(0o755)
    shutil.copy(live, copied / "veaf-sync.db")
    shutil.copy(tmp_path / "live.db-wal", copied / "veaf-sync.db-wal")
    writer.close()
    for path in (copied / "veaf-sync.db", copied / "veaf-sync.db-wal", copied):
        path.chmod(path.stat().st_mode & ~0o222)
    ended = veaf("-C", copied, "status")
    assert ended.code == 2
    assert "veaf-sync.db-wal" in ended.err
    assert "Fix: Copy" in ended.err


@pytest.mark.parametrize("tag", ["field: Objective", "property: veaf.objective", "goal: true"])
def test_whatever_a_tag_is_a_stored_run_is_read(veaf, tmp_path, tag):
    """Reading needs no connector, so it must not ask what one could write."""
    (tmp_path / "work.csv").write_text("key,title,type\nW-1,a,Task\n")
    (tmp_path / "strategy.yaml").write_text("vision: {title: V}\nobjectives: [{id: fast}]\n")
    (tmp_path / "mapping.yaml").write_text("rules: [{name: all, when: {}, objective: fast}]\n")
    settings = "version: 1\nsources:\n  work: {connector: file, path: work.csv}\n"
    (tmp_path / "veaf-sync.yaml").write_text(settings)
    assert veaf("sync").code == 0
    with open_store("sqlite:///veaf-sync.db", folder=tmp_path) as store:
        texts = store.runs.documents(1) | {
            "veaf-sync.yaml": settings.replace("connector: file,", f"connector: gone, tag: {{{tag}}},")
        }
        with holding(store, ["run"]) as leases:
            at = store.runs.get(1).at
            run = store.runs.begin(at, texts, metric_version="1", lease=leases["run"])
            store.runs.finish(run.id, status="done", degraded=False, summary={}, lease=leases["run"])
    for command in (["status"], ["coverage"], ["explain", "W-1"]):
        ended = veaf(*command)
        assert ended.code == 0, ended.err
