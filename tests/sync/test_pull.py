"""What a pull publishes, and what it refuses to believe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from veaf_sync.connector import Absent, Feature, Mark, Page, Shard
from veaf_sync.errors import AuthError, Forbidden, Incomplete
from veaf_sync.model import Membership, WorkItem
from veaf_sync.plugins import Registry
from veaf_sync.sync import walk
from veaf_sync.testing import MemoryConnector

if TYPE_CHECKING:
    from conftest import Organisation


def test_everything_is_pulled_and_a_second_pass_changes_nothing(busy: Organisation) -> None:
    first = busy.sync()
    assert not first.degraded
    assert first.sources[0].new == 12
    assert set(busy.verdicts(first.run.id)) == {item.key for item in busy.tool.items.values()}
    busy.clock.advance(3600)
    second = busy.sync()
    assert (second.sources[0].new, second.sources[0].changed, second.sources[0].removed) == (0, 0, 0)


DEFECT = "the connector of mem failed ({}). That is a defect of the plugin"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Incomplete("half a page"), "half a page"),
        (Incomplete("SHOPPING ended early"), "SHOPPING ended early"),
        (Forbidden("not yours"), "not yours"),
        (RuntimeError("a bug"), DEFECT.format("RuntimeError: a bug")),
        (SystemExit(3), DEFECT.format("SystemExit: 3")),
    ],
)
def test_one_shard_that_fails_is_frozen_and_the_others_go_on(busy: Organisation, error: Any, reason: str) -> None:
    busy.sync()
    busy.clock.advance(3600)
    busy.tool.edit("id-PAY-0", type="Chore")
    busy.tool.edit("id-SHOP-4", type="Chore")
    busy.tool.broken["SHOP"] = error
    result = busy.sync(full=True)
    verdicts = busy.verdicts(result.run.id)
    assert result.degraded
    assert verdicts["PAY-0"] == "orphan", "PAY was read"
    assert {v for key, v in verdicts.items() if key.startswith("SHOP")} == {"unreadable"}
    assert result.sources[0].state == "partial"
    assert result.sources[0].reason == f"SHOP: {reason}", "the place stands there once"
    assert "SHOP" in str([s.partition for s in busy.store.pulls.states(run=result.run.id) if s.state != "fresh"])


@pytest.mark.parametrize("wrong", [{"points": "five"}, {"title": None}, {"updated": "yesterday"}])
def test_a_value_that_cannot_be_stored_ends_its_shard_and_the_others_go_on(
    busy: Organisation, wrong: dict[str, Any]
) -> None:
    busy.tool.items["id-SHOP-4"] = replace(busy.tool.items["id-SHOP-4"], **wrong)
    result = busy.sync()
    assert result.sources[0].state == "partial"
    assert result.sources[0].reason.startswith("SHOP: the connector of mem failed (")
    assert {key.split("-")[0] for key in busy.verdicts(result.run.id)} == {"PAY", "OPS"}


def test_within_its_freshness_promise_a_partition_counts_as_last_read(busy: Organisation) -> None:
    busy.source["freshness"] = "{error_after: 72h}"
    busy.sync()
    busy.tool.broken["SHOP"] = Incomplete("half a page")
    busy.clock.advance(timedelta(hours=71).total_seconds())
    within = busy.sync(full=True)
    assert within.degraded
    assert busy.verdicts(within.run.id)["SHOP-4"] == "aligned"
    busy.clock.advance(timedelta(hours=2).total_seconds())
    beyond = busy.sync(full=True)
    assert busy.verdicts(beyond.run.id)["SHOP-4"] == "unreadable"


def test_a_partition_that_vanished_is_unreadable_and_comes_back(busy: Organisation) -> None:
    busy.sync()
    busy.tool.hidden.add("OPS")
    gone = busy.sync()
    assert gone.degraded
    assert {v for key, v in busy.verdicts(gone.run.id).items() if key.startswith("OPS")} == {"unreadable"}
    busy.tool.hidden.clear()
    back = busy.sync()
    assert not back.degraded
    assert "unreadable" not in busy.verdicts(back.run.id).values()


def test_a_partition_taken_out_of_the_configuration_leaves(busy: Organisation) -> None:
    busy.sync()
    busy.source["only"] = "[PAY, SHOP]"
    result = busy.sync()
    assert not result.degraded
    assert not [key for key in busy.verdicts(result.run.id) if key.startswith("OPS")]
    busy.clock.advance(timedelta(days=30).total_seconds())
    assert not busy.sync().degraded


def test_a_deletion_is_confirmed_by_a_direct_read(busy: Organisation) -> None:
    first = busy.sync()
    busy.tool.delete("id-PAY-0")
    result = busy.sync()
    assert result.sources[0].removed == 1
    assert "PAY-0" not in busy.verdicts(result.run.id)
    assert "PAY-0" in busy.verdicts(first.run.id), "as of the first run it is still there"


def test_a_moved_item_keeps_its_identity(busy: Organisation) -> None:
    first = busy.sync()
    busy.clock.advance(3600)
    busy.tool.move("id-PAY-0", "SHOP")
    result = busy.sync()
    rows = busy.results(result.run.id)
    assert rows.filter(rows["id"] == "id-PAY-0")["partition"].to_list() == ["SHOP"]
    assert result.sources[0].removed == 0
    before = busy.results(first.run.id)
    assert before.filter(before["id"] == "id-PAY-0")["partition"].to_list() == ["PAY"]


def test_an_export_that_lost_its_items_asks_for_another_export(busy: Organisation) -> None:
    busy.source["network"] = "false"
    busy.sync()
    for item in list(busy.tool.items.values()):
        if item.partitions[0].partition == "OPS":
            busy.tool.delete(item.id)
    [report] = busy.sync(full=True).sources
    assert report.reason == (
        "OPS: 4 of 4 known items are not in the export any more (write the export again, or accept it if it is right)"
    )
    assert "--accept-empty" in report.fix


def test_a_partition_that_suddenly_shows_nothing_is_not_believed(busy: Organisation) -> None:
    busy.sync()
    for item in list(busy.tool.items.values()):
        if item.partitions[0].partition == "OPS":
            busy.tool.delete(item.id)
    result = busy.sync(full=True)
    assert result.degraded
    assert result.sources[0].reason == (
        "OPS: 4 of 4 known items not shown any more (more likely a lost permission than deletions)"
    )
    assert "veaf-sync sync --source mem --accept-empty" in result.sources[0].fix
    assert busy.verdicts(result.run.id)["OPS-8"] == "unreadable"
    accepted = busy.sync(full=True, accept_empty=["mem"])
    assert not accepted.degraded
    assert accepted.sources[0].removed == 4


@pytest.mark.parametrize("full", [True, False])
def test_a_partition_that_loses_most_of_its_items_at_once_is_not_believed(busy: Organisation, full: bool) -> None:
    for number in range(40):
        busy.tool.add("BIG", f"BIG-{number}", type="Story")
    busy.sync()
    busy.clock.advance(3600)
    for number in range(15):
        busy.tool.delete(f"id-BIG-{number}")
    for number in range(15, 20):
        busy.tool.move(f"id-BIG-{number}", "PAY")
    few = busy.sync(full=full)
    assert not few.degraded
    assert few.sources[0].removed == 15
    for number in range(20, 40):
        busy.tool.move(f"id-BIG-{number}", "BIG")
    for number in range(12):
        busy.tool.add("BIG", f"BIG-1{number}", type="Bug")
    busy.clock.advance(3600)
    busy.sync(full=full)
    for number in range(20, 40):
        busy.tool.delete(f"id-BIG-{number}")
    busy.tool.delete("id-BIG-111")
    busy.clock.advance(3600)
    many = busy.sync(full=full)
    assert many.degraded
    assert many.sources[0].removed == 0
    assert "BIG: 21 of 32 known items not shown" in many.sources[0].reason
    assert busy.verdicts(many.run.id)["BIG-20"] == "unreadable"
    assert busy.verdicts(many.run.id)["PAY-1"] == "aligned", "the others are read"
    assert busy.sync().degraded, "and so it stays until a person says so"
    accepted = busy.sync(accept_empty=["mem"])
    assert not accepted.degraded
    assert accepted.sources[0].removed == 21


@pytest.mark.parametrize(("lost", "full"), [(40, True), (40, False), (30, True), (30, False)])
def test_a_tag_of_ours_that_is_missed_brings_no_deletion_in_a_doubted_partition(
    busy: Organisation, lost: int, full: bool
) -> None:
    busy.source["tag"] = '{label: "okr:{objective}"}'
    for number in range(40):
        busy.tool.add("BIG", f"BIG-{number}", type="Story")
    busy.sync(write=True)
    busy.clock.advance(3600)
    for number in range(lost):
        busy.tool.delete(f"id-BIG-{number}")
    result = busy.sync(full=full)
    assert f"BIG: {lost} of 40 known items not shown" in result.sources[0].reason
    assert result.sources[0].removed == 0
    assert busy.verdicts(result.run.id)["BIG-0"] == "unreadable"
    accepted = busy.sync(full=full, accept_empty=["mem"])
    assert accepted.sources[0].removed == lost


def test_a_doubted_partition_stays_doubted_when_it_is_caught_up(
    busy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.sync()
    busy.clock.advance(3600)
    for number in range(4):
        busy.tool.delete(f"id-PAY-{number}")
    for number in range(6):
        busy.tool.add("PAY", f"NEW-{number}", type="Story")
    whole = MemoryConnector.pages

    def dies_behind_the_first(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        yield next(whole(self, shard, mark))
        raise Incomplete("the line went dead")

    monkeypatch.setattr(MemoryConnector, "pages", dies_behind_the_first)
    busy.sync(full=True)
    monkeypatch.setattr(MemoryConnector, "pages", whole)
    busy.clock.advance(600)
    result = busy.sync(full=True)
    assert "PAY: 4 of 4 known items not shown" in result.sources[0].reason
    assert result.sources[0].removed == 0
    assert busy.verdicts(result.run.id)["PAY-0"] == "unreadable"


def test_partitions_say_what_came_changed_and_left(busy: Organisation) -> None:
    first = busy.sync()
    assert [(s.partition, s.changed, s.removed) for s in busy.store.pulls.states(run=first.run.id)] == [
        ("OPS", 4, 0),
        ("PAY", 4, 0),
        ("SHOP", 4, 0),
    ]
    busy.clock.advance(3600)
    busy.tool.move("id-PAY-0", "SHOP")
    busy.tool.edit("id-PAY-1", title="Edited")
    busy.tool.delete("id-PAY-2")
    busy.tool.delete("id-OPS-8")
    second = busy.sync()
    assert [(s.partition, s.changed, s.removed) for s in busy.store.pulls.states(run=second.run.id)] == [
        ("OPS", 0, 1),
        ("PAY", 1, 2),
        ("SHOP", 1, 0),
    ]


def test_refused_credentials_freeze_the_source(busy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    busy.sync()

    def refuse(self: MemoryConnector) -> None:
        raise AuthError("the token was refused", fix="veaf-sync check --online")

    monkeypatch.setattr(MemoryConnector, "check", refuse)
    result = busy.sync()
    assert result.degraded
    assert result.no_credentials
    assert result.sources[0].reason == "the token was refused"
    assert set(busy.verdicts(result.run.id).values()) == {"unreadable"}
    monkeypatch.undo()
    assert not busy.sync().degraded


def _endless(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
    while True:
        yield Page(items=[], mark={"last": "same"})


def _short(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
    yield Page(items=list(self.tool.items.values())[:1], mark={"last": "more to come"})


def _empty_pages(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
    for number in range(100):
        yield Page(items=[], mark={"last": number})


@pytest.mark.parametrize(
    ("pages", "words"),
    [(_endless, "in circles"), (_short, "before its last page"), (_empty_pages, "empty pages in a row")],
)
def test_a_walk_that_lies_is_incomplete(
    busy: Organisation, monkeypatch: pytest.MonkeyPatch, pages: Any, words: str
) -> None:
    busy.sync()
    monkeypatch.setattr(MemoryConnector, "pages", pages)
    result = busy.sync(full=True)
    assert result.degraded
    assert words in result.sources[0].reason
    assert set(busy.verdicts(result.run.id).values()) == {"unreadable"}


def test_a_connector_that_hangs_is_given_up(busy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()

    def hang(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        release.wait(30)
        return iter(())

    monkeypatch.setattr(walk, "PATIENCE", 0.2)
    monkeypatch.setattr(MemoryConnector, "pages", hang)
    try:
        result = busy.sync()
    finally:
        release.set()
    assert result.degraded
    assert "hangs" in result.sources[0].reason


def test_an_interrupted_walk_goes_on_from_its_mark(busy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        busy.tool.add("BIG", f"BIG-{number:02}", type="Story")
    whole = MemoryConnector.pages
    asked: list[Mark | None] = []

    def dies_in_big(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        for number, page in enumerate(whole(self, shard, mark)):
            if shard.name == "BIG" and number == 3:
                raise Incomplete("the line went dead")
            yield page

    def remembers(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        if shard.name == "BIG":
            asked.append(mark)
        return whole(self, shard, mark)

    monkeypatch.setattr(MemoryConnector, "pages", dies_in_big)
    first = busy.sync()
    assert first.degraded
    assert not [key for key in busy.verdicts(first.run.id) if key.startswith("BIG")], "nothing half is shown"
    monkeypatch.setattr(MemoryConnector, "pages", remembers)
    second = busy.sync()
    assert asked[0] is not None, "it goes on, not from zero"
    assert len([key for key in busy.verdicts(second.run.id) if key.startswith("BIG")]) == 20
    assert not second.degraded


def test_a_walk_interrupted_under_other_settings_is_begun_anew(
    busy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the interruption was read otherwise: nobody would read it again."""
    for number in range(12):
        busy.tool.add("BIG", f"BIG-{number:02}", type="Story", labels=("okr:fast",))
    whole = MemoryConnector.pages

    def dies_in_big(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        for number, page in enumerate(whole(self, shard, mark)):
            if shard.name == "BIG" and number == 2:
                raise Incomplete("the line went dead")
            yield page

    with monkeypatch.context() as patch:
        patch.setattr(MemoryConnector, "pages", dies_in_big)
        assert busy.sync().degraded
    busy.source["tag"] = '{label: "okr:{objective}"}'
    busy.clock.advance(3600)
    result = busy.sync()
    items = busy.store.items.frame(result.run.id)
    assert items.filter(items["partition"] == "BIG")["tags"].to_list() == [["okr:fast"]] * 12


def test_a_field_that_only_the_tool_holds_is_a_statement(busy: Organisation) -> None:
    busy.tool.edit("id-PAY-2", fields={"Objective": ("fast",)})
    result = busy.sync()
    assert busy.verdicts(result.run.id)["PAY-2"] == "aligned"
    assert isinstance(busy.tool.items["id-PAY-2"], WorkItem)


def test_an_item_that_may_not_be_read_any_more_makes_the_snapshot_degraded(
    busy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.sync()
    whole, read = MemoryConnector.pages, MemoryConnector.get

    def without_pay_0(self: MemoryConnector, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        for page in whole(self, shard, mark):
            yield replace(page, items=[item for item in page.items if item.key != "PAY-0"])

    def forbidden(self: MemoryConnector, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        return read(self, ids) | {item_id: Absent.FORBIDDEN for item_id in ids if item_id == "id-PAY-0"}

    monkeypatch.setattr(MemoryConnector, "pages", without_pay_0)
    monkeypatch.setattr(MemoryConnector, "get", forbidden)
    result = busy.sync(full=True)
    assert busy.verdicts(result.run.id)["PAY-0"] == "unreadable"
    assert busy.verdicts(result.run.id)["PAY-1"] == "aligned"
    assert result.degraded
    assert result.sources[0].reason == "PAY: 1 item may not be read any more"
    busy.clock.advance(24 * 3600)
    assert busy.sync().degraded
    monkeypatch.undo()
    assert not busy.sync().degraded, "an incremental pull, too, asks for what is frozen"


def test_a_source_not_asked_for_a_long_time_is_late(busy: Organisation) -> None:
    busy.source["freshness"] = "{error_after: 72h}"
    result = busy.sync()
    states = busy.store.pulls.states(run=result.run.id)
    promise = busy.config.freshness("mem")
    assert {state.standing(promise, result.run.at + timedelta(hours=71)) for state in states} == {"fresh"}
    assert {state.standing(promise, result.run.at + timedelta(hours=73)) for state in states} == {"late"}


def test_other_settings_read_everything_again(busy: Organisation) -> None:
    before = busy.sync()
    busy.clock.advance(3600)
    busy.source["states"] = "{done: [New]}"
    asked: list[bool] = []
    whole = MemoryConnector.shards

    def shards(self: MemoryConnector, *arguments: Any) -> Any:
        found = whole(self, *arguments)
        asked.extend(shard.incremental for shard in found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryConnector, "shards", shards)
        busy.sync()
        assert asked == [False] * 3, "other settings: what was read before was read otherwise"
        asked.clear()
        busy.clock.advance(3600)
        busy.sync()
        assert asked == [True]
    assert before.sources[0].new == 12


@pytest.mark.parametrize("error", [SystemExit(1), ValueError("a bug")])
def test_a_plugin_that_breaks_at_once_is_named_and_stops_nobody(
    busy: Organisation, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    busy.sync()

    def breaks(self: MemoryConnector, *_: Any) -> None:
        raise error

    monkeypatch.setattr(MemoryConnector, "__init__", breaks)
    result = busy.sync()
    assert result.degraded
    assert "a defect of the plugin" in result.sources[0].reason


def test_a_partition_that_is_gone_for_good_can_be_let_go(busy: Organisation) -> None:
    busy.sync()
    busy.tool.hidden.add("OPS")
    assert busy.sync().degraded
    accepted = busy.sync(accept_empty=["mem"])
    assert not accepted.degraded
    assert not [key for key in busy.verdicts(accepted.run.id) if key.startswith("OPS")]


def test_what_is_done_without_a_date_and_rings_of_parents_are_told(busy: Organisation) -> None:
    busy.tool.edit("id-PAY-0", state_category="done")
    busy.tool.edit("id-PAY-1", parent="PAY-2")
    busy.tool.edit("id-PAY-2", parent="PAY-1")
    notes = " ".join(busy.sync().notes)
    assert "1 done without a completion date" in notes
    assert "2 items are each other's parents" in notes


class Telling(MemoryConnector):
    """A tool whose changes name what left, as change feeds do; what is below a task that left they do not name."""

    features = frozenset({*MemoryConnector.features, Feature.DEPARTURES}) - {Feature.COUNT}
    listed = 0
    told: tuple[str, ...] = ()

    def ids(self, partition: str) -> Iterator[tuple[str, str | None]]:
        Telling.listed += 1
        return super().ids(partition)

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        for page in super().pages(shard, mark):
            yield replace(page, suspects=self.told if shard.incremental else ())


@pytest.fixture
def telling(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """Six items of P, two of them below P-0; the rest of the memory's tool names what left."""
    monkeypatch.setattr(Telling, "listed", 0)
    monkeypatch.setattr(type(organisation), "registry", _registry_of(Telling))
    for number in range(6):
        organisation.tool.add("P", f"P-{number}", parent="P-0" if number in (1, 2) else "")
    organisation.sync()
    organisation.clock.advance(3600)
    return organisation


def _registry_of(connector: type[MemoryConnector]) -> property:
    return property(lambda _: Registry(connectors={"memory": connector}, emulators={}, failures=(), described=()))


def test_what_the_changes_name_and_what_is_below_it_is_asked_for(telling: Organisation, monkeypatch: Any) -> None:
    for number in range(3):
        telling.tool.delete(f"id-P-{number}")
    monkeypatch.setattr(Telling, "told", ("id-P-0", "id-unknown"))
    result = telling.sync()
    assert set(telling.verdicts(result.run.id)) == {"P-3", "P-4", "P-5"}
    assert (result.sources[0].removed, result.sources[0].items, Telling.listed) == (3, 3, 0)


def test_what_the_changes_did_not_name_is_found_by_the_census(telling: Organisation) -> None:
    telling.source["census_every"] = 3
    telling.tool.delete("id-P-3")
    assert "P-3" in telling.verdicts(telling.sync().run.id), "the feed lost it"
    assert Telling.listed == 0
    telling.clock.advance(3600)
    assert "P-3" not in telling.verdicts(telling.sync().run.id)
    assert Telling.listed == 1


def test_an_item_that_also_lives_where_nothing_can_be_seen_now_is_not_believed_gone(organisation: Organisation) -> None:
    both = (Membership("P"), Membership("Q"))
    organisation.tool.add("P", "P-1", partitions=both)
    organisation.tool.add("P", "P-2")
    organisation.tool.add("Q", "Q-1")
    organisation.sync()
    organisation.clock.advance(3600)
    organisation.tool.hidden.add("Q")
    organisation.tool.delete("id-P-1")
    result = organisation.sync(full=True)
    assert result.degraded
    assert "P-1" in organisation.verdicts(result.run.id)
    assert "may be there still" in result.sources[0].reason
