"""An old run stays as it was, for ever, whatever comes after it; and the present is what was read last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from veaf_sync.store import open_store

IDS = [str(n) for n in range(5)]
PARTITIONS = ["A", "B"]

# What the tool holds when a run reads it, as id → (title, partition), and how the run goes.
step = st.fixed_dictionaries(
    {
        "tool": st.dictionaries(st.sampled_from(IDS), st.tuples(st.sampled_from("xyz"), st.sampled_from(PARTITIONS))),
        "incomplete": st.sampled_from(["", "", "A", "B"]),
        "breaks": st.sampled_from(["no", "no", "before publishing", "after publishing"]),
        "frozen": st.lists(st.sampled_from(IDS), max_size=2, unique=True),
        "withdrawn": st.lists(st.sampled_from(IDS), max_size=2, unique=True),
    }
)

FAST = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Read(NamedTuple):
    """One item as a walk showed it. Newer readings are greater."""

    minute: int
    run: int
    title: str
    partition: str


@dataclass
class Model:
    """The rules once more, in plain words, for a tool whose every reading shows another `updated`."""

    known: dict[str, Read] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)  # id → the run that found it deleted
    interrupted: dict[str, dict[str, Read]] = field(default_factory=dict)  # partition → what an open walk showed
    shown: dict[str, Read] = field(default_factory=dict)

    def walk(self, partition: str, items: dict[str, Read], *, complete: bool) -> None:
        both = {**self.interrupted.pop(partition, {}), **items}
        if not complete:
            self.interrupted[partition] = both
            return
        for id, read in both.items():
            self.shown[id] = max(self.shown.get(id, read), read)

    def missing(self, partitions: list[str]) -> list[str]:
        return [id for id, read in sorted(self.known.items()) if read.partition in partitions and id not in self.shown]

    def publish(self, run: int, gone: list[str]) -> None:
        for id, read in self.shown.items():
            held = self.known.get(id)
            overtaken = self.ended.get(id, 0) > read.run if held is None else held.run > read.run
            if not overtaken:
                self.known[id] = read
        for id in gone:
            del self.known[id]
            self.ended[id] = run


def play(store, sync, item, plan, minute, model):
    """One run against the tool as `plan` has it, in the store and in the model."""
    run = sync.begin()
    model.shown = {}
    for name in PARTITIONS:
        there = {id: title for id, (title, at) in plan["tool"].items() if at == name}
        complete = plan["incomplete"] != name
        walked = [item(id, name, title=title, minute=minute) for id, title in there.items()]
        sync.walk(run, walked, partitions=[name], complete=complete)
        model.walk(name, {id: Read(minute, run.id, title, name) for id, title in there.items()}, complete=complete)
    if plan["breaks"] == "before publishing":
        sync.finish(run, status="failed")
        return run
    whole = [name for name in PARTITIONS if plan["incomplete"] != name]
    gone = [known.id for known in store.pulls.missing(run.id, "hub", whole)]
    assert gone == model.missing(whole)
    store.journal.withdraw(run.id, "hub", [(id, "okr:a") for id in plan["withdrawn"]], sync.lease, target="labels")
    sync.publish(run, deleted=gone, frozen={id: "x" for id in plan["frozen"] if id not in gone})
    model.publish(run.id, gone)
    sync.finish(run, status="failed" if plan["breaks"] == "after publishing" else "done")
    return run


@FAST
@given(plans=st.lists(step, min_size=2, max_size=6))
def test_every_run_is_seen_for_ever_as_it_was(new_url, driver, item, plans):
    with open_store(new_url("sqlite")) as store:
        sync, model, told = driver(store), Model(), []
        for minute, plan in enumerate(plans):
            run = play(store, sync, item, plan, minute, model)
            frame = store.items.frame(run.id)
            expected = {id: (read.title, read.partition) for id, read in model.known.items()}
            assert {id: (t, p) for id, t, p in frame.select("id", "title", "partition").rows()} == expected
            told.append((run, frame, store.items.sizes(run.id)))
        for run, frame, sizes in told:
            assert_frame_equal(store.items.frame(run.id), frame)
            assert store.items.sizes(run.id) == sizes


@settings(FAST, max_examples=4)
@given(plans=st.lists(step, min_size=2, max_size=5))
def test_both_engines_tell_the_same_history(new_url, driver, item, postgresql_template, plans):
    told = []
    for engine in ("sqlite", "postgresql"):
        with open_store(new_url(engine)) as store:
            sync, model = driver(store), Model()
            runs = [play(store, sync, item, plan, minute, model) for minute, plan in enumerate(plans)]
            told.append([store.items.frame(run.id) for run in runs])
    for one, other in zip(*told, strict=True):
        assert_frame_equal(one, other)
