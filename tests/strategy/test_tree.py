"""The tree of objectives: who is alive, who stands below whom, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync.strategy import Strategy, Tree, findings, problems, tree


def strategy(*objectives: tuple[str, str, str]) -> Strategy:
    """A strategy from (id, supports, state)."""
    listed = [{"id": one, "supports": above, "state": state} for one, above, state in objectives]
    return Strategy.model_validate({"vision": {"title": "V"}, "objectives": listed})


def planned(**shares: Any) -> Strategy:
    listed = [{"id": name, "planned_share": share} for name, share in shares.items()]
    return Strategy.model_validate({"vision": {"title": "V"}, "objectives": listed})


DEEP = strategy(
    ("fast", "vision", "active"),
    ("mobile", "fast", "active"),
    ("apps", "mobile", "active"),
    ("q3", "vision", "closed"),
    ("below-q3", "q3", "active"),
    ("idea", "fast", "draft"),
)


def test_an_objective_is_active_through_active_ones_only() -> None:
    read = tree(DEEP)
    assert {one: read.why_inactive(one) for one in (*read.ids, "nowhere")} == {
        "fast": "",
        "mobile": "",
        "apps": "",
        "q3": "closed",
        "below-q3": "cut off from the vision",
        "idea": "draft",
        "nowhere": "unknown",
    }
    assert [one for one in read.ids if read.active(one)] == ["fast", "mobile", "apps"]
    assert not read.active("nowhere")


def test_below_and_above() -> None:
    read = tree(DEEP)
    assert read.children("vision") == ("fast", "q3")
    assert read.below("fast") == ("fast", "mobile", "apps", "idea")
    assert read.below("vision") == ("fast", "mobile", "apps", "idea", "q3", "below-q3")
    assert read.below("nowhere") == ()
    assert read.above("apps") == ("mobile", "fast")
    assert [read.depth(one) for one in ("fast", "apps", "nowhere")] == [1, 3, 0]
    assert (read.declared("below-q3"), read.declared("nowhere")) == ("active", "")


def test_a_sound_strategy_has_no_problems() -> None:
    assert problems(DEEP) == []


@pytest.mark.parametrize(
    ("objectives", "path", "told"),
    [
        ([("none", "vision", "active")], ("objectives", 0, "id"), "reserved"),
        ([("vision", "vision", "active")], ("objectives", 0, "id"), "reserved"),
        ([("a", "vision", "active"), ("a", "vision", "draft")], ("objectives", 1, "id"), "2 times"),
        ([("a", "b", "active")], ("objectives", 0, "supports"), "b, which is no objective"),
        ([("a", "none", "active")], ("objectives", 0, "supports"), "none, which is no objective"),
        ([("a", "a", "active")], ("objectives", 0, "supports"), "in a ring: a → a"),
        (
            [("t", "a", "active"), ("a", "b", "active"), ("b", "c", "active"), ("c", "a", "active")],
            ("objectives", 1, "supports"),
            "in a ring: a → b → c → a",
        ),
    ],
)
def test_problems_stand_at_their_place(objectives: list[Any], path: tuple[Any, ...], told: str) -> None:
    found = problems(strategy(*objectives))
    assert [problem.path for problem in found] == [path]
    assert told in found[0].what
    assert found[0].hint


def test_all_problems_come_at_once_and_a_near_miss_is_named() -> None:
    found = problems(strategy(("fast", "vison", "active"), ("none", "vision", "active"), ("fast", "vision", "active")))
    assert [problem.path for problem in found] == [
        ("objectives", 0, "supports"),
        ("objectives", 1, "id"),
        ("objectives", 2, "id"),
    ]
    assert found[0].hint == "Did you mean vision?"


def test_two_key_results_with_one_id_are_a_problem() -> None:
    results = [{"id": "k", "baseline": 1, "target": 2}] * 2
    read = Strategy.model_validate({"vision": {"title": "V"}, "objectives": [{"id": "a", "key_results": results}]})
    assert [problem.path for problem in problems(read)] == [("objectives", 0, "key_results", 1, "id")]


def test_an_active_objective_below_a_dead_one_is_a_finding_and_no_problem() -> None:
    found = findings(DEEP)
    assert [one.path for one in found] == [("objectives", 4, "supports")]
    assert "q3 above it is closed" in found[0].what


def test_planned_shares_that_exceed_all_work_are_a_finding() -> None:
    assert findings(planned(a=0.1, b=0.2, c=0.7)) == []
    assert "110 %" in findings(planned(a=0.4, b=0.7))[0].what


edges = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from(["vision", *"abcdefg"]),
        st.sampled_from(["active", "draft", "closed"]),
    ),
    max_size=8,
)


@given(edges)
def test_any_document_gives_a_tree_and_active_means_a_living_path(given_edges: list[tuple[str, str, str]]) -> None:
    read = Tree(strategy(*given_edges))
    states = {read.declared(one) for one in read.ids}
    assert read.provisional == (states == {"draft"})
    alive = "draft" if read.provisional else "active"
    for one in read.ids:
        above = (one, *read.above(one))
        reaches = read.objectives[above[-1]].supports == "vision"
        assert read.active(one) == (reaches and all(read.declared(each) == alive for each in above))
        assert one in read.below(one)
        assert all(one in read.below(each) for each in above)


@given(edges)
def test_whatever_reaches_no_vision_is_a_problem_or_a_finding(given_edges: list[tuple[str, str, str]]) -> None:
    read = strategy(*given_edges)
    shape = Tree(read)
    cut_off = [one for one in shape.ids if shape.why_inactive(one) == "cut off from the vision"]
    assert not cut_off or problems(read) or findings(read)


def test_a_goal_is_the_counterpart_of_one_objective():
    read = Strategy.model_validate(
        {
            "vision": {"title": "V"},
            "objectives": [{"id": "a", "goal": "t:G-1"}, {"id": "b", "goal": ["u:G-1", "t:G-1"]}],
        }
    )
    assert [(problem.path, problem.what) for problem in problems(read)] == [
        (("objectives", 1, "goal"), "the goal t:G-1 is the counterpart of a already.")
    ]
    assert (read.objectives[1].goal_in("u"), read.objectives[0].goal_in("u")) == ("G-1", "")


@pytest.mark.parametrize("goal", ["G-1", "t:", ["t:A", "t:B"], "t:A B"])
def test_what_is_no_goal_is_said(goal):
    with pytest.raises(ValueError, match="goal"):
        Strategy.model_validate({"vision": {"title": "V"}, "objectives": [{"id": "a", "goal": goal}]})
