"""Writes that were interrupted, answered by halves, or not answered at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from veaf_sync.connector import Absent, Pending
from veaf_sync.errors import AuthError, FenceLost, Forbidden, Incomplete, Refused
from veaf_sync.model import Outcome, Result, TagChange, WorkItem
from veaf_sync.plan import dump, load
from veaf_sync.read import explain, open_snapshot
from veaf_sync.store import Lease
from veaf_sync.sync import ApplyResult, RunResult, apply_plan, make_plan, settling
from veaf_sync.sync.holding import holder
from veaf_sync.testing import MemoryConnector

if TYPE_CHECKING:
    from conftest import Organisation

pytestmark = pytest.mark.parametrize("organisation", ["sqlite", "postgresql"], indirect=True)

READER = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
RULES = "rules:\n  - {name: bugs, when: {type: Bug}, objective: cheap}\n"


@pytest.fixture
def tagged(busy: Organisation) -> Organisation:
    """Four bugs that a rule aligns with `cheap`; statements are read from the same labels that we write."""
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.source["guards"] = "{clears: {share: 1}}"
    busy.mapping = READER + RULES
    return busy


def apply(organisation: Organisation, result: RunResult) -> ApplyResult:
    planned = make_plan(
        organisation.config, organisation.registry, organisation.store, organisation.clock, result.run
    ).plan
    return apply_plan(
        load(dump(planned)), organisation.config, organisation.registry, organisation.store, organisation.clock
    )


def labels(organisation: Organisation) -> dict[str, tuple[str, ...]]:
    return {item.key: item.labels for item in organisation.tool.items.values() if item.labels}


def origins(organisation: Organisation, run: int) -> set[str]:
    rows = organisation.results(run)
    return set(rows.filter(rows["verdict"] == "aligned")["origin"])


CHEAP = dict.fromkeys(["PAY-1", "SHOP-4", "SHOP-7", "OPS-10"], ("okr:cheap",))


def test_a_write_that_was_never_settled_is_ours_in_the_next_run(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = MemoryConnector.write

    def killed_behind_the_last(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        outcomes = written(self, batch)
        if len(labels(tagged)) == 4:
            raise KeyboardInterrupt
        return outcomes

    monkeypatch.setattr(MemoryConnector, "write", killed_behind_the_last)
    with pytest.raises(KeyboardInterrupt):
        tagged.sync(write=True)
    assert len(tagged.store.journal.open("mem")) == 1
    monkeypatch.setattr(MemoryConnector, "write", written)
    tagged.clock.advance(3600)
    result = tagged.sync(write=True)
    assert tagged.store.journal.open("mem") == []
    assert {entry.detail for entry in tagged.store.journal.entries(source="mem")} == {""}, "every value was written"
    assert origins(tagged, result.run.id) == {"rule"}, "our own tag is output, never a statement"
    assert labels(tagged) == CHEAP


def test_an_intent_that_cannot_be_settled_yet_is_no_statement_either(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, read = MemoryConnector.write, MemoryConnector.get

    def lost(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        written(self, batch)
        monkeypatch.setattr(MemoryConnector, "get", unanswered)
        raise Incomplete("the connection was reset")

    def unanswered(self: MemoryConnector, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        raise Incomplete("no answer")

    monkeypatch.setattr(MemoryConnector, "write", lost)
    result = apply(tagged, tagged.sync())
    assert {outcome.result for outcome in result.outcomes} == {Result.FAILED}
    assert len(tagged.store.journal.open("mem")) == 4
    tagged.clock.advance(3600)
    second = tagged.sync()
    assert origins(tagged, second.run.id) == {"rule"}
    monkeypatch.setattr(MemoryConnector, "get", read)
    tagged.clock.advance(3600)
    third = tagged.sync()
    assert tagged.store.journal.open("mem") == []
    assert len(tagged.store.journal.written("mem")) == 4
    assert origins(tagged, third.run.id) == {"rule"}


def test_a_run_is_explained_as_it_was_stored_also_when_an_intent_was_open(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged.sync(write=True)
    tagged.tool.add("PAY", "PAY-20", type="Bug")
    written = MemoryConnector.write

    def killed(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        written(self, batch)
        raise KeyboardInterrupt

    def untold(self: MemoryConnector, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        return dict.fromkeys(ids, Absent.UNKNOWN)

    tagged.clock.advance(3600)
    with monkeypatch.context() as patched:
        patched.setattr(MemoryConnector, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            tagged.sync(write=True)
        patched.setattr(MemoryConnector, "get", untold)
        tagged.clock.advance(3600)
        run = tagged.sync().run.id
    assert origins(tagged, run) == {"rule"}
    explained = explain(open_snapshot(tagged.store, tagged.config), "mem:PAY-20")
    assert [alignment.origin for alignment in explained.alignments] == ["rule"]
    tagged.clock.advance(3600)
    tagged.sync()
    assert tagged.store.journal.open("mem") == []
    later = open_snapshot(tagged.store, tagged.config, str(run))
    assert explain(later, "mem:PAY-20") == explained, "also when its outcome is known by now"


def test_a_bulk_task_that_hands_over_to_another_is_followed(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = MemoryConnector.write
    asked: list[str] = []

    def starts(self: MemoryConnector, batch: Sequence[TagChange]) -> Pending:
        return Pending("adds")

    def poll(self: MemoryConnector, task: str, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        asked.append(task)
        if task == "adds":
            return Pending("removes")
        return written(self, batch)

    monkeypatch.setattr(MemoryConnector, "write", starts)
    monkeypatch.setattr(MemoryConnector, "poll", poll)
    result = apply(tagged, tagged.sync())
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}
    assert asked == ["adds", "removes"] * 4


@pytest.mark.parametrize("error", [Forbidden("may not be asked for"), AuthError("expired"), ValueError("a bug")])
def test_a_task_whose_end_is_not_told_stays_ours(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    written = MemoryConnector.write

    def starts(self: MemoryConnector, batch: Sequence[TagChange]) -> Pending:
        written(self, batch)
        return Pending("task")

    def poll(self: MemoryConnector, task: str, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        raise error

    monkeypatch.setattr(MemoryConnector, "write", starts)
    monkeypatch.setattr(MemoryConnector, "poll", poll)
    result = apply(tagged, tagged.sync())
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}, "reading shows it"
    assert len(tagged.store.journal.written("mem")) == 4


def test_a_change_that_arrived_by_halves_is_judged_value_by_value(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged.sync(write=True)
    tagged.mapping = READER + RULES.replace("cheap", "fast")
    tagged.clock.advance(3600)
    written = MemoryConnector.write

    def adds_only(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        for change in batch:
            self.tool.tag(change.handle, add=change.adds)
        raise Incomplete("the connection was reset")

    monkeypatch.setattr(MemoryConnector, "write", adds_only)
    assert apply(tagged, tagged.sync()).failed
    assert set(tagged.store.journal.written("mem")["id-PAY-1"]) == {"okr:cheap", "okr:fast"}, "both are ours"
    monkeypatch.setattr(MemoryConnector, "write", written)
    tagged.clock.advance(3600)
    result = tagged.sync(write=True)
    assert labels(tagged) == dict.fromkeys(CHEAP, ("okr:fast",))
    assert "withdrawn" not in set(tagged.results(result.run.id)["reason"])
    assert origins(tagged, result.run.id) == {"rule"}


def test_applying_again_does_not_undo_what_a_person_did_meanwhile(tagged: Organisation) -> None:
    run = tagged.sync()
    planned = make_plan(tagged.config, tagged.registry, tagged.store, tagged.clock, run.run).plan
    apply_plan(planned, tagged.config, tagged.registry, tagged.store, tagged.clock)
    tagged.tool.tag("id-PAY-1", remove=["okr:cheap"])
    again = apply_plan(planned, tagged.config, tagged.registry, tagged.store, tagged.clock)
    assert {outcome.item.id for outcome in again.outcomes if outcome.result is Result.CONFLICT} == {"id-PAY-1"}
    assert "PAY-1" not in labels(tagged)


def test_no_answer_is_no_withdrawal(tagged: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged.sync(write=True)
    read = MemoryConnector.get
    for item in list(tagged.tool.items.values()):
        tagged.tool.tag(item.id, remove=["okr:cheap"])  # as a lagging index would show it
    shown = dict(tagged.tool.items)

    def unanswered(self: MemoryConnector, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        raise Incomplete("no answer")

    monkeypatch.setattr(MemoryConnector, "get", unanswered)
    result = tagged.sync()
    assert "withdrawn" not in set(tagged.results(result.run.id)["reason"])
    assert len(tagged.store.journal.written("mem")) == 4
    monkeypatch.setattr(MemoryConnector, "get", read)
    assert tagged.tool.items == shown
    confirmed = tagged.sync()
    rows = tagged.results(confirmed.run.id)
    assert set(rows.filter(rows["type"] == "Bug")["reason"]) == {"withdrawn"}


APPLYING = Lease("source:mem", holder(), 2)
"""What the apply behind one pass holds."""


def test_a_pass_that_is_interrupted_is_listed_as_that(tagged: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    def ctrl_c(self: MemoryConnector) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(MemoryConnector, "partitions", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        tagged.sync()
    assert [run.status for run in tagged.store.runs.list()] == ["interrupted"]
    monkeypatch.undo()
    assert tagged.sync().run.status == "done"


def test_a_lease_lost_during_a_long_poll_ends_the_writing(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process slept (a closed lid): another run has taken over, and this one asks the tool nothing more."""
    asked: list[str] = []

    def starts(self: MemoryConnector, batch: Sequence[TagChange]) -> Pending:
        return Pending("task")

    def poll(self: MemoryConnector, task: str, batch: Sequence[TagChange]) -> Pending:
        asked.append(task)
        if len(asked) == 3:
            tagged.store.leases.renew(APPLYING, timedelta(0))
            tagged.store.leases.acquire("source:mem", "somebody else", timedelta(minutes=1))
        return Pending(task)

    monkeypatch.setattr(MemoryConnector, "write", starts)
    monkeypatch.setattr(MemoryConnector, "poll", poll)
    result = tagged.sync()
    with pytest.raises(FenceLost, match="somebody else"):
        apply(tagged, result)
    assert len(asked) == 3
    assert {entry.task for entry in tagged.store.journal.open("mem")} == {"task"}


