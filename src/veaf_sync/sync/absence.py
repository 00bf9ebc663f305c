"""Absence is not deletion: what a pull did not show is counted, listed and asked for one by one.

Gone from a visible partition is deleted; what may not be read any more is frozen as it was. A partition
that suddenly shows nothing of what is known is not believed at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from veaf_sync.connector import Absent, Feature
from veaf_sync.errors import SourceError
from veaf_sync.model import WorkItem
from veaf_sync.store import Lease, Store
from veaf_sync.sync.sources import Source, describe_failure

READ_CHUNK = 100
_REASONS = {Absent.FORBIDDEN: "may not be read any more", Absent.UNKNOWN: "the tool gave no clear answer"}


@dataclass(slots=True)
class Absences:
    """What is known about items that were not shown.

    `deleted` ids, `frozen` ids with reasons, `thawed` ids that were frozen and can be read again,
    `read` ids that a direct reading brought, `failed` partitions with the reason why they cannot count as read.
    """

    deleted: set[str] = field(default_factory=set)
    frozen: dict[str, str] = field(default_factory=dict)
    thawed: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absentees:
    """The question: which known items of completely read partitions were not shown.

    `full` were walked wholly, `incremental` by their changes; `roster` are all visible partitions.
    """

    full: Sequence[str]
    incremental: Sequence[str]
    roster: Collection[str]
    accept_empty: bool
    census: bool


def settle(source: Source, store: Store, run: int, lease: Lease, question: Absentees) -> Absences:
    """Answer `question` with as few requests as the tool allows."""
    found = Absences()
    believed = [name for name in question.full if not _suddenly_empty(source, store, run, name, question, found)]
    doubtful: dict[str, set[str]] = {name: set() for name in believed}
    for known in store.pulls.missing(run, source.name, believed):
        for name in doubtful.keys() & set(known.partitions):
            doubtful[name].add(known.id)
    for name in _differing(source, store, run, question, found):
        doubtful[name] = doubtful.get(name, set()) | _listed(source, store, run, name, question, found)
    ask = set().union(*doubtful.values())
    written = _written_but_unseen(source, store, run, {*question.full, *question.incremental})
    try:
        _read(source, store, run, lease, sorted(ask | written), question.roster, found)
    except SourceError as error:
        reason = f"{len(ask)} items not shown could not be asked for: {describe_failure(source.name, error)}"
        found.failed |= {name: reason for name, ids in doubtful.items() if ids}
        found.deleted.clear()
    return found


def _suddenly_empty(source: Source, store: Store, run: int, name: str, question: Absentees, found: Absences) -> bool:
    known = store.items.sizes(run).get((source.name, name), 0)
    if not known or question.accept_empty or len(store.pulls.missing(run, source.name, [name])) < known:
        return False
    found.failed[name] = (
        f"{name} returned 0 of {known:,} known items. That is more likely a lost permission than "
        f"{known:,} deletions. If they are really gone: veaf-sync sync --source {source.name} --accept-empty"
    )
    return True


def _differing(source: Source, store: Store, run: int, question: Absentees, found: Absences) -> list[str]:
    """Incremental partitions whose count in the tool differs from ours, or all of them when a census is due."""
    features = source.connector.features
    if Feature.IDS not in features or not question.incremental:
        return []
    if question.census or Feature.COUNT not in features:
        return list(question.incremental)
    ours = store.pulls.counts(run, source.name)

    def differs(name: str) -> str | None:
        try:
            theirs = source.connector.count(name)
        except SourceError:
            return name  # not told: compare the ids
        return name if theirs is not None and theirs != ours.get(name, 0) else None

    with ThreadPoolExecutor(max_workers=8) as pool:
        return [name for name in pool.map(differs, question.incremental) if name is not None]


def _listed(source: Source, store: Store, run: int, name: str, question: Absentees, found: Absences) -> set[str]:
    """Ids on which we and the tool disagree; nothing when the tool suddenly lists none of ours."""
    ours = store.pulls.ids(run, source.name, name)
    try:
        theirs = {item_id for item_id, _ in source.connector.ids(name)}
    except SourceError as error:
        found.failed[name] = describe_failure(source.name, error)
        return set()
    if ours and not theirs and not question.accept_empty:
        found.failed[name] = (
            f"{name} lists 0 of {len(ours):,} known items. That is more likely a lost permission than deletions. "
            f"If they are really gone: veaf-sync sync --source {source.name} --accept-empty"
        )
        return set()
    return ours ^ theirs


def _written_but_unseen(source: Source, store: Store, run: int, read: Collection[str]) -> set[str]:
    """Items of the partitions `read` where the last reading does not show a tag of ours.

    The tool's index may lag behind our own write, so the item is read directly before that counts as a withdrawal.
    """
    if source.settings.tag is None:
        return set()
    unseen = store.pulls.unseen_tags(run, source.name)
    places = store.items.memberships(run, source.name, unseen)
    return {item_id for item_id, found in places.items() if all(place.partition in read for place in found)}


def _read(
    source: Source,
    store: Store,
    run: int,
    lease: Lease,
    ids: Sequence[str],
    roster: Collection[str],
    found: Absences,
) -> None:
    for chunk in _chunks(ids, READ_CHUNK):
        answers = source.connector.get(chunk)
        brought = []
        for item_id in chunk:
            answer = answers.get(item_id, Absent.UNKNOWN)
            if isinstance(answer, WorkItem):
                if any(place.partition in roster for place in answer.partitions):
                    brought.append(answer)
                    found.thawed.add(item_id)
                    found.read.add(item_id)
                else:
                    found.deleted.add(item_id)  # moved to where this source does not look
            elif answer is Absent.GONE:
                found.deleted.add(item_id)
            else:
                found.frozen[item_id] = _REASONS[answer]
        store.pulls.stage_read(run, source.name, brought, lease)


def _chunks(ids: Iterable[str], size: int) -> Iterable[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
