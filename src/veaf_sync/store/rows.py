"""A work item as rows: its content, the hash over it, and the rows of its memberships, aliases and description."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from veaf_sync.model import Membership, WorkItem
from veaf_sync.store.values import as_json, clean, finite, join, micros

Row = dict[str, Any]
UNKNOWN_UPDATED = -(2**62)
"""Stands for an item whose tool does not say when it was changed: older than any that does."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One item as one page showed it. `content` holds every column that people see; `hash` is over all of it."""

    id: str
    updated: int
    hash: str
    content: Row
    places: tuple[Membership, ...]
    aliases: tuple[str, ...]
    description: str


def read(item: WorkItem) -> Reading:
    """Turn an item into what is stored. Memberships are put in order by partition, so that order is no difference."""
    places = tuple(
        Membership(
            clean(place.partition), clean(place.handle), tuple(sorted({clean(tag) for tag in place.tags} - {""}))
        )
        for place in sorted({place.partition: place for place in item.partitions}.values(), key=lambda p: p.partition)
    )
    aliases = tuple(dict.fromkeys(alias for text in item.aliases if (alias := clean(text))))
    description = clean(item.description)
    content = _content(item, places, aliases)
    seen = [*content.values(), description, [[place.partition, place.handle, place.tags] for place in places]]
    updated = content["updated"]
    return Reading(
        id=clean(item.id),
        updated=UNKNOWN_UPDATED if updated is None else updated,
        hash=hashlib.blake2b(as_json(seen).encode(), digest_size=16).hexdigest(),
        content=content,
        places=places,
        aliases=aliases,
        description=description,
    )


def _content(item: WorkItem, places: tuple[Membership, ...], aliases: tuple[str, ...]) -> Row:
    key = clean(item.key)
    fields = {clean(name): [clean(text) for text in values] for name, values in item.fields.items()}
    return {
        "key": key,
        "folded": key.casefold(),
        "partition": places[0].partition if places else "",
        "partitions": join(place.partition for place in places),
        "level": str(item.level),
        "type": clean(item.type),
        "state": clean(item.state),
        "state_category": str(item.state_category),
        "title": clean(item.title),
        "parent": clean(item.parent),
        "aliases": join(aliases),
        "labels": join(item.labels),
        "components": join(item.components),
        "milestones": join(item.milestones),
        "sprints": join(item.sprints),
        "assignees": join(item.assignees),
        "team": clean(item.team),
        "points": finite(item.points),
        "hours": finite(item.hours),
        "created": micros(item.created),
        "updated": micros(item.updated),
        "completed": micros(item.completed),
        "stated": join(item.stated),
        "links": join(item.links),
        "tags": join(sorted({tag for place in places for tag in place.tags})),
        "url": clean(item.url),
        "fields": as_json(fields),
    }


def newest(readings: list[Reading]) -> dict[str, Reading]:
    """One reading per id: the newest by `updated`, where equal the later one."""
    best: dict[str, Reading] = {}
    for reading in readings:
        held = best.get(reading.id)
        if held is None or reading.updated >= held.updated:
            best[reading.id] = reading
    return best
