"""Wanted − seen: what is set, what is cleared, and what is nobody's business but people's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from veaf_sync.connector import Refusal, Tag
from veaf_sync.plan import Counts, Plan, refuse, summarise

Make = Callable[..., Plan]
OURS = {"tags": ("okr:cheap",), "written": ("okr:cheap",)}


def moves(plan: Plan) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {change.key: (change.adds, change.removes) for change in plan.changes}


@pytest.mark.parametrize(
    ("given", "adds", "removes"),
    [
        ({"objectives": ("fast",)}, ("okr:fast",), ()),
        ({"objectives": ("fast", "cheap")}, ("okr:cheap", "okr:fast"), ()),
        ({"objectives": ("fast",), **OURS}, ("okr:fast",), ("okr:cheap",)),
        ({"objectives": ("fast", "cheap"), **OURS}, ("okr:fast",), ()),
        ({"verdict": "orphan", **OURS}, (), ("okr:cheap",)),
        ({"verdict": "exempt", **OURS}, (), ("okr:cheap",)),
        ({"objectives": ("fast",), "tags": ("okr:cheap",)}, ("okr:fast",), ()),
        ({"objectives": ("fast",), "tags": ("okr:fast", "unrelated"), "written": ("unrelated",)}, None, None),
        ({"objectives": ("cheap",), **OURS}, None, None),
        ({"verdict": "orphan", "written": ("okr:cheap",)}, None, None),
        ({"verdict": "orphan", "tags": ("okr:cheap",)}, None, None),
        ({"verdict": "dangling", "objectives": ("gone",), **OURS}, None, None),
        ({"verdict": "ambiguous", **OURS}, None, None),
        ({"verdict": "unreadable", **OURS}, None, None),
        ({"verdict": "orphan", "unreadable": True, **OURS}, None, None),
        ({"verdict": "orphan", "in_scope": False, **OURS}, None, None),
        ({"objectives": ("fast",), "in_scope": False}, None, None),
        ({"objectives": ("fast",), "source": "untagged"}, None, None),
        ({"objectives": ("fast",), "origin": "inherited"}, ("okr:fast",), ()),
        ({"objectives": ("fast",), "origin": "inherited", "source": "direct"}, None, None),
        ({"objectives": ("cheap",), "origin": "inherited", "source": "direct", **OURS}, (), ("okr:cheap",)),
        ({"objectives": ("fast",), "origin": "statement", "source": "direct"}, ("okr:fast",), ()),
    ],
)
def test_one_item(row: Any, plan: Make, given: dict[str, Any], adds: Any, removes: Any) -> None:
    made = plan([row("PAY-1", **given)])
    assert moves(made) == ({} if adds is None else {"PAY-1": (adds, removes)})


def test_before_is_what_is_seen_of_our_form_and_after_keeps_what_people_wrote(row: Any, plan: Make) -> None:
    seen = ("okr:cheap", "okr:q3", "backend", "okr:")
    change = plan([row("PAY-1", objectives=("fast",), tags=seen, written=("okr:cheap",))]).changes[0]
    assert change.before == ("okr:cheap", "okr:q3")
    assert change.after == ("okr:fast", "okr:q3")
    assert (change.partition, change.handle, change.target, change.rule) == ("", "PAY-1", "labels", "r")


def test_a_label_may_have_something_behind_the_objective(row: Any, plan: Make) -> None:
    tags = {"jira": Tag(label="okr[{objective}]")}
    made = plan([row("PAY-1", objectives=("fast",), tags=("okr[x]", "okr[y"), written=("okr[x]", "okr[y"))], tags=tags)
    assert moves(made) == {"PAY-1": (("okr[fast]",), ("okr[x]",))}


def test_what_people_left_otherwise_is_told(row: Any, plan: Make) -> None:
    made = plan(
        [
            row("PAY-1", objectives=("fast",), tags=("okr:q3", "okr:fast", "backend")),
            row("PAY-2", "orphan", origin="withdrawn", withdrawn=("okr:fast",)),
            row("PAY-3", "orphan", origin="withdrawn", withdrawn=("cheap",)),
            row("PAY-4", "orphan", origin="statement", tags=("okr:none",)),
            row("PAY-5", objectives=("fast",), withdrawn=("okr:old",)),
        ]
    )
    assert [(kept.key, kept.value) for kept in made.skipped] == [
        ("PAY-1", "okr:q3"),
        ("PAY-2", "okr:fast"),
        ("PAY-3", "okr:cheap"),
    ]
    assert "not written by us" in made.skipped[0].reason
    assert "took it away" in made.skipped[1].reason
    assert made.counts == Counts(set=1, clear=0, skip=3, refused=0)


def test_the_order_is_by_source_and_key_as_people_count(row: Any, plan: Make) -> None:
    rows = [row(str(n), key=key, objectives=("fast",)) for n, key in enumerate(["PAY-10", "PAY-9", "AB-100", "pay-1"])]
    rows.append(row("x", key="A-1", objectives=("fast",), source="direct"))
    assert [change.key for change in plan(rows).changes] == ["A-1", "AB-100", "PAY-9", "PAY-10", "pay-1"]
    assert plan(reversed(rows)) == plan(rows)


def test_a_source_that_was_not_read_completely_loses_no_tag(row: Any, plan: Make) -> None:
    rows = [
        row("PAY-1", "orphan", **OURS),
        row("PAY-2", objectives=("fast",), **OURS),
        row("D-1", "orphan", source="direct", **OURS),
    ]
    made = plan(rows, degraded={("jira", "SHOP")})
    assert moves(made) == {"D-1": ((), ("okr:cheap",)), "PAY-2": (("okr:fast",), ())}
    assert [(each.change.key, each.change.removes, each.change.adds) for each in made.refused] == [
        ("PAY-1", ("okr:cheap",), ()),
        ("PAY-2", ("okr:cheap",), ()),
    ]
    assert "not read completely" in made.refused[0].reason
    assert (made.counts, made.degraded) == (Counts(set=1, clear=1, skip=0, refused=2), True)


def test_what_the_tool_would_not_take_moves_to_refused(row: Any, plan: Make) -> None:
    made = plan([row("PAY-1", objectives=("fast",)), row("PAY-2", objectives=("fast",), partition="SHOP")])
    left = refuse(made, [Refusal(made.changes[0], "field not on screen")])
    assert (moves(left), left.partitions) == ({"PAY-2": (("okr:fast",), ())}, ("SHOP",))
    assert left.counts == Counts(set=1, clear=0, skip=0, refused=1)


def test_the_summary_counts_by_source_and_objective(row: Any, plan: Make) -> None:
    made = plan(
        [
            row("PAY-1", objectives=("fast",)),
            row("PAY-2", objectives=("fast",), **OURS),
            row("PAY-3", "orphan", **OURS),
            row("PAY-4", objectives=("fast",), tags=("okr:fast", "okr:q3")),
        ]
    )
    made = refuse(made, [Refusal(made.changes[0], "field not on screen")])
    direct, jira = summarise(made)
    assert (direct.source, direct.items, direct.counts, direct.objectives) == ("direct", 0, Counts(), ())
    assert (jira.items, jira.counts, jira.refusals) == (2, Counts(1, 2, 1, 1), {"field not on screen": 1})
    assert [(one.objective, len(one.sets), len(one.clears)) for one in jira.objectives] == [
        ("cheap", 0, 2),
        ("fast", 1, 0),
    ]
    assert [change.key for change in jira.clears] == ["PAY-2", "PAY-3"]


def test_nothing_known_plans_nothing(plan: Make) -> None:
    assert plan([]).counts == Counts()
    assert plan([], tags={}).changes == ()
