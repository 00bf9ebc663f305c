"""Reads exported files as a source: no network, nothing is written, memory for keys only.

A file is walked once per reading, in pages. Files that share a partition form one shard; all others
stand alone, so that one broken file costs the others nothing. An item's key is its id, so a key may
stand once in a source; only with the setting `partition` (dated exports of one thing) a later file,
by name, replaces rows of earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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
from veaf_sync_file.faults import Faults
from veaf_sync_file.formats import read
from veaf_sync_file.items import Items, stem
from veaf_sync_file.reading import Reading
from veaf_sync_file.settings import FileSettings
from veaf_sync_file.tables import Header

if TYPE_CHECKING:
    from veaf_sync.clock import Clock
    from veaf_sync.http import Session

PAGE = 1_000
"""Items in a page."""
_SAMPLED = 12
"""Files that are looked into for their columns, and columns that are named."""
_AGAIN = "Wait for the export to end, then: veaf-sync sync"


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
        self._header = Header((settings.names("key"), *mapped), self._items.single)

    def check(self) -> Identity:
        """There is nobody to ask; a path that matches no file is `Incomplete`."""
        files = self._files()
        count = "1 file" if len(files) == 1 else f"{len(files)} files"
        return Identity(
            user="local files",
            server_time=self.clock.now(),
            time_zone=self.config.timezone,
            product=count,
            notes=("Files are only read: no tags can be written.", *self._custom(files)),
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
        """One shard for each group of files that share partitions. Always full: a file knows no changes.

        The query holds what each file was: an interrupted walk over a file that was written anew is another walk.
        """
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
            Shard(
                name="+".join(sorted(names)),
                partitions=tuple(sorted(names)),
                query={"files": [_state(file) for file in files]},
            )
            for names, files in sorted(groups, key=lambda group: sorted(group[0]))
            if names & wanted
        ]

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        """Walks the shard's files from their start, whatever `mark` says: they may have been written anew.

        Files with faults are read to their end all the same, and end in one `Incomplete` that tells of them.
        """
        files = [Path(name) for name, *_ in (shard.query or {}).get("files", ())]
        reading = self._reading()
        page: list[WorkItem] = []
        for count, row in enumerate(reading.rows(files)):
            item = self._items.item(row)
            if reading.failed or row.faults:
                continue
            if len(page) == PAGE:
                yield Page(page, mark={"rows": count})
                page = []
            if item.partitions[0].partition not in shard.partitions:
                raise Incomplete(f"{row.faults.name} changed while it was read.", fix=_AGAIN)
            page.append(item)
        reading.end()
        yield Page(page)

    def examine(self) -> Sequence[str]:
        """Everything that is wrong in the files."""
        reading = self._reading()
        try:
            for row in reading.rows(self._files()):
                self._items.item(row)
        except SourceError as error:
            return [*reading.sentences(), error.message]
        return reading.sentences()

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        """Reads the files anew. Where one cannot be read, an item that is not found is unknown, not gone."""
        wanted = dict.fromkeys(ids, Absent.GONE)
        found: dict[str, WorkItem | Absent] = {}
        reading = self._reading()
        try:
            for row in reading.rows(self._files()):
                before = row.faults.count
                if (key := self._items.key(row)) in wanted:
                    item = self._items.item(row)
                    if row.faults.count == before:
                        found[key] = item
            reading.end()
        except SourceError:
            wanted = dict.fromkeys(ids, Absent.UNKNOWN)
        return wanted | found

    def _reading(self) -> Reading:
        return Reading(self.config, self._items, self._header)

    def _files(self) -> list[Path]:
        """The files that match the path now, sorted by name. Raises `Incomplete` where there is none."""
        files = self.config.files()
        if not files:
            raise Incomplete(
                f"{self.config.shown(self.config.path)} matches no file.",
                fix="Put the export there, or change the source's path.",
            )
        return files

    def _custom(self, files: Sequence[Path]) -> Iterator[str]:
        """Which columns stand for no property, as far as first rows tell: one may be meant for one."""
        names: dict[str, None] = {}
        for file in files[:_SAMPLED]:
            rows = read(file, Faults(""), Header(), sheet=self.config.sheet, encoding=self.config.encoding)
            with suppress(SourceError):
                names |= dict.fromkeys(self._items.custom(next(rows, None)))
        if names:
            shown = ", ".join(list(names)[:_SAMPLED]) + (" …" if len(names) > _SAMPLED else "")
            yield f"Custom fields: {shown}. Where one holds a property, say so, such as columns: {{title: Summary}}."

    def _contents(self) -> Mapping[Path, Mapping[str, int | None]]:
        """Partitions and rows by file; read once for as long as the files stay as they are.

        A file that cannot be read counts as the partition of its name, and its shard says why; but where rows
        name partitions themselves, nobody knows what it would have held, and the source fails.
        """
        files = self._files()
        state = [_state(file) for file in files]
        if self._known is None or self._known[0] != state:
            self._known = (state, self._count(files))
        return self._known[1]

    def _count(self, files: Sequence[Path]) -> Mapping[Path, Mapping[str, int | None]]:
        contents: dict[Path, dict[str, int | None]] = {}
        reading = self._reading()
        broken: list[SourceError] = []
        for file in files:
            counts: dict[str, int] = {}
            try:
                for row in reading.rows([file]):
                    name = self._items.partition(row)
                    counts[name] = counts.get(name, 0) + 1
                contents[file] = dict(counts) or {stem(file.name): 0}
            except SourceError as error:
                broken.append(error)
            if file not in contents or file in reading.failed:
                contents[file] = dict.fromkeys(counts or [stem(file.name)])
        names = any(set(names) != {stem(file.name)} for file, names in contents.items())
        if reading.twice or (names and reading.failed):
            self._fail(files)
        if names and broken:
            raise broken[0]
        return contents

    def _fail(self, files: Sequence[Path]) -> None:
        """Read everything once more, now with what columns hold, to tell all of it."""
        reading = self._reading()
        for row in reading.rows(files):
            self._items.item(row)
        reading.end()


def _state(file: Path | str) -> list[str | int]:
    """By which a file is known to be as it was: its name, size in bytes and time of change in nanoseconds."""
    found = Path(file).stat()
    return [str(file), found.st_size, found.st_mtime_ns]
