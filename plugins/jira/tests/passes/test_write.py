"""Write-back over Jira: the plan is written, what people did stays, and a crash leaves nothing lost or double."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from veaf_sync.emulator import Meanwhile, Rewrite, Status
from veaf_sync.errors import Refused
from veaf_sync.model import Result
from veaf_sync_jira.connector import JiraConnector

from .organisation import BUGS, WANTED, M, count, results, settled


def asks_for_watchers(request):
    return request.query.get("fields") == ["watches"] or b'"fields": ["watches"]' in request.body


def _watched(response):
    """Three people watch every issue."""
    data = json.loads(response.body)
    for raw in data.get("issues", [data]):
        raw["fields"]["watches"] = {"self": "", "watchCount": 3, "isWatching": False}
    return replace(response, body=json.dumps(data).encode())


WATCHED = Rewrite(_watched)


def test_plan_apply_and_the_second_plan_is_empty(tagged, profile):
    for key, labels in {"PAY-2": ["team-x"], "PAY-3": ["team-x", "urgent"], "PAY-1": ["okr-like"]}.items():
        tagged.site.edit(key, labels=labels)
    first = tagged.sync()
    planned = tagged.plan(first)
    assert (planned.plan.counts.set, planned.plan.counts.clear, tagged.tags()) == (M, 0, {})
    applied = tagged.apply(planned)
    assert results(applied.outcomes) == {Result.APPLIED: M}
    assert tagged.tags() == WANTED
    assert tagged.plan(first).plan.changes == (), "also without reading again"
    assert tagged.site.mailed == ()
    assert tagged.site.tags()["PAY-3"] == ("okr:fast", "team-x", "urgent")
    assert (tagged.site.tags()["PAY-2"], tagged.site.tags()["PAY-1"]) == (("team-x",), ("okr-like", "okr:cheap"))
    writes = count(tagged, "PUT", "issue/") + count(tagged, "POST", "bulk/issues")
    assert writes == {"cloud": 2, "dc": M}[profile]
    again = tagged.apply(planned)
    assert results(again.outcomes) == {Result.UNCHANGED: M}
    settled(tagged)
    tagged.wait(3600)
    echo = tagged.sync(write=True)
    assert (echo.outcomes, echo.sources[0].changed) == ((), 0)
    assert count(tagged, "PUT", "issue/") + count(tagged, "POST", "bulk/issues") == writes, "the echo is no change"


def test_a_person_who_edits_between_plan_and_apply_wins(tagged):
    planned = tagged.plan(tagged.sync())
    tagged.site.edit("PAY-1", labels=["okr:fast"])
    tagged.site.edit("PAY-3", labels=["other"])
    tagged.site.delete("PAY-4")
    applied = tagged.apply(planned)
    assert results(applied.outcomes) == {Result.APPLIED: M - 2, Result.CONFLICT: 1, Result.FAILED: 1}
    conflict = next(outcome for outcome in applied.outcomes if outcome.result is Result.CONFLICT)
    assert "okr:fast" in conflict.detail
    assert tagged.site.tags()["PAY-1"] == ("okr:fast",)
    assert tagged.site.tags()["PAY-3"] == ("okr:fast", "other")


@pytest.mark.parametrize(
    ("profile", "mail"), [("cloud", "if-unavoidable"), ("dc", "if-unavoidable"), ("cloud", "never")]
)
def test_muting_refused_follows_the_setting(tagged, mail):
    tagged.site.knobs.admin = tagged.site.knobs.bulk_change = False
    tagged.source["mail"] = mail
    tagged.site.faults.add(WATCHED, path=r"/issue/(bulkfetch|\d+)$", times=None, when=asks_for_watchers)
    planned = tagged.plan(tagged.sync())
    if mail == "never":
        assert planned.plan.changes == ()
        assert planned.plan.counts.refused == M
        assert "project administrators only" in planned.plan.refused[0].reason
        assert tagged.apply(planned).outcomes == ()
        assert (tagged.tags(), tagged.site.mailed) == ({}, ())
        return
    assert planned.costs[0].mailed == 3 * M, "the plan says how many would be mailed"
    applied = tagged.apply(planned)
    assert results(applied.outcomes) == {Result.APPLIED: M}
    assert set(tagged.site.mailed) == set(WANTED)
    refused = sum(one.status == 403 and one.method == "PUT" for one in tagged.sent())
    assert refused == 3, "asked once for each project"


@pytest.mark.parametrize("profile", ["cloud"])
def test_peoples_own_values_are_untouched_whatever_is_written(tagged, profile):
    tagged.site.edit("PAY-3", labels=["Team-X"])
    tagged.sync(write=True)
    tagged.wait(3600)
    tagged.site.edit("PAY-3", labels=["Team-X", "okr:fast", "okr:someday"])
    tagged.site.edit("PAY-2", labels=["okr:fast"])
    assert tagged.sync(write=True).outcomes == ()
    assert tagged.site.tags()["PAY-3"] == ("Team-X", "okr:fast", "okr:someday")
    tagged.mapping = "rules: []\n"
    tagged.wait(3600)
    cleared = tagged.sync(write=True)
    assert cleared.planned.plan.counts.clear == M
    assert tagged.tags() == {"PAY-2": ("okr:fast",), "PAY-3": ("okr:someday",)}
    assert tagged.site.tags()["PAY-3"] == ("Team-X", "okr:someday")
    assert tagged.store.journal.written("jira") == {}


@pytest.mark.parametrize("profile", ["dc"])
def test_what_a_person_takes_away_stays_away(tagged, profile):
    tagged.sync(write=True)
    tagged.wait(3600)
    tagged.site.edit("PAY-3", labels=[])
    for _ in range(2):
        result = tagged.sync(write=True)
        assert result.outcomes == ()
        row = tagged.store.results.list(result.run.id).filter(key="PAY-3").row(0, named=True)
        assert (row["verdict"], row["reason"]) == ("orphan", "withdrawn")
        tagged.wait(3600)
    assert "PAY-3" not in tagged.tags()


@pytest.mark.parametrize("profile", ["cloud"])
def test_our_own_write_behind_a_lagging_index_is_no_withdrawal(tagged, profile):
    tagged.sync(write=True)
    tagged.wait(3600)
    tagged.sync()
    tagged.site.knobs.index_lag = 200
    tagged.mapping = tagged.mapping.replace("type: Bug}, objective: cheap", "type: Bug}, objective: fast")
    assert len(tagged.sync(write=True).outcomes) == len(BUGS)
    tagged.wait(10)
    hidden = tagged.sync(full=True, write=True)
    assert hidden.outcomes == ()
    assert "withdrawn" not in set(tagged.store.results.list(hidden.run.id)["reason"])
    assert tagged.tags() == dict.fromkeys(WANTED, ("okr:fast",))
    path = r"/issue/(bulkfetch|\d+)$"
    tagged.site.faults.add(Status(503), path=path, times=None)
    blind = tagged.sync(full=True, write=True)
    assert "withdrawn" not in set(tagged.store.results.list(blind.run.id)["reason"]), "not told is not taken away"
    assert tagged.tags() == dict.fromkeys(WANTED, ("okr:fast",))


@pytest.mark.parametrize(
    ("profile", "what"),
    [
        ("cloud", "project lost in mid-run"),
        ("dc", "the whole site is empty"),
        ("cloud", "one project cannot be read"),
    ],
)
def test_nothing_is_cleared_on_the_word_of_what_was_not_read_whole(tagged, what):
    tagged.sync(write=True)
    tagged.wait(3600)
    tagged.mapping = "rules: []\n"
    shop = {"path": r"/search(/jql)?$", "when": lambda request: b'project = \\"SHOP\\"' in request.body, "nth": 2}
    if what == "project lost in mid-run":
        tagged.site.faults.add(Meanwhile(lambda: tagged.site.forbid("SHOP")), **shop)
    elif what == "the whole site is empty":
        tagged.site.knobs.empty = True
    else:
        tagged.site.faults.add(Status(503), times=None, **shop)
    result = tagged.sync(full=True, write=True)
    assert result.degraded
    assert (result.planned.plan.counts.clear, result.outcomes) == (0, ())
    assert tagged.tags() == WANTED


@pytest.mark.parametrize("profile", ["dc"])
def test_a_rule_change_that_would_untag_98_percent_is_refused_without_the_number(tagged, profile):
    tagged.source["guards"] = {"clears": {"count": 5, "share": 0.1}}
    tagged.sync(write=True)
    tagged.mapping = "rules: []\n"
    tagged.wait(3600)
    writes = count(tagged, "PUT", "issue/") + count(tagged, "POST", "bulk/issues")
    refused = tagged.sync(write=True)
    assert f"--accept {M}" in refused.refusal.message
    assert (refused.outcomes, tagged.tags()) == ((), WANTED)
    planned = tagged.plan(refused)
    with pytest.raises(Refused, match="clears are more than"):
        tagged.apply(planned)
    assert count(tagged, "PUT", "issue/") + count(tagged, "POST", "bulk/issues") == writes
    tagged.sync(write=True, accept=M)
    assert tagged.tags() == {}


def test_a_project_that_is_hidden_behind_a_crash_is_no_deletion_of_what_was_written(tagged, monkeypatch):
    planned = tagged.plan(tagged.sync())
    whole, written = JiraConnector.write, []

    def dies_behind_the_first(self, batch):
        whole(self, batch)
        written.extend(change.key for change in batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(JiraConnector, "write", dies_behind_the_first)
    with pytest.raises(KeyboardInterrupt):
        tagged.apply(planned)
    monkeypatch.setattr(JiraConnector, "write", whole)
    hidden = {key.split("-")[0] for key in written}.pop()
    tagged.site.forbid(hidden)
    tagged.wait(3600)
    tagged.sync()
    noted = {entry.key: entry.result for entry in tagged.store.journal.entries(source="jira")}
    assert {noted[key] for key in written if key.startswith(f"{hidden}-")} == {""}, "not known: it was not deleted"
    tagged.site.allow(hidden)
    settled(tagged, writes=M - len(written))
