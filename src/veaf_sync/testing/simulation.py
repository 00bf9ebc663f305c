"""A vendor's connector under everything at once: faults, people's edits, other rules, time; with an oracle of its own.

`simulate(make, …)` runs a Hypothesis state machine over passes against an emulator. The oracle knows what people did
and works out by itself which tags must stand: at every step nothing that a person set is lost and nothing that a person
took away comes back; once faults stop, one run brings the tool to what is wanted, and the next has nothing to do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from veaf_sync.emulator import AnswerLost, Fault, Meanwhile, Reset, Status, Throttle, Truncate, broken_json, login_page
from veaf_sync.errors import Refused
from veaf_sync.model import Result
from veaf_sync.read import VERDICT_NAMES, coverage, open_snapshot
from veaf_sync.store import Filters, open_store
from veaf_sync.sync import RunResult, make_undo
from veaf_sync.testing.drill import HOUR, Drill, DrillSubject

FAULTS: dict[str, Fault] = {
    "429": Throttle(5),
    "500": Status(500),
    "503": Status(503),
    "reset": Reset(0),
    "cut off": Truncate(),
    "broken JSON": broken_json(),
    "log-in page": login_page(),
    "a wait of a year": Status(429, {"Retry-After": "31536000"}),
}
STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
RULES: dict[str, dict[str, str]] = {
    "odd and even": {"13579": "cheap", "02468": "fast"},
    "all fast": {"0123456789": "fast"},
    "few": {"37": "cheap"},
}
"""Rules by the last character of a title, and the objective it leads to."""
VALUES = ("okr:fast", "okr:cheap", "okr:none", "okr:mine", "backend")
ACTIVE = {"okr:fast", "okr:cheap"}
CAP = 4
"""Values that a run may clear in a partition without being told the number."""


def mapping(rules: dict[str, str]) -> str:
    lines = [
        f'  - {{name: "{objective} {ends}", when: {{title: {{regex: "[{ends}]$"}}}}, objective: {objective}}}\n'
        for ends, objective in rules.items()
    ]
    return STATED + "rules:\n" + "".join(lines)


class Simulation(RuleBasedStateMachine):
    """One example: a tool, a store, people, faults. `make` brings a new subject, `environment` sets a variable."""

    def __init__(self, make: Callable[[], DrillSubject], environment: Callable[[str, str], None]) -> None:
        super().__init__()
        self.make, self.environment = make, environment
        self.stack = ExitStack()

    @initialize()
    def begin(self) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.subject = self.make()
        self.stack.callback(self.subject.site.stop)
        store = self.stack.enter_context(open_store("sqlite:///simulation.db", folder=folder))
        self.file = folder / "simulation.db"
        self.drill = Drill(self.subject, store, self.environment)
        self.drill.guards = f"{{clears: {{count: {CAP}}}, moves: {{count: 500}}}}"
        self.led = RULES["odd and even"]
        self.drill.mapping = mapping(self.led)
        self.theirs: dict[str, set[str]] = {id_: set(values) for id_, values in self.drill.tags().items()}
        self.gone: dict[str, set[str]] = {id_: set() for id_ in self.theirs}
        self.unseen: set[tuple[str, str]] = set()
        self.hidden: set[str] = set()
        self.last: RunResult | None = None
        self.faulty = False
        self.is_seen(self.drill.sync())

    # --- people ---

    @rule(data=st.data(), value=st.sampled_from(VALUES))
    def a_person_adds(self, data: st.DataObject, value: str) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.theirs)))
        if not self.may_touch(id_, value) or value in self.subject.tags(id_):
            return
        self.subject.label(id_, add=[value])
        self.theirs[id_].add(value)
        self.gone[id_].discard(value)

    @rule(data=st.data())
    def a_person_removes(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.theirs)))
        held = sorted(self.subject.tags(id_))
        if not held:
            return
        value = data.draw(st.sampled_from(held))
        if not self.may_touch(id_, value):
            return
        self.subject.label(id_, remove=[value])
        if value in self.theirs[id_]:
            self.theirs[id_].discard(value)
        elif value in ACTIVE:
            self.gone[id_].add(value)

    @rule(data=st.data())
    def a_person_edits(self, data: st.DataObject) -> None:
        self.subject.edit(data.draw(st.sampled_from(sorted(self.theirs))))

    @precondition(lambda self: len(self.theirs) > 8)
    @rule(data=st.data())
    def a_person_deletes(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.theirs)))
        self.subject.delete(id_)
        del self.theirs[id_], self.gone[id_]

    @precondition(lambda self: not self.hidden)
    @rule()
    def access_is_lost(self) -> None:
        states = self.drill.store.pulls.states(run=self.last.run.id) if self.last else []
        if states:
            name = min(states, key=lambda state: (state.items, state.partition)).partition
            self.subject.hide(name)
            self.hidden.add(name)

    @precondition(lambda self: self.hidden)
    @rule()
    def access_comes_back(self) -> None:
        while self.hidden:
            self.subject.show(self.hidden.pop())

    def may_touch(self, id_: str, value: str) -> bool:
        """Whether we could tell: not twice between two readings, and not while what we sent is not known."""
        open_items = {entry.item.id for entry in self.drill.store.journal.open("tool")}
        if (id_, value) in self.unseen or id_ in open_items:
            return False
        self.unseen.add((id_, value))
        return True

    # --- faults ---

    @rule(name=st.sampled_from(sorted(FAULTS)), nth=st.integers(1, 8), times=st.sampled_from([1, 2, 5, None]))
    def something_fails(self, name: str, nth: int, times: int | None) -> None:
        self.subject.site.faults.add(FAULTS[name], nth=nth, times=times)
        self.faulty = True

    @rule(every=st.sampled_from([1, 2, 3]))
    def answers_of_writes_are_lost(self, every: int) -> None:
        self.subject.site.faults.add(AnswerLost(), when=self.subject.writes, every=every, times=None)
        self.faulty = True

    @rule()
    def faults_end(self) -> None:
        self.subject.site.faults.clear()
        self.faulty = False

    # --- we ---

    @rule(which=st.sampled_from(sorted(RULES)))
    def the_rules_change(self, which: str) -> None:
        self.led = RULES[which]
        self.drill.mapping = mapping(self.led)

    @rule(seconds=st.sampled_from([60, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.subject.clock.advance(seconds)

    @rule(full=st.booleans())
    def a_pass_reads(self, full: bool) -> None:
        self.subject.clock.advance(HOUR)  # what a tool was still busy with is done
        before = self.drill.tags()
        self.is_seen(self.drill.sync(full=full))
        assert self.drill.tags() == before, "a pass that only reads changed the tool"

    @rule()
    def a_pass_writes(self) -> None:
        before = self.drill.tags()
        result = self.drill.sync(write=True, adopt_tags="people")
        after = self.drill.tags()
        cleared = sum(len(values - after[id_]) for id_, values in before.items())
        assert cleared <= 2 * CAP, "more was cleared than two partitions may without a number"
        if result.refusal is not None:
            assert after == before, "refused, and something was written"
        self.is_seen(result)

    @rule(nth=st.integers(2, 12))
    def two_passes_write_at_once(self, nth: int) -> None:
        """The second begins while the tool is at the `nth` request of the first; it is refused, and changes nothing."""
        refused: list[str] = []

        def another() -> None:
            before = self.drill.tags()
            try:
                self.drill.sync(write=True, adopt_tags="people")
            except Refused as error:
                refused.append(error.message)
            else:
                refused.append("")
            assert self.drill.tags() == before, "who was refused has written"

        faults = self.subject.site.faults
        planned = faults.add(Meanwhile(another), nth=nth)
        self.a_pass_writes()
        faults.remove(planned)
        assert all("has been at work" in said for said in refused), "two passes wrote at once"

    @rule()
    def the_last_run_is_undone(self) -> None:
        if self.last is None or self.last.run.id != (self.drill.store.runs.latest() or self.last.run).id:
            return
        if not any(entry.result == Result.APPLIED for entry in self.drill.store.journal.entries(run=self.last.run.id)):
            return
        if self.subject.clock.now() - self.last.run.at > timedelta(hours=24):
            return  # nothing is written that starts from so old a reading
        drill = self.drill
        try:
            planned = make_undo(drill.config, drill.registry, drill.store, self.subject.clock, self.last.run)
        except Exception as error:
            assert "undone" in str(error)  # noqa: PT017
            return
        if planned.plan.changes and not planned.plan.degraded:
            drill.apply(planned, accept=self.number(planned.plan.changes))

    def number(self, changes: Any) -> int | None:
        """What `--accept` would have to say."""
        by: dict[str, int] = {}
        run = self.drill.store.runs.latest()
        ids = [change.item.id for change in changes]
        places = self.drill.store.items.memberships(run.id, "tool", ids) if run else {}
        for change in changes:
            place = min((each.partition for each in places.get(change.item.id, ())), default="")
            by[place] = by.get(place, 0) + len(change.removes)
        over = sum(count for count in by.values() if count > CAP)
        return over or None

    def is_seen(self, result: RunResult) -> None:
        """What holds after every pass; where it read everything, what people did until then is known."""
        self.last = result
        rows = self.drill.store.results.list(result.run.id, filters=Filters(counted_only=False))
        assert rows["id"].is_unique().all(), "an item has two verdicts"
        self.numbers_add_up(result)
        if not result.degraded:
            assert self.drill.known(result) == dict(self.subject.expected())
            self.unseen.clear()

    def numbers_add_up(self, result: RunResult) -> None:
        """Every counted item stands in one verdict, and those are all."""
        counted = self.drill.store.results.list(result.run.id, filters=Filters())
        of = dict(counted["verdict"].value_counts().iter_rows())
        told = coverage(open_snapshot(self.drill.store, self.drill.config, str(result.run.id))).weights.count
        assert {name: told.verdict(name) for name in VERDICT_NAMES} == {name: of.get(name, 0) for name in VERDICT_NAMES}
        assert told.total == counted.height == sum(of.values())
        ratio = told.coverage
        if ratio.value is not None and ratio.low is not None and ratio.high is not None:
            assert ratio.low <= ratio.value <= ratio.high

    @invariant()
    def nothing_of_people_is_lost(self) -> None:
        for id_, values in self.theirs.items():
            held = self.subject.tags(id_)
            assert values <= held, f"{id_}: {values - held} was set by a person and is gone"
            back = {value for value in self.gone[id_] & held if (id_, value) not in self.unseen}
            assert not back, f"{id_}: {back} was taken away by a person and is back"

    def teardown(self) -> None:
        try:
            if hasattr(self, "drill"):
                self.converges()
        finally:
            self.stack.close()

    def converges(self) -> None:
        """Faults stop and everything may be seen: one run brings the tool there, the next has nothing to do."""
        self.subject.site.faults.clear()
        while self.hidden:
            self.subject.show(self.hidden.pop())
        self.is_seen(self.drill.sync(adopt_tags="people"))
        planned = self.drill.plan(self.last) if self.last else None
        accept = self.number(planned.plan.changes) if planned else None
        result = self.drill.sync(write=True, adopt_tags="people", accept=accept)
        assert result.refusal is None, str(result.refusal)
        assert not any(outcome.result is Result.FAILED for outcome in result.outcomes), result.outcomes
        self.nothing_of_people_is_lost()
        titles = dict(
            self.drill.store.results.list(result.run.id, filters=Filters(counted_only=False))
            .select("id", "title")
            .iter_rows()
        )
        for id_ in self.theirs:
            wanted = self.wanted(id_, titles[id_])
            if wanted is not None:
                held = {value for value in self.subject.tags(id_) if value.startswith("okr:")}
                assert held == wanted | {v for v in self.theirs[id_] if v.startswith("okr:")}, (id_, titles[id_])
        again = self.drill.sync(write=True)
        assert again.outcomes == ()
        for entry in self.drill.store.journal.open("tool"):  # it may still come: what it would bring is not there
            assert (entry.value in self.subject.tags(entry.item.id)) is (entry.action == "remove"), entry
        assert self.drill.store.audit.verify() == []
        stored = self.file.read_bytes()
        assert not [v for k, v in self.subject.site.environment.items() if "TOKEN" in k and v.encode() in stored]

    def wanted(self, id_: str, title: str) -> set[str] | None:
        """The tags that must stand besides people's own, worked out from what people did; None: left as they are."""
        said = {value for value in self.theirs[id_] if value.startswith("okr:")}
        if len(said) > 1 or said - ACTIVE - {"okr:none"}:
            return None
        if said:
            return set()
        objective = next((o for ends, o in self.led.items() if title[-1] in ends), None)
        return {f"okr:{objective}"} - self.gone[id_] if objective else set()


def simulate(
    make: Callable[[], DrillSubject], environment: Callable[[str, str], None], *, examples: int, steps: int
) -> None:
    """Run `examples` stories of up to `steps` steps each. One that fails is told as it is: to shorten it takes long."""

    def machine() -> RuleBasedStateMachine:
        return Simulation(make, environment)

    chosen = settings(max_examples=examples, stateful_step_count=steps, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[arg-type]  # takes a factory too
