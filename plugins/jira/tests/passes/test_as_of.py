"""Answers `--as-of` a run are the same bytes whenever they are asked, and exit codes say how a pass went."""

from __future__ import annotations

import json

import pytest

from veaf_sync import read as reading
from veaf_sync.cli.app import main
from veaf_sync.emulator import broken_json
from veaf_sync.plan import digest, dump
from veaf_sync.report import FORMATS, write

SEARCH = r"/search(/jql)?$"


def answers(made, as_of, folder):
    """The reading answers and every file of the report, which holds the others, as bytes."""
    snapshot = reading.open_snapshot(made.store, made.config, as_of)
    rows = made.store.results.list(snapshot.run.id)
    said = {
        "status": reading.status(snapshot),
        "coverage": reading.coverage(snapshot),
        "objectives": reading.objectives(snapshot),
        "items": reading.items(snapshot),
        "orphans": reading.orphans(snapshot),
        **{f"explain {key}": reading.explain(snapshot, f"jira:{key}") for key in rows["key"].head(1)},
    }
    files = {path.name: path.read_bytes() for path in write(snapshot, FORMATS, folder)}
    return {name: answer.model_dump_json().encode() for name, answer in said.items()} | files


@pytest.mark.parametrize(("profile", "engine"), [("cloud", "sqlite"), ("cloud", "postgresql")])
def test_answers_as_of_a_run_are_the_same_bytes_after_later_runs(tagged, tmp_path):
    first = tagged.sync(write=True)
    before = answers(tagged, str(first.run.id), tmp_path / "1")
    assert len(before) > 10
    tagged.wait(24 * 3600)
    day = "2026-11-25"
    for number in range(1, 8):
        tagged.site.edit(f"PAY-{number}", title="Edited", type="Chore")
    tagged.site.move("OPS-1", "PAY")
    tagged.site.delete("OPS-2")
    tagged.site.forbid("SHOP")
    second = tagged.sync(write=True)
    assert second.degraded
    degraded = answers(tagged, None, tmp_path / "2")
    tagged.site.allow("SHOP")
    tagged.mapping = "rules:\n  - {name: all, when: {}, objective: cheap}\n"
    tagged.strategy = tagged.strategy.replace("title: Fast checkout", "title: Renamed, state: closed")
    tagged.wait(24 * 3600)
    third = tagged.sync(write=True)
    assert not third.degraded
    assert answers(tagged, str(first.run.id), tmp_path / "1 after run 3") == before
    assert answers(tagged, day, tmp_path / "2 after run 3") == degraded
    assert reading.status(reading.open_snapshot(tagged.store, tagged.config, None)).run == third.run.id


@pytest.mark.parametrize("profile", ["dc"])
def test_the_same_state_gives_the_same_plan(tagged, profile):
    first = tagged.sync()
    plan = tagged.plan(first).plan
    assert dump(tagged.plan(first).plan) == dump(plan)
    tagged.wait(3600)
    again = tagged.plan(tagged.sync()).plan
    assert again.changes == plan.changes
    tagged.apply(tagged.plan(tagged.sync()))
    tagged.wait(3600)
    empty = tagged.sync(write=True)
    assert empty.planned.plan.changes == ()
    assert digest(empty.planned.plan) != digest(plan)


@pytest.fixture
def command(organisation, profile, tmp_path, capsys):
    """The command line over the organisation's site: `command("sync")` brings the exit code and both streams."""
    made = organisation(profile)
    folder = tmp_path / "config"
    folder.mkdir()

    def run(*arguments):
        for name, text in made.config.texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        code = main(["-C", str(folder), *arguments], clock=made.clock)
        return code, *capsys.readouterr()

    run.made = made
    return run


@pytest.mark.parametrize("profile", ["cloud"])
def test_exit_codes_say_how_the_pass_went(command, profile, monkeypatch):
    made = command.made
    code, out, _ = command("sync", "-o", "json")
    assert (code, json.loads(out)["degraded"]) == (0, False)
    made.wait(3600)
    shop = {"path": SEARCH, "when": lambda request: b'project = \\"SHOP\\"' in request.body, "times": None}
    made.site.faults.add(broken_json(), **shop)
    code, out, _ = command("sync", "--full", "-o", "json")
    assert (code, json.loads(out)["degraded"]) == (3, True)
    assert "SHOP" in json.loads(out)["sources"][0]["reason"]
    code, out, err = command("status")
    assert code == 0, "reading a degraded snapshot is no failure"
    assert "DEGRADED" in out
    assert "Traceback" not in out + err
    monkeypatch.setenv(f"JIRA_{profile.upper()}_TOKEN", "revoked-token")
    code, _, err = command("sync")
    assert code == 2
    assert "credentials" in err
    assert "revoked" not in err
    monkeypatch.setenv(f"JIRA_{profile.upper()}_TOKEN", made.site.service.tokens[0])
    made.site.faults.clear()
    assert command("sync")[0] == 0
