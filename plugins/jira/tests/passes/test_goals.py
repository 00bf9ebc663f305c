"""Atlassian's goals: people's links are statements, ours are tags, and what nobody can see changes nothing."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from veaf_sync.emulator import AnswerLost, Status
from veaf_sync.model import Result
from veaf_sync.sync import preflight
from veaf_sync_jira.connector import JiraConnector

from .organisation import BUGS, STORIES, M, results

API = "/gateway/api/graphql"
WITH_GOALS = """
vision: {title: Every order arrives}
objectives:
  - {id: fast, goal: "jira:TITAN-1"}
  - {id: cheap, goal: "jira:TITAN-2"}
"""
LINKED = dict.fromkeys(STORIES, ("TITAN-1",)) | dict.fromkeys(BUGS, ("TITAN-2",))


@pytest.fixture
def goaled(organisation):
    """The organisation on Cloud with goals, links to them as tags, not read yet."""
    caps = {"clears": {"count": 500, "share": 1}}
    made = organisation("cloud", tag={"goal": True}, guards=caps)
    made.strategy = WITH_GOALS
    made.heard = []
    made.site.observers.append(lambda exchange: made.heard.append(exchange.request))
    made.site.goal("TITAN-0", "Everything", owner="Ada")
    made.site.goal("TITAN-1", "Faster", parent="TITAN-0")
    made.site.goal("TITAN-2", "Cheaper", parent="TITAN-0", state="completed")
    return made


def asked(made, since=0):
    """What was asked of the interface, by the first word behind the operation."""
    bodies = [json.loads(request.body) for request in made.heard[since:] if request.path == API]
    return Counter(body["query"].split("(")[0].split()[1] for body in bodies)


def test_goals_are_read_with_what_stands_above_and_below(goaled):
    goaled.site.knobs.goals_page = 1  # one goal a page, one link a page
    goaled.site.link("PAY-3", "TITAN-1")
    goaled.site.link("PAY-6", "TITAN-1")
    from veaf_sync.sync import Sources

    with Sources(goaled.config, goaled.registry, goaled.clock) as sources:
        goals = sources.reading("jira").connector.goals()
    assert [(goal.key, goal.title, goal.parent, goal.owner, goal.open, goal.items) for goal in goals] == [
        ("TITAN-0", "Everything", "", "Ada", True, ()),
        ("TITAN-1", "Faster", "TITAN-0", "", True, ("PAY-3", "PAY-6")),
        ("TITAN-2", "Cheaper", "TITAN-0", "", False, ()),
    ]
    assert goals[1].url.endswith("TITAN-1")


def test_items_are_linked_and_let_go(goaled):
    outcomes = goaled.sync(write=True).outcomes
    assert results(outcomes) == {Result.APPLIED: M}
    assert goaled.site.links() == LINKED
    goaled.wait(3600)
    assert goaled.sync(write=True).outcomes == ()
    goaled.mapping = "rules: []\n"
    goaled.wait(3600)
    assert results(goaled.sync(write=True).outcomes) == {Result.APPLIED: M}
    assert goaled.site.links() == {}
    assert not any(goaled.site.tags().values()), "no label was touched"


def test_a_persons_link_contradicts_a_rule_and_wins(goaled):
    """A link moves no clock of the issue: the increment sees it all the same, and what it takes back too."""
    goaled.sync(write=True)
    goaled.wait(3600)
    story, chore, bug = "PAY-3", "PAY-2", "PAY-1"
    goaled.site.unlink(story, "TITAN-1")
    goaled.site.link(story, "TITAN-2")
    goaled.site.link(chore, "TITAN-1")
    goaled.site.unlink(bug, "TITAN-2")
    before = len(goaled.site.requests)
    result = goaled.sync(write=True)
    rows = {row["key"]: row for row in goaled.store.results.list(result.run.id).to_dicts()}
    assert (rows[story]["objective"], rows[story]["origin"]) == ("cheap", "statement")
    assert (rows[chore]["objective"], rows[chore]["origin"]) == ("fast", "statement")
    assert (rows[bug]["verdict"], rows[bug]["origin"]) == ("orphan", "withdrawn")
    assert result.outcomes == (), "nothing of what people did is overwritten"
    assert sum(one.path.endswith("bulkfetch") for one in goaled.sent(before)) == 2, "what changed, and what is missed"
    goaled.wait(3600)
    goaled.site.unlink(chore, "TITAN-1")
    assert goaled.verdicts(goaled.sync().run.id)[chore] == "orphan"


def test_requests_meet_their_floor(goaled):
    """Beside what the issues cost: the cloud's id and ⌈goals ÷ 50⌉, and one request a link that is made."""
    goaled.sync()
    assert asked(goaled) == {"Goals": 1}
    assert sum(one.path == "/_edge/tenant_info" for one in goaled.sent()) == 1
    since, before = len(goaled.heard), len(goaled.sent())
    goaled.wait(3600)
    result = goaled.sync(write=True)
    assert results(result.outcomes) == {Result.APPLIED: M}
    assert asked(goaled, since)["Link"] == M
    assert asked(goaled, since)["Goals"] <= 3, "once to read, and again when the links must be fresh"
    assert not any(one.method == "PUT" or "bulk/" in one.path for one in goaled.sent(before))


