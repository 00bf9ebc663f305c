"""The connector contract as tests that every connector inherits.

A connector's test class inherits `ConnectorContract` and gives the fixture `subject`. Tests of what a
connector's `features` or its subject's `can` do not offer are skipped with that reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import pytest

import veaf_sync
from veaf_sync.connector import LABELS, Absent, Connector, Feature, Page, Pending, Shard
from veaf_sync.model import ItemRef, Level, Outcome, Result, StateCategory, TagChange, WorkItem

TAG, OTHER = "okr:contract-one", "okr:contract-two"


class Subject(Protocol):
    """A tool with at least six items in at least two partitions, and hands to change it from outside.

    `can` names what the hands can do: `edit`, `delete`, `hide`, `tags`.
    """

    can: frozenset[str]

    def connector(self) -> Connector[Any]:
        """A new connector; its settings have the tag `okr:{objective}` where it can write."""

    def expected(self) -> Mapping[str, str]:
        """Keys by id of everything the credential may read."""

    def edit(self, item_id: str) -> None:
        """A person changes the item's title, later than everything before by more than the connector's lag."""

    def delete(self, item_id: str) -> None: ...

    def hide(self, partition: str) -> None:
        """The credential may not see the partition any more."""

    def tags(self, item_id: str) -> frozenset[str]:
        """All labels (or other values at the target) the tool holds for the item now, ours and theirs."""


class ConnectorContract:
    """Inherit it and give the fixture `subject`."""

    @pytest.fixture
    def subject(self) -> Subject:
        raise NotImplementedError("give the fixture `subject` in your test class")

    # --- who and what ---

    def test_it_declares_itself(self, subject: Subject) -> None:
        kind = type(subject.connector())
        assert kind.name
        assert kind.api == veaf_sync.API
        assert "connector" in kind.settings.model_fields

    def test_features_are_backed_by_methods(self, subject: Subject) -> None:
        kind = type(subject.connector())
        for feature, method in (
            (Feature.COUNT, "count"),
            (Feature.IDS, "ids"),
            (Feature.FIND, "find"),
            (Feature.WRITE, "write"),
            (Feature.BULK, "poll"),
            (Feature.INCREMENTAL, "shards"),
        ):
            own = getattr(kind, method) is not getattr(Connector, method)
            if feature in kind.features:
                assert own, f"{feature} is declared, {method} is not written"

    def test_check_names_the_user_and_the_servers_time(self, subject: Subject) -> None:
        identity = subject.connector().check()
        assert identity.user
        assert identity.server_time.utcoffset() == timedelta(0)

    def test_the_roster_is_sorted_and_without_repeats(self, subject: Subject) -> None:
        names = [partition.name for partition in subject.connector().partitions()]
        assert len(names) >= 2
        assert names == sorted(set(names))

    # --- reading ---

    def test_shards_cover_every_partition_and_travel_as_json(self, subject: Subject) -> None:
        connector = subject.connector()
        roster = connector.partitions()
        shards = connector.shards(roster, {})
        assert {name for shard in shards for name in shard.partitions} == {partition.name for partition in roster}
        assert len({shard.name for shard in shards}) == len(shards)
        assert not any(shard.incremental for shard in shards)
        assert json.loads(json.dumps([shard.query for shard in shards])) == [shard.query for shard in shards]

    def test_a_full_walk_shows_everything(self, subject: Subject) -> None:
        shown = {item.id: item.key for item in _everything(subject.connector())}
        assert shown == dict(subject.expected())

    def test_only_the_last_page_has_no_mark(self, subject: Subject) -> None:
        connector = subject.connector()
        for shard in connector.shards(connector.partitions(), {}):
            pages = list(connector.pages(shard, None))
            assert pages[-1].mark is None
            assert all(page.mark is not None for page in pages[:-1])

    def test_a_walk_goes_on_from_every_mark_without_loss(self, subject: Subject) -> None:
        connector = subject.connector()
        for shard in connector.shards(connector.partitions(), {}):
            pages = list(connector.pages(shard, None))
            everything = _ids(pages)
            for stop, page in enumerate(pages[:-1]):
                mark = json.loads(json.dumps(page.mark))
                again = _ids(list(subject.connector().pages(shard, mark)))
                assert _ids(pages[: stop + 1]) | again >= everything

    def test_items_are_well_formed(self, subject: Subject) -> None:
        connector = subject.connector()
        roster = {partition.name for partition in connector.partitions()}
        for item in _everything(connector):
            assert item.id, "an item has an id"
            assert item.key, "an item has a key"
            assert item.partitions, f"{item.key} lives nowhere"
            assert any(place.partition in roster for place in item.partitions)
            assert isinstance(item.level, Level)
            assert isinstance(item.state_category, StateCategory)
            assert item.url == "" or item.url.startswith(("http://", "https://"))
            for moment in (item.created, item.updated, item.completed):
                assert moment is None or moment.utcoffset() == timedelta(0), f"{item.key}: times are aware UTC"

    def test_reading_twice_gives_the_same(self, subject: Subject) -> None:
        first = {item.id: item for item in _everything(subject.connector())}
        assert {item.id: item for item in _everything(subject.connector())} == first

    def test_get_answers_every_id(self, subject: Subject) -> None:
        connector = subject.connector()
        walked = {item.id: item for item in _everything(connector)}
        connector.partitions()
        answers = connector.get([*walked, "999999999"])
        assert set(answers) == {*walked, "999999999"}
        assert {item_id: answers[item_id] for item_id in walked} == walked
        assert isinstance(answers["999999999"], Absent)

    def test_a_deleted_item_is_gone(self, subject: Subject) -> None:
        _needs(subject, "delete")
        victim = min(subject.expected())
        subject.delete(victim)
        connector = subject.connector()
        connector.check()
        connector.partitions()
        assert connector.get([victim])[victim] is Absent.GONE

    def test_a_hidden_partition_is_not_a_deletion(self, subject: Subject) -> None:
        _needs(subject, "hide")
        victim = next(iter(_everything(subject.connector())))
        subject.hide(victim.partitions[0].partition)
        connector = subject.connector()
        connector.check()
        connector.partitions()
        assert connector.get([victim.id])[victim.id] in (Absent.FORBIDDEN, Absent.UNKNOWN)

    def test_counts_and_ids_agree_with_the_walk(self, subject: Subject) -> None:
        connector = subject.connector()
        _needs_feature(connector, Feature.IDS)
        items = _everything(connector)
        for partition in connector.partitions():
            living = {i.id for i in items if any(place.partition == partition.name for place in i.partitions)}
            assert {item_id for item_id, _ in connector.ids(partition.name)} == living
            if Feature.COUNT in connector.features:
                assert connector.count(partition.name) == len(living)

    def test_items_are_found_by_key(self, subject: Subject) -> None:
        connector = subject.connector()
        _needs_feature(connector, Feature.FIND)
        items = _everything(connector)[:3]
        names = {item.key: item.id for item in items}
        found = connector.find([*names, "no such key", "https://elsewhere.example/1"])
        assert {name: item.id for name, item in found.items()} == names

    # --- incremental ---

    def test_an_edit_is_in_the_next_increment(self, subject: Subject) -> None:
        _needs(subject, "edit")
        connector = subject.connector()
        _needs_feature(connector, Feature.INCREMENTAL)
        cursors = _cursors(connector)
        edited = max(subject.expected())
        subject.edit(edited)
        assert edited in _ids(_increment(subject.connector(), cursors))

    def test_a_deletion_is_named_by_the_next_increment(self, subject: Subject) -> None:
        """Only where the connector says so: else counts and ids are compared after every increment."""
        _needs(subject, "delete")
        connector = subject.connector()
        _needs_feature(connector, Feature.DEPARTURES)
        cursors = _cursors(connector)
        victim = min(subject.expected())
        subject.delete(victim)
        assert victim in {gid for page in _increment(subject.connector(), cursors) for gid in page.suspects}

    # --- writing ---

    def test_a_tag_is_added_and_removed_and_nothing_else_is_touched(self, subject: Subject) -> None:
        connector = _writer(subject)
        item = _everything(connector)[0]
        theirs = subject.tags(item.id)
        assert _result(connector, _change(item, (), (TAG, OTHER))) is Result.APPLIED
        assert subject.tags(item.id) == theirs | {TAG, OTHER}
        assert _result(connector, _change(item, (TAG, OTHER), (OTHER,))) is Result.APPLIED
        assert subject.tags(item.id) == theirs | {OTHER}

    def test_writing_twice_is_writing_once(self, subject: Subject) -> None:
        connector = _writer(subject)
        item = _everything(connector)[0]
        _result(connector, _change(item, (), (TAG,)))
        after = subject.tags(item.id)
        assert _result(connector, _change(item, (), (TAG,))) in (Result.APPLIED, Result.UNCHANGED)
        assert subject.tags(item.id) == after

    def test_our_tag_is_seen_when_read_again(self, subject: Subject) -> None:
        connector = _writer(subject)
        item = _everything(connector)[0]
        _result(connector, _change(item, (), (TAG,)))
        again = subject.connector().get([item.id])[item.id]
        assert isinstance(again, WorkItem)
        assert TAG in {value for place in again.partitions for value in place.tags}

    def test_batches_hold_every_change_once(self, subject: Subject) -> None:
        connector = _writer(subject)
        changes = [_change(item, (), (TAG,)) for item in _everything(connector)]
        batched = [change for batch in connector.batches(changes) for change in batch]
        assert sorted(batched, key=lambda c: c.item) == sorted(changes, key=lambda c: c.item)

    def test_a_preview_writes_nothing(self, subject: Subject) -> None:
        connector = _writer(subject)
        items = _everything(connector)
        before = {item.id: subject.tags(item.id) for item in items}
        preview = connector.preview([_change(item, (), (TAG,)) for item in items])
        assert preview.requests >= 1
        assert {item.id: subject.tags(item.id) for item in items} == before


def _everything(connector: Connector[Any]) -> list[WorkItem]:
    connector.check()
    found: dict[str, WorkItem] = {}
    for shard in connector.shards(connector.partitions(), {}):
        for page in connector.pages(shard, None):
            found |= {item.id: item for item in page.items}
    return list(found.values())


def _cursors(connector: Connector[Any]) -> dict[str, Any]:
    """The cursors that a full walk brings, by partition, as the store would give them back."""
    connector.check()
    cursors: dict[str, Any] = {}
    for shard in connector.shards(connector.partitions(), {}):
        last = list(connector.pages(shard, None))[-1]
        assert last.cursor is not None, "the last page brings the cursor"
        cursors |= {name: json.loads(json.dumps(last.cursor)) for name in shard.partitions}
    return cursors


def _increment(connector: Connector[Any], cursors: Mapping[str, Any]) -> list[Page]:
    connector.check()
    shards = connector.shards(connector.partitions(), cursors)
    assert all(shard.incremental for shard in shards)
    return [page for shard in shards for page in connector.pages(shard, None)]


def _ids(pages: list[Page]) -> set[str]:
    return {item.id for page in pages for item in page.items}


def _needs(subject: Subject, ability: str) -> None:
    if ability not in subject.can:
        pytest.skip(f"this tool cannot {ability}")


def _needs_feature(connector: Connector[Any], feature: Feature) -> None:
    if feature not in connector.features:
        pytest.skip(f"{connector.name} has no feature {feature}")


def _writer(subject: Subject) -> Connector[Any]:
    _needs(subject, "tags")
    connector = subject.connector()
    _needs_feature(connector, Feature.WRITE)
    return connector


def _change(item: WorkItem, before: tuple[str, ...], after: tuple[str, ...]) -> TagChange:
    place = item.partitions[0]
    ref = ItemRef("contract", item.id)
    return TagChange(ref, item.key, "", place.handle or item.id, LABELS, before, after, "contract")


def _result(connector: Connector[Any], change: TagChange) -> Result:
    outcomes: list[Outcome] = []
    for batch in connector.batches([change]):
        answer = connector.write(batch)
        for _ in range(1000):
            if not isinstance(answer, Pending):
                break
            connector.clock.sleep(1)
            answer = connector.poll(answer.task, batch)
        assert not isinstance(answer, Pending), "the task never ended"
        outcomes += answer
    assert [outcome.item for outcome in outcomes] == [change.item], "one outcome a change"
    return outcomes[0].result


__all__ = ["ConnectorContract", "Shard", "Subject"]
