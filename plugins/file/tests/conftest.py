"""Builders for file sources, shared by the tests of this plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from veaf_sync.clock import ManualClock
from veaf_sync.http import Session
from veaf_sync.model import WorkItem
from veaf_sync_file.connector import FileConnector
from veaf_sync_file.settings import FileSettings

AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def connect(folder: Path) -> Iterator[Callable[..., FileConnector]]:
    """`connect(path="items.csv", …)`: a connector with these settings; relative paths count from `folder`."""
    clock = ManualClock(AT)
    session = Session(clock=clock, hosts=())

    def connect(path: str = "items.csv", *, timezone: str = "UTC", **settings: Any) -> FileConnector:
        read = FileSettings.model_validate(
            {"connector": "file", "path": path, **settings}, context={"folder": folder, "timezone": timezone}
        )
        return FileConnector(read, session, clock)

    yield connect
    session.close()


@pytest.fixture
def pull() -> Callable[[FileConnector], dict[str, WorkItem]]:
    """`pull(connector)`: everything a full pull brings, by key, in the order of reading."""

    def pull(connector: FileConnector) -> dict[str, WorkItem]:
        items: dict[str, WorkItem] = {}
        for shard in connector.shards(connector.partitions(), {}):
            for page in connector.pages(shard, None):
                for item in page.items:
                    assert item.id not in items
                    items[item.id] = item
        return items

    return pull
