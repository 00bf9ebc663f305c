"""What was read before, when its project cannot be read now: stale or unreadable, never an orphan, and named."""

from __future__ import annotations

import re

import pytest

from veaf_sync.emulator import Reset, Throttle, broken_json, login_page

from .organisation import SEARCH, changes, page_of, right_after_one_pass

DAY = 24 * 3600


def degraded_by_shop(made, before, reason, **options):
    """One pass in which SHOP cannot be read: what must hold whatever the fault is. Returns its run."""
    for project in ("PAY", "SHOP"):
        made.site.edit(f"{project}-2", title="Edited", type="Story")
    known = made.stored(before)
    result = made.sync(full=True, **options)
    run, report, states = result.run.id, result.sources[0], made.states(result.run.id)
    assert (result.degraded, report.state) == (True, "partial")
    assert "SHOP" in report.reason
    assert {name: state.state for name, state in states.items()} == {"OPS": "fresh", "PAY": "fresh", "SHOP": "failed"}
    assert re.search(reason, states["SHOP"].reason)
    there = made.there()
    for id, row in made.stored(run).items():
        assert row == (known[id] if row[1] == "SHOP" else there[id])
    assert made.stored(run).keys() == there.keys()
    return run


@pytest.mark.parametrize(
    ("profile", "fault", "reason"),
    [
        pytest.param("cloud", Throttle(1), "answered 429", id="cloud-30 x 429"),
        pytest.param("dc", login_page(), "log-in page", id="dc-HTML log-in page"),
    ],
)
def test_what_was_read_before_is_unreadable_and_never_an_orphan(read, fault, reason):
    read.site.faults.add(fault, path=SEARCH, when=page_of("SHOP"), nth=2, times=None)
    run = degraded_by_shop(read, 1, reason)
    assert read.of(run, "SHOP") == {"unreadable"}
    assert read.of(run, "PAY") == read.of(run, "OPS") == {"aligned", "orphan"}
    read.site.faults.clear()
    assert read.of(right_after_one_pass(read).run.id, "SHOP") == {"aligned", "orphan"}


INCREMENTAL = {
    "30 x 429": Throttle(1),
    "broken JSON": broken_json(),
    "HTML log-in page": login_page(),
    "reset without end": Reset(),
}


@pytest.mark.parametrize(
    ("profile", "row"),
    [("cloud", "30 x 429"), ("cloud", "HTML log-in page"), ("dc", "broken JSON"), ("dc", "reset without end")],
)
def test_a_fault_of_the_one_incremental_query_changes_nothing(read, row):
    """All projects come by one query, so all are stale; what was read counts within the promise of freshness."""
    read.source["freshness"] = {"error_after": "72h"}
    before, verdicts = read.stored(1), read.verdicts(1)
    for number in range(1, 15):
        read.site.edit(f"PAY-{number}", title="Edited", type="Chore")
    read.site.faults.add(INCREMENTAL[row], path=SEARCH, when=changes, nth=2, times=None)
    result = read.sync()
    assert result.degraded
    assert {state.state for state in read.states(result.run.id).values()} == {"failed"}
    assert read.stored(result.run.id) == before
    assert read.verdicts(result.run.id) == verdicts
    read.site.faults.clear()
    right_after_one_pass(read)


def test_any_of_these_on_1_of_20_shards(organisation, some, profile):
    names = [f"P{number:02}" for number in range(20)]
    made = organisation(profile, items=[item for name in names for item in some(name, 3)])
    made.source["freshness"] = {"error_after": "72h"}
    assert made.of(made.sync().run.id, "P13") == {"aligned", "orphan"}
    made.wait(DAY)
    for name in names:
        made.site.edit(f"{name}-2", type="Story", title="Edited")
    made.site.faults.add(
        broken_json(), path=SEARCH, when=lambda request: b'project = \\"P13\\"' in request.body, times=None
    )
    result = made.sync(full=True)
    states = made.states(result.run.id)
    assert [name for name in names if states[name].state != "fresh"] == ["P13"]
    assert "Reading P13" in result.sources[0].reason
    within = made.verdicts(result.run.id)
    assert {key for key, verdict in within.items() if verdict == "orphan"} == {"P13-2"}, "as last read"
    made.source["freshness"] = {"error_after": "1h"}
    beyond = made.sync(full=True)
    assert made.of(beyond.run.id, "P13") == {"unreadable"}
    assert "unreadable" not in {v for key, v in made.verdicts(beyond.run.id).items() if not key.startswith("P13")}
    made.site.faults.clear()
    right_after_one_pass(made)
