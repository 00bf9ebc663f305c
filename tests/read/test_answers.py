"""The JSON contract: what every answer holds, and that the same number is the same wherever it is asked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from veaf_sync import read
from veaf_sync.errors import UsageError
from veaf_sync.model import StateCategory
from veaf_sync.read import Answer, Filters, Snapshot

VERDICTS = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")
CONTRACT = {
    "coverage": {"metric_version", "weights", "groups"},
    "items": {"items"},
    "orphans": {"items"},
    "objectives": {"objectives"},
    "explain": {"id", "source", "key", "counted", "verdict", "alignments", "tried", "fix"},
}
ITEM = {"id", "source", "key", "title", "url", "level", "team", "owner"} | {
    "age_days", "verdict", "objectives", "reason", "fix",
}  # fmt: skip
OBJECTIVE = {"objective", "declared", "state", "planned_share", "actual_share", "count", "points", "hours", "people"}
WEIGHT = {*VERDICTS, "total", "coverage", "imputed_share", "missing_share"}


def _answers(snapshot: Snapshot) -> dict[str, Answer]:
    return {
        "status": read.status(snapshot),
        "coverage": read.coverage(snapshot, "team"),
        "items": read.items(snapshot, all=True),
        "orphans": read.orphans(snapshot),
        "objectives": read.objectives(snapshot),
        "epics": read.epics(snapshot),
        "explain": read.explain(snapshot, "main:PAY-2"),
        "runs": read.runs(snapshot.store),
    }


def test_every_answer_holds_its_schema_and_begins_with_the_head(snapshot: Snapshot) -> None:
    for name, answer in _answers(snapshot).items():
        document = json.loads(answer.model_dump_json())
        assert list(document)[:4] == ["format_version", "run", "as_of", "degraded"], name
        assert document["format_version"] == "1.0"
        assert document["as_of"] == "2026-11-02T05:00:00Z"
        schema = type(answer).model_json_schema(mode="serialization")
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
        assert type(answer).model_validate(document) == answer


def test_the_contract_s_keys_are_there(snapshot: Snapshot) -> None:
    documents = {name: json.loads(answer.model_dump_json()) for name, answer in _answers(snapshot).items()}
    for name, keys in CONTRACT.items():
        assert keys <= documents[name].keys(), name
    assert all(row.keys() >= ITEM for row in documents["items"]["items"])
    assert all(row.keys() >= OBJECTIVE for row in documents["objectives"]["objectives"])
    assert documents["coverage"]["weights"].keys() == {"count", "points", "hours", "people"}
    assert all(weight.keys() == WEIGHT for weight in documents["coverage"]["weights"].values())
    assert documents["explain"]["alignments"] == [
        {"objective": "fast", "share": 1.0, "origin": "inherited", "rule": "payment epics"}
    ]


def test_no_list_is_null_and_no_ratio_is_rounded(snapshot: Snapshot) -> None:
    answer = read.coverage(snapshot)
    assert answer.groups == []
    bounds = answer.weights.count.coverage
    assert (bounds.value, bounds.low, bounds.high) == (3 / 6, 3 / 7, 4 / 7)
    assert read.items(snapshot, Filters(verdict="unreadable")).items == []


def test_lists_are_sorted(snapshot: Snapshot) -> None:
    assert [row.objective for row in read.objectives(snapshot).objectives] == ["cheap", "fast", "growth", "past"]
    groups = read.coverage(snapshot, "partition").groups
    assert [(row.source, row.group) for row in groups] == [("main", "PAY"), ("main", "SHOP"), ("other", "OPS")]
    split = next(row for row in read.items(snapshot).items if row.key == "SHOP-2")
    assert [(part.objective, part.share) for part in split.objectives] == [("cheap", 0.4), ("fast", 0.6)]
    ages = [row.age_days for row in read.items(snapshot).items]
    assert ages == sorted(ages, reverse=True)


def test_the_six_verdicts_are_all_counted_items(snapshot: Snapshot) -> None:
    count = read.status(snapshot).weights.count
    assert {verdict: count.verdict(verdict) for verdict in VERDICTS} == {
        "aligned": 3, "dangling": 1, "ambiguous": 1, "exempt": 1, "orphan": 2, "unreadable": 0,
    }  # fmt: skip
    assert count.total == len(read.items(snapshot).items) == 8
    assert len(read.items(snapshot, all=True).items) == 10


choices: Any = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["main", "other", ("main", "other")]),
        "partition": st.sampled_from(["PAY", "SHOP", ("OPS", "PAY"), "main:PAY", ("main:SHOP", "OPS")]),
        "team": st.sampled_from(["payments", ("ops", "shop"), ("",)]),
        "level": st.sampled_from(["standard", ("epic", "standard")]),
        "verdict": st.lists(st.sampled_from(VERDICTS), unique=True).map(tuple),
        "objective": st.sampled_from(["fast", "cheap", ("fast", "cheap"), "past"]),
    },
)


@settings(max_examples=40, deadline=None)
@given(chosen=choices)
def test_what_a_filter_counts_is_what_it_lists(snapshot: Snapshot, chosen: dict[str, Any]) -> None:
    filters = Filters(**chosen)
    counted = read.coverage(snapshot, filters=filters).weights.count
    listed = read.items(snapshot, filters)
    assert listed.total == len(listed.items)
    wanted = read.filters.values(filters.objective)
    for verdict in VERDICTS:
        rows = [row for row in listed.items if row.verdict == verdict]
        shares = [part.share for row in rows for part in row.objectives if part.objective in wanted]
        assert counted.verdict(verdict) == pytest.approx(sum(shares) if wanted else len(rows))
    assert listed.count == pytest.approx(counted.total)


@settings(max_examples=60, deadline=None)
@given(by=st.sampled_from(read.GROUPS), chosen=choices)
def test_groups_of_what_is_filtered_add_up_and_each_opens_by_its_name(
    snapshot: Snapshot, by: str, chosen: dict[str, Any]
) -> None:
    answer = read.coverage(snapshot, by, Filters(**chosen))
    for verdict in (*VERDICTS, "total"):
        for weight in read.WEIGHT_NAMES:
            parts = [getattr(group.weights, weight) for group in answer.groups]
            whole = getattr(answer.weights, weight)
            if whole is not None:
                assert sum(getattr(part, verdict) for part in parts) == pytest.approx(getattr(whole, verdict))
    for group in answer.groups:
        name = f"{group.source}:{group.group}" if by == "partition" else group.group
        opened = read.items(snapshot, Filters(**{**chosen, by: (name,)}))
        assert opened.count == pytest.approx(group.weights.count.total)


@settings(max_examples=40, deadline=None)
@given(chosen=choices)
def test_every_number_of_an_objective_opens_to_its_items(snapshot: Snapshot, chosen: dict[str, Any]) -> None:
    chosen = {name: value for name, value in chosen.items() if name not in ("objective", "verdict")}
    answer = read.objectives(snapshot, Filters(**chosen))
    whole = read.coverage(snapshot, filters=Filters(**chosen)).weights.count.total
    assert answer.counted == whole
    for row in answer.objectives:
        asked = Filters(**chosen, objective=row.objective, verdict="aligned")
        own, all_of_it = read.items(snapshot, asked), read.items(snapshot, asked, below=True)
        assert (own.count, all_of_it.count) == (pytest.approx(row.count), pytest.approx(row.items))
        if row.actual_share is not None:  # the share is one of `count` here
            assert row.actual_share * whole == pytest.approx(row.items)


def test_filters_that_leave_nothing_out_change_nothing(snapshot: Snapshot) -> None:
    everything = Filters(source=("main", "other"))
    assert read.objectives(snapshot, everything) == read.objectives(snapshot)
    assert read.coverage(snapshot, filters=everything) == read.coverage(snapshot)


def test_below_adds_the_objectives_further_down(snapshot: Snapshot) -> None:
    growth = Filters(objective="growth")
    assert read.items(snapshot, growth).items == []
    assert [row.key for row in read.items(snapshot, growth, below=True).items] == [
        row.key for row in read.items(snapshot, Filters(objective="fast")).items
    ]
    assert [row.objective for row in read.objectives(snapshot, growth, below=True).objectives] == ["fast", "growth"]


def test_a_team_that_only_uncounted_items_have_exists(world: Any) -> None:
    world.main.add("SHOP", "SHOP-7", title="Of a team that is gone", team="gone", state_category=StateCategory.DONE)
    world.sync()
    answer = read.items(world.snapshot(), Filters(team="gone"))
    assert (answer.total, answer.not_counted) == (0, 1)


@pytest.mark.parametrize("by", read.GROUPS)
def test_groups_add_up_to_the_whole(snapshot: Snapshot, by: str) -> None:
    answer = read.coverage(snapshot, by)
    for verdict in (*VERDICTS, "total"):
        parts = sum(group.weights.count.verdict(verdict) for group in answer.groups)
        assert parts == pytest.approx(answer.weights.count.verdict(verdict))


def test_a_limit_shows_the_oldest_and_tells_how_many_there_are(snapshot: Snapshot) -> None:
    everything = read.items(snapshot)
    few = read.items(snapshot, limit=3)
    assert few.items == everything.items[:3]
    assert (few.total, len(few.items)) == (8, 3)
    assert read.orphans(snapshot, limit=1).items[0].key == "SHOP-1"


def test_orphans_tell_reason_and_fix(snapshot: Snapshot) -> None:
    orphans = read.orphans(snapshot).items
    assert [row.id for row in orphans] == ["main:SHOP-1", "other:OPS-2"]
    assert orphans[0].reason == "nothing matched"
    assert orphans[0].fix
    assert orphans[0].age_days == 40
    assert all(row.fix == "" for row in read.items(snapshot).items if row.verdict in ("aligned", "exempt"))


def test_the_fix_is_the_same_for_one_item_and_among_many(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = {row.id: row.fix for row in read.items(snapshot).items}
    monkeypatch.setattr("veaf_sync.read.fixing.FEW", 0)
    assert {row.id: row.fix for row in read.items(snapshot).items} == alone
    assert read.explain(snapshot, "main:SHOP-1").fix == alone["main:SHOP-1"]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(source="mian"), "no source mian"),
        (Filters(partition=("PAY", "PYA")), "no partition PYA"),
        (Filters(partition="main:PYA"), "no partition main:PYA"),
        (Filters(objective="fats"), "no objective fats"),
        (Filters(team="SHOPS"), "no team SHOPS"),
        (Filters(level="epics"), "no level epics"),
        (Filters(verdict="orphans"), "no verdict orphans"),
    ],
)
def test_a_typing_error_does_not_read_as_nothing_there(snapshot: Snapshot, filters: Filters, message: str) -> None:
    for ask in (
        lambda: read.coverage(snapshot, filters=filters),
        lambda: read.items(snapshot, filters),
        lambda: read.objectives(snapshot, filters),
    ):
        with pytest.raises(UsageError, match=message) as caught:
            ask()
        assert caught.value.fix.startswith("Did you mean")


def test_an_unknown_group_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="cannot be grouped by colour"):
        read.coverage(snapshot, "colour")


def test_runs_lists_the_newest_first_also_without_any(world: Any) -> None:
    empty = read.runs(world.store)
    assert (empty.run, empty.as_of, empty.runs) == (None, None, [])
    world.sync()
    world.sync(timedelta(hours=1))
    assert [row.id for row in read.runs(world.store).runs] == [2, 1]
    assert [row.id for row in read.runs(world.store, limit=1).runs] == [2]
