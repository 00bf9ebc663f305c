"""Asana's goals: what people link states, what we link are tags, and what cannot be read changes nothing."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from veaf_sync import config as configuration
from veaf_sync.emulator import AnswerLost, Status
from veaf_sync.model import Result
from veaf_sync.plugins import Registry
from veaf_sync.store import Filters, open_store
from veaf_sync.sync import Sources, apply_plan, make_plan, preflight, run_sync
from veaf_sync_asana.connector import AsanaConnector

PROJECT = "901"
FAST, CHEAP = "7001", "7002"
STRATEGY = f"""
vision: {{title: V}}
objectives:
  - {{id: fast, goal: "work:{FAST}"}}
  - {{id: cheap, goal: "work:{CHEAP}"}}
"""
RULES = "rules: [{name: all, when: {title: {glob: 'Fast*'}}, objective: fast}]\n"


class Work:
    """One source `work`, one store, one clock."""

    def __init__(self, site, store, clock, **source) -> None:
        self.site, self.store, self.clock, self.source, self.rules = site, store, clock, source, RULES
        self.registry = Registry(connectors={"asana": AsanaConnector}, emulators={}, failures=(), described=())

    @property
    def config(self):
        source = {**self.site.source(), "projects": [PROJECT], **self.source}
        texts = {
            "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"work": source}}),
            "strategy.yaml": STRATEGY,
            "mapping.yaml": self.rules,
        }
        return configuration.load_texts(texts, self.registry.connectors, at=self.clock.now())

    def sync(self, **options):
        return run_sync(self.config, self.registry, self.store, self.clock, **options)

    def rows(self, result):
        found = self.store.results.list(result.run.id, filters=Filters(counted_only=False)).to_dicts()
        return {row["id"]: (row["verdict"], row["objective"], row["origin"]) for row in found}


@pytest.fixture
def work(asana, clock, new_url, monkeypatch):
    site = asana(clock=clock)
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    site.goal("7000", "Everything", owner="Ada")
    metric = {
        "unit": "percentage",
        "initial_number_value": 0.2,
        "target_number_value": 0.8,
        "current_number_value": 0.4,
    }
    site.goal(FAST, "Fast", due_on="2026-12-31", metric=metric)
    site.goal(CHEAP, "Cheap", status="achieved")
    site.link(FAST, "7000", "goal")
    with open_store(new_url("sqlite")) as store:
        caps = {"clears": {"count": 500, "share": 1}}
        made = Work(site, store, clock, tag={"goal": True}, guards=caps)
        made.fast = sorted(site.create(PROJECT, f"Fast {number}") for number in range(12))
        made.other = site.create(PROJECT, "Other")
        yield made


def results(outcomes):
    return Counter(outcome.result for outcome in outcomes)


def test_goals_come_with_metric_parent_and_what_supports_them(work):
    work.site.link(work.other, FAST)
    work.site.link(PROJECT, CHEAP, "project")
    with Sources(work.config, work.registry, work.clock) as sources:
        goals = sources.reading("work").connector.goals()
    assert [(goal.key, goal.parent, goal.open, goal.items, goal.partitions) for goal in goals] == [
        ("7000", "", True, (), ()),
        (CHEAP, "", False, (), (PROJECT,)),
        (FAST, "7000", True, (work.other,), ()),
    ]
    fast = goals[2]
    assert (fast.unit, fast.start, fast.target, fast.current, str(fast.due)) == ("%", 20, 80, 40, "2026-12-31")


def test_tasks_are_linked_and_let_go(work):
    outcomes = work.sync(write=True).outcomes
    assert results(outcomes) == {Result.APPLIED: 12}
    assert work.site.links() == dict.fromkeys(work.fast, (FAST,))
    work.clock.advance(3600)
    assert work.sync(write=True).outcomes == ()
    work.rules = "rules: []\n"
    work.clock.advance(3600)
    assert results(work.sync(write=True).outcomes) == {Result.APPLIED: 12}
    assert work.site.links() == {}


def test_requests_meet_their_floor(work):
    """Goals cost one request for 100 and one each; links are ten a request; without changes nothing is read again."""
    work.sync(write=True)
    paths = Counter(one.path.rpartition("/")[2] for one in work.site.requests)
    assert (paths["goals"], paths["goal_relationships"]) == (1, 3)
    assert paths["batch"] == 1 + 2 + 2, "the project, twelve preconditions, twelve links"
    work.clock.advance(3600)
    work.sync()
    work.clock.advance(3600)
    before = len(work.site.requests)
    work.sync()
    assert Counter(one.path.rpartition("/")[2] for one in work.site.requests[before:])["tasks"] == 0


def test_what_people_link_and_take_away_is_seen_without_a_clock(work):
    work.sync(write=True)
    work.clock.advance(3600)
    moved, gone = work.fast[:2]
    work.site.unlink(moved, FAST)
    work.site.link(moved, CHEAP)
    work.site.unlink(gone, FAST)
    work.site.link(work.other, "7000")
    result = work.sync(write=True)
    rows = work.rows(result)
    assert rows[moved] == ("aligned", "cheap", "statement")
    assert rows[gone] == ("orphan", "", "withdrawn")
    assert rows[work.other][0] == "dangling", "a goal that is no objective's"
    assert result.outcomes == ()


def test_a_goal_that_is_gone_between_plan_and_apply(work):
    result = work.sync()
    planned = make_plan(work.config, work.registry, work.store, work.clock, result.run)
    del work.site.goals.held[FAST]
    work.site.goals.held["7000"].supporters.clear()
    work.clock.advance(60)
    applied = apply_plan(planned.plan, work.config, work.registry, work.store, work.clock)
    assert results(applied.outcomes) == {Result.FAILED: 12}
    assert {outcome.detail for outcome in applied.outcomes} == {f"There is no goal {FAST} that this user sees."}
    checked = preflight(work.config, work.registry, work.clock)[0]
    assert checked.problems == (f"There is no goal {FAST} that this user sees, which fast names as its counterpart.",)


def test_lost_answers_are_settled_by_reading(work):
    fault = {"path": "/batch$", "when": lambda request: b"SupportingRelationship" in request.body}
    work.site.faults.add(AnswerLost(), times=None, **fault)
    assert results(work.sync(write=True).outcomes) == {Result.APPLIED: 12}
    work.site.faults.clear()
    assert work.site.links() == dict.fromkeys(work.fast, (FAST,))
    work.clock.advance(3600)
    assert work.sync(write=True).outcomes == ()


def test_a_link_that_is_there_already_is_as_wanted(work):
    result = work.sync()
    planned = make_plan(work.config, work.registry, work.store, work.clock, result.run)
    with Sources(work.config, work.registry, work.clock) as sources:
        connector = sources.writing("work").connector
        connector.goals()
        work.site.link(work.fast[0], FAST)  # behind our back: what we know does not show it
        batches = list(connector.batches(planned.plan.changes))
        outcomes = [outcome for batch in batches for outcome in connector.write(batch)]
    assert [len(batch) for batch in batches] == [10, 2]
    assert results(outcomes) == {Result.APPLIED: 12}
    assert len(work.site.goals.held[FAST].supporters) == 12


@pytest.mark.parametrize(
    "trouble",
    [
        lambda site: setattr(site.knobs, "free", True),
        lambda site: site.faults.add(Status(403), path="goal_relationships$", times=None),
        lambda site: site.faults.add(
            Status(200, body=b'{"data": [{}], "next_page": null}'), path="/goals$", times=None
        ),
    ],
    ids=["free plan", "forbidden", "no list"],
)
def test_goals_that_cannot_be_read_take_nothing_away(work, trouble):
    work.sync(write=True)
    before = work.site.links()
    work.clock.advance(3600)
    trouble(work.site)
    result = work.sync(write=True)
    assert result.degraded
    assert result.outcomes == ()
    assert work.site.links() == before
    if work.site.knobs.free:
        assert "paid feature" in result.sources[0].fix
        assert "paid feature" in preflight(work.config, work.registry, work.clock)[0].problems[0]
    work.site.faults.clear()
    work.site.knobs.free = False
    work.clock.advance(3600)
    healed = work.sync(write=True)
    assert (healed.degraded, healed.outcomes) == (False, ())
