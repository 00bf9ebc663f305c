"""An item whose new parent no reading has shown yet: whether it serves nothing is not known, so it keeps its tag."""

from __future__ import annotations

import pytest

from veaf_sync.testing import MemoryConnector

MAPPING = "rules:\n  - {name: epics, when: {type: Epic}, objective: fast}\n"


@pytest.fixture
def tree(organisation):
    organisation.source["tag"] = '{label: "okr:{objective}"}'
    organisation.source["guards"] = "{clears: {count: 50, share: 1}}"
    organisation.mapping = MAPPING
    organisation.tool.add("OPS", "OPS-1", type="Epic")
    organisation.tool.add("PAY", "PAY-1", type="Story", parent="OPS-1")
    organisation.tool.add("PAY", "PAY-2", type="Sub-task", parent="PAY-1")
    organisation.sync(write=True)
    organisation.clock.advance(3600)
    return organisation


def labels(tree):
    return [tree.tool.items[f"id-{key}"].labels for key in ("PAY-1", "PAY-2")]


def move(tree):
    """A person makes another epic, that the rules align as well, and moves the story below it."""
    tree.tool.add("OPS", "OPS-2", type="Epic")
    tree.tool.edit("id-PAY-1", parent="OPS-2")


def test_only_the_item_is_read(tree):
    move(tree)
    result = tree.sync(only={"mem": ["id-PAY-1"]}, write=True)
    assert labels(tree) == [("okr:fast",)] * 2
    assert any("OPS-2 was not read" in refusal.reason for refusal in result.planned.plan.refused)
    tree.clock.advance(3600)
    tree.sync(write=True)
    assert labels(tree) == [("okr:fast",)] * 2


def test_the_parent_is_made_between_two_shards_of_a_pull(tree, monkeypatch):
    pages = MemoryConnector.pages
    monkeypatch.setattr("veaf_sync.sync.walk.WORKERS", 1)  # one shard after the other: OPS, then PAY

    def between(self, shard, mark):
        if shard.partitions == ("PAY",):
            move(tree)
        yield from pages(self, shard, mark)

    monkeypatch.setattr(MemoryConnector, "pages", between)
    monkeypatch.setattr(MemoryConnector, "count", lambda self, partition: None)  # a tool that does not count
    tree.sync(full=True, write=True)
    assert labels(tree) == [("okr:fast",)] * 2


def test_a_tag_goes_once_it_is_known_that_nothing_aligns_the_item(tree):
    tree.tool.edit("id-PAY-1", parent="")
    tree.sync(write=True)
    assert labels(tree) == [()] * 2
