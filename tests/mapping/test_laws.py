"""Laws that hold for any items, rules, statements and withdrawals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from veaf_sync.mapping import explain, fixes, map_items, resolve
from veaf_sync.model import ItemRef, Verdict

Build = Callable[..., Any]
IDS = ["fast", "cheap", "mobile", "q3", "idea", "below-q3", "nowhere", "vision"]
LABELS = ["x", "y", "z", "t-fast", "t-q3", "okr:fast", "okr:q3", "okr:none", "okr:cheap"]

labels = st.lists(st.sampled_from(LABELS), max_size=2, unique=True)
conditions = st.one_of(
    st.just({}),
    st.fixed_dictionaries({}, optional={"labels": st.sampled_from(LABELS), "type": st.sampled_from(["Bug", "Story"])}),
    st.fixed_dictionaries({"ancestor": st.sampled_from([{"labels": "x"}, "K1", "K*"])}),
    st.fixed_dictionaries({"not": st.sampled_from([{"labels": "y"}, {"type": "Bug"}])}),
)
exempt = {"class": "k", "owner": "o", "reason": "r", "budget": 0.1}
says = st.one_of(
    st.sampled_from([*IDS, "none"]).map(lambda each: {"objective": each}),
    st.lists(st.sampled_from(IDS), min_size=2, max_size=2, unique=True).map(
        lambda two: {"split": dict(zip(two, (0.25, 0.75), strict=True))}
    ),
    st.sampled_from(["2026-11-23", "2026-11-24"]).map(lambda until: {"exempt": {**exempt, "until": until}}),
)
built = st.just({"when": {"labels": {"regex": "^t-(?P<to>.+)$"}}, "objective": "{to}"})
rules = st.lists(
    st.one_of(st.builds(lambda when, said: {"when": when, **said}, conditions, says), built), max_size=5
).map(lambda each: [{"name": f"r{number}", **rule} for number, rule in enumerate(each)])
items = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(["a", "b"]),
            "type": st.sampled_from(["Bug", "Story"]),
            "labels": labels,
            "parent": st.sampled_from(["", *(f"K{number}" for number in range(7))]),
            "stated": st.sampled_from([[], [], [], ["fast"]]),
            "withdrawn": st.sampled_from([[], [], ["fast"], ["fast", "q3"]]),
            "unreadable": st.sampled_from([False, False, False, True]),
        }
    ),
    min_size=1,
    max_size=7,
).map(lambda each: [{"key": f"K{number}", **item} for number, item in enumerate(each)])


@settings(max_examples=60, deadline=None)
@given(items=items, rules=rules, data=st.data())
def test_one_verdict_each_whatever_the_order_and_explained_alike(
    world: Build, items: Any, rules: Any, data: st.DataObject
) -> None:
    found = world(items, rules)
    verdicts = found.verdicts()
    by_item = verdicts.group_by("source", "id").agg(
        pl.col("verdict").n_unique(), pl.col("share").sum(), pl.col("objective").n_unique() == pl.len()
    )
    assert by_item.height == len(items)
    assert by_item["verdict"].to_list() == [1] * len(items)
    assert all(abs(share - 1) < 1e-9 for share in by_item["share"])
    assert by_item["objective"].all()
    linked = pl.col("verdict").is_in([Verdict.ALIGNED.value, Verdict.DANGLING.value])
    assert verdicts.select((linked == (pl.col("objective") != "")).all()).item()
    order = data.draw(st.permutations(range(len(items))))
    shuffled = found.items.select(pl.all().gather(order))
    hierarchy = resolve(shuffled, found.strategy)
    assert hierarchy.equals(found.hierarchy)
    turned = hierarchy.reverse()
    assert map_items(shuffled, turned, found.mapping, found.strategy, at=found.at, tz=found.tz).equals(verdicts)
    _agrees(found, verdicts)


def _agrees(found: Any, verdicts: pl.DataFrame) -> None:
    """`explain` and `fixes` see what `map_items` sees."""
    every = fixes(*found.arguments, at=found.at, tz=found.tz)
    for source, id_, fix in every.iter_rows():
        rows = verdicts.filter((pl.col("source") == source) & (pl.col("id") == id_)).to_dicts()
        why = explain(ItemRef(source, id_), *found.arguments, at=found.at, tz=found.tz)
        assert why.fix == fix
        for name in ("verdict", "origin", "rule", "reason", "exemption"):
            assert getattr(why, name) == rows[0][name]
        shares = [(row["objective"], row["share"]) for row in rows if row["objective"]]
        assert [(each.objective, each.share) for each in why.alignments] == shares
        if why.origin == "rule":
            assert why.tried[-1].matched
            assert why.tried[-1].rule == why.rule
        assert not any(tried.matched for tried in why.tried[:-1])


wanted = st.sampled_from(
    ["x", "y", "z", {"all": ["x", "y"]}, {"glob": "?"}, {"none": "y"}, {"any": ["z", "x"], "none": "y"}]
)
near = st.lists(
    st.builds(
        lambda kind, labels, objective: {"when": {"type": kind, "labels": labels}, "objective": objective},
        st.sampled_from(["Bug", ["Bug", "Story"]]),
        wanted,
        st.sampled_from(["fast", "cheap", "none", "q3"]),
    ),
    min_size=1,
    max_size=4,
).map(lambda each: [{"name": f"r{number}", **rule} for number, rule in enumerate(each)])


@settings(max_examples=100, deadline=None)
@given(labels=st.lists(st.sampled_from(["x", "y", "w"]), max_size=2, unique=True), rules=near)
def test_an_addition_is_proposed_exactly_where_one_aligns(world: Build, labels: list[str], rules: Any) -> None:
    def mapped(labels: list[str]) -> Any:
        return world([{"key": "A", "type": "Bug", "labels": labels}], rules)

    found = mapped(labels)
    if found.results()["work:A"]["reason"] != "nothing matched":
        return
    fix = fixes(*found.arguments, at=found.at, tz=found.tz)["fix"][0]
    with_one_more = {value: mapped([*labels, value]).results()["work:A"] for value in "xyz"}
    proposed = re.fullmatch(r'add label (\S+): rule "(\w+)" would match', fix)
    if proposed:
        result = with_one_more[proposed[1]]
        assert (result["verdict"], result["rule"]) == ("aligned", proposed[2])
    else:
        assert fix == "set label okr:<objective>"
        named = {result["rule"] for result in with_one_more.values() if result["verdict"] == "aligned"}
        assert not any(_names_a_value(rule) for rule in rules if rule["name"] in named)


def _names_a_value(rule: Any) -> bool:
    """Whether the rule asks for a label by name, not by a glob."""
    labels = rule["when"]["labels"]
    return isinstance(labels, str) or bool({"all", "any"} & set(labels))
