"""Absence is not deletion: what a pull did not show is counted, listed and asked for one by one.

Gone from a visible partition is deleted; what may not be read any more is frozen as it was. A partition that suddenly
shows nothing of what is known, or misses most of it, is not believed: a tool says the same of items that are hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from veaf_sync.connector import Absent, Feature, Partition
from veaf_sync.errors import SourceError
from veaf_sync.model import WorkItem
from veaf_sync.store import Lease, Store
from veaf_sync.sync.sources import Source, describe_failure

READ_CHUNK = 100
BELIEVED, BELIEVED_SHARE = 20, 0.5
"""A partition that misses more items than this, and more than this share of those known, is doubted."""
_HIDDEN = "do not show tags that we wrote, as the field in which they stand is not there; they are kept as ours"
_UNBELIEVED = (
    "do not show tags that we wrote, too many for people's edits (a hidden field or a deleted label looks the same); "
    "they are kept as ours (if people took them: veaf-sync sync --source {source} --accept-empty)"
)
_REASONS = {Absent.FORBIDDEN: "may not be read any more", Absent.UNKNOWN: "of which the tool gives no clear answer"}


@dataclass(slots=True)
class Absences:
    """What is known about items that were not shown.

    `deleted` ids, `frozen` ids with reasons, `thawed` ids that were frozen and can be read again,
    `read` ids that a direct reading brought; `kept` those of them whose missing tags nobody is believed to have taken.
    By partition, why: `failed` and `doubted` do not count as read, `holding` does, and holds frozen or kept items.
    """

    deleted: set[str] = field(default_factory=set)
    frozen: dict[str, str] = field(default_factory=dict)
    thawed: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    doubted: dict[str, str] = field(default_factory=dict)
    holding: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absentees:
    """The question: which known items of completely read partitions were not shown.

    `full` were walked wholly, `incremental` by their changes; `roster` are all visible partitions. `suspects` were
    named, by partition, as having left it, maybe.
    """

    full: Sequence[str]
    incremental: Sequence[str]
    roster: Mapping[str, Partition]
    suspects: Mapping[str, Collection[str]]
    accept_empty: bool
    census: bool


def settle(source: Source, store: Store, run: int, lease: Lease, question: Absentees) -> Absences:
    """Answer `question` with as few requests as the tool allows."""
    found = Absences()
    sizes = {name: size for (owner, name), size in store.items.sizes(run).items() if owner == source.name}
    doubtful: dict[str, set[str]] = {name: set() for name in question.full}
    for known in store.pulls.missing(run, source.name, question.full):
        for name in doubtful.keys() & set(known.partitions):
            doubtful[name].add(known.id)
    for name in question.full:
        if doubtful[name] and len(doubtful[name]) >= sizes.get(name, 0) and not question.accept_empty:
            found.doubted[name] = _not_shown(source, len(doubtful.pop(name)), sizes.get(name, 0))
    caught_up = [name for name in question.incremental if name not in found.doubted]
    for name in _differing(source, store, run, caught_up, census=question.census):
        doubtful[name] = doubtful.get(name, set()) | _listed(source, store, run, name, question, found)
    for name in caught_up:
        if suspects := question.suspects.get(name):
            doubtful[name] = doubtful.get(name, set()) | {*suspects, *store.pulls.below(source.name, suspects)}
    for name, ids in _still_frozen(source, store, run, caught_up).items():
        doubtful[name] = doubtful.get(name, set()) | ids
    for name in found.doubted:
        doubtful.pop(name, None)
    ask = set().union(*doubtful.values())
    read = {*question.full, *question.incremental} - found.doubted.keys()
    written = _written_but_unseen(source, store, run, read)
    lacking = set() if question.accept_empty else without_target(source, store, run, written, question.roster)
    written -= lacking
    try:
        late = _removed_but_seen(source, store, run, read)
        gone = read_directly(source, store, run, lease, sorted(ask | written | late), question.roster, found)
    except SourceError as error:
        why = describe_failure(source.name, error)
        reasons = {name: f"could not ask for items not shown: {why}" for name, ids in doubtful.items() if ids}
        found.failed |= {name: reason for name, reason in reasons.items() if name not in found.doubted}
        found.deleted.clear()
        found.read.clear()  # of half a reading nothing is concluded
        return found
    hidden = hidden_ones(source, store, run, gone, question.roster)
    gone -= hidden.keys()
    found.frozen |= hidden
    found.deleted |= gone
    if not question.accept_empty:
        found.deleted -= _doubt(source, store, run, gone, read, sizes, found)
    doubted = set() if question.accept_empty else _doubt_taken(source, store, run, written & found.read, read)
    found.kept = lacking | doubted
    kept = dict.fromkeys(lacking, _HIDDEN) | dict.fromkeys(doubted, _UNBELIEVED.format(source=source.name))
    found.holding = _holding(source, store, run, found.frozen | kept)
    return found


def _not_shown(source: Source, missing: int, known: int) -> str:
    if not source.settings.hosts():  # an export: nobody could have lost a permission
        gone = f"{missing:,} of {known:,} known items are not in the export any more"
        return f"{gone} (write the export again, or accept it if it is right)"
    return f"{missing:,} of {known:,} known items not shown any more (more likely a lost permission than deletions)"


def _doubt(
    source: Source,
    store: Store,
    run: int,
    gone: Collection[str],
    read: Collection[str],
    sizes: Mapping[str, int],
    found: Absences,
) -> set[str]:
    """Ids of `found.deleted` that are kept: they live in a doubted partition, or in one that would lose too much."""
    places = store.items.memberships(run, source.name, found.deleted)
    lost = Counter(place.partition for id_, lived in places.items() if id_ in gone for place in lived)
    for name in sorted(read):
        known = sizes.get(name, 0)
        if lost[name] > BELIEVED and lost[name] > BELIEVED_SHARE * known:
            found.doubted[name] = _not_shown(source, lost[name], known)
    return {id_ for id_, lived in places.items() if any(place.partition in found.doubted for place in lived)}


def _still_frozen(source: Source, store: Store, run: int, partitions: Collection[str]) -> dict[str, set[str]]:
    """Frozen ids by partition of `partitions`: what becomes readable again is no change that the tool would show."""
    frozen: dict[str, set[str]] = {}
    for item_id, places in store.items.memberships(run, source.name, store.pulls.frozen(source.name)).items():
        for place in places:
            if place.partition in partitions:
                frozen.setdefault(place.partition, set()).add(item_id)
    return frozen


def _holding(source: Source, store: Store, run: int, frozen: Mapping[str, str]) -> dict[str, str]:
    """Why partitions that were read are not whole."""
    counts: Counter[tuple[str, str]] = Counter()
    for item_id, places in store.items.memberships(run, source.name, frozen).items():
        counts.update((place.partition, frozen[item_id]) for place in places)
    reasons: dict[str, list[str]] = {}
    for (name, reason), count in sorted(counts.items()):
        reasons.setdefault(name, []).append(f"{count:,} {'item' if count == 1 else 'items'} {reason}")
    return {name: ", ".join(texts) for name, texts in reasons.items()}


def _differing(source: Source, store: Store, run: int, partitions: Sequence[str], *, census: bool) -> list[str]:
    """Those of `partitions` whose count in the tool differs from ours, or all of them when a census is due."""
    features = source.connector.features
    if Feature.IDS not in features or not partitions:
        return []
    if Feature.DEPARTURES in features and not census:
        return []
    if census or Feature.COUNT not in features:
        return list(partitions)
    ours = store.pulls.counts(run, source.name)

    def differs(name: str) -> str | None:
        try:
            theirs = source.connector.count(name)
        except SourceError:
            return name  # not told: compare the ids
        return name if theirs is not None and theirs != ours.get(name, 0) else None

    with ThreadPoolExecutor(max_workers=8) as pool:
        return [name for name in pool.map(differs, partitions) if name is not None]


def _listed(source: Source, store: Store, run: int, name: str, question: Absentees, found: Absences) -> set[str]:
    """Ids on which we and the tool disagree; nothing when the tool suddenly lists none of ours."""
    ours = store.pulls.ids(run, source.name, name)
    try:
        theirs = {item_id for item_id, _ in source.connector.ids(name)}
    except SourceError as error:
        found.failed[name] = describe_failure(source.name, error)
        return set()
    if ours and not theirs and not question.accept_empty:
        found.doubted[name] = _not_shown(source, len(ours), len(ours))
        return set()
    return ours ^ theirs


def _written_but_unseen(source: Source, store: Store, run: int, read: Collection[str]) -> set[str]:
    """Items of the partitions `read` where the last reading does not show a tag of ours.

    The tool's index may lag behind our own write, so the item is read directly before that counts as a withdrawal.
    """
    tag = source.settings.tag
    if tag is None:
        return set()
    unseen = store.pulls.unseen_tags(run, source.name, tag.target)
    places = store.items.memberships(run, source.name, unseen)
    return {item_id for item_id, found in places.items() if all(place.partition in read for place in found)}


def _removed_but_seen(source: Source, store: Store, run: int, read: Collection[str]) -> set[str]:
    """Items of the partitions `read` where the last reading shows a tag that we took away a moment ago.

    The tool's index may lag behind that, so the item is read directly before it counts as what a person set.
    """
    tag = source.settings.tag
    if tag is None:
        return set()
    shown = store.pulls.lately_removed(run, source.name, tag.target, within=source.settings.lag)
    places = store.items.memberships(run, source.name, shown)
    return {item_id for item_id, found in places.items() if all(place.partition in read for place in found)}


def without_target(
    source: Source, store: Store, run: int, ids: Collection[str], roster: Mapping[str, Partition]
) -> set[str]:
    """Those of `ids` that live only in partitions which do not have the field in which our tags stand."""
    lacking = {name for name, partition in roster.items() if not partition.target}
    if not lacking:
        return set()
    places = store.items.memberships(run, source.name, ids)
    return {item_id for item_id, found in places.items() if all(place.partition in lacking for place in found)}


def _doubt_taken(source: Source, store: Store, run: int, unseen: Collection[str], read: Collection[str]) -> set[str]:
    """Those of `unseen`, where tags of ours do not show, of whose partition most tags are missed.

    People take away some; that many at once is more likely a field that was renamed or hidden, or a label deleted.
    """
    tag = source.settings.tag
    if tag is None or len(unseen) <= BELIEVED:
        return set()
    unseen = unseen & store.pulls.unseen_tags(run, source.name, tag.target).keys()
    written = store.journal.written(source.name, target=tag.target)
    places = store.items.memberships(run, source.name, written)
    ours = Counter(place.partition for found in places.values() for place in found)
    missed = Counter(place.partition for item_id in unseen for place in places.get(item_id, ()))
    doubted = {n for n in read if missed[n] > BELIEVED and missed[n] > BELIEVED_SHARE * ours[n]}
    return {item_id for item_id in unseen if any(place.partition in doubted for place in places.get(item_id, ()))}


def read_directly(
    source: Source,
    store: Store,
    run: int,
    lease: Lease,
    ids: Sequence[str],
    roster: Collection[str],
    found: Absences,
) -> set[str]:
    """Read `ids` directly and stage what they are; brings those that are gone, as far as the tool says.

    `found` learns the rest: frozen ones with the reason, and those that live where this source does not look.
    """
    gone: set[str] = set()
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
                gone.add(item_id)
            else:
                found.frozen[item_id] = _REASONS[answer]
        store.pulls.stage_read(run, source.name, brought, lease)
    return gone


def hidden_ones(
    source: Source, store: Store, run: int, gone: Collection[str], roster: Mapping[str, Partition]
) -> dict[str, str]:
    """Those of `gone` that live in a partition which cannot be read now, with the reason: they may well be there."""
    hidden = {}
    for id_, places in store.items.memberships(run, source.name, gone).items():
        names = sorted(name for place in places if not _readable(name := place.partition, roster))
        if names := [name for name in names if source.connector.wants(name)]:
            hidden[id_] = f"may be there still: {', '.join(names)} is not visible to this credential"
    return hidden


def _readable(name: str, roster: Mapping[str, Partition]) -> bool:
    return name in roster and roster[name].readable


def _chunks(ids: Iterable[str], size: int) -> Iterable[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
