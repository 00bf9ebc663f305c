"""Laws of plans: applied once there is nothing left to do, and what people wrote is never taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veaf_sync.plan import Plan, digest, dump, load

Make = Callable[..., Plan]
fast = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.lists(st.sampled_from(["okr:fast", "okr:cheap", "okr:q3", "okr:none", "backend"]), unique=True).map(tuple)
decisions = st.one_of(
    st.tuples(st.just("aligned"), st.lists(st.sampled_from(["fast", "cheap"]), min_size=1, unique=True).map(tuple)),
    st.tuples(st.just("dangling"), st.just(("gone",))),
    st.tuples(st.sampled_from(["orphan", "exempt", "ambiguous", "unreadable"]), st.just(())),
)
described = st.fixed_dictionaries(
    {
        "tags": values,
        "written": values,
        "withdrawn": values,
        "origin": st.sampled_from(["rule", "inherited", "statement", "withdrawn", ""]),
        "source": st.sampled_from(["jira", "direct", "untagged"]),
        "partition": st.sampled_from(["PAY", "SHOP"]),
        "in_scope": st.booleans(),
        "unreadable": st.booleans(),
    }
)
worlds = st.lists(st.tuples(decisions, described), max_size=6)


def rows_of(row: Any, world: Any) -> list[Any]:
    return [row(f"PAY-{n}", verdict, objectives, **given) for n, ((verdict, objectives), given) in enumerate(world)]


def applied(row: Any, rows: list[Any], plan: Plan) -> list[Any]:
    """The rows as a tool and the journal hold them once the plan was applied."""
    changes = {(change.item.source, change.item.id): change for change in plan.changes}
    after = []
    for one in rows:
        change = changes.get((one.source, one.id))
        if change is not None:
            tags = tuple(value for value in (*one.tags, *change.adds) if value not in change.removes)
            written = {*one.written, *change.adds} - set(change.removes)
            one = replace(one, tags=tags, written=tuple(sorted(written)))
        after.append(one)
    return after


@fast
@given(worlds, st.booleans())
def test_an_applied_plan_leaves_nothing_to_do(row: Any, plan: Make, world: Any, degraded: bool) -> None:
    rows = rows_of(row, world)
    partitions = {("jira", "PAY")} if degraded else set()
    made = plan(rows, degraded=partitions)
    again = plan(applied(row, rows, made), degraded=partitions)
    assert again.changes == ()
    assert again.skipped == made.skipped
    assert [(one.change.item, one.change.removes) for one in again.refused] == [
        (one.change.item, one.change.removes) for one in made.refused
    ]


@fast
@given(worlds)
def test_only_what_we_wrote_is_ever_cleared(row: Any, plan: Make, world: Any) -> None:
    rows = rows_of(row, world)
    known = {(one.source, one.id): one for one in rows}
    for change in plan(rows).changes:
        one = known[(change.item.source, change.item.id)]
        assert set(change.removes) <= set(one.written) & set(one.tags)
        assert "backend" not in change.before
        assert set(change.before) - set(one.written) <= set(change.after)
        assert one.in_scope
        assert not one.unreadable
        assert one.source != "untagged"
        assert one.verdict in ("aligned", "orphan", "exempt")


@fast
@given(worlds)
def test_a_degraded_source_loses_nothing(row: Any, plan: Make, world: Any) -> None:
    made = plan(rows_of(row, world), degraded={("jira", "PAY"), ("direct", "D")})
    assert not any(change.removes for change in made.changes)


@fast
@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(row: Any, plan: Make, world: Any, random: Any) -> None:
    rows = rows_of(row, world)
    turned = random.sample(rows, len(rows))
    assert digest(plan(turned)) == digest(plan(rows))


@fast
@given(worlds)
def test_a_file_gives_the_plan_again(row: Any, plan: Make, world: Any) -> None:
    made = plan(rows_of(row, world))
    assert load(dump(made)) == made
    assert digest(load(dump(made))) == digest(made)


@fast
@given(worlds, worlds)
def test_two_plans_have_one_digest_only_if_they_are_the_same(row: Any, plan: Make, one: Any, other: Any) -> None:
    first, second = plan(rows_of(row, one)), plan(rows_of(row, other))
    assert (digest(first) == digest(second)) == (first == second)
