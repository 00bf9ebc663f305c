"""One edit for each issue, as on Data Center: answers that are lost, and processes that are killed."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import AnswerLost, Meanwhile
from veaf_sync.model import Result
from veaf_sync.sync.settling import LOOK_FIRST
from veaf_sync_jira.connector import JiraConnector

from .organisation import EDIT, M, count, results, settled


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

    def test_killed_before_it_arrived(self, tagged, profile, monkeypatch):
        """There are no bulk tasks on Data Center: what is not to be seen there is not waited for, and sent again."""

        def dies(self, batch):
            raise KeyboardInterrupt

        planned = tagged.plan(tagged.sync())
        with monkeypatch.context() as patched:
            patched.setattr(JiraConnector, "write", dies)
            with pytest.raises(KeyboardInterrupt):
                tagged.apply(planned)
        assert len(tagged.store.journal.open("jira")) == 1
        before = tagged.clock.monotonic()
        result = tagged.sync(write=True)
        assert results(result.outcomes) == {Result.APPLIED: M}
        assert tagged.store.journal.open("jira") == []
        assert tagged.clock.monotonic() - before < LOOK_FIRST
        settled(tagged)
