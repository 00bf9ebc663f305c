"""Who may write: one holder at a time, by the database's clock, and a stale one writes nothing."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from veaf_sync.connector import Page, Shard
from veaf_sync.errors import FenceLost, Refused
from veaf_sync.model import ItemRef, Outcome, Result, TagChange
from veaf_sync.store import Generation, Lease, open_store, prepare

MINUTE = timedelta(minutes=1)
NOW = timedelta(0)


def test_the_second_is_told_who_holds_it(store):
    lease = store.leases.acquire("source:hub", "host-1 pid 7", MINUTE)
    assert lease == Lease("source:hub", "host-1 pid 7", 1)
    with pytest.raises(Refused, match="host-1 pid 7 has been at work") as caught:
        store.leases.acquire("source:hub", "host-2", MINUTE)
    assert "ends by itself at" in caught.value.fix
    assert store.leases.acquire("source:other", "host-2", MINUTE).fence == 1


def test_the_fence_grows_at_every_acquisition(store):
    fences = []
    for _ in range(3):
        lease = store.leases.acquire("x", "me", MINUTE)
        fences.append(lease.fence)
        store.leases.release(lease)
    lease = store.leases.acquire("x", "me", NOW)
    fences.append(lease.fence)
    fences.append(store.leases.acquire("x", "me", NOW).fence)
    assert fences == [1, 2, 3, 4, 5]


def test_an_expired_lease_is_taken_over_and_the_stale_holder_finds_out(store):
    stale = store.leases.acquire("x", "paused", NOW)
    fresh = store.leases.acquire("x", "awake", MINUTE)
    with pytest.raises(FenceLost, match="awake holds it now"):
        store.leases.renew(stale)
    store.leases.release(stale)
    store.leases.renew(fresh)


def test_an_expired_lease_that_nobody_took_is_still_good(store):
    lease = store.leases.acquire("x", "slow", NOW)
    store.leases.renew(lease, MINUTE)
    with pytest.raises(Refused):
        store.leases.acquire("x", "other", MINUTE)


def test_renewing_without_a_length_repeats_the_first(store):
    lease = store.leases.acquire("x", "me", timedelta(milliseconds=40))
    time.sleep(0.06)
    store.leases.renew(lease, MINUTE)
    store.leases.renew(lease)
    time.sleep(0.06)
    assert store.leases.acquire("x", "other", MINUTE).fence == 2


def test_a_released_lease_cannot_write(store):
    lease = store.leases.acquire("x", "me", MINUTE)
    store.leases.release(lease)
    with pytest.raises(FenceLost, match="nobody holds it now"):
        store.leases.renew(lease)


def test_a_stale_lease_cannot_write_anything(store, sync, item, results):
    run = sync.sync([item("1")])
    run = sync.begin()
    generation = sync.walk(run, [item("1", title="new")], complete=False)
    ids = store.journal.intend(run.id, "d", [change()], sync.lease)
    with store._database.engine.connect() as connection:
        before = dump(connection)
    stale = sync.lease
    with store._database.unfenced() as connection:
        connection.execute(sa.text("UPDATE leases SET fence = fence + 1, holder = 'thief'"))
    pulls, journal, one = store.pulls, store.journal, [("1", "okr:a")]
    frames = results({"id": "1"})
    attempts = {
        "runs.begin": lambda: store.runs.begin(sync.at, {"a": "b"}, metric_version="1", lease=stale),
        "runs.finish": lambda: sync.finish(run),
        "pulls.begin": lambda: pulls.begin(run.id, "hub", Shard("Z", ("Z",)), stale),
        "pulls.stage": lambda: pulls.stage([(generation, prepare(Page([item("2")])))], stale),
        "pulls.restart": lambda: pulls.restart(generation, stale),
        "pulls.complete": lambda: pulls.complete(generation, stale),
        "pulls.stage_read": lambda: pulls.stage_read(run.id, "hub", [item("2")], stale),
        "pulls.publish": lambda: sync.publish(run, deleted=["1"], frozen={"1": "x"}, cursors={"P": {}}),
        "results.save": lambda: store.results.save(run.id, *frames, stale),
        "results.save_measures": lambda: store.results.save_measures(
            run.id, store.results.cells(0), store.results.objectives(0), stale
        ),
        "journal.intend": lambda: journal.intend(run.id, "e", [change()], stale),
        "journal.task": lambda: journal.task(ids, "task", stale),
        "journal.settle": lambda: journal.settle(run.id, {ids[0]: Outcome(REF, Result.APPLIED)}, stale),
        "journal.withdraw": lambda: journal.withdraw(run.id, "hub", one, stale, target="labels"),
        "journal.adopt": lambda: journal.adopt(run.id, "hub", one, stale, target="labels", by="ours"),
        "leases.renew": lambda: store.leases.renew(stale),
    }
    for attempt in attempts.values():
        with pytest.raises(FenceLost):
            attempt()
    with store._database.engine.connect() as connection:
        assert dump(connection) == before


REF = ItemRef("hub", "1")


def change() -> TagChange:
    return TagChange(REF, "K-1", "P", "h", "labels", (), ("okr:a",), "why")


def dump(connection):
    names = sa.inspect(connection).get_table_names()
    return {
        name: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {name}"))))
        for name in names
        if name != "leases"
    }


def test_only_one_of_many_gets_the_lease(url):
    with open_store(url) as store:
        won: list[Lease] = []
        refused: list[str] = []
        start = threading.Barrier(6)

        def acquire(name: str) -> None:
            start.wait()
            try:
                won.append(store.leases.acquire("x", name, MINUTE))
            except Refused as error:
                refused.append(error.message)

        threads = [threading.Thread(target=acquire, args=(f"worker {n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(won) == 1
    assert len(refused) == 5
    assert all(won[0].holder in message for message in refused)


def test_a_lease_cannot_be_taken_within_anothers_transaction(url):
    """The fence holds until the commit: who acquires meanwhile waits for it, or is refused."""
    with open_store(url) as store:
        lease = store.leases.acquire("x", "writer", NOW)
        taken = threading.Event()

        def take() -> None:
            store.leases.acquire("x", "thief", MINUTE)
            taken.set()

        thread = threading.Thread(target=take)
        with store._database.writing(lease):
            thread.start()
            assert not taken.wait(0.3)
        thread.join(10)
        assert taken.is_set()


def test_workers_of_one_lease_stage_beside_each_other(url, driver, item):
    with open_store(url) as store:
        sync = driver(store)
        run = sync.begin()
        walks = [store.pulls.begin(run.id, "hub", Shard(name, (name,)), sync.lease) for name in "ABCD"]
        failures: list[BaseException] = []

        def walk(generation: Generation) -> None:
            (name,) = generation.partitions
            try:
                for page in range(5):
                    items = [item(f"{name}{page}{n}", name) for n in range(4)] + [item("moving", name, minute=page)]
                    sync.stage(generation, Page(items, mark={"page": page}))
                store.pulls.complete(generation, sync.lease)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=walk, args=(generation,)) for generation in walks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        sync.publish(run)
        assert store.items.frame(run.id).height == 81


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_two_threads_renew_the_same_lease(new_url, engine):
    """The heartbeat, and whoever waits for a bulk task."""
    with open_store(new_url(engine)) as store:
        lease = store.leases.acquire("source:x", "me", timedelta(minutes=1))
        assert at_once(lambda: [store.leases.renew(lease) for _ in range(100)], 2) == []


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_audit_is_one_chain_whoever_adds_to_it(new_url, engine):
    with open_store(new_url(engine)) as store:
        leases = [store.leases.acquire(name, name, timedelta(minutes=1)) for name in ("run", "source:a", "source:b")]

        def add():
            lease = leases.pop()
            for number in range(40):
                store.audit.note("x", lease, run=1, detail={"number": number})

        assert at_once(add, 3) == []
        assert len(list(store.audit.entries())) == 120
        assert store.audit.verify() == []


def at_once(work, threads):
    """What went wrong in `threads` threads that do the same."""
    errors = []

    def go():
        try:
            work()
        except Exception as error:
            errors.append(error)

    running = [threading.Thread(target=go) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return errors
