"""Request counts against their floors.

full         Σ over projects max(1, ⌈n / page⌉) + serverInfo + myself + fields + project roster
incremental  the same four + one query + one count for each project
labels       Σ over groups ⌈m / 1000⌉ bulk requests + polls + ⌈m / 100⌉ direct readings of preconditions
"""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest

from veaf_sync.model import Result
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


def test_labels_of_2300_items_in_3_groups(large):
    result = large.sync()
    before = len(large.sent())
    planned = large.plan(result)
    assert kinds(large, before) == {"GET serverInfo": 1, "GET myself": 1, "GET mypermissions": 1}, "what writing costs"
    assert planned.plan.counts.set == M
    before = len(large.sent())
    applied = large.apply(planned)
    assert Counter(outcome.result for outcome in applied.outcomes) == {Result.APPLIED: M}
    sent = kinds(large, before)
    bulk = sum(ceil(count / 1000) for count in GROUPS.values())
    polls = sum(count for what, count in sent.items() if what.startswith("GET bulk/queue/"))
    assert polls == bulk * (large.site.knobs.bulk_polls + 1), "as many as the tasks took, and one that sees the end"
    assert sent["POST bulk/issues/fields"] == bulk == 4
    assert sent["POST issue/bulkfetch"] == ceil(M / 100) == 23
    rest = {what: n for what, n in sent.items() if not what.startswith(("GET bulk/", "POST "))}
    assert rest == {"GET serverInfo": 1, "GET myself": 1, "GET field": 1}, "who we are, and which fields to read"
    assert planned.costs[0].requests <= bulk + polls
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
