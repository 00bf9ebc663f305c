"""Plan, review, apply: what is written, what people keep, and what a crash leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from veaf_sync.connector import Absent, Mark, Page, Shard
from veaf_sync.errors import Incomplete, Refused, Rejected
from veaf_sync.model import Outcome, Result, TagChange, WorkItem
from veaf_sync.plan import dump, load
from veaf_sync.sync import ApplyResult, Planned, RunResult, apply_plan, direct, make_plan
from veaf_sync.sync.holding import holding
from veaf_sync.testing import MemoryConnector

if TYPE_CHECKING:
    from conftest import Organisation

OURS = "okr:"


@pytest.fixture
def tagged(busy: Organisation) -> Organisation:
    """`busy` with a tag target and without caps on small numbers."""
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["guards"] = "{clears: {count: 50, share: 1}}"
    return busy


def plan_of(organisation: Organisation, result: RunResult) -> Planned:
    run = result.run
    return make_plan(organisation.config, organisation.registry, organisation.store, organisation.clock, run)


def apply(organisation: Organisation, planned: Planned, **options: Any) -> ApplyResult:
    reviewed = load(dump(planned.plan))
    return apply_plan(
        reviewed, organisation.config, organisation.registry, organisation.store, organisation.clock, **options
    )


def tags(organisation: Organisation) -> dict[str, list[str]]:
    """Our tags in the tool, by key, where there are any."""
    found = {i.key: [v for v in i.labels if v.startswith(OURS)] for i in organisation.tool.items.values()}
    return {key: values for key, values in sorted(found.items()) if values}


WANTED = {
    "OPS-10": ["okr:cheap"],
    "OPS-9": ["okr:fast"],
    "PAY-0": ["okr:fast"],
    "PAY-1": ["okr:cheap"],
    "PAY-3": ["okr:fast"],
    "SHOP-4": ["okr:cheap"],
    "SHOP-6": ["okr:fast"],
    "SHOP-7": ["okr:cheap"],
}


def test_exactly_the_reviewed_plan_is_written(tagged: Organisation) -> None:
    planned = plan_of(tagged, tagged.sync())
    assert planned.plan.counts.set == 8
    assert planned.costs[0].requests == 8
    assert tags(tagged) == {}, "planning writes nothing"
    result = apply(tagged, planned)
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}
    assert tags(tagged) == WANTED
    assert not result.failed


def test_a_second_pass_plans_nothing(tagged: Organisation) -> None:
    first = tagged.sync(write=True)
    assert len(first.outcomes) == 8
    assert plan_of(tagged, first).plan.changes == (), "also without reading again"
    writes = tagged.tool.writes
    tagged.clock.advance(3600)
    second = tagged.sync(write=True)
    assert second.planned is not None
    assert second.planned.plan.counts.set == second.planned.plan.counts.clear == 0
    assert tagged.tool.writes == writes
    assert tagged.verdicts(second.run.id) == tagged.verdicts(first.run.id)


def test_applying_twice_writes_once(tagged: Organisation) -> None:
    planned = plan_of(tagged, tagged.sync())
    apply(tagged, planned)
    writes = tagged.tool.writes
    again = apply(tagged, planned)
    assert {outcome.result for outcome in again.outcomes} == {Result.UNCHANGED}
    assert tagged.tool.writes == writes


def test_a_person_who_edited_since_the_plan_wins(tagged: Organisation) -> None:
    planned = plan_of(tagged, tagged.sync())
    tagged.tool.tag("id-PAY-0", add=["okr:cheap"])
    result = apply(tagged, planned)
    conflicts = [outcome for outcome in result.outcomes if outcome.result is Result.CONFLICT]
    assert [outcome.item.id for outcome in conflicts] == ["id-PAY-0"]
    assert "okr:cheap" in conflicts[0].detail
    assert tags(tagged)["PAY-0"] == ["okr:cheap"]


def test_a_tag_that_a_person_takes_away_stays_away(tagged: Organisation) -> None:
    tagged.sync(write=True)
    tagged.clock.advance(3600)
    tagged.tool.tag("id-PAY-0", remove=["okr:fast"])
    result = tagged.sync(write=True)
    row = tagged.results(result.run.id).filter(tagged.results(result.run.id)["key"] == "PAY-0").row(0, named=True)
    assert (row["verdict"], row["reason"], row["origin"]) == ("orphan", "withdrawn", "withdrawn")
    assert "PAY-0" not in tags(tagged)
    tagged.clock.advance(3600)
    assert "PAY-0" not in tags(tagged)
    assert tagged.sync(write=True).outcomes == ()
    tagged.tool.tag("id-PAY-0", add=["okr:cheap"])
    tagged.mapping = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n' + tagged.mapping.partition(
        "rules:"
    )[1] + tagged.mapping.partition("rules:")[2]  # fmt: skip
    tagged.clock.advance(3600)
    assert tagged.verdicts(tagged.sync().run.id)["PAY-0"] == "aligned", "what a person adds is a statement"


def test_a_lagging_index_is_no_withdrawal(tagged: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged.sync(write=True)
    whole = MemoryConnector.pages

    def lagging(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        for page in whole(self, shard, mark):
            yield replace(page, items=[replace(i, labels=(), partitions=_untagged(i)) for i in page.items])

    def _untagged(item: Any) -> tuple[Any, ...]:
        return tuple(replace(place, tags=()) for place in item.partitions)

    monkeypatch.setattr(MemoryConnector, "pages", lagging)
    result = tagged.sync(full=True, write=True)
    assert "withdrawn" not in set(tagged.results(result.run.id)["reason"])
    assert result.outcomes == ()
    assert tags(tagged) == WANTED


def test_a_stale_plan_is_refused(tagged: Organisation) -> None:
    planned = plan_of(tagged, tagged.sync())
    tagged.mapping += "  - {name: chores, when: {type: Chore}, objective: cheap}\n"
    with pytest.raises(Refused, match=r"mapping\.yaml changed"):
        apply(tagged, planned)
    tagged.mapping = tagged.mapping.rpartition("  - {name: chores")[0]
    tagged.sync()
    with pytest.raises(Refused, match="made from run 1; the store is at run 2"):
        apply(tagged, planned)
    assert tags(tagged) == {}


def test_a_rule_change_clears_only_ours_and_under_the_cap(tagged: Organisation) -> None:
    tagged.source["guards"] = "{clears: {count: 2}}"
    tagged.sync(write=True)
    tagged.tool.tag("id-PAY-2", add=["okr:fast", "other"])
    tagged.mapping = "rules:\n  - {name: bugs, when: {type: Bug}, objective: cheap}\n"
    tagged.source["guards"] = "{clears: {count: 1, share: 1}}"
    tagged.clock.advance(3600)
    refused = tagged.sync(write=True)
    assert refused.refusal is not None
    assert "2 clears are more than the cap of 1" in refused.refusal.message
    assert refused.run.status == "done", "what was read is published"
    assert tags(tagged) == WANTED | {"PAY-2": ["okr:fast"]}, "refused: nothing was written"
    result = tagged.sync(write=True, accept=2)
    assert all(outcome.result is Result.APPLIED for outcome in result.outcomes)
    left = {key: value for key, value in WANTED.items() if value == ["okr:cheap"]}
    assert tags(tagged) == left | {"PAY-2": ["okr:fast"]}, "what a person set stays"
    assert "other" in tagged.tool.items["id-PAY-2"].labels


def test_nothing_is_cleared_in_a_source_that_was_not_read_whole(tagged: Organisation) -> None:
    tagged.sync(write=True)
    tagged.mapping = "rules: []\n"
    tagged.tool.broken["SHOP"] = Incomplete("half a page")
    result = tagged.sync(full=True, write=True)
    assert result.degraded
    assert tags(tagged) == WANTED
    assert result.planned is not None
    assert result.planned.plan.counts.clear == 0
    assert result.planned.plan.counts.refused > 0


@pytest.mark.parametrize("step", range(8))
def test_killed_at_any_write_it_goes_on_without_loss_or_double(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    planned = plan_of(tagged, tagged.sync())
    written = MemoryConnector.write
    count = 0

    def dies(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        nonlocal count
        count += 1
        if count - 1 == step:
            if step % 2:
                written(self, batch)  # the write arrived, the answer did not
            raise KeyboardInterrupt
        return written(self, batch)

    monkeypatch.setattr(MemoryConnector, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        apply(tagged, planned)
    monkeypatch.setattr(MemoryConnector, "write", written)
    result = apply(tagged, planned)
    assert not result.failed
    assert tags(tagged) == WANTED
    assert tagged.store.journal.open("mem") == []
    ours = tagged.store.journal.written("mem")
    assert len(ours) == 8, "all of them are ours by the journal, the interrupted one too"
    tagged.clock.advance(3600)
    assert tagged.sync(write=True).outcomes == ()


def test_a_lost_answer_is_settled_by_reading(tagged: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan_of(tagged, tagged.sync())
    written = MemoryConnector.write

    def loses_answers(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        written(self, batch)
        raise Incomplete("the connection was reset")

    monkeypatch.setattr(MemoryConnector, "write", loses_answers)
    result = apply(tagged, planned)
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}
    assert tags(tagged) == WANTED


def test_a_refused_write_is_a_failure_with_the_tools_words(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan_of(tagged, tagged.sync())

    def refuses(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        raise Rejected("the field is not on the screen", status=400)

    monkeypatch.setattr(MemoryConnector, "write", refuses)
    result = apply(tagged, planned)
    assert result.failed
    assert {outcome.detail for outcome in result.outcomes} == {"the field is not on the screen"}
    assert tagged.store.journal.open("mem") == []


def test_what_was_written_before_a_connector_broke_is_told_as_written(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "CHUNK", 1)
    planned = plan_of(tagged, tagged.sync())
    read, asked = MemoryConnector.get, iter(range(100))

    def breaks(self: MemoryConnector, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        if next(asked) == 3:
            raise ValueError("a bug")
        return read(self, ids)

    monkeypatch.setattr(MemoryConnector, "get", breaks)
    outcomes = apply(tagged, planned).outcomes
    applied = {outcome.item.id.removeprefix("id-") for outcome in outcomes if outcome.result is Result.APPLIED}
    failed = [outcome for outcome in outcomes if outcome.result is Result.FAILED]
    assert len(applied) == 3
    assert applied == tags(tagged).keys()
    assert len(failed) == len(WANTED) - 3
    assert all("a bug" in outcome.detail for outcome in failed)


def test_tags_that_nobody_claims_are_neither_read_nor_cleared(tagged: Organisation) -> None:
    tagged.mapping = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\nrules: []\n'
    tagged.tool.tag("id-PAY-2", add=["okr:fast"])
    result = tagged.sync()
    assert tagged.verdicts(result.run.id)["PAY-2"] == "orphan"
    assert "1 value under our tag prefix" in " ".join(result.notes)
    tagged.mapping += "  - {name: bugs, when: {type: Bug}, objective: cheap}\n".replace("  - ", "  - ")
    tagged.mapping = tagged.mapping.replace("rules: []\n", "rules:\n")
    again = tagged.sync()
    planned = plan_of(tagged, again)
    assert planned.plan.changes == (), "nothing is written where it is not known whose the tags are"
    assert "--adopt-tags" in planned.notes[0]


@pytest.mark.parametrize(("by", "verdict", "origin"), [("people", "aligned", "statement"), ("ours", "orphan", "")])
def test_a_person_says_whose_unclaimed_tags_are(tagged: Organisation, by: str, verdict: str, origin: str) -> None:
    tagged.mapping = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\nrules: []\n'
    tagged.tool.tag("id-PAY-2", add=["okr:fast"])
    tagged.sync()
    result = tagged.sync(adopt_tags=by)
    rows = tagged.results(result.run.id)
    row = rows.filter(rows["key"] == "PAY-2").row(0, named=True)
    assert (row["verdict"], row["origin"]) == (verdict, origin)
    assert result.notes == ()
    assert plan_of(tagged, result).plan.counts.clear == (1 if by == "ours" else 0)


def test_two_passes_at_once_are_one(tagged: Organisation) -> None:
    tagged.sync()
    with holding(tagged.store, ["run"]), pytest.raises(Refused) as refused:
        tagged.sync()
    assert "run" in refused.value.message
    assert not tagged.sync().degraded


@pytest.mark.parametrize("hours", [-48, 48])
def test_no_workers_clock_decides_who_holds_the_lease(tagged: Organisation, hours: int) -> None:
    """A worker whose clock is two days off neither takes a lease that is held nor thinks its own has run out."""
    with holding(tagged.store, ["run"]) as leases:
        tagged.clock.advance(hours * 3600)
        with pytest.raises(Refused):
            tagged.sync()
        tagged.store.leases.renew(leases["run"])
    assert not tagged.sync().degraded


def test_tags_on_direct_items_only(tagged: Organisation) -> None:
    tagged.tool.edit("id-PAY-2", parent="PAY-0")
    assert plan_of(tagged, tagged.sync()).plan.counts.set == 9
    tagged.source["tag"] = '{label: "okr:{objective}", on: direct}'
    assert plan_of(tagged, tagged.sync()).plan.counts.set == 8


def test_a_read_only_source_is_never_planned(tagged: Organisation) -> None:
    tagged.source["read_only"] = "true"
    assert plan_of(tagged, tagged.sync()).plan.changes == ()


def test_writing_one_source_leaves_the_plans_of_others_alone(tagged: Organisation) -> None:
    tagged.sync()
    other = MemoryConnector.tools[tagged.name]
    assert other is tagged.tool
    tagged.extra = f"  other: {{connector: memory, tool: {tagged.name}, tag: {{label: 'goal:{{objective}}'}}}}\n"
    result = tagged.sync(sources=["mem"], write=True)
    assert {outcome.item.source for outcome in result.outcomes} == {"mem"}
    everything = tagged.sync()
    assert {change.item.source for change in plan_of(tagged, everything).plan.changes} == {"other"}
