"""What an interrupted run left at work: the next one learns what became of it, and decides anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from veaf_sync.emulator import Status
from veaf_sync.model import Result
from veaf_sync.store import tables
from veaf_sync_jira.connector import JiraConnector

from .organisation import BULK, QUEUE, STORIES, count

MOVED = "rules:\n  - {name: all, when: {type: [Bug, Story]}, objective: cheap}\n"
CLOUD = pytest.mark.parametrize("profile", ["cloud"])


@pytest.fixture
def interrupted(tagged, monkeypatch):
    """The process ends as it asks for the first task of a move; Jira finishes that task: both tags stand."""
    tagged.sync(write=True)
    tagged.mapping = MOVED
    tagged.wait(3600)
    planned = tagged.plan(tagged.sync())
    whole = JiraConnector.poll

    def interrupt(self, task, batch):
        raise KeyboardInterrupt

    monkeypatch.setattr(JiraConnector, "poll", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tagged.apply(planned)
    monkeypatch.setattr(JiraConnector, "poll", whole)
    tagged.site.finish_tasks()
    assert sum(values == ("okr:cheap", "okr:fast") for values in tagged.tags().values()) == len(STORIES)
    return tagged


@CLOUD
def test_a_pass_that_only_reads_sends_nothing_of_it(interrupted, profile):
    before, tags = len(interrupted.sent()), interrupted.tags()
    interrupted.source["read_only"] = True
    interrupted.sync()
    interrupted.wait(600)
    interrupted.site.finish_tasks()
    assert count(interrupted, "POST", BULK, before) == 0
    assert interrupted.tags() == tags
    assert interrupted.store.journal.open("jira") == []


@CLOUD
@pytest.mark.parametrize(("mapping", "left"), [(MOVED, "okr:cheap"), ("", "okr:fast")])
def test_the_rules_of_today_decide(interrupted, profile, mapping, left):
    interrupted.mapping = mapping or "rules:\n  - {name: all, when: {type: [Bug, Story]}, objective: fast}\n"
    interrupted.wait(9 * 24 * 3600)
    interrupted.sync(write=True)
    assert {values for values in interrupted.tags().values() if values} == {(left,)}


@CLOUD
def test_a_task_that_nobody_may_ask_for_any_more_is_given_up_after_a_day(interrupted, profile):
    interrupted.site.faults.add(Status(403), path=QUEUE, times=1)
    interrupted.sync()
    with interrupted.store.leases._database.unfenced() as connection:
        day = timedelta(days=2) // timedelta(microseconds=1)
        connection.execute(sa.update(tables.journal).values(at=tables.journal.c.at - day))
    interrupted.site.faults.add(Status(403), path=QUEUE, times=1)
    interrupted.wait(3600)
    result = interrupted.sync(write=True)
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}
    assert interrupted.store.journal.open("jira") == []
