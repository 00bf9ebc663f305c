"""Request counts against their floors.

full         Σ over projects max(1, ⌈n / page⌉) + serverInfo + myself + fields + project roster
incremental  the same four + one query + one count for each project
labels       Σ over groups ⌈m / 1000⌉ bulk requests + polls + ⌈M / 100⌉ direct readings of preconditions
             + serverInfo + myself + fields, once for each credential that a command uses (roster: pulling only)
             + the permissions, where the command previews what writing costs

A command asks nothing twice: pulling, previewing and writing share what the site said.
"""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest

from veaf_sync.model import Result
from veaf_sync.sync import Sources
from veaf_sync_jira.emulator import Knobs

FOUR = 4
SIZES = {"A": 0, "BIG": 231, "C": 100, "D": 1}


def kinds(made, since=0):
    """Requests by what they are for."""
    return Counter(f"{one.method} {one.path.rpartition('/rest/api/')[2][2:]}" for one in made.sent(since))


@pytest.fixture
def sized(organisation, some, profile):
    made = organisation(profile, items=[i for name, n in SIZES.items() for i in some(name, n)], knobs=Knobs())
    made.site.create_project("A")
    return made


def test_full_and_incremental(sized, profile):
    page = 100 if profile == "cloud" else 1000
    full = sized.sync()
    assert not full.degraded
    floor = sum(max(1, ceil(n / page)) for n in SIZES.values()) + FOUR
    assert len(sized.sent()) == full.sources[0].requests == floor
    sized.wait(3600)
    for number in range(1, 60):
        sized.site.edit(f"BIG-{number}", title="Edited")
    before = len(sized.sent())
    incremental = sized.sync()
    assert incremental.sources[0].changed == 59
    assert len(sized.sent(before)) == incremental.sources[0].requests == FOUR + 1 + len(SIZES)
    assert incremental.sources[0].items == sum(SIZES.values())


GROUPS = {"Story": 1_150, "Bug": 750, "Task": 400}
M = sum(GROUPS.values())
LABELS = """
rules:
  - {name: stories, when: {type: Story}, objective: fast}
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: tasks, when: {type: Task}, objective: sure}
"""


@pytest.fixture
def large(organisation, some):
    items = [item for kind, count in GROUPS.items() for item in some(kind.upper(), count, type=kind)]
    made = organisation("cloud", items=items, knobs=Knobs(), tag={"label": "okr:{objective}"})
    made.mapping, made.strategy = LABELS, made.strategy + "  - {id: sure, title: Sure}\n"
    return made


def floor_of_writing(large, groups, sent):
    """Bulk requests, polls as the site's tasks took, and readings of preconditions, as `kinds` counts them."""
    bulk = sum(ceil(count / 1000) for count in groups.values())
    polls = {what: n for what, n in sent.items() if what.startswith("GET bulk/queue/")}
    assert set(polls.values()) == {large.site.knobs.bulk_polls + 1}, "as many as a task takes, and one sees the end"
    assert (len(polls), sent["POST bulk/issues/fields"]) == (bulk, bulk)
    assert sent["POST issue/bulkfetch"] == ceil(sum(groups.values()) / 100)
    return bulk + sum(polls.values()) + sent["POST issue/bulkfetch"]


OPENING = {"GET serverInfo": 1, "GET myself": 1}


def test_labels_of_2300_items_in_3_groups(large):
    result = large.sync()
    before = len(large.sent())
    planned = large.plan(result)
    assert kinds(large, before) == {**OPENING, "GET mypermissions": 1}, "what writing costs"
    assert planned.plan.counts.set == M
    before = len(large.sent())
    applied = large.apply(planned)
    assert Counter(outcome.result for outcome in applied.outcomes) == {Result.APPLIED: M}
    sent = kinds(large, before)
    floor = floor_of_writing(large, GROUPS, sent)
    assert floor == 4 + 4 * 3 + 23
    assert sent.total() == floor + 3, "apply of a file: who we are, and which fields to read, besides"
    assert planned.costs[0].requests <= floor
    order = [one.path.rpartition("/")[2] for one in large.sent(before) if one.method == "POST"]
    assert order.index("fields") <= 10, "items are read right before their batch is written, not all of them first"
    assert len(large.tags()) == M
    large.wait(3600)
    before = len(large.sent())
    again = large.sync(write=True)
    assert again.outcomes == ()
    assert large.site.mailed == ()
    echo = kinds(large, before)
    assert echo["POST search/jql"] == ceil(M / 100), "our own edits come by once more"
    assert echo.total() == FOUR + ceil(M / 100) + len(GROUPS)
    assert (again.sources[0].new, again.sources[0].removed) == (0, 0)


TEN_THOUSAND = {"Story": 4_300, "Bug": 3_300, "Task": 2_400}


@pytest.mark.nightly
def test_labels_of_10000_items_in_3_groups(organisation, some):
    items = [item for kind, count in TEN_THOUSAND.items() for item in some(kind.upper(), count, type=kind)]
    made = organisation("cloud", items=items, knobs=Knobs(), tag={"label": "okr:{objective}"})
    made.mapping, made.strategy = LABELS, made.strategy + "  - {id: sure, title: Sure}\n"
    planned = made.plan(made.sync())
    before = len(made.sent())
    applied = made.apply(planned)
    assert Counter(outcome.result for outcome in applied.outcomes) == {Result.APPLIED: 10_000}
    sent = kinds(made, before)
    floor = floor_of_writing(made, TEN_THOUSAND, sent)
    assert sent["POST bulk/issues/fields"] == 5 + 4 + 3
    assert sent.total() == floor + 3
    assert made.store.audit.verify() == []


FEW = {"Story": 115, "Bug": 75, "Task": 40}


@pytest.mark.parametrize(("source", "openings"), [({}, 1), ({"write_token": "env:JIRA_CLOUD_WRITE_TOKEN"}, 2)])
def test_one_command_asks_nothing_twice(organisation, some, source, openings):
    items = [item for kind, count in FEW.items() for item in some(kind.upper(), count, type=kind)]
    made = organisation("cloud", items=items, knobs=Knobs(), tag={"label": "okr:{objective}"}, **source)
    made.site.knobs.reader_may_edit = openings == 1
    made.mapping, made.strategy = LABELS, made.strategy + "  - {id: sure, title: Sure}\n"
    assert Counter(outcome.result for outcome in made.sync(write=True).outcomes) == {Result.APPLIED: sum(FEW.values())}
    sent = kinds(made)
    pulled = FOUR + sum(ceil(count / 100) for count in FEW.values())
    again = 3 * (openings - 1)  # serverInfo, myself and fields with the second credential
    assert sent.total() == pulled + again + 1 + floor_of_writing(made, FEW, sent), "1: the permissions"
    made.mapping = made.mapping.replace("cheap", "fast")
    made.wait(3600)
    run = made.sync()
    before = len(made.sent())
    with Sources(made.config, made.registry, made.clock) as opened:  # as apply without a file does
        planned = made.plan(run, opened=opened)
        made.apply(planned, opened=opened, accept=FEW["Bug"])
    sent = kinds(made, before)
    assert planned.plan.counts.set == planned.plan.counts.clear == FEW["Bug"]
    polls = sum(n for what, n in sent.items() if what.startswith("GET bulk/queue/"))
    reads = 2  # preconditions, and what became of the batch that both adds and removes
    assert sent.total() == sum(OPENING.values()) + 2 + 2 + polls + reads, "2: permissions and fields; adds and removes"
