"""Items that no sync has seen, by what people call them: which sources are asked, and what is said where none knows."""

from __future__ import annotations

import pytest

from veaf_sync.errors import Incomplete, UsageError
from veaf_sync.sync import Sources, look_up
from veaf_sync.testing import MemoryConnector, MemoryTool


@pytest.fixture
def two(organisation):
    """Two sources, of which the second reads a tool of its own."""
    made = organisation
    other = MemoryTool(made.clock)
    MemoryConnector.tools[f"{made.name}-2"] = other
    made.extra = f"  hub: {{connector: memory, tool: {made.name}-2}}\n"
    made.tool.add("PAY", "K-1")
    other.add("SHOP", "H-1")
    made.sync()
    yield made, made.tool, other
    del MemoryConnector.tools[f"{made.name}-2"]


def asked(made, *names):
    with Sources(made.config, made.registry, made.clock) as opened:
        return look_up(made.config, made.registry, made.store, opened, names)


def test_a_bare_key_is_asked_of_every_source(two):
    made, mem, hub = two
    mem.add("PAY", "K-2")
    hub.add("SHOP", "H-2")
    assert asked(made, "H-2", "mem:K-2") == {"hub": ["id-H-2"], "mem": ["id-K-2"]}


def test_a_key_that_two_sources_show_is_ambiguous_unless_only_one_reads_it(two):
    made, mem, hub = two
    mem.add("PAY", "N-1")
    hub.add("SHOP", "N-1")
    with pytest.raises(UsageError, match="N-1 may mean mem:N-1, hub:N-1"):
        asked(made, "N-1")
    assert asked(made, "hub:N-1") == {"hub": ["id-N-1"]}
    mem.move("id-N-1", "NEW")
    assert asked(made, "N-1") == {"hub": ["id-N-1"]}


def test_a_partition_that_no_sync_has_read_is_named_with_what_helps(two):
    made, mem, _ = two
    mem.add("NEW", "N-1")
    with pytest.raises(UsageError, match="N-1 lives in NEW, which mem has not read") as raised:
        asked(made, "mem:N-1")
    assert "veaf-sync sync --source mem reads new ones" in raised.value.fix


def test_a_source_that_fails_stops_nobody_who_finds_the_item_elsewhere(two, monkeypatch):
    made, _, hub = two
    hub.add("SHOP", "H-2")
    monkeypatch.delitem(MemoryConnector.tools, made.name)
    assert asked(made, "H-2") == {"hub": ["id-H-2"]}
    with pytest.raises(Incomplete, match="mem could not be asked for K-9: the connector of mem failed"):
        asked(made, "K-9")


def test_nothing_anywhere_is_said_with_who_was_asked(two):
    made, _, _ = two
    with pytest.raises(UsageError, match="No sync has seen K-9, and mem and hub show no such item"):
        asked(made, "K-9")
