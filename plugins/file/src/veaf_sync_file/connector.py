"""Reads exported files as a source: no network, nothing is written, memory for keys only.

A file is walked once per reading, in pages. Files that share a partition form one shard; all others
stand alone, so that one broken file costs the others nothing. An item's key is its id, so a key may
stand once in a source; only with the setting `partition` (dated exports of one thing) a later file,
by name, replaces rows of earlier ones.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from veaf_sync.connector import (
    Absent,
    Connector,
    Cursor,
    Feature,
    Identity,
    Mark,
    Page,
    Partition,
    Shard,
)
from veaf_sync.errors import Incomplete, SourceError
from veaf_sync.model import WorkItem
from veaf_sync_file.formats import Row, read
from veaf_sync_file.items import Items, stem
from veaf_sync_file.settings import FileSettings

if TYPE_CHECKING:
    from veaf_sync.clock import Clock
    from veaf_sync.http import Session

PAGE = 1_000
"""Items in a page."""
_AGAIN = "Wait for the export to end, then: veaf-sync sync"


class _Twice(Incomplete):
    """A key stands twice in one source."""


class FileConnector(Connector[FileSettings]):
    """JSON Lines (also .gz), CSV and XLSX exports. Read-only."""

    name: ClassVar[str] = "file"
    api: ClassVar[int] = 1
    settings: ClassVar[type[FileSettings]] = FileSettings
    features: ClassVar[frozenset[Feature]] = frozenset()

    def __init__(self, settings: FileSettings, session: Session, clock: Clock) -> None:
        super().__init__(settings, session, clock)
        self._items = Items(settings)
        self._known: tuple[object, Mapping[Path, Mapping[str, int | None]]] | None = None
        mapped = [names for name, names in settings.columns.items() if name != "key"]
        self._required = [settings.names("key"), *mapped]

    def check(self) -> Identity:
        """There is nobody to ask; a path that matches no file is `Incomplete`."""
        files = self._files()
        count = "1 file" if len(files) == 1 else f"{len(files)} files"
        return Identity(
            user="local files",
            server_time=self.clock.now(),
            time_zone=self.config.timezone,
            product=count,
            notes=("Files are only read: no tags can be written.",),
        )

    def partitions(self) -> Sequence[Partition]:
        """Every partition that the files name, with its number of rows. Reads them, unless the setting says it."""
        if self.config.partition:
            self._files()
            return (Partition(self.config.partition),)
        sizes: dict[str, int | None] = {}
        for counts in self._contents().values():
            for name, count in counts.items():
                known = sizes.get(name, 0)
                sizes[name] = None if count is None or known is None else known + count
        return tuple(Partition(name, size=size) for name, size in sorted(sizes.items()))

    def shards(self, partitions: Sequence[Partition], cursors: Mapping[str, Cursor]) -> Sequence[Shard]:
        """One shard for each group of files that share partitions. Always full: a file knows no changes."""
        wanted = {partition.name for partition in partitions}
        if self.config.partition:
            contents = {file: {self.config.partition} for file in self._files()}
        else:
            contents = {file: set(counts) for file, counts in self._contents().items()}
        groups: list[tuple[set[str], list[str]]] = []
        for file, names in contents.items():
            joined = [group for group in groups if group[0] & names]
            groups = [group for group in groups if group not in joined]
            files = sorted([str(file), *(other for group in joined for other in group[1])])
            groups.append((names.union(*(group[0] for group in joined)), files))
        return [
            Shard(name="+".join(sorted(names)), partitions=tuple(sorted(names)), query={"files": files})
            for names, files in sorted(groups, key=lambda group: sorted(group[0]))
            if names & wanted
        ]

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        """Walks the shard's files from their start, whatever `mark` says: they may have been written anew."""
        files = [Path(name) for name in (shard.query or {}).get("files", ())]
        page: list[WorkItem] = []
        for count, row in enumerate(self._rows(files)):
            if len(page) == PAGE:
                yield Page(page, mark={"rows": count})
                page = []
            item = self._items.item(row)
            if item.partitions[0].partition not in shard.partitions:
                raise Incomplete(f"{row.file} changed while it was read.", fix=_AGAIN)
            page.append(item)
        yield Page(page)

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        """Reads the files anew. Where one cannot be read, an item that is not found is unknown, not gone."""
        wanted = dict.fromkeys(ids, Absent.GONE)
        found: dict[str, WorkItem | Absent] = {}
        try:
            for row in self._rows(self._files()):
                if (key := self._items.key(row)) in wanted:
                    found[key] = self._items.item(row)
        except SourceError:
            wanted = dict.fromkeys(ids, Absent.UNKNOWN)
        return wanted | found

    def _files(self) -> list[Path]:
        """The files that match the path now, sorted by name. Raises `Incomplete` where there is none."""
        matches = (Path(name) for name in glob.glob(self.config.path, recursive=True))
        files = sorted((path for path in matches if path.is_file()), key=lambda path: (path.name, str(path)))
        if not files:
            raise Incomplete(
                f"{self.config.path} matches no file.", fix="Put the export there, or change the source's path."
            )
        return files

    def _rows(self, files: Sequence[Path]) -> Iterator[Row]:
        """Rows of `files`, each key once; `Incomplete` where a key stands twice and no later file may replace it."""
        seen: dict[str, tuple[Path, int]] = {}
        for file in sorted(files, key=lambda path: path.name, reverse=bool(self.config.partition)):
            for row in self._read(file):
                if self._is_first(row, seen):
                    yield row

    def _read(self, file: Path) -> Iterator[Row]:
        return read(file, self.config.sheet, self._required)

    def _is_first(self, row: Row, seen: dict[str, tuple[Path, int]]) -> bool:
        key = self._items.key(row)
        file, number = seen.setdefault(key, (row.file, row.number))
        if (file, number) == (row.file, row.number):
            return True
        if self.config.partition and file != row.file:
            return False
        raise _Twice(
            f"{row.place}: key {key} stands in {file.name}, row {number}, too.",
            fix="A key may stand once in a source. For dated exports of one thing set `partition`.",
        )

    def _contents(self) -> Mapping[Path, Mapping[str, int | None]]:
        """Partitions and rows by file; read once for as long as the files stay as they are.

        A file that cannot be read counts as the partition of its name, and its shard says why; but where rows
        name partitions themselves, nobody knows what it would have held, and the source fails.
        """
        files = self._files()
        state = [(file, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
        if self._known is None or self._known[0] != state:
            self._known = (state, self._count(files))
        return self._known[1]

    def _count(self, files: Sequence[Path]) -> Mapping[Path, Mapping[str, int | None]]:
        contents: dict[Path, dict[str, int | None]] = {}
        seen: dict[str, tuple[Path, int]] = {}
        broken: list[SourceError] = []
        for file in files:
            counts: dict[str, int] = {}
            try:
                for row in self._read(file):
                    self._is_first(row, seen)
                    name = self._items.partition(row)
                    counts[name] = counts.get(name, 0) + 1
                contents[file] = dict(counts) or {stem(file.name): 0}
            except _Twice:  # two items of one id: whichever shard came last would win
                raise
            except SourceError as error:
                broken.append(error)
                contents[file] = dict.fromkeys(counts or [stem(file.name)])
        if broken and any(set(names) != {stem(file.name)} for file, names in contents.items()):
            raise broken[0]
        return contents
