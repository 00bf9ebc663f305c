"""Which run is meant, and that what it says never changes again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from veaf_sync import read, report
from veaf_sync.errors import UsageError


def test_before_the_first_run_the_command_that_helps_is_named(world: Any) -> None:
    with pytest.raises(UsageError, match="Nothing has been read yet") as caught:
        world.snapshot()
    assert caught.value.fix == "veaf-sync sync"


def test_a_date_means_the_last_run_before_the_end_of_that_day_in_the_configured_zone(world: Any) -> None:
    world.sync()  # Mon 2 Nov 06:00 in Berlin
    late = world.sync(timedelta(hours=17, minutes=59))  # 23:59 there
    early = world.sync(timedelta(minutes=1))  # Tue 00:00
    assert world.snapshot("2026-11-02").run.id == late
    assert world.snapshot("2026-11-03").run.id == early
    assert world.snapshot("2026-11-30").run.id == early
    assert world.snapshot().run.id == early


def test_a_number_means_a_run_and_a_time_the_last_run_not_after_it(world: Any) -> None:
    first = world.sync()
    second = world.sync(timedelta(hours=1))
    assert world.snapshot("1").run.id == first
    assert world.snapshot("2026-11-02T06:00:00+00:00").run.id == second
    assert world.snapshot("2026-11-02T05:59:59+00:00").run.id == first
    assert world.snapshot("2026-11-02T06:59").run.id == first  # Berlin


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("7", "There is no run 7"),
        ("2026-11-01", "No run had been done by 2026-11-01"),
        ("yesterday", "neither a run's number nor a date"),
        ("2026-13-01", "neither a run's number nor a date"),
        ("", "neither a run's number nor a date"),
        ("9" * 30, "neither a run's number nor a date"),
    ],
)
def test_what_is_no_run_is_refused_with_a_way_on(world: Any, as_of: str, message: str) -> None:
    world.sync()
    with pytest.raises(UsageError, match=message) as caught:
        world.snapshot(as_of)
    assert caught.value.fix


def test_a_run_that_failed_has_no_snapshot(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.sync()

    def refuse(*_: object, **__: object) -> None:
        raise UsageError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr("veaf_sync.sync.snapshot.take", refuse)
        with pytest.raises(UsageError, match="stopped"):
            world.sync(timedelta(hours=1))
    assert world.snapshot().run.id == 1
    with pytest.raises(UsageError, match="Run 2 is failed"):
        world.snapshot("2")


def _everything(world: Any, folder: Path) -> list[bytes]:
    snapshot = world.snapshot("1")
    answers = [
        read.status(snapshot),
        read.coverage(snapshot, "partition"),
        read.items(snapshot, all=True),
        read.orphans(snapshot),
        read.objectives(snapshot),
        read.epics(snapshot),
        *(read.explain(snapshot, item) for item in ("main:PAY-2", "main:SHOP-1", "other:OPS-2")),
    ]
    files = report.write(snapshot, report.FORMATS, folder)
    return [answer.model_dump_json().encode() for answer in answers] + [path.read_bytes() for path in files]


def test_an_earlier_snapshot_stays_the_same_whatever_happens_later(world: Any, tmp_path: Path) -> None:
    world.sync()
    before = _everything(world, tmp_path / "one")
    world.sync(timedelta(hours=1), write=True)
    assert world.main.writes
    assert _everything(world, tmp_path / "written") == before
    world.main.edit("id-SHOP-1", title="Another title", labels=("goal:fast",))
    world.main.delete("id-PAY-4")
    world.lose_other()
    world.rewrite("strategy.yaml", "planned_share: 0.3", "planned_share: 0.9")
    world.rewrite("mapping.yaml", "name: platform,", "name: renamed,")
    world.rewrite("veaf-sync.yaml", "organisation: Example Ltd", "organisation: Another Ltd\npeople: names")
    world.sync(timedelta(days=9))
    assert _everything(world, tmp_path / "two") == before
    now = world.snapshot()
    assert read.status(now).organisation == "Another Ltd"
    assert read.explain(now, "main:SHOP-1").verdict == "aligned"


def test_a_run_can_be_read_when_its_connector_is_not_installed_any_more(world: Any) -> None:
    world.sync()
    path = world.folder / "veaf-sync.yaml"
    path.write_text("version: 1\nsources:\n  main: {connector: memory}\n")
    assert read.coverage(world.snapshot()).weights.count.total == 8
    assert [row.source for row in read.status(world.snapshot()).sources] == ["main", "other"]
