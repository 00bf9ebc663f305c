"""Walking a source's shards: connectors fetch in worker threads, this thread stages the pages that are there.

A shard that raises, hangs, goes in circles or ends early is named and left incomplete; the others go on.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from veaf_sync.connector import Cursor, Mark, Shard
from veaf_sync.errors import AuthError, Forbidden, Incomplete, TokenExpired
from veaf_sync.store import Generation, Lease, Prepared, Store, prepare
from veaf_sync.sync.sources import Source, describe_failure

WORKERS = 8
PATIENCE = 900.0
"""Seconds without any page of any shard before the shards still open are given up."""
EMPTY_PAGES = 3
BUNDLE = 4
"""Pages that wait to be staged at most, and that one transaction takes at most: memory for little speed beyond."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What became of one shard. `reason` is empty where it was read to its end.

    `resumed`: its first pages were read by an earlier run, so that edits since then may not be among them.
    `suspects`: ids that its pages named as having left, maybe.
    """

    shard: Shard
    reason: str = ""
    forbidden: bool = False
    cursor: Cursor | None = None
    resumed: bool = False
    suspects: frozenset[str] = frozenset()

    @property
    def complete(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class _End:
    """A worker's last word on a shard: it ran out of pages, or `error` stopped it."""

    error: BaseException | None = None


class _Progressing:
    """Refuses a walk that does not advance: a mark that comes twice, or page after page with nothing on it."""

    def __init__(self) -> None:
        self._last = ""
        self._empty = 0
        self.ended = False

    def refusal(self, page: Prepared) -> Incomplete | None:
        """Why `page` cannot be the next one; `None` where it can."""
        if self.ended:
            return Incomplete("pages went on behind the last one")
        self._empty = 0 if page.readings or page.suspects else self._empty + 1
        if not page.mark:
            self.ended = True
        elif page.mark == self._last:
            return Incomplete("the same place was answered twice: the walk goes in circles")
        elif self._empty >= EMPTY_PAGES:
            return Incomplete(f"{self._empty} empty pages in a row, each promising more")
        self._last = page.mark
        return None


def walk(
    source: Source,
    shards: Sequence[Shard],
    store: Store,
    run: int,
    lease: Lease,
    seen: Callable[[int], None],
) -> list[Walked]:
    """Walk every shard; `seen` is told the number of items of each staged page. One `Walked` a shard, in order."""
    settings = source.fingerprint()
    generations = {shard.name: store.pulls.begin(run, source.name, shard, lease, settings=settings) for shard in shards}
    crew = _Crew(source, shards, {name: generation.mark for name, generation in generations.items()})
    guards = {shard.name: _Progressing() for shard in shards}
    cursors: dict[str, Cursor | None] = {}
    suspects: dict[str, set[str]] = {shard.name: set() for shard in shards}
    ended: dict[str, BaseException | None] = {}
    crew.start()
    try:
        while len(ended) < len(shards):
            pages: list[tuple[Generation, Prepared]] = []
            ends: dict[str, _End] = {}
            for name, event in crew.next(open_=[s.name for s in shards if s.name not in ended]):
                if name in ended or name in ends:
                    continue
                if isinstance(event, _End):
                    ends[name] = event
                elif refusal := guards[name].refusal(event):
                    ends[name] = _End(refusal)
                else:
                    pages.append((generations[name], event))
                    cursors[name] = event.cursor
                    suspects[name].update(event.suspects)
            for staged in store.pulls.stage(pages, lease) if pages else ():
                seen(staged.seen)
            for name, end in ends.items():
                ended[name] = _verdict(end, guards[name], store, generations[name], lease)
                crew.drop(name)
    finally:
        crew.stop()
    return [
        _walked(source, generations[shard.name], shard, ended[shard.name], cursors, suspects[shard.name])
        for shard in shards
    ]


def _verdict(
    end: _End, guard: _Progressing, store: Store, generation: Generation, lease: Lease
) -> BaseException | None:
    if isinstance(end.error, TokenExpired):
        store.pulls.restart(generation, lease)  # the next run begins anew and not at the same dead place
    if end.error is not None:
        return end.error
    if not guard.ended:
        return Incomplete("the walk ended before its last page")
    store.pulls.complete(generation, lease)
    return None


def _walked(
    source: Source,
    generation: Generation,
    shard: Shard,
    error: BaseException | None,
    cursors: Mapping[str, Cursor | None],
    suspects: Collection[str],
) -> Walked:
    if error is None:
        resumed = generation.mark is not None
        return Walked(shard, cursor=cursors.get(shard.name), resumed=resumed, suspects=frozenset(suspects))
    if isinstance(error, AuthError):
        raise error  # the credential is refused: this concerns the whole source
    return Walked(shard, reason=describe_failure(source.name, error), forbidden=isinstance(error, Forbidden))


class _Crew:
    """Daemon threads that fetch and prepare pages ahead, a bounded number: one that hangs keeps nobody waiting."""

    def __init__(self, source: Source, shards: Sequence[Shard], marks: Mapping[str, Mark | None]) -> None:
        self._source = source
        self._marks = marks
        self._jobs: queue.SimpleQueue[Shard] = queue.SimpleQueue()
        for shard in shards:
            self._jobs.put(shard)
        self._workers = min(WORKERS, len(shards))
        self._inbox: queue.Queue[tuple[str, Prepared | _End]] = queue.Queue(maxsize=BUNDLE)
        self._dropped: set[str] = set()
        self._stopped = threading.Event()

    def start(self) -> None:
        for number in range(self._workers):
            threading.Thread(target=self._work, daemon=True, name=f"{self._source.name}-{number}").start()

    def next(self, *, open_: Sequence[str]) -> list[tuple[str, Prepared | _End]]:
        """The pages and ends that wait, at least one; after `PATIENCE` seconds of silence, the first shard's end."""
        try:
            events = [self._inbox.get(timeout=PATIENCE)]
        except queue.Empty:
            silence = Incomplete(f"no answer for {PATIENCE / 60:.0f} minutes: the connector hangs")
            return [(open_[0], _End(silence))]
        while len(events) < BUNDLE and not self._inbox.empty():  # this thread alone takes out
            events.append(self._inbox.get_nowait())
        return events

    def drop(self, name: str) -> None:
        self._dropped.add(name)

    def stop(self) -> None:
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                shard = self._jobs.get_nowait()
            except queue.Empty:
                return
            try:
                self._fetch(shard, self._marks[shard.name])
                end = _End()
            except BaseException as error:  # a plugin may even exit: that ends its shard, not the run
                end = _End(error)
            self._hand(shard.name, end)

    def _fetch(self, shard: Shard, mark: Mark | None) -> None:
        for page in self._source.connector.pages(shard, mark):
            if not self._hand(shard.name, prepare(page)):
                return

    def _hand(self, name: str, event: Prepared | _End) -> bool:
        """False when nobody wants it any more."""
        while not self._stopped.is_set() and name not in self._dropped:
            try:
                self._inbox.put((name, event), timeout=1)
                return True
            except queue.Full:
                continue
        return False
