"""Items read directly, past the tool's index: right before they are written, and to see what became of a write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from veaf_sync.connector import Absent
from veaf_sync.errors import AuthError, SourceError
from veaf_sync.model import TagChange, WorkItem
from veaf_sync.sync.sources import Source

CHUNK = 100
READERS = 8
GOOD_FOR = 30.0
"""Seconds for which a reading counts as the state that is written upon."""

Answers = dict[str, WorkItem | Absent]


def read(source: Source, ids: Collection[str]) -> Answers:
    """A direct reading of each id; what the tool does not tell is `Absent.UNKNOWN`. Raises `AuthError`."""
    every = list(dict.fromkeys(ids))
    chunks = [every[start : start + CHUNK] for start in range(0, len(every), CHUNK)]

    def get(chunk: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        try:
            return source.connector.get(chunk)
        except AuthError:
            raise
        except SourceError:
            return {}

    found: Answers = dict.fromkeys(every, Absent.UNKNOWN)
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        for answers in pool.map(get, chunks):
            found |= answers
    return found


class Ahead:
    """Readings of items a little before they are written: whole chunks, so that small batches share a request.

    `order` is the order of writing. What has been read for longer than `GOOD_FOR` is read again, so that the time
    in which a person's edit could be missed stays short.
    """

    def __init__(self, source: Source, order: Sequence[TagChange]) -> None:
        self._source = source
        self._coming = dict.fromkeys(change.item.id for change in order)
        self._read: dict[str, tuple[float, WorkItem | Absent]] = {}

    def of(self, batch: Sequence[TagChange]) -> Answers:
        """The present state of the items of `batch`, the next in the order. Raises `AuthError`."""
        clock = self._source.connector.clock
        ids = [change.item.id for change in batch]
        oldest = clock.monotonic() - GOOD_FOR
        wanted = [id_ for id_ in ids if id_ not in self._read or self._read[id_][0] < oldest]
        if wanted:
            begun = clock.monotonic()
            for id_ in wanted:
                self._coming.pop(id_, None)
            more = list(islice(self._coming, -len(wanted) % CHUNK))
            for id_ in more:
                del self._coming[id_]
            self._read |= {id_: (begun, answer) for id_, answer in read(self._source, [*wanted, *more]).items()}
        return {id_: self._read.pop(id_)[1] for id_ in dict.fromkeys(ids)}
