"""`init`, `check`, `schema`, `plugins`: what an admin does before the first run."""

from __future__ import annotations

import json

import jsonschema
import pytest
from ruamel.yaml import YAML

DOCUMENTS = {"settings": "veaf-sync.yaml", "strategy": "strategy.yaml", "mapping": "mapping.yaml"}


def test_init_writes_what_check_accepts_and_never_overwrites(veaf, tmp_path):
    folder = tmp_path / "new"
    ended = veaf("init", folder)
    assert ended.code == 0
    assert all(str(folder / name) in ended.out for name in DOCUMENTS.values())
    fresh = veaf("-C", folder, "check", "-o", "json").document["problems"]
    assert {problem["what"].partition(":")[0] for problem in fresh} == {"env"}  # secrets are all that is left to do
    assert {problem["severity"] for problem in fresh} == {"finding"}
    (folder / "mapping.yaml").write_text("mine")
    again = veaf("init", folder)
    assert again.code == 2
    assert (folder / "mapping.yaml").read_text() == "mine"
    assert "Nothing was written" in again.err


def test_init_names_next_commands_that_work_where_they_are_typed(veaf, tmp_path):
    for folder, run in ((None, "veaf-sync check "), ("my plans", "veaf-sync -C 'my plans' check ")):
        ended = veaf("init", *([folder] if folder else []))
        (typed,) = (line.strip() for line in ended.out.splitlines() if "offline" in line)
        assert typed.startswith(run)


def test_init_goes_to_the_folder_of_c(veaf, tmp_path):
    assert veaf("-C", tmp_path / "there", "init").code == 0
    assert (tmp_path / "there" / "veaf-sync.yaml").is_file()


def test_check_prints_every_problem_with_its_line_and_ends_with_1(veaf, tmp_path):
    veaf("init", tmp_path)
    settings = tmp_path / "veaf-sync.yaml"
    settings.write_text(settings.read_text().replace("timezone:", "timezon:"))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(mapping.read_text().replace("split: {fast-checkout: 0.6", "split: {fast-checkout: 0.7"))
    ended = veaf("-C", tmp_path, "check")
    assert ended.code == 1
    assert "timezon" in ended.out
    assert "veaf-sync.yaml: 1 problem" in ended.out
    assert "mapping.yaml: 1 problem" in ended.out
    document = veaf("-C", tmp_path, "check", "-o", "json")
    assert document.code == 1
    assert [problem["severity"] for problem in document.document["problems"]][:3] == ["error", "error", "finding"]
    assert all(problem["line"] for problem in document.document["problems"])


def test_a_finding_fails_check_and_stops_nothing_else(veaf, plant, monday):
    mapping = plant / "mapping.yaml"
    mapping.write_text(mapping.read_text() + "  - {name: gone, when: {type: Epic}, objective: no-such}\n")
    ended = veaf("-C", plant, "check", clock=monday)
    assert ended.code == 1
    assert "no-such" in ended.out
    assert veaf("-C", plant, "sync", clock=monday).code == 0


def test_check_online_asks_every_source(veaf, plant, monday):
    ended = veaf("-C", plant, "check", "--online", clock=monday)
    assert ended.code == 0, ended.out
    assert "plant" in ended.out
    assert f"Next: veaf-sync -C {plant} sync" in ended.out
    north = plant / "exports" / "north.csv"
    north.write_text(north.read_text() + "N-9,x,Task,,,,,To Do,,three,24.12.2026,\n,y,Task,,,,,To Do,,,,\n")
    broken = veaf("-C", plant, "check", "--online", clock=monday)
    assert broken.code == 1
    told = [line for line in broken.out.splitlines() if "problem  exports/north.csv, row 1" in line]
    assert [line.split(". ")[0].partition("row ")[2] for line in told] == [
        "10: points is 'three', which is no number",
        "10: created is '24.12.2026', which is no ISO 8601 time",
        "11: key is missing",
    ]
    assert "Next:" not in broken.out
    for path in (plant / "exports").iterdir():
        path.unlink()
    lost = veaf("-C", plant, "check", "--online", "-o", "json", clock=monday)
    assert lost.code == 1
    assert lost.document["sources"][0]["problems"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_scaffold_is_valid_by_its_own_schema(veaf, tmp_path, name):
    veaf("init", tmp_path)
    schema = veaf("schema", name).document
    jsonschema.Draft202012Validator.check_schema(schema)
    document = YAML(typ="safe").load((tmp_path / DOCUMENTS[name]).read_text())
    jsonschema.validate(json.loads(json.dumps(document, default=str)), schema)


def test_schema_needs_no_configuration_and_names_its_choices(veaf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("status", "coverage", "items", "orphans", "objectives", "explain", "plan", "runs"):
        schema = veaf("schema", name).document
        jsonschema.Draft202012Validator.check_schema(schema)
        assert {"format_version", "run", "as_of", "degraded"} <= schema["properties"].keys()
    assert veaf("schema", "nonsense").code == 2


def test_plugins_lists_what_is_installed(veaf):
    assert "file" in veaf("plugins").out
    document = veaf("plugins", "-o", "json").document
    names = {plugin["name"] for plugin in document["plugins"]}
    assert {"file", "jira"} <= names
    assert document["failures"] == []


def test_a_broken_file_of_plugins_dir_is_named_and_the_rest_works(veaf, plant):
    settings = plant / "veaf-sync.yaml"
    settings.write_text(settings.read_text("utf-8") + "plugins_dir: own\n", "utf-8")
    (plant / "own").mkdir(mode=0o755)
    broken = plant / "own" / "broken.py"
    broken.write_text("1 / 0", "utf-8")
    broken.chmod(0o644)
    listed = veaf("-C", plant, "plugins", "-o", "json").document
    assert [(one["name"], one["file"], one["reason"]) for one in listed["failures"]] == [
        ("broken", str(broken), "ZeroDivisionError: division by zero (line 1)")
    ]
    assert {one["name"]: one["targets"] for one in listed["plugins"]}["jira"] == [
        *("field", "goal", "label", "property")
    ]
    checked = veaf("-C", plant, "check")
    assert checked.code == 1
    assert f"{broken}: 1 problem." in checked.out
    assert veaf("-C", plant, "sync").code == 0, "a broken plugin stops nobody who does not use it"
    settings.write_text(settings.read_text("utf-8").replace("connector: file", "connector: broken"), "utf-8")
    stopped = veaf("-C", plant, "sync")
    assert stopped.code == 2
    assert f"broken ({broken}) did not load: ZeroDivisionError" in stopped.err
