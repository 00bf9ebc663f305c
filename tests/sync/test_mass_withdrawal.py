"""Tags of ours that vanish from most of a partition at once are no edits of people until somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from veaf_sync.model import Origin

if TYPE_CHECKING:
    from conftest import Organisation

ITEMS = 40
RULES = "rules: [{name: bugs, when: {type: Bug}, objective: cheap}]\n"


@pytest.fixture
def tagged(organisation: Organisation) -> Organisation:
    organisation.source["tag"] = '{label: "okr:{objective}"}'
    organisation.mapping = RULES
    for number in range(ITEMS):
        organisation.tool.add("PAY", f"PAY-{number}", type="Bug")
    organisation.sync(write=True)
    assert len(organisation.store.journal.written("mem")) == ITEMS
    organisation.clock.advance(3600)
    return organisation


def take(organisation: Organisation, count: int) -> None:
    for item in list(organisation.tool.items.values())[:count]:
        organisation.tool.tag(item.id, remove=["okr:cheap"])


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("organisation", ["sqlite", "postgresql"], indirect=True)
def test_most_of_a_partition_is_not_believed_and_nothing_is_written_there(tagged: Organisation, full: bool) -> None:
    take(tagged, 30)
    for _ in range(2):
        result = tagged.sync(write=True, full=full)
        (report,) = result.sources
        assert report.state == "partial"
        assert "30 items do not show tags that we wrote" in report.reason
        assert "veaf-sync sync --source mem --accept-empty" in report.reason
        assert result.outcomes == ()
        assert result.planned is not None
        assert len(result.planned.plan.refused) == 30
        assert len(tagged.store.journal.written("mem")) == ITEMS
        assert Origin.WITHDRAWN not in set(tagged.results(result.run.id)["origin"])
        tagged.clock.advance(3600)


def test_somebody_says_that_people_did_it(tagged: Organisation) -> None:
    take(tagged, 30)
    tagged.sync()
    tagged.clock.advance(3600)
    result = tagged.sync(write=True, accept_empty=["mem"])
    assert result.sources[0].state == "fresh"
    assert result.outcomes == ()
    assert len(tagged.store.journal.written("mem")) == ITEMS - 30
    origins = tagged.results(result.run.id)["origin"].to_list()
    assert origins.count(Origin.WITHDRAWN) == 30


def test_when_they_show_again_nothing_was_lost(tagged: Organisation) -> None:
    take(tagged, 30)
    tagged.sync()
    tagged.clock.advance(3600)
    for item in tagged.tool.items.values():
        tagged.tool.tag(item.id, add=["okr:cheap"])
    result = tagged.sync(write=True)
    assert (result.sources[0].state, result.outcomes) == ("fresh", ())
    assert set(tagged.results(result.run.id)["origin"]) == {Origin.RULE}


@pytest.mark.parametrize("count", [20, 5])
def test_some_are_peoples_edits(tagged: Organisation, count: int) -> None:
    take(tagged, count)
    result = tagged.sync(write=True)
    assert (result.sources[0].state, result.outcomes) == ("fresh", ())
    assert len(tagged.store.journal.written("mem")) == ITEMS - count
