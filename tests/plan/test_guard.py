"""Guards: caps by partition, degraded sources, and accepting an exact number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from veaf_sync.connector import Cap, Guards
from veaf_sync.plan import Circumstances, Governance, Plan, RunGuards, guard

Make = Callable[..., Plan]
OURS = {"tags": ("okr:cheap",), "written": ("okr:cheap",)}
SIZES = {("jira", "PAY"): 1000, ("jira", "SHOP"): 30, ("direct", "D"): 1000}


@pytest.fixture
def clearing(row: Any, plan: Make) -> Callable[..., Plan]:
    """A plan that clears so many tags by partition, and sets so many in PAY: (PAY=…, SHOP=…, sets=…)."""

    def of(sets: int = 0, **clears: int) -> Plan:
        rows = [
            row(f"{place}-{n}", "orphan", partition=place, **OURS) for place, of in clears.items() for n in range(of)
        ]
        return plan([*rows, *(row(f"NEW-{n}", objectives=("fast",)) for n in range(sets))])

    return of


def check(plan: Plan, **given: Any) -> list[str]:
    around = {name: given.pop(name) for name in ("degraded", "remapped", "now", "account", "earlier") if name in given}
    return guard(plan, Circumstances(sizes=SIZES, **around), **{"caps": {}, **given})


@pytest.mark.parametrize(
    ("clears", "told"),
    [
        ({"PAY": 50}, None),
        ({"PAY": 51}, "jira, partition PAY: 51 clears are more than the cap of 50."),
        ({"SHOP": 3}, None),
        ({"SHOP": 4}, "jira, partition SHOP: 4 clears are more than 10 % of its 30 items."),
        ({"PAY": 50, "SHOP": 3}, None),
        ({"NEVER-SEEN": 1}, "jira, partition NEVER-SEEN: 1 clears are more than 10 % of its 0 items."),
    ],
)
def test_clears_are_capped_per_partition_and_the_stricter_cap_holds(
    clearing: Any, clears: Any, told: str | None
) -> None:
    reasons = check(clearing(**clears))
    assert reasons[:1] == ([] if told is None else [told])


def test_the_caps_of_the_source_hold(clearing: Any) -> None:
    strict = {"jira": Guards(clears=Cap(count=1), changes=Cap(count=3))}
    assert check(clearing(PAY=1, sets=2), caps=strict) == []
    assert check(clearing(PAY=2), caps=strict)[0] == "jira, partition PAY: 2 clears are more than the cap of 1."
    assert check(clearing(sets=4), caps=strict)[0] == "jira, partition PAY: 4 changes are more than the cap of 3."
    assert check(clearing(PAY=500), caps={"jira": Guards(clears=Cap(), changes=Cap())}) == []


def test_the_last_sentence_is_the_command_that_goes_on(clearing: Any) -> None:
    assert check(clearing(PAY=128))[-1] == "If all of this is meant: veaf-sync apply plan.json --accept 128"
    assert check(clearing(PAY=128), command="veaf-sync apply p.json")[-1].endswith(
        "veaf-sync apply p.json --accept 128"
    )


def test_accept_lifts_the_caps_only_by_the_exact_number(clearing: Any) -> None:
    made = clearing(PAY=60, SHOP=5, sets=3)
    assert check(made, accept=65) == []
    for number in (0, 5, 60, 64, 66, 68):
        reasons = check(made, accept=number)
        assert len(reasons) == 4
        assert f"--accept {number} does not fit: the caps refuse 65" in reasons[2]


def test_only_partitions_over_a_cap_are_counted(clearing: Any) -> None:
    assert check(clearing(PAY=60, SHOP=3), accept=60) == []


def test_changes_over_their_cap_are_all_counted(clearing: Any) -> None:
    caps = {"jira": Guards(clears=Cap(count=1), changes=Cap(count=5))}
    made = clearing(PAY=2, sets=4)
    assert [reason for reason in check(made, caps=caps) if "more than" in reason] == [
        "jira, partition PAY: 6 changes are more than the cap of 5.",
        "jira, partition PAY: 2 clears are more than the cap of 1.",
    ]
    assert check(made, caps=caps, accept=6) == []
    assert check(made, caps=caps, accept=2) != []


def test_accept_beside_a_plan_within_its_caps_hurts_nothing(clearing: Any) -> None:
    assert check(clearing(PAY=3), accept=3) == []


def test_nothing_is_cleared_in_a_source_that_is_degraded_and_no_number_lifts_that(clearing: Any) -> None:
    made = clearing(PAY=60)
    reasons = check(made, degraded={("jira", "SHOP")}, accept=60)
    assert len(reasons) == 1
    assert "SHOP could not be read completely" in reasons[0]
    assert not any("--accept" in reason for reason in check(made, degraded={("jira", "SHOP")}))


def test_a_degraded_source_stops_neither_sets_nor_other_sources(clearing: Any) -> None:
    assert check(clearing(sets=9), degraded={("jira", "SHOP")}) == []
    assert check(clearing(PAY=3), degraded={("direct", "D")}) == []


@pytest.fixture
def moving(row: Any, plan: Make) -> Callable[..., Plan]:
    """A plan that moves so many items of PAY from one objective to another, and sets so many more."""

    def of(moves: int, sets: int = 0) -> Plan:
        rows = [row(f"PAY-{n}", objectives=("fast",), **OURS) for n in range(moves)]
        return plan([*rows, *(row(f"NEW-{n}", objectives=("fast",)) for n in range(sets))])

    return of


def test_moves_are_capped_where_the_documents_changed_and_only_there(moving: Any) -> None:
    caps = {"jira": Guards(moves=Cap(count=2))}
    assert check(moving(3, sets=1), caps=caps) == []
    assert check(moving(2), caps=caps, remapped=True) == []
    assert check(moving(3, sets=1), caps=caps, remapped=True) == [
        "jira, partition PAY: strategy, mapping or settings changed, and 3 items moved to other objectives are more "
        "than the cap of 2.",
        "If all of this is meant: veaf-sync apply plan.json --accept 6",
    ]
    assert check(moving(3, sets=1), caps=caps, remapped=True, accept=6) == []
    assert check(moving(3, sets=1), caps=caps, remapped=True, accept=7) != []


def test_caps_of_the_run_hold_over_all_sources_together(clearing: Any) -> None:
    run = RunGuards(clears=Cap(count=5), changes=Cap(count=9))
    assert check(clearing(PAY=3, SHOP=2, sets=4), run=run) == []
    reasons = check(clearing(PAY=4, SHOP=2), run=run)
    assert reasons[0] == "All sources together: 6 clears are more than the cap of 5."
    assert check(clearing(PAY=4, SHOP=2), run=run, accept=6) == []
    assert check(clearing(PAY=3, SHOP=2, sets=5), run=run, accept=10) == []
    assert check(clearing(PAY=3, SHOP=2, sets=5), run=run, accept=5) != []


def test_a_value_that_two_caps_refuse_is_counted_once(clearing: Any) -> None:
    run = RunGuards(clears=Cap(count=5))
    caps = {"jira": Guards(clears=Cap(count=3))}
    assert check(clearing(PAY=4, SHOP=2), caps=caps, run=run, accept=6) == []


def test_an_old_plan_is_refused_and_no_number_lifts_that(clearing: Any) -> None:
    made = clearing(PAY=1)
    assert check(made, now=made.at + timedelta(hours=24)) == []
    (reason,) = check(made, now=made.at + timedelta(hours=25), accept=1)
    assert "25 hours ago" in reason
    assert "allows 24" in reason
    assert check(made, now=made.at + timedelta(hours=25), run=RunGuards(plan_age=timedelta(days=2))) == []


def test_only_named_accounts_apply(clearing: Any) -> None:
    assert check(clearing(PAY=1), governance=Governance(), account="eve") == []
    assert check(clearing(PAY=1), governance=Governance(apply=("ada", "ci")), account="ci") == []
    (reason,) = check(clearing(PAY=1), governance=Governance(apply=("ada", "ci")), account="eve")
    assert reason.startswith("Only ada, ci may apply plans here")
    assert "account eve" in reason


def test_what_earlier_plans_of_the_run_wrote_counts_once(clearing: Any) -> None:
    large, small = clearing(PAY=60), clearing(PAY=40)
    assert check(small) == []
    assert check(large, earlier=list(zip(small.changes, small.partitions, strict=True))) == check(large)
    told = check(small, earlier=list(zip(large.changes, large.partitions, strict=True)))
    assert told == [
        "jira, partition PAY: 60 clears are more than the cap of 50 (with 20 changes that were written before).",
        "If all of this is meant: veaf-sync apply plan.json --accept 40",
    ]
