"""What changed since the last report: steps that add up, each with its items, and a run that can be compared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from veaf_sync import read
from veaf_sync.model import StateCategory
from veaf_sync.read.weights import VERDICT_NAMES


def _steps(answer: read.DriftAnswer) -> list[tuple[str, str, str, int, int]]:
    return [(step.cause, step.before, step.after, step.items, step.total) for step in answer.steps]


def _adds_up(answer: read.DriftAnswer) -> bool:
    added = {name: sum(getattr(step, name) for step in answer.steps) for name in (*VERDICT_NAMES, "total")}
    return all(getattr(answer.start, name) + more == getattr(answer.end, name) for name, more in added.items())


def test_every_kind_of_change_is_a_step_of_its_own(world: Any) -> None:
    world.sync()
    world.rewrite("mapping.yaml", "{type: Incident},", "{type: Never},")  # OPS-1 is exempt no more
    world.main.edit("id-SHOP-1", labels=("goal:fast",))
    world.main.edit("id-SHOP-2", state_category=StateCategory.DONE, completed=world.clock.now() - timedelta(days=400))
    world.main.edit("id-SHOP-3", state_category=StateCategory.TODO, completed=None)
    world.main.add("SHOP", "SHOP-9", title="One more", team="shop")
    world.main.delete("id-PAY-4")
    world.sync(timedelta(days=8))
    answer, items = read.drift(world.snapshot())
    assert (answer.since, answer.documents) == (1, ["mapping.yaml"])
    assert _steps(answer) == [
        ("documents", "", "", 1, 0),
        ("new", "", "", 1, 1),
        ("counted", "", "", 1, 1),
        ("gone", "", "", 1, -1),
        ("uncounted", "", "", 1, -1),
        ("moved", "orphan", "aligned", 1, 0),
    ]
    assert _adds_up(answer)
    count = read.coverage(world.snapshot()).weights.count
    assert (answer.end.total, answer.end.coverage) == (count.total, count.coverage.value)
    assert answer.steps[-1].coverage == answer.end.coverage
    told = {(row["id"], row["before"], row["after"]) for row in items.iter_rows(named=True)}
    assert told == {
        ("other:OPS-1", "exempt", "orphan"),
        ("main:SHOP-9", "", "orphan"),
        ("main:SHOP-3", "", "orphan"),
        ("main:PAY-4", "dangling", ""),
        ("main:SHOP-2", "aligned", ""),
        ("main:SHOP-1", "orphan", "aligned"),
    }
    assert items.filter(cause="gone")["title"].to_list() == ["Named the past"]


def test_the_first_run_has_nothing_to_be_compared_with(world: Any) -> None:
    world.sync()
    answer, items = read.drift(world.snapshot())
    assert (answer.since, answer.start, answer.steps, items.height) == (None, None, [], 0)
    assert answer.end.total == 8


def test_compared_is_a_week_ago_else_an_earlier_day_else_the_run_before(world: Any) -> None:
    world.sync()
    world.sync(timedelta(minutes=1))
    assert read.drift(world.snapshot())[0].since == 1
    world.sync(timedelta(days=1))
    world.sync(timedelta(minutes=1))
    assert read.drift(world.snapshot())[0].since == 2
    world.sync(timedelta(days=7))
    assert read.drift(world.snapshot())[0].since == 4


def test_another_period_or_scope_is_never_compared(world: Any) -> None:
    world.sync()
    world.rewrite("veaf-sync.yaml", "period: 2026-Q4", "period: 2026-H2")
    world.sync(timedelta(days=8))
    assert read.drift(world.snapshot())[0].since is None
    assert read.status(world.snapshot()).change is None
    world.rewrite("veaf-sync.yaml", "period: 2026-H2", "period: 2026-H2\nscope: {open: true, completed_in: null}")
    world.sync(timedelta(days=8))
    assert read.drift(world.snapshot())[0].since is None


def test_it_is_the_same_whenever_it_is_asked(world: Any) -> None:
    world.sync()
    world.main.edit("id-SHOP-1", labels=("goal:fast",))
    world.sync(timedelta(days=8))
    first, items = read.drift(world.snapshot())
    world.rewrite("mapping.yaml", "{type: Incident},", "{type: Never},")
    world.main.delete("id-PAY-4")
    world.sync(timedelta(days=8))
    again, same = read.drift(world.snapshot("2"))
    assert again == first
    assert same.equals(items)
