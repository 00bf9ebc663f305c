"""The loop over HTTP: it tells its story, writes its tags, and has nothing left to do the second time."""

from __future__ import annotations

import os

import pytest

from veaf_sync import plugins
from veaf_sync.demo import run, scenario, serve
from veaf_sync.errors import UserError
from veaf_sync.plugins import Registry
from veaf_sync.sync import SILENT


def test_everything_is_read_and_nothing_is_degraded(loop, later):
    assert {source.source: source.state for source in loop.first.sources} == {
        "jira-main": "fresh",
        "github-main": "fresh",
        "asana-main": "fresh",
    }
    assert sum(source.items for source in loop.first.sources) == len(scenario(later.now()))
    assert not loop.first.degraded
    assert not loop.second.degraded


def test_the_numbers_tell_a_story(loop):
    count = loop.status.weights.count
    assert 0.70 <= count.coverage.value <= 0.80
    assert min(count.aligned, count.orphan, count.exempt, count.dangling, count.ambiguous) > 0
    assert count.unreadable == 0
    verdicts = count.aligned + count.orphan + count.exempt + count.dangling + count.ambiguous
    assert verdicts == pytest.approx(count.total)
    states = {objective.objective: objective.state for objective in loop.status.objectives}
    assert states == {
        "new-markets": "unserved",
        "cheap-to-run": "underfunded",
        "fast-checkout": "served",
        "trusted-data": "served",
    }


def test_the_strategy_is_as_old_as_on_the_day_it_was_written(loop):
    ages = {
        objective.objective: [result.value_age_days for result in objective.key_results]
        for objective in loop.status.objectives
    }
    assert ages["cheap-to-run"] == [41]
    assert 0 < max(ages["fast-checkout"]) < 30


def test_the_tags_in_the_tool_are_those_that_were_planned(loop):
    assert loop.before == {}
    assert loop.planned.plan.counts.clear == 0
    assert loop.planned.plan.counts.set == sum(map(len, loop.after.values())) > 100
    planned = {f"{change.item.source}:{change.key}": change.after for change in loop.planned.plan.changes}
    assert planned == loop.after
    assert {key.partition(":")[0] for key in planned} == {"jira-main", "github-main", "asana-main"}
    assert any(len(values) == 2 for values in loop.after.values())  # a split


def test_every_change_was_written(loop):
    assert {outcome.result.value for outcome in loop.applied.outcomes} == {"applied"}
    assert len(loop.applied.outcomes) == len(loop.planned.plan.changes)


def test_the_second_plan_is_empty(loop):
    assert loop.second_plan.changes == ()
    assert loop.second_plan.refused == ()


def test_the_report_is_there_in_every_format(loop):
    assert {path.suffix for path in loop.report} == {".html", ".csv", ".md", ".json"}
    assert all(path.stat().st_size > 0 for path in loop.report)


def test_the_environment_is_as_it_was(loop):
    assert not [name for name in os.environ if name.startswith("JIRA_CLOUD")]


def test_the_settings_keep_their_comments_and_hold_no_secret(loop):
    text = (loop.folder / "veaf-sync.yaml").read_text()
    assert all(site in text for site in loop.sites.values())
    assert "# what every number is about" in text
    assert "token: env:JIRA_CLOUD_TOKEN" in text
    assert "write_token: env:JIRA_CLOUD_WRITE_TOKEN" in text, "writing has a credential of its own"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="Nothing was written"):
        run(tmp_path, plugins.load(), None, SILENT)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_without_the_emulator_it_says_what_to_install(tmp_path, later):
    with pytest.raises(UserError, match="emulator") as told:
        run(tmp_path / "demo", Registry(connectors={}, emulators={}), later, SILENT)
    assert "pip install" in told.value.fix
    assert not (tmp_path / "demo").exists()


def test_the_sandbox_serves_while_it_is_open_and_keeps_edits(tmp_path, later):
    import requests

    folder = tmp_path / "sandbox"
    registry = plugins.load()
    with serve(folder, registry, later) as first:
        assert not first.kept
        url = first.urls["jira-main"]
        assert requests.get(f"{url}/rest/api/3/serverInfo", timeout=5).status_code == 200
        assert url in (folder / "veaf-sync.yaml").read_text()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/rest/api/3/serverInfo", timeout=5)
    edited = (folder / "mapping.yaml").read_text() + "# mine\n"
    (folder / "mapping.yaml").write_text(edited)
    (folder / "veaf-sync.db").write_text("of the old tool")
    with serve(folder, registry, later) as second:
        assert second.kept
        assert second.urls["jira-main"] in (folder / "veaf-sync.yaml").read_text()
    assert (folder / "mapping.yaml").read_text() == edited
    assert not (folder / "veaf-sync.db").exists()
