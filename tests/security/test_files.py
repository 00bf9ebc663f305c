"""Names out of trackers and documents lead nowhere on disk, and what is written is not for others."""

from __future__ import annotations

import csv
import io
import os
import stat

import pytest
from ruamel.yaml import YAML

from veaf_sync.clock import SystemClock

AWAY = (
    "../../away",
    "/tmp/away",
    "..\\..\\away",
    "a/../../away",
    "~/away",
    "C:away",
    "away\n../b",
    "$(touch away)",
    "--help",
)


class Breaking(SystemClock):
    """A clock that raises: an internal error of whichever command asks it."""

    def now(self):
        raise RuntimeError("unforeseen")


def files(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


@pytest.fixture
def folder(tmp_path):
    """A configuration in which everything that has a name is called like a path."""
    made = tmp_path / "deep" / "down" / "config"
    made.mkdir(parents=True)
    rows = io.StringIO()
    sheet = csv.writer(rows)
    sheet.writerow(["key", "title", "type", "labels", "team", "partition", "objective"])
    for name in AWAY:
        sheet.writerow([name, name, name, name, name, name, "x"])
    (made / "plant.csv").write_text(rows.getvalue(), "utf-8")
    source = {"connector": "file", "path": "plant.csv", "states": {"done": [AWAY[0]]}}
    settings = {"version": 1, "store": "sqlite:///s.db", "organisation": AWAY[0], "sources": {"plant": source}}
    settings["period"] = {"id": AWAY[0], "from": "2020-01-01", "to": "2035-12-31"}
    objectives = [{"id": name.replace("\n", ""), "title": name} for name in AWAY[:6]]
    mapping = {"rules": [{"name": AWAY[1], "when": {"title": {"glob": "*"}}, "objective": AWAY[0]}]}
    for name, document in {
        "veaf-sync": settings,
        "strategy": {"vision": {"title": AWAY[0]}, "objectives": objectives},
        "mapping": mapping,
    }.items():
        with (made / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(document, file)
    return made


def test_names_like_paths_write_nothing_but_what_was_asked_for(veaf, folder, tmp_path):
    at, before = ("-C", folder), files(tmp_path)
    veaf(*at, "sync")
    veaf(*at, "sync", "--full")
    assert len(veaf(*at, "items", "--all", "-o", "json").document["items"]) == len(AWAY)
    veaf(*at, "plan", "--out", tmp_path / "deep" / "plan.json")
    veaf(*at, "report", "--out", tmp_path / "deep" / "report")
    for by in ("team", "partition", "objective"):
        veaf(*at, "coverage", "--by", by)
    new = {name.rpartition("/")[0] for name in files(tmp_path) - before}
    assert new == {"deep/down/config", "deep", "deep/report"}
    assert files(folder) - {"plant.csv"} <= {f"{name}.yaml" for name in ("veaf-sync", "strategy", "mapping")} | {
        f"s.db{end}" for end in ("", "-wal", "-shm")
    }
    assert not [name for name in files(tmp_path) if "away" in name]


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "..", ".x", "x\\y", "x y", "x:y", ""])
def test_a_source_called_like_a_path_is_refused(veaf, folder, name):
    path = folder / "veaf-sync.yaml"
    document = YAML().load(path.read_text("utf-8"))
    document["sources"] = {name: document["sources"]["plant"]}
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(document, file)
    ended = veaf("-C", folder, "sync", codes=(2,))
    assert "is no name" in ended.err


def test_a_report_does_not_replace_the_configuration_or_a_file(veaf, folder, tmp_path):
    veaf("-C", folder, "sync")
    before = {name: (folder / name).read_bytes() for name in ("veaf-sync.yaml", "strategy.yaml", "mapping.yaml")}
    veaf("-C", folder, "report", "--out", folder / "down" / "..", codes=(2,))
    veaf("-C", folder, "report", "--out", folder / "strategy.yaml", codes=(2,))
    veaf("-C", folder, "report", "--format", "../../x", codes=(2,))
    veaf("-C", folder, "plan", "--out", folder, codes=(2,))
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_whatever_the_umask_the_store_and_the_log_are_their_owners(veaf, folder, tmp_path):
    previous = os.umask(0)
    try:
        veaf("-C", folder, "sync")
        veaf("-C", folder, "sync", codes=(70,), clock=Breaking())
    finally:
        os.umask(previous)
    private = [path for path in folder.iterdir() if path.name.startswith(("s.db", "veaf-sync.log"))]
    assert {"s.db", "veaf-sync.log"} <= {path.name for path in private}
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_a_log_that_leads_elsewhere_is_not_written_to(veaf, folder, tmp_path):
    (tmp_path / "precious").write_text("precious\n", "utf-8")
    (folder / "veaf-sync.log").symlink_to(tmp_path / "precious")
    ended = veaf("-C", folder, "sync", codes=(70,), clock=Breaking())
    assert (tmp_path / "precious").read_text("utf-8") == "precious\n"
    assert str(folder / "veaf-sync.log") not in ended.err


def test_nobody_else_may_read_a_plan_or_report_where_the_umask_says_so(veaf, folder, tmp_path):
    previous = os.umask(0o077)
    try:
        veaf("-C", folder, "sync")
        veaf("-C", folder, "plan", "--out", tmp_path / "plan.json")
        veaf("-C", folder, "report", "--out", tmp_path / "report")
    finally:
        os.umask(previous)
    written = [tmp_path / "plan.json", *(tmp_path / "report").iterdir()]
    assert len(written) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o700
