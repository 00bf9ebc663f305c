"""What must hold when things go wrong, as tests that every vendor's connector inherits: whole passes over HTTP.

A connector's test class inherits `FaultDrills` and gives the fixture `subject`, a `DrillSubject`: its emulator with
items in two partitions at least. Faults come from the emulator; nothing of ours is replaced. `proves` names the row of
docs/reliability.md that a test stands for.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from veaf_sync.emulator import (
    AnswerLost,
    Fault,
    Meanwhile,
    Reset,
    Status,
    Throttle,
    Truncate,
    broken_json,
    login_page,
    wrong_type,
)
from veaf_sync.errors import Refused
from veaf_sync.model import Result
from veaf_sync.store import Filters, open_store
from veaf_sync.sync import RunResult
from veaf_sync.testing.drill import HOUR, Drill, DrillSubject

Test = TypeVar("Test", bound=Callable[..., Any])


def proves(*rows: str) -> Callable[[Test], Test]:
    """Names the rows of docs/reliability.md that a test proves."""

    def mark(test: Test) -> Test:
        test.proves = rows  # type: ignore[attr-defined]
        return test

    return mark


PASSING = {
    "one 500": Status(500),
    "one 502": Status(502),
    "one 503": Status(503),
}
BROKEN = {"truncated": Truncate(), "reset in mid-page": Reset(), "reset before the answer": Reset(0)}
UNREADABLE = {"broken JSON": broken_json(), "log-in page": login_page(), "wrong content type": wrong_type()}
WAITS = {
    "date": Throttle(1, "date"),
    "ISO time": Throttle(1, "iso"),
    "absent": Throttle(1, "absent"),
    "negative": Status(429, {"Retry-After": "-5"}),
    "no number": Status(429, {"Retry-After": "soon"}),
}


class FaultDrills:
    """Inherit it and give the fixture `subject`."""

    @pytest.fixture
    def subject(self) -> DrillSubject:
        raise NotImplementedError("give the fixture `subject` in your test class")

    @pytest.fixture(scope="session")
    @classmethod
    def empty_store(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The file of a store that nothing was written to, made once and copied."""
        folder = tmp_path_factory.mktemp("drills")
        open_store("sqlite:///empty.db", folder=folder).close()
        return folder / "empty.db"

    @pytest.fixture
    def drill(
        self, subject: DrillSubject, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Drill]:
        shutil.copy(empty_store, tmp_path / "drill.db")
        with open_store("sqlite:///drill.db", folder=tmp_path) as store:
            yield Drill(subject, store, monkeypatch.setenv)

    # --- pull: what passes costs nothing ---

    @proves("throttled")
    def test_three_429_are_waited_out(self, drill: Drill) -> None:
        planned = drill.subject.site.faults.add(Throttle(1), nth=2, times=3)
        before = drill.subject.clock.monotonic()
        drill.is_whole(drill.sync())
        assert planned.hits == 3
        assert drill.subject.clock.monotonic() - before - HOUR >= 1

    @proves("retry-after")
    @pytest.mark.parametrize("form", WAITS)
    def test_every_form_of_retry_after_is_understood_or_defaulted(self, drill: Drill, form: str) -> None:
        planned = drill.subject.site.faults.add(WAITS[form], nth=2)
        drill.is_whole(drill.sync())
        assert planned.hits == 1

    @proves("server-error")
    @pytest.mark.parametrize("fault", PASSING)
    @pytest.mark.parametrize("nth", [2, 4])
    def test_one_server_error_is_asked_again(self, drill: Drill, fault: str, nth: int) -> None:
        planned = drill.subject.site.faults.add(PASSING[fault], nth=nth)
        drill.is_whole(drill.sync())
        assert planned.hits == 1

    @proves("broken-body")
    @pytest.mark.parametrize("fault", BROKEN)
    @pytest.mark.parametrize("nth", [2, 4])
    def test_a_page_that_breaks_off_is_asked_again(self, drill: Drill, fault: str, nth: int) -> None:
        planned = drill.subject.site.faults.add(BROKEN[fault], nth=nth)
        drill.is_whole(drill.sync())
        assert planned.hits == 1

    @proves("unreadable-200")
    @pytest.mark.parametrize("fault", UNREADABLE)
    def test_an_unreadable_200_is_asked_again_once(self, drill: Drill, fault: str) -> None:
        planned = drill.subject.site.faults.add(UNREADABLE[fault], nth=3)
        drill.is_whole(drill.sync())
        assert planned.hits == 1

    # --- pull: what lasts is named, and nothing is concluded from it ---

    @proves("throttled", "retry-after", "server-error", "broken-body", "unreadable-200")
    @pytest.mark.parametrize(
        ("fault", "since"),
        [
            ("30 x 429", 1),
            ("30 x 429", 4),
            ("a wait of a year", 4),
            ("500", 3),
            ("reset", 4),
            ("log-in page", 2),
            ("broken JSON", 4),
        ],
    )
    def test_what_lasts_is_named_and_nothing_is_concluded(self, drill: Drill, fault: str, since: int) -> None:
        lasting: Mapping[str, Fault] = {
            "30 x 429": Throttle(1),
            "a wait of a year": Status(429, {"Retry-After": "31536000"}),
            "500": Status(500),
            "reset": Reset(0),
            "log-in page": login_page(),
            "broken JSON": broken_json(),
        }
        first = drill.sync()
        drill.is_whole(first)
        drill.subject.site.faults.add(lasting[fault], nth=since, times=None)
        drill.says_what_it_could_not_read(first, drill.sync(full=True))
        drill.subject.site.faults.clear()
        drill.is_whole(drill.sync())

    @proves("meanwhile")
    @pytest.mark.parametrize("nth", [2, 4, 6])
    @pytest.mark.parametrize("what", ["edit", "delete"])
    def test_what_people_do_while_we_read_is_there_in_the_next_run(self, drill: Drill, what: str, nth: int) -> None:
        ids = sorted(drill.subject.expected())
        act = drill.subject.edit if what == "edit" else drill.subject.delete
        planned = drill.subject.site.faults.add(Meanwhile(lambda: act(ids[0])), nth=nth)
        while not planned.hits:
            drill.sync()
        drill.is_whole(drill.sync())

    @proves("deleted")
    def test_deleted_items_are_found_and_told_apart_from_lost_access(self, drill: Drill) -> None:
        first = drill.sync()
        lost = self.items_of(drill, first, self.smallest(drill, first))
        gone = [id_ for id_ in sorted(drill.subject.expected()) if id_ not in lost][-10:]
        for id_ in gone:
            drill.subject.delete(id_)
        drill.is_whole(drill.sync())
        drill.subject.hide(self.smallest(drill, first))
        third = drill.sync()
        assert third.degraded
        assert {drill.verdicts(third)[id_] for id_ in lost} == {"unreadable"}
        assert drill.plan(third).plan.counts.clear == 0

    @proves("lost-access")
    @pytest.mark.parametrize("nth", [1, 3, 5])
    def test_a_partition_lost_in_mid_run_is_no_deletion(self, drill: Drill, nth: int) -> None:
        first = drill.sync(write=True)
        left = drill.tags()
        name = self.smallest(drill, first)
        drill.subject.site.faults.add(Meanwhile(lambda: drill.subject.hide(name)), nth=nth)
        second = drill.sync(full=True, write=True)
        third = drill.sync(write=True)
        for result in (second, third):
            assert drill.known(result).keys() == drill.known(first).keys()
            assert drill.orphans(result) <= drill.orphans(first)
        assert third.degraded
        assert drill.tags() == left

    @proves("lost-access")
    def test_a_site_that_shows_nothing_any_more_is_not_believed(self, drill: Drill) -> None:
        first = drill.sync()
        for name in {state.partition for state in drill.store.pulls.states(run=first.run.id)}:
            drill.subject.hide(name)
        drill.says_what_it_could_not_read(first, drill.sync())

    @proves("wrong-credentials")
    def test_refused_credentials_freeze_everything(self, drill: Drill) -> None:
        first = drill.sync()
        drill.wrong_credentials()
        second = drill.sync()
        drill.says_what_it_could_not_read(first, second)
        assert second.no_credentials

    # --- write-back ---

    @proves("answer-lost")
    @pytest.mark.parametrize("every", [1, 3])
    def test_writes_whose_answers_are_lost_are_neither_missed_nor_doubled(self, drill: Drill, every: int) -> None:
        people = drill.tags()
        drill.subject.site.faults.add(AnswerLost(), when=drill.subject.writes, every=every, times=None)
        drill.sync(write=True)
        drill.subject.site.faults.clear()
        second = drill.sync(write=True)
        assert not any(outcome.result is Result.FAILED for outcome in second.outcomes)
        self.all_stands(drill, people)

    @proves("answer-lost")
    def test_writes_that_never_arrive_are_done_by_the_next_run(self, drill: Drill) -> None:
        people = drill.tags()
        drill.subject.site.faults.add(Status(503), when=drill.subject.writes, times=None)
        drill.sync(write=True)
        assert drill.tags() == people
        drill.subject.site.faults.clear()
        drill.sync(write=True)
        self.all_stands(drill, people)

    @proves("person-between")
    def test_a_person_who_edits_between_plan_and_apply_wins(self, drill: Drill) -> None:
        result = drill.sync()
        planned = drill.plan(result)
        taken, added = planned.plan.changes[0].item.id, planned.plan.changes[1].item.id
        drill.subject.label(added, add=["okr:mine"])
        drill.subject.delete(taken)
        outcomes = {outcome.item.id: outcome.result for outcome in drill.apply(planned).outcomes}
        assert outcomes[added] is Result.CONFLICT
        assert outcomes[taken] is Result.FAILED
        assert {value for value in drill.subject.tags(added) if value.startswith("okr:")} == {"okr:mine"}
        assert list(outcomes.values()).count(Result.APPLIED) == len(outcomes) - 2

    @proves("echo")
    def test_our_own_write_comes_back_and_nothing_follows(self, drill: Drill) -> None:
        people = drill.tags()
        drill.sync(write=True)
        for _ in range(2):
            echo = drill.sync(write=True)
            assert echo.outcomes == ()
            assert (echo.sources[0].new, echo.sources[0].removed) == (0, 0)
        self.all_stands(drill, people)

    @proves("untag-98")
    def test_a_rule_change_that_would_untag_nearly_all_needs_the_number(self, drill: Drill) -> None:
        people = drill.tags()
        drill.sync(write=True)
        drill.guards = "{clears: {count: 50, share: 0.1}}"
        drill.mapping = 'rules:\n  - {name: few, when: {title: "nothing is called so"}, objective: fast}\n'
        refused = drill.sync(write=True)
        assert isinstance(refused.refusal, Refused)
        assert refused.outcomes == ()
        number = sum(len(change.removes) for change in drill.plan(refused).plan.changes)
        assert f"--accept {number}" in refused.refusal.message
        drill.sync(write=True, accept=number)
        assert drill.tags() == people

    @proves("withdrawn")
    def test_what_people_take_and_set_stays_so_for_ever(self, drill: Drill) -> None:
        first = drill.sync(write=True)
        ids = sorted(change.item.id for change in first.planned.plan.changes) if first.planned else []
        drill.subject.label(ids[0], remove=sorted(v for v in drill.subject.tags(ids[0]) if v.startswith("okr:")))
        drill.subject.label(ids[1], add=["okr:mine", "backend"])
        left = drill.tags()
        for _ in range(3):
            drill.sync(write=True)
            assert drill.tags()[ids[0]] == left[ids[0]]
            assert drill.tags()[ids[1]] >= {"okr:mine", "backend"}

    def all_stands(self, drill: Drill, people: Mapping[str, frozenset[str]]) -> None:
        """Every tag that the rules want stands once, what people set is untouched, nothing is left to do or open."""
        result = drill.sync(write=True)
        assert result.outcomes == ()
        assert drill.plan(result).plan.changes == ()
        assert drill.store.journal.open("tool") == []
        rows = drill.store.results.list(result.run.id, filters=Filters(counted_only=False))
        titles = dict(rows.select("id", "title").iter_rows())
        for id_, values in drill.tags().items():
            last = titles[id_][-1]
            wanted = {"okr:cheap"} if last in "137" else {"okr:fast"} if last in "02468" else set()
            assert people[id_] <= values
            if last in "1370268":
                assert values - people[id_] == wanted
        assert drill.store.audit.verify() == []

    def smallest(self, drill: Drill, result: RunResult) -> str:
        """The partition with the fewest items."""
        return min(
            drill.store.pulls.states(run=result.run.id), key=lambda state: (state.items, state.partition)
        ).partition

    def items_of(self, drill: Drill, result: RunResult, partition: str) -> set[str]:
        rows = drill.store.results.list(result.run.id, filters=Filters(partition=partition, counted_only=False))
        return set(rows["id"])
