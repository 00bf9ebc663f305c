"""A work item as rows: its content, the hash over it, and the rows of its memberships, aliases and description."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Any

from veaf_sync.model import Membership, WorkItem
from veaf_sync.store.values import SEPARATOR, addresses, as_json, clean, digest, finite, micros

UNKNOWN_UPDATED = -(2**62)
"""Stands for an item whose tool does not say when it was changed: older than any that does."""

CONTENT = (
    *("key", "folded", "partition", "partitions", "level", "type", "state", "state_category", "title", "parent"),
    *("aliases", "labels", "components", "milestones", "sprints", "assignees", "team", "points", "hours"),
    *("created", "updated", "completed", "stated", "links", "tags", "url", "fields"),
)
"""The columns of an item that people see, in the order of `Reading.content`."""


@dataclass(slots=True)
class Reading:
    """One item as one page showed it. `content` has the values of `CONTENT`; `hash` is over everything people see."""

    id: str
    updated: int
    hash: str
    content: tuple[Any, ...]
    places: tuple[Membership, ...]
    aliases: tuple[str, ...]
    description: str


def read(item: WorkItem) -> Reading:
    """Turn an item into what is stored. Memberships are put in order by partition, so that order is no difference."""
    item = _cleaned(item)
    places = _places(item.partitions)
    aliases = tuple(dict.fromkeys(filter(None, item.aliases))) if item.aliases else ()
    description = clean(item.description)
    updated = micros(item.updated)
    if item.links or "://" in description:
        item = replace(item, links=addresses(item.links, description))
    content = _content(item, places, aliases, updated)
    seen = (content, description, [(place.partition, place.handle, place.tags) for place in places])
    return Reading(
        item.id,
        UNKNOWN_UPDATED if updated is None else updated,
        digest(seen),
        content,
        places,
        aliases,
        description,
    )


_TEXTS = ("id", "key", "type", "state", "title", "parent", "team", "url")
_LISTS = ("aliases", "labels", "components", "milestones", "sprints", "assignees", "stated", "links")
_texts = attrgetter(*_TEXTS)
_lists = attrgetter(*_LISTS)


def _cleaned(item: WorkItem) -> WorkItem:
    """The item with every text clean but its memberships', fields and description: nearly always as it is."""
    if "".join(chain(_texts(item), *_lists(item))).isprintable():
        return item
    texts = {name: clean(text) for name, text in zip(_TEXTS, _texts(item), strict=True)}
    lists = {name: tuple(map(clean, values)) for name, values in zip(_LISTS, _lists(item), strict=True)}
    return replace(item, **texts, **lists)  # type: ignore[arg-type]


def _content(
    item: WorkItem, places: tuple[Membership, ...], aliases: tuple[str, ...], updated: int | None
) -> tuple[Any, ...]:
    key = item.key
    tags = places[0].tags if len(places) == 1 else sorted({tag for place in places for tag in place.tags})
    lists = [SEPARATOR.join(filter(None, values)) if values else "" for values in _lists(item)]
    _, labels, components, milestones, sprints, assignees, stated, links = lists
    fields = {clean(name): [clean(text) for text in values] for name, values in item.fields.items()}
    return (
        key,
        key.casefold(),
        places[0].partition if places else "",
        SEPARATOR.join([place.partition for place in places if place.partition]),
        str(item.level),
        item.type,
        item.state,
        str(item.state_category),
        item.title,
        item.parent,
        SEPARATOR.join(aliases),
        labels,
        components,
        milestones,
        sprints,
        assignees,
        item.team,
        finite(item.points),
        finite(item.hours),
        micros(item.created),
        updated,
        micros(item.completed),
        stated,
        links,
        SEPARATOR.join(tags),
        item.url,
        as_json(fields) if fields else "{}",
    )


def _places(places: tuple[Membership, ...]) -> tuple[Membership, ...]:
    """The last of each partition, by partition; tags cleaned, sorted, each once."""
    if len(places) == 1:
        return (_place(places[0]),)
    unique = {place.partition: place for place in places}
    return tuple([_place(unique[name]) for name in sorted(unique)])


def _place(place: Membership) -> Membership:
    if not place.tags and (place.partition + place.handle).isprintable():
        return place
    tags = tuple(sorted({clean(tag) for tag in place.tags} - {""}))
    return Membership(clean(place.partition), clean(place.handle), tags)


def newest(readings: Iterable[Reading]) -> dict[str, Reading]:
    """One reading per id: the newest by `updated`, where equal the later one."""
    best: dict[str, Reading] = {}
    for reading in readings:
        held = best.get(reading.id)
        if held is None or reading.updated >= held.updated:
            best[reading.id] = reading
    return best
