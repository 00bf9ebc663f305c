"""Write-back over Jira: the plan is written, what people did stays, and a crash leaves nothing lost or double."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from veaf_sync.emulator import AnswerLost, Meanwhile, Rewrite, Status
from veaf_sync.errors import Refused
from veaf_sync.model import Result
from veaf_sync_jira.connector import JiraConnector

BULK, QUEUE, EDIT = r"/bulk/issues/fields$", r"/bulk/queue/", r"/issue/\d+$"
SIZES = (("OPS", 8), ("PAY", 14), ("SHOP", 24))
STORIES = {f"{project}-{number}" for project, count in SIZES for number in range(3, count + 1, 3)}
BUGS = {f"{project}-{number}" for project, count in SIZES for number in range(1, count + 1, 3)}
WANTED = dict.fromkeys(STORIES, ("okr:fast",)) | dict.fromkeys(BUGS, ("okr:cheap",))
M = len(WANTED)


def asks_for_watchers(request):
    return request.query.get("fields") == ["watches"] or b'"fields": ["watches"]' in request.body


def _watched(response):
    """Three people watch every issue."""
    data = json.loads(response.body)
    for raw in data.get("issues", [data]):
        raw["fields"]["watches"] = {"self": "", "watchCount": 3, "isWatching": False}
    return replace(response, body=json.dumps(data).encode())


WATCHED = Rewrite(_watched)


def results(outcomes):
    return {result: sum(outcome.result is result for outcome in outcomes) for result in {o.result for o in outcomes}}


def count(made, method, part, since=0):
    return sum(one.method == method and part in one.path for one in made.sent(since))


def settled(made, *, writes=0):
    """What must hold in the end: our tags stand, the journal knows them all as ours, nothing more is planned."""
    made.wait(3600)
    result = made.sync(write=True)
    assert not result.degraded
    assert len(result.outcomes) == writes
    assert made.tags() == WANTED
    assert made.store.journal.open("jira") == []
    ids = {str(made.site.issue(key).id): values for key, values in WANTED.items()}
    assert made.store.journal.written("jira") == ids
    assert made.plan(result).plan.changes == ()
    assert "withdrawn" not in set(made.store.results.list(result.run.id)["reason"])


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


@pytest.mark.parametrize("profile", ["cloud"])
class TestBulk:
    def test_partly_failed_has_an_outcome_for_each(self, tagged, profile):
        tagged.site.knobs.unwritable = {"PAY-3": "Field 'labels' cannot be set.", "PAY-1": "The issue is archived."}
        tagged.site.delete("SHOP-24")
        planned = tagged.plan(tagged.sync())
        applied = tagged.apply(planned)
        assert results(applied.outcomes) == {Result.APPLIED: M - 3, Result.FAILED: 2}
        failed = {outcome.detail for outcome in applied.outcomes if outcome.result is Result.FAILED}
        assert failed == {"Field 'labels' cannot be set.", "The issue is archived."}
        assert applied.failed
        tagged.site.knobs.unwritable = {}
        tagged.wait(3600)
        second = tagged.sync(write=True)
        assert {str(tagged.site.issue(key).id) for key in ("PAY-1", "PAY-3")} == {o.item.id for o in second.outcomes}
        assert results(second.outcomes) == {Result.APPLIED: 2}

    @pytest.mark.parametrize(
        ("then", "while_away"), [("only sync", "the task is done"), ("apply again", "the task still runs")]
    )
    def test_a_task_that_outlives_the_process_is_taken_up_and_not_sent_again(
        self, tagged, profile, then, while_away, monkeypatch
    ):
        planned = tagged.plan(tagged.sync())
        whole = JiraConnector.poll

        def interrupt(self, task, batch):
            raise KeyboardInterrupt

        monkeypatch.setattr(JiraConnector, "poll", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tagged.apply(planned)
        monkeypatch.setattr(JiraConnector, "poll", whole)
        assert {entry.task.partition(":")[0] for entry in tagged.store.journal.open("jira")} == {"ADD"}
        if while_away == "the task is done":
            tagged.site.finish_tasks()
        if then == "apply again":
            applied = tagged.apply(planned)
            assert not applied.failed
        else:
            tagged.sync(write=True)
        assert count(tagged, "POST", "bulk/issues") == 2, "one for each group, none of them twice"
        settled(tagged)

    @pytest.mark.parametrize("how", ["done", "not done"])
    def test_a_task_that_jira_forgot_is_settled_by_reading(self, tagged, profile, how):
        planned = tagged.plan(tagged.sync())

        def forget():
            if how == "done":
                tagged.site.finish_tasks()
            tagged.site.forget_tasks()

        tagged.site.faults.add(Meanwhile(forget), path=QUEUE, times=None)
        applied = tagged.apply(planned)
        assert results(applied.outcomes) == {Result.APPLIED if how == "done" else Result.FAILED: M}
        tagged.site.faults.clear()
        settled(tagged, writes=0 if how == "done" else M)

    def test_polls_that_end_without_an_answer_leave_it_to_the_next_run(self, tagged, profile):
        tagged.site.knobs.bulk_polls = 10_000
        tagged.site.knobs.bulk_seconds = 24 * 3600
        planned = tagged.plan(tagged.sync())
        applied = tagged.apply(planned)
        assert results(applied.outcomes) == {Result.FAILED: M}
        assert "still working on it" in applied.outcomes[0].detail
        assert tagged.tags() == {}
        tagged.site.finish_tasks()
        assert count(tagged, "POST", "bulk/issues") == 2
        settled(tagged)
        assert count(tagged, "POST", "bulk/issues") == 2, "not sent again"

    @pytest.mark.parametrize("task", ["done at once", "done a minute later"])
    def test_answer_lost_with_the_tasks_number(self, tagged, profile, task):
        planned = tagged.plan(tagged.sync())
        if task == "done at once":
            tagged.site.knobs.bulk_seconds = 0
        tagged.site.faults.add(AnswerLost(), method="POST", path=BULK, times=None)
        applied = tagged.apply(planned)
        tagged.site.faults.clear()
        assert len(applied.outcomes) == M
        settled(tagged)
        assert count(tagged, "POST", "bulk/issues") == 2

    def test_a_change_of_objective_adds_and_removes(self, tagged, profile):
        tagged.sync(write=True)
        tagged.mapping = tagged.mapping.replace("type: Story}, objective: fast", "type: Story}, objective: cheap")
        tagged.wait(3600)
        before = len(tagged.sent())
        second = tagged.sync(write=True)
        assert results(second.outcomes) == {Result.APPLIED: len(STORIES)}
        assert tagged.tags() == dict.fromkeys(WANTED, ("okr:cheap",))
        assert count(tagged, "POST", "bulk/issues", before) == 2, "one that adds, one that removes"
        written = tagged.store.journal.written("jira")
        assert set(written.values()) == {("okr:cheap",)}
        tagged.wait(3600)
        assert tagged.sync(write=True).outcomes == ()

    def test_without_the_permission_bulk_change_each_issue_is_edited(self, tagged, profile):
        tagged.site.knobs.bulk_change = False
        planned = tagged.plan(tagged.sync())
        assert planned.costs[0].requests == M
        applied = tagged.apply(planned)
        assert results(applied.outcomes) == {Result.APPLIED: M}
        assert (count(tagged, "POST", "bulk/issues"), count(tagged, "PUT", "issue/")) == (1, M)
        assert tagged.site.mailed == ()
        settled(tagged)

    def test_credentials_that_end_while_each_issue_is_edited(self, tagged, profile):
        tagged.site.knobs.bulk_change = False
        good = tagged.site.service.tokens
        planned = tagged.plan(tagged.sync())

        def revoke():
            tagged.site.service.tokens = ("other", "other")

        tagged.site.faults.add(Meanwhile(revoke), method="PUT", path=EDIT, nth=4)
        applied = tagged.apply(planned)
        assert applied.failed
        assert len(tagged.tags()) == 3
        assert sum(one.status == 401 for one in tagged.sent()) <= 8, "it does not hammer a site that refuses it"
        tagged.site.service.tokens = good
        tagged.site.knobs.bulk_change = True
        settled(tagged, writes=M - 3)


@pytest.mark.parametrize("profile", ["dc"])
class TestSingly:
    def test_every_fifth_answer_is_lost(self, tagged, profile):
        tagged.site.faults.add(AnswerLost(), method="PUT", path=EDIT, every=5, times=None)
        applied = tagged.apply(tagged.plan(tagged.sync()))
        assert results(applied.outcomes) == {Result.APPLIED: M}
        tagged.site.faults.clear()
        settled(tagged)

    def test_an_answer_that_never_comes_is_settled_by_reading(self, tagged, profile):
        id = tagged.site.issue("PAY-3").id
        tagged.site.faults.add(AnswerLost(), method="PUT", path=f"/issue/{id}$", times=None)
        applied = tagged.apply(tagged.plan(tagged.sync()))
        assert results(applied.outcomes) == {Result.APPLIED: M}
        settled(tagged)

    @pytest.mark.parametrize("step", [1, M])
    def test_killed_in_between(self, tagged, profile, step, monkeypatch):
        planned = tagged.plan(tagged.sync())
        whole, done = JiraConnector.write, []

        def dies(self, batch):
            answer = whole(self, batch)
            done.append(batch)
            if len(done) == step:
                raise KeyboardInterrupt  # the write arrived, nothing of it was noted
            return answer

        monkeypatch.setattr(JiraConnector, "write", dies)
        with pytest.raises(KeyboardInterrupt):
            tagged.apply(planned)
        monkeypatch.setattr(JiraConnector, "write", whole)
        settled(tagged, writes=M - step)
        assert count(tagged, "PUT", "issue/") == M, "0 missing, 0 double"

    def test_credentials_that_end_in_between(self, tagged, profile):
        good = tagged.site.service.tokens
        planned = tagged.plan(tagged.sync())

        def revoke():
            tagged.site.service.tokens = ("other", "other")

        tagged.site.faults.add(Meanwhile(revoke), method="PUT", path=EDIT, nth=4)
        applied = tagged.apply(planned)
        assert applied.failed
        assert len(tagged.tags()) == 3
        assert sum(one.status == 401 for one in tagged.sent()) <= 8, "it does not hammer a site that refuses it"
        tagged.site.service.tokens = good
        settled(tagged, writes=M - 3)


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


def test_peoples_own_values_are_untouched_whatever_is_written(tagged):
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


def test_what_a_person_takes_away_stays_away(tagged):
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


def test_our_own_write_behind_a_lagging_index_is_no_withdrawal(tagged):
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
