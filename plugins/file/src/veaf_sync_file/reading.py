"""One walk through the files of a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from veaf_sync_file.faults import Faults, incomplete
from veaf_sync_file.formats import Row, read
from veaf_sync_file.items import Items
from veaf_sync_file.settings import FileSettings
from veaf_sync_file.tables import Header


class Reading:
    """One walk through files: each key once, and what is wrong with which file.

    `twice`: a key stands in two files, and no later one may replace it; whichever came last would win.
    """

    def __init__(self, config: FileSettings, items: Items, header: Header) -> None:
        self.failed: dict[Path, Faults] = {}
        self.twice = False
        self._config = config
        self._items = items
        self._header = header
        self._seen: dict[str, tuple[Path, int]] = {}

    def rows(self, files: Sequence[Path]) -> Iterator[Row]:
        """Rows with a key that has not been there before. Whatever else there is becomes a fault of its file."""
        config = self._config
        for file in sorted(files, key=lambda path: path.name, reverse=bool(config.partition)):
            faults = Faults(config.shown(file))
            for row in read(file, faults, self._header, sheet=config.sheet, encoding=config.encoding):
                key = self._items.key(row)
                if key and self._is_first(key, row):
                    yield row
            if faults:
                self.failed[file] = faults

    def end(self) -> None:
        """Raises `Incomplete` where any file has faults."""
        if self.failed:
            raise incomplete(list(self.failed.values()))

    def sentences(self) -> list[str]:
        return [sentence for faults in self.failed.values() for sentence in faults.sentences()]

    def _is_first(self, key: str, row: Row) -> bool:
        file, number = self._seen.setdefault(key, (row.file, row.number))
        if (file, number) == (row.file, row.number):
            return True
        other = file != row.file
        if other and self._config.partition:
            return False
        self.twice = self.twice or other
        row.fault(
            f"key {key} stands in {self._config.shown(file)}, row {number}, too",
            "A key may stand once in a source. For dated exports of one thing set `partition`.",
        )
        return False
