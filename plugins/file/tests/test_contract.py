"""The file connector keeps the contract that every connector keeps."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from veaf_sync.testing import ConnectorContract
from veaf_sync_file.connector import FileConnector


class Exports:
    """Two exports, and a person who writes them anew."""

    can = frozenset({"edit", "delete", "hide"})

    def __init__(self, folder: Path, connect: Callable[..., FileConnector]) -> None:
        self._folder = folder
        self._connect = connect
        self._items = {f"{name}-{number}": (name, "as it was") for name in ("PAY", "SHOP") for number in range(1, 5)}
        self._write()

    def connector(self) -> FileConnector:
        return self._connect("*.csv")

    def expected(self) -> Mapping[str, str]:
        return {key: key for key in self._items}

    def edit(self, item_id: str) -> None:
        self._items[item_id] = (self._items[item_id][0], "edited")
        self._write()

    def delete(self, item_id: str) -> None:
        del self._items[item_id]
        self._write()

    def hide(self, partition: str) -> None:
        (self._folder / f"{partition}.csv").write_bytes(b"\xff\xff")

    def tags(self, item_id: str) -> frozenset[str]:
        return frozenset()

    def _write(self) -> None:
        for partition in ("PAY", "SHOP"):
            with (self._folder / f"{partition}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["key", "title", "url", "created"])
                for key, (place, title) in self._items.items():
                    if place == partition:
                        writer.writerow([key, title, f"https://plant.example/{key}", "2026-11-01"])


class TestFileConnector(ConnectorContract):
    @pytest.fixture
    def subject(self, folder: Path, connect: Callable[..., FileConnector]) -> Exports:
        return Exports(folder, connect)
