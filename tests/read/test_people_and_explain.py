"""How people are shown, and why an item has its verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from veaf_sync import read
from veaf_sync.errors import UsageError
from veaf_sync.model import Level, StateCategory
from veaf_sync.read import Filters, Snapshot


def _owner(world: Any, key: str = "main:PAY-2") -> str:
    return next(row.owner for row in read.items(world.snapshot()).items if row.id == key)


def test_people_are_pseudonyms_that_stay_the_same(world: Any) -> None:
    world.sync()
    owner = _owner(world)
    assert owner == read.pseudonym("Anna Example", "Example Ltd") != read.pseudonym("Anna Example", "Another Ltd")
    assert owner.startswith("person-")
    assert len(owner) == len("person-") + 8
    assert _owner(world, "other:OPS-1") == _owner(world, "other:OPS-2") != owner
    assert _owner(world, "main:SHOP-1") == ""


def test_people_are_named_or_hidden_where_the_settings_say_so(world: Any) -> None:
    world.rewrite("veaf-sync.yaml", "version: 1", "version: 1\npeople: names")
    world.sync()
    assert _owner(world) == "Anna Example"
    world.rewrite("veaf-sync.yaml", "people: names", "people: hidden")
    world.sync()
    assert _owner(world) == ""


def test_several_assignees_are_all_owners(world: Any) -> None:
    world.rewrite("veaf-sync.yaml", "version: 1", "version: 1\npeople: names")
    world.main.edit("id-PAY-2", assignees=("Anna Example", "Ben Example"))
    world.sync()
    assert _owner(world) == "Anna Example, Ben Example"


def test_explain_shows_no_name_that_people_hides(world: Any) -> None:
    world.sync()
    answer = read.explain(world.snapshot(), "main:PAY-2")
    seen = [key.seen for rule in answer.tried for key in rule.keys if key.key == "assignees"]
    assert seen == [read.pseudonym("Anna Example", "Example Ltd")]
    world.rewrite("veaf-sync.yaml", "version: 1", "version: 1\npeople: names")
    world.sync()
    assert "Anna Example" in read.explain(world.snapshot(), "main:PAY-2").model_dump_json()


def test_explain_walks_up_to_whose_result_it_is(snapshot: Snapshot) -> None:
    answer = read.explain(snapshot, "main:PAY-2")
    assert (answer.verdict, answer.counted, answer.origin, answer.rule) == (
        "aligned",
        True,
        "inherited",
        "payment epics",
    )
    assert [step.key for step in answer.walked] == ["PAY-2", "PAY-1"]
    assert [(rule.rule, rule.matched) for rule in answer.walked[1].tried] == [("payment epics", True)]
    assert answer.tried == answer.walked[0].tried


def test_explain_agrees_with_what_is_listed(snapshot: Snapshot) -> None:
    for row in read.items(snapshot, all=True).items:
        answer = read.explain(snapshot, row.id)
        assert (answer.id, answer.verdict, answer.counted, answer.reason) == (
            row.id,
            row.verdict,
            row.counted,
            row.reason,
        )
        assert (answer.origin, answer.rule, answer.fix) == (row.origin, row.rule, row.fix)
        shares = [(part.objective, part.share) for part in answer.alignments]
        assert shares == [(part.objective, part.share) for part in row.objectives]


def test_a_parent_that_gives_nothing_says_why(world: Any) -> None:
    add = world.main.add
    add("SHOP", "SHOP-6", title="Below nobody", parent="R-99")
    add("SHOP", "SHOP-7", title="Egg", parent="SHOP-8")
    add("SHOP", "SHOP-8", title="Hen", parent="SHOP-7")
    add("SHOP", "SHOP-9", title="Chick", parent="SHOP-7")
    world.sync()
    notes = {
        key: read.explain(world.snapshot(), f"main:{key}").walked[-1].note for key in ("SHOP-6", "SHOP-9", "PAY-2")
    }
    assert notes == {
        "SHOP-6": "its parent R-99 is in no source; nothing is inherited",
        "SHOP-9": "its parent SHOP-8 leads back to it in a ring; that link counts as absent, nothing is inherited",
        "PAY-2": "",
    }


def test_an_item_that_is_not_counted_says_why(world: Any) -> None:
    add = world.main.add
    add("PAY", "PAY-6", title="A part", level=Level.SUBTASK, parent="PAY-2")
    add("PAY", "PAY-7", title="Undated", state_category=StateCategory.DONE)
    add("PAY", "PAY-8", title="A part of nothing", level=Level.SUBTASK)
    world.sync()
    reasons = {row.key: read.explain(world.snapshot(), row.id) for row in read.items(world.snapshot(), all=True).items}
    assert {key: told.counted_reason.partition(":")[0] for key, told in reasons.items() if not told.counted} == {
        "PAY-1": "container",
        "PAY-6": "sub-task of main",
        "PAY-7": "out of scope",
        "SHOP-3": "out of scope",
    }
    assert "main:PAY-2" in reasons["PAY-6"].counted_reason
    assert "without a completion date" in reasons["PAY-7"].counted_reason
    assert "not in 2026-Q4" in reasons["SHOP-3"].counted_reason
    assert all(told.counted_reason == "" for told in reasons.values() if told.counted)


def test_what_cannot_be_read_says_what_helps(world: Any) -> None:
    world.sync()
    world.lose_other()
    world.sync(timedelta(hours=73))
    [frozen] = [row for row in read.items(world.snapshot(), Filters(verdict="unreadable")).items if row.key == "OPS-2"]
    assert frozen.fix.startswith("veaf-sync check --online")
    assert read.explain(world.snapshot(), frozen.id).fix == frozen.fix


def test_an_item_is_found_by_reference_url_and_unique_key(snapshot: Snapshot) -> None:
    for text in ("main:SHOP-1", "SHOP-1", "https://t.example/SHOP-1", "shop-1"):
        assert read.explain(snapshot, text).id == "main:SHOP-1"


def test_a_key_that_two_sources_have_lists_the_candidates(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="may mean 2 items: main:PAY-2, other:PAY-2") as caught:
        read.explain(snapshot, "PAY-2")
    assert caught.value.fix == "veaf-sync explain main:PAY-2"


def test_an_unknown_item_is_told_with_a_way_on(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="No item of run 1 is called PAY-404") as caught:
        read.explain(snapshot, "PAY-404")
    assert "veaf-sync items --all" in caught.value.fix


def test_an_exemption_that_ended_is_told_and_can_be_renewed(world: Any) -> None:
    world.rewrite("mapping.yaml", "until: 2026-12-31", "until: 2026-11-01")
    world.sync()
    told = "The exemption of rule on call ended on 2026-11-01: 1 item is not exempt any more."
    assert told in read.status(world.snapshot()).notes
    assert read.explain(world.snapshot(), "other:OPS-1").fix.startswith(
        'renew until of rule "on call" in mapping.yaml, or set label goal:<objective>'
    )
    assert "renew" not in read.explain(world.snapshot(), "other:OPS-2").fix
