"""Cloud's bulk edits: a task may fail in parts, outlive us, be forgotten, or lose its number on the way."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import AnswerLost, Meanwhile
from veaf_sync.model import Result
from veaf_sync.sync import Silent
from veaf_sync.sync.settling import POLL_PATIENCE
from veaf_sync_jira.connector import JiraConnector

from .organisation import BULK, EDIT, QUEUE, SEARCH, STORIES, WANTED, M, count, results, settled


class Notes(Silent):
    """How many of our tags stand at the site whenever a person is told something."""

    def __init__(self, made):
        self.made = made
        self.written_before = []

    def note(self, text):
        self.written_before.append(len(self.made.tags()))


def killed_in_its_first_write(made, planned, monkeypatch, *, sent):
    """An apply whose process ends right before, or right behind, its first bulk request."""
    whole = JiraConnector.write

    def dies(self, batch):
        if sent:
            whole(self, batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(JiraConnector, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        made.apply(planned)
    monkeypatch.setattr(JiraConnector, "write", whole)


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

    @pytest.mark.parametrize("then", ["sync, and later sync --write", "apply again at once"])
    def test_killed_before_the_tasks_number_was_noted(self, tagged, profile, then, monkeypatch):
        """The task runs on for minutes: nothing is told to have failed meanwhile, and nothing is sent twice."""
        tagged.site.knobs.bulk_polls, tagged.site.knobs.bulk_seconds = 10_000, 300
        planned = tagged.plan(tagged.sync())
        killed_in_its_first_write(tagged, planned, monkeypatch, sent=True)
        waiting = len(tagged.store.journal.open("jira"))
        assert waiting
        if then.startswith("sync"):
            assert not tagged.sync().degraded
            assert len(tagged.store.journal.open("jira")) == waiting, "not there yet is not failed"
            assert tagged.store.journal.written("jira") == {}
            settled(tagged, writes=M - waiting)
        else:
            applied = tagged.apply(planned)
            assert results(applied.outcomes) == {Result.UNCHANGED: waiting, Result.APPLIED: M - waiting}
            settled(tagged)
        assert count(tagged, "POST", "bulk/issues") == 2, "one for each group, none of them twice"
        assert {entry.result for entry in tagged.store.journal.entries()} == {"applied"}

    def test_killed_before_anything_was_sent(self, tagged, profile, monkeypatch):
        planned = tagged.plan(tagged.sync())
        killed_in_its_first_write(tagged, planned, monkeypatch, sent=False)
        doubted = len(tagged.store.journal.open("jira"))
        slept = sum(tagged.clock.slept)
        notes = Notes(tagged)
        assert results(tagged.apply(planned, progress=notes).outcomes) == {Result.APPLIED: M}, "one more brings all"
        assert sum(tagged.clock.slept) - slept > POLL_PATIENCE, "looked for as long as a task may take, then sent"
        assert notes.written_before == [M - doubted], "everything else does not wait for that"
        settled(tagged)

    def test_a_removal_that_lands_while_we_read_is_no_withdrawal(self, tagged, profile, monkeypatch):
        tagged.sync(write=True)
        tagged.wait(3600)
        tagged.site.knobs.bulk_polls, tagged.site.knobs.bulk_seconds = 10_000, 24 * 3600
        tagged.mapping = "rules: []\n"
        killed_in_its_first_write(tagged, tagged.plan(tagged.sync()), monkeypatch, sent=True)
        tagged.site.faults.add(Meanwhile(tagged.site.finish_tasks), path=SEARCH)
        result = tagged.sync(full=True)
        assert len(tagged.tags()) < M, "some of our tags are gone when they are read"
        assert "withdrawn" not in set(tagged.store.results.list(result.run.id)["reason"])
        tagged.site.faults.clear()
        tagged.site.knobs.bulk_polls = 2
        tagged.wait(3600)
        tagged.sync(write=True)
        assert (tagged.tags(), tagged.store.journal.written("jira")) == ({}, {})
        assert tagged.store.journal.open("jira") == []

    def test_a_task_that_goes_on_is_not_sent_again_by_the_next_apply(self, tagged, profile):
        tagged.site.knobs.bulk_polls, tagged.site.knobs.bulk_seconds = 10_000, 24 * 3600
        planned = tagged.plan(tagged.sync())
        tagged.apply(planned)
        again = tagged.apply(planned)
        assert {outcome.detail.partition(" (")[0] for outcome in again.outcomes} == {"the tool is still working on it"}
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
