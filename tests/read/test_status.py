"""The screen of a Monday: degraded or not, what changed, who is over budget, which objectives lack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from veaf_sync import read
from veaf_sync.errors import Forbidden
from veaf_sync.model import Level, StateCategory
from veaf_sync.read import Filters, Snapshot


def test_a_source_within_its_promise_counts_as_last_read_and_is_named(world: Any) -> None:
    world.sync()
    world.lose_other()
    world.sync(timedelta(hours=48))
    status = read.status(world.snapshot())
    assert status.degraded
    assert status.weights.count.unreadable == 0
    other = next(row for row in status.sources if row.source == "other")
    assert (other.state, other.read_at) == ("late", datetime(2026, 11, 2, 5, tzinfo=UTC))
    [cause] = status.degradations
    assert (cause.source, cause.partitions, cause.items, cause.frozen) == ("other", [], 3, 0)
    assert "token refused" in cause.reason
    assert cause.since == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert cause.fix == "veaf-sync check --online"


def test_beyond_its_promise_it_is_unreadable_and_widens_the_bounds(world: Any) -> None:
    world.sync()
    before = read.coverage(world.snapshot()).weights.count
    world.lose_other()
    world.sync(timedelta(hours=73))
    snapshot = world.snapshot()
    count = read.coverage(snapshot).weights.count
    assert (before.unreadable, count.unreadable, count.total) == (0, 3, before.total)
    assert count.coverage.high - count.coverage.low > before.coverage.high - before.coverage.low
    status = read.status(snapshot)
    assert [(row.source, row.state, row.frozen) for row in status.sources] == [
        ("main", "fresh", 0),
        ("other", "unreadable", 3),
    ]
    assert status.degradations[0].frozen == 3
    assert not [row for row in read.orphans(snapshot).items if row.source == "other"]


def test_one_lost_partition_of_several_is_named(world: Any) -> None:
    world.sync()
    world.main.hidden.add("SHOP")
    world.sync(timedelta(hours=1))
    status = read.status(world.snapshot())
    [cause] = status.degradations
    assert (cause.source, cause.partitions) == ("main", ["SHOP"])
    main = status.sources[0]
    assert (main.state, [row.state for row in main.partitions]) == ("unreadable", ["fresh", "unreadable"])


def test_what_was_never_read_completely_is_named_until_it_is(world: Any) -> None:
    world.lose_other()
    world.sync()
    assert read.status(world.snapshot()).never_read == ["other"]
    world.main.add("NEW", "NEW-1", title="In a partition that came later")
    world.main.broken["NEW"] = Forbidden("not yours", fix="veaf-sync check --online")
    world.sync(timedelta(hours=1))
    status = read.status(world.snapshot())
    assert status.never_read == ["NEW of main", "other"]
    assert status.missing == "NEW of main and other were never read: their work is not in these figures."
    world.main.broken.clear()
    world.sync(timedelta(hours=1))
    assert read.status(world.snapshot()).never_read == ["other"]


def test_a_fresh_snapshot_has_no_reason(snapshot: Snapshot) -> None:
    status = read.status(snapshot)
    assert (status.degraded, status.degradations) == (False, [])
    assert (status.period.id, status.period.day, status.period.days) == ("2026-Q4", 33, 92)


def test_change_is_against_a_week_ago_else_against_the_run_before_and_sums(world: Any) -> None:
    world.sync()
    assert read.status(world.snapshot()).change is None
    world.main.edit("id-SHOP-1", labels=("goal:fast",))
    world.sync(timedelta(days=1))
    change = read.status(world.snapshot()).change
    assert change is not None
    assert (change.run, change.aligned, change.orphan, change.total) == (1, 1, -1, 0)
    assert change.coverage == 4 / 6 - 3 / 6
    world.main.add("SHOP", "SHOP-9", title="One more", team="shop")
    world.sync(timedelta(days=7))
    change = read.status(world.snapshot()).change
    assert change is not None
    assert (change.run, change.total, change.orphan) == (2, 1, 1)
    parts = (change.aligned, change.dangling, change.ambiguous, change.exempt, change.orphan, change.unreadable)
    assert sum(parts) == change.total


def test_history_is_a_run_a_week_or_a_day_or_every_run(world: Any) -> None:
    for _ in range(3):
        world.sync(timedelta(minutes=1))
    assert [point.run for point in read.history(world.snapshot())] == [1, 2, 3]
    for _ in range(2):
        world.sync(timedelta(days=1))
    assert [point.run for point in read.history(world.snapshot())] == [3, 4, 5]
    for _ in range(2):
        world.sync(timedelta(days=7))
    points = read.history(world.snapshot())
    assert [point.run for point in points] == [5, 6, 7]
    assert points[-1].value == read.coverage(world.snapshot()).weights.count.coverage.value


def test_an_overspent_exemption_is_reported_and_changes_no_verdict(snapshot: Snapshot) -> None:
    [budget] = read.status(snapshot).exemptions
    assert (budget.exemption, budget.rule, budget.owner) == ("lights", "on call", "head-of-operations")
    assert (budget.items, budget.used, budget.budget, budget.over) == (1, 1 / 8, 0.10, True)


def test_objectives_stand_worst_first_with_outcome_beside_output(snapshot: Snapshot) -> None:
    status = read.status(snapshot)
    assert [(row.objective, row.state) for row in status.objectives] == [
        ("cheap", "underfunded"),
        ("fast", "underfunded"),
        ("growth", "served"),
        ("past", "inactive"),
    ]
    fast = status.objectives[1]
    assert (fast.count, fast.items, fast.responsible) == (1.6, 1.6, ["payments", "shop"])
    done, silent = fast.key_results
    assert (done.value, done.progress, done.on_track, done.value_age_days) == (66, 0.3, False, 13)
    assert (silent.value, silent.progress, silent.on_track) == (None, None, None)
    growth = status.objectives[2]
    assert (growth.count, growth.items, growth.below) == (0, 1.6, ["fast"])


def test_progress_rolls_up_as_mean_and_worst_child(snapshot: Snapshot) -> None:
    answer = read.objectives(snapshot)
    rolled = {row.objective: row.roll_up for row in answer.objectives}
    assert (rolled["fast"].mean, rolled["fast"].worst_child) == (0.3, "done")
    assert (rolled["growth"].mean, rolled["growth"].worst_child) == (0.3, "fast")
    assert (rolled["cheap"].mean, rolled["cheap"].key_results) == (None, 0)
    assert (answer.roll_up.worst_child, answer.roll_up.measured, answer.roll_up.key_results) == ("growth", 1, 2)


def test_notes_tell_what_the_numbers_do_not(world: Any) -> None:
    world.main.add("SHOP", "SHOP-7", title="When?", state_category=StateCategory.DONE)
    world.sync()
    undated, waiting = read.status(world.snapshot()).notes
    assert undated == "main: 1 done without a completion date, so not in scope."
    assert "tag changes waited" in waiting
    world.sync(write=True)
    assert read.status(world.snapshot("1")).notes == [undated, waiting]


def test_filters_narrow_an_objective_s_work_and_not_its_plan_or_state(snapshot: Snapshot) -> None:
    whole = {row.objective: row for row in read.objectives(snapshot).objectives}
    shop = {row.objective: row for row in read.objectives(snapshot, Filters(team="shop")).objectives}
    assert (shop["fast"].count, shop["growth"].items, shop["cheap"].points) == (0.6, 0.6, 0.8)
    assert (shop["fast"].state, shop["fast"].planned_share) == (whole["fast"].state, whole["fast"].planned_share)
    assert (shop["fast"].actual_share, whole["fast"].actual_share) == (0.6 / 2, 1.6 / 8)
    assert [row.objective for row in read.objectives(snapshot, Filters(objective="fast")).objectives] == ["fast"]


def test_epics_tell_what_is_counted_below_them_however_far(world: Any) -> None:
    add = world.main.add
    add("PAY", "PAY-10", title="Below the epic", parent="PAY-1", level=Level.EPIC)
    add("PAY", "PAY-11", title="Below that", parent="PAY-10")
    add("PAY", "PAY-12", title="None of it", parent="PAY-10", labels=("goal:none",))
    add("PAY", "PAY-20", title="A ring", parent="PAY-21", level=Level.EPIC)
    add("PAY", "PAY-21", title="of two", parent="PAY-20", level=Level.EPIC)
    world.sync()
    rows = {row.key: (row.children, row.aligned, row.counted) for row in read.epics(world.snapshot()).epics}
    assert rows == {
        "PAY-1": (3, 2, False),
        "PAY-10": (2, 1, False),
        "PAY-20": (0, 0, True),
        "PAY-21": (0, 0, True),
    }
