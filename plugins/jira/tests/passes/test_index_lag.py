"""Right behind our own removal Jira's index still shows the tag: read directly before it counts as a person's word."""

from __future__ import annotations

import pytest

STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
CLOUD = pytest.mark.parametrize("profile", ["cloud"])


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
    tagged.wait(3600)
    assert "statement" not in set(tagged.store.results.list(tagged.sync().run.id)["origin"])


@CLOUD
def test_a_person_who_sets_it_again_at_once_is_heard(tagged, profile):
    tagged.mapping = STATED + tagged.mapping
    tagged.wait(3600)
    tagged.sync(write=True)
    key, (value,) = next(iter(tagged.tags().items()))
    tagged.wait(3600)
    tagged.mapping = f"{STATED}rules: []\n"
    tagged.sync(write=True)
    tagged.wait(60)
    tagged.site.edit(key, labels=(*tagged.site.tags()[key], value))
    result = tagged.sync(write=True)
    rows = tagged.store.results.list(result.run.id)
    assert "statement" in rows.filter(rows["key"] == key)["origin"].to_list()
    assert tagged.tags() == {key: (value,)}