def test_a_lease_that_ran_out_during_a_long_poll_and_was_not_taken_is_held_on(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = MemoryConnector.write

    def poll(self: MemoryConnector, task: str, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        with pytest.raises(Refused):  # it is renewed before the tool is asked
            tagged.store.leases.acquire("source:mem", "somebody else", timedelta(minutes=1))
        return written(self, batch)

    def starts(self: MemoryConnector, batch: Sequence[TagChange]) -> Pending:
        tagged.store.leases.renew(APPLYING, timedelta(0))
        return Pending("task")

    monkeypatch.setattr(MemoryConnector, "write", starts)
    monkeypatch.setattr(MemoryConnector, "poll", poll)
    result = apply(tagged, tagged.sync())
    assert {outcome.result for outcome in result.outcomes} == {Result.APPLIED}


def test_a_tag_target_taken_out_of_the_settings_is_no_withdrawal(tagged: Organisation) -> None:
    tagged.sync(write=True)
    target = tagged.source.pop("tag")
    tagged.clock.advance(3600)
    tagged.sync(full=True)
    assert len(tagged.store.journal.written("mem")) == 4
    tagged.source["tag"] = target
    tagged.clock.advance(3600)
    result = tagged.sync(write=True)
    assert result.outcomes == ()
    assert origins(tagged, result.run.id) == {"rule"}


def test_a_write_that_takes_effect_after_it_was_given_up_is_ours(
    tagged: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged.sync(write=True)
    tagged.clock.advance(3600)
    late: list[tuple[MemoryConnector, Sequence[TagChange]]] = []
    written = MemoryConnector.write

    def slow(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        late.append((self, batch))
        raise Incomplete("no complete answer within 120 s")

    monkeypatch.setattr(MemoryConnector, "write", slow)
    tagged.mapping = f"{READER}{RULES}  - {{name: stories, when: {{type: Story}}, objective: fast}}\n"
    failed = tagged.sync(write=True)
    assert {outcome.result for outcome in failed.outcomes} == {Result.FAILED}
    assert all("not known yet" in outcome.detail for outcome in failed.outcomes)
    for connector, batch in late:  # the tool does it a moment later
        written(connector, batch)
    monkeypatch.setattr(MemoryConnector, "write", written)
    tagged.clock.advance(3600)
    tagged.mapping = f"{READER}{RULES}  - {{name: stories, when: {{type: Story}}, objective: cheap}}\n"
    result = tagged.sync(write=True)
    assert origins(tagged, result.run.id) == {"rule"}
    assert {value for values in labels(tagged).values() for value in values} == {"okr:cheap"}
    assert tagged.store.journal.open("mem") == []


def test_what_is_sent_again_ends_what_was_never_heard_of(tagged: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    written = MemoryConnector.write

    def lost(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        raise Incomplete("the connection was reset")

    monkeypatch.setattr(MemoryConnector, "write", lost)
    tagged.sync(write=True)
    assert len(tagged.store.journal.open("mem")) == 4
    monkeypatch.setattr(MemoryConnector, "write", written)
    tagged.clock.advance(60)
    tagged.sync(write=True)
    assert tagged.store.journal.open("mem") == []
    lines = tagged.store.journal.entries(source="mem")
    assert [line.detail for line in lines if line.result == "failed"] == ["sent again since"] * 4
    assert sum(line.result == "applied" for line in lines) == 4
    assert tagged.store.audit.verify() == []


def test_what_was_never_heard_of_fails_after_a_day(tagged: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(self: MemoryConnector, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        raise Incomplete("the connection was reset")

    tagged.sync(write=True)
    monkeypatch.setattr(MemoryConnector, "write", lost)
    tagged.mapping = f"{READER}{RULES}  - {{name: stories, when: {{type: Story}}, objective: fast}}\n"
    tagged.sync(write=True)
    tagged.sync()
    assert len(tagged.store.journal.open("mem")) == 4
    monkeypatch.setattr(settling, "GIVEN_UP", timedelta(0))
    tagged.sync()
    assert tagged.store.journal.open("mem") == []
    tagged.tool.tag("id-PAY-0", add=["okr:fast"])
    tagged.clock.advance(60)
    assert "statement" in origins(tagged, tagged.sync().run.id), "a person's word again"
