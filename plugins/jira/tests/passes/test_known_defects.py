"""What docs/known-defects.md lists of Jira: each test says what should hold, and fails until it does."""

from __future__ import annotations

import pytest

STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
CLOUD = pytest.mark.parametrize("profile", ["cloud"])


@pytest.mark.xfail(strict=True, reason="what the index still shows of our own removals reads as a person's word")
@CLOUD
def test_a_tag_that_we_took_away_is_nobodys_statement_while_the_index_lags(tagged, profile):
    tagged.site.knobs.index_lag = 200
    tagged.mapping = STATED + tagged.mapping
    tagged.wait(3600)
    tagged.sync(write=True)
    tagged.wait(3600)
    tagged.mapping = f"{STATED}rules: []\n"
    tagged.sync(write=True)
    assert tagged.tags() == {}
    tagged.wait(60)
    result = tagged.sync(full=True)
    assert "statement" not in set(tagged.store.results.list(result.run.id)["origin"])