def test_a_goal_that_is_archived_between_plan_and_apply(goaled):
    planned = goaled.plan(goaled.sync())
    goaled.site.goal("TITAN-2", archived=True)
    goaled.wait(60)
    applied = goaled.apply(planned)
    assert results(applied.outcomes) == {Result.APPLIED: len(STORIES), Result.FAILED: len(BUGS)}
    assert goaled.site.links() == dict.fromkeys(STORIES, ("TITAN-1",))
    details = {outcome.detail for outcome in applied.outcomes if outcome.result is Result.FAILED}
    assert details == {"The goal TITAN-2 is archived; its links stay as they are."}
    goaled.wait(3600)
    refused = goaled.plan(goaled.sync()).plan.refused
    assert {each.reason for each in refused} == details, "a plan made now says so before anything is written"
    checked = preflight(goaled.config, goaled.registry, goaled.clock)[0]
    assert checked.problems == ("The goal TITAN-2, the counterpart of cheap, is archived: nothing is linked to it.",)


def test_what_is_linked_already_is_as_wanted(goaled):
    planned = goaled.plan(goaled.sync())
    goaled.site.faults.add(
        AnswerLost(),
        method="POST",
        path=API + "$",
        when=lambda request: b"mutation" in request.body,
        every=4,
        times=None,
    )
    applied = goaled.apply(planned)
    assert results(applied.outcomes) == {Result.APPLIED: M}
    assert goaled.site.links() == LINKED
    goaled.site.faults.clear()
    goaled.wait(3600)
    assert goaled.sync(write=True).outcomes == ()


def test_an_answer_that_never_comes_is_settled_by_reading(goaled):
    planned = goaled.plan(goaled.sync())
    goaled.site.faults.add(AnswerLost(), path=f"{API}$", when=lambda request: b"mutation" in request.body, times=None)
    applied = goaled.apply(planned)
    assert results(applied.outcomes) == {Result.APPLIED: M}
    assert goaled.site.links() == LINKED


def test_killed_in_between_nothing_is_doubled(goaled, monkeypatch):
    planned = goaled.plan(goaled.sync())
    whole, done = JiraConnector.write, []

    def dies(self, batch):
        answer = whole(self, batch)
        done.append(batch)
        if len(done) == 5:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(JiraConnector, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        goaled.apply(planned)
    monkeypatch.setattr(JiraConnector, "write", whole)
    goaled.wait(3600)
    result = goaled.sync(write=True)
    assert len(result.outcomes) == M - 5
    assert goaled.site.links() == LINKED
    assert all(len(goal.items) == len(set(goal.items)) for goal in goaled.site.goals.held.values())


def test_an_older_interface_calls_it_otherwise(goaled):
    goaled.site.knobs.older_goals = True
    goaled.sync(write=True)
    goaled.mapping = "rules: []\n"
    goaled.wait(3600)
    since = len(goaled.heard)
    assert results(goaled.sync(write=True).outcomes) == {Result.APPLIED: M}
    assert goaled.site.links() == {}
    assert asked(goaled, since)["Link"] == M + 1, "the newer name is tried once"


def status(code=200, text=""):
    """The interface answers so."""
    return lambda site: site.faults.add(Status(code, body=text.encode()), path=f"{API}$", times=None)


@pytest.mark.parametrize(
    "trouble",
    [
        lambda site: setattr(site.knobs, "goals", False),
        status(502),
        status(text='{"data": {"goals_search": {"edges": []}}}'),
        status(text="<html>"),
        status(text='{"data": {"goals_search": null}, "errors": [{"message": "half"}]}'),
    ],
    ids=["forbidden", "down", "no page", "no JSON", "half"],
)
def test_goals_that_cannot_be_read_take_nothing_away(goaled, trouble):
    goaled.sync(write=True)
    before = goaled.site.links()
    goaled.wait(3600)
    trouble(goaled.site)
    result = goaled.sync(write=True)
    assert result.degraded
    assert result.outcomes == ()
    assert "orphan" not in {goaled.verdicts(result.run.id)[key] for key in LINKED}
    assert goaled.site.links() == before
    goaled.site.faults.clear()
    goaled.site.knobs.goals = True
    goaled.wait(3600)
    healed = goaled.sync(write=True)
    assert (healed.degraded, healed.outcomes) == (False, ())


def test_links_are_statements_where_tags_are_labels(organisation):
    made = organisation("cloud", goals=True, tag={"label": "okr:{objective}"})
    made.strategy, made.mapping = WITH_GOALS, "rules: []\n"
    made.site.goal("TITAN-1", "Faster")
    made.site.link("PAY-2", "TITAN-1")
    assert results(made.sync(write=True).outcomes) == {Result.APPLIED: 1}
    assert made.tags() == {"PAY-2": ("okr:fast",)}


@pytest.mark.parametrize("profile", ["dc"])
def test_data_center_has_no_goals(organisation, profile):
    made = organisation(profile, tag={"goal": True})
    with pytest.raises(Exception, match="Jira Cloud's"):
        _ = made.config
