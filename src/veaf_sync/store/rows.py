"""A work item as rows: its content, the hash over it, and the rows of its memberships, aliases and description."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from veaf_sync.model import Membership, WorkItem
from veaf_sync.store.values import as_json, clean, digest, finite, join, micros

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
    places = _places(item.partitions)
    aliases = tuple(dict.fromkeys(alias for text in item.aliases if (alias := clean(text)))) if item.aliases else ()
    description = clean(item.description)
    updated = micros(item.updated)
    content = _content(item, places, aliases, updated)
    seen = (content, description, [(place.partition, place.handle, place.tags) for place in places])
    return Reading(
        clean(item.id),
        UNKNOWN_UPDATED if updated is None else updated,
        digest(seen),
        content,
        places,
        aliases,
        description,
    )


def _content(
    item: WorkItem, places: tuple[Membership, ...], aliases: tuple[str, ...], updated: int | None
) -> tuple[Any, ...]:
    key = clean(item.key)
    fields = {clean(name): [clean(text) for text in values] for name, values in item.fields.items()}
    return (
        key,
        key.casefold(),
        places[0].partition if places else "",
        join([place.partition for place in places]),
        str(item.level),
        clean(item.type),
        clean(item.state),
        str(item.state_category),
        clean(item.title),
        clean(item.parent),
        join(aliases),
        join(item.labels),
        join(item.components),
        join(item.milestones),
        join(item.sprints),
        join(item.assignees),
        clean(item.team),
        finite(item.points),
        finite(item.hours),
        micros(item.created),
        updated,
        micros(item.completed),
        join(item.stated),
        join(item.links),
        join(sorted({tag for place in places for tag in place.tags})),
        clean(item.url),
        as_json(fields) if fields else "{}",
    )


def _places(places: Iterable[Membership]) -> tuple[Membership, ...]:
    """The last of each partition, by partition; tags cleaned, sorted, each once."""
    unique = {place.partition: place for place in places}
    return tuple(
        Membership(
            clean(name),
            clean(unique[name].handle),
            tuple(sorted({clean(tag) for tag in unique[name].tags} - {""})) if unique[name].tags else (),
        )
        for name in sorted(unique)
    )


def newest(readings: list[Reading]) -> dict[str, Reading]:
    """One reading per id: the newest by `updated`, where equal the later one."""
    best: dict[str, Reading] = {}
    for reading in readings:
        held = best.get(reading.id)
        if held is None or reading.updated >= held.updated:
            best[reading.id] = reading
    return best
