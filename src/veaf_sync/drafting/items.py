"""Objectives that the work itself speaks of: labels, fields that name objectives, items that stand above others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from veaf_sync.connector import GOALS
from veaf_sync.drafting.model import STRATEGIC, Draft, DraftObjective, DraftReader, DraftRule, slug, unique
from veaf_sync.mapping import NONE
from veaf_sync.model import Level
from veaf_sync.strategy import RESERVED

MOST_TOPS = 25
"""So many top-level items become objectives at most: those with the most work below them."""
MOST_VALUES = 50
"""A prefix or field with more values names no objectives."""
MOST_LEFT = 20
_PREFIXED = re.compile(r"([^\W\d_][\w ]*?)\s*([:/=._-])\s*(\S.*)")
_SURE = ":/="
"""What separates a prefix from its value whatever the word is; of `-` and the like only a strategic word is sure."""


@dataclass(frozen=True, slots=True)
class World:
    """What was read: ITEMS with `fields`, HIERARCHY and WEIGHTS, each sorted by (source, id)."""

    items: pl.DataFrame
    hierarchy: pl.DataFrame
    weights: pl.DataFrame

    @property
    def counted(self) -> pl.DataFrame:
        """ITEMS that are counted."""
        return self.items.join(self.weights.filter("counted").select("source", "id"), on=["source", "id"], how="semi")


def from_items(world: World, known: Sequence[DraftObjective] = ()) -> Draft:
    """Labels and fields that name objectives, then the top-level items whose work these do not reach.

    `known` are objectives that a spreadsheet or the vendor's goals brought: labels and items that are called like one
    lead to it, and no others are made of them.
    """
    stated = _statements(world, known)
    return stated + _tops(world, known, stated)


def _statements(world: World, known: Sequence[DraftObjective]) -> Draft:
    labels = Counter(label for values in world.counted["labels"].to_list() for label in set(values))
    draft = Draft()
    hints: Counter[str] = Counter()
    for prefix, (word, mark, values) in _by_prefix(labels).items():
        if word in STRATEGIC and len(values) <= MOST_VALUES:
            draft += _of_values(values, known, "labels", prefix)
        elif mark in _SURE and len(values) > 1:
            hints[prefix] = sum(values.values())
    for name, counts in _strategic_fields(world.counted):
        draft += _of_values(counts, known, f"fields.{name}")
    left = [f"labels {prefix}…  {_items(count)}" for prefix, count in hints.most_common(MOST_LEFT)]
    return draft + Draft(objectives=tuple(_carried(world, known)), left=tuple(left))


def _by_prefix(labels: Mapping[str, int]) -> dict[str, tuple[str, str, dict[str, int]]]:
    """By prefix as written: its word, its mark, and its values with their counts, the most frequent first."""
    found: dict[str, tuple[str, str, dict[str, int]]] = {}
    for label, count in sorted(labels.items(), key=lambda pair: (-pair[1], pair[0])):
        if match := _PREFIXED.fullmatch(label):
            prefix = label[: match.start(3)]
            found.setdefault(prefix, (match[1].casefold(), match[2], {}))[2][match[3]] = count
    return found


def _of_values(values: Mapping[str, int], known: Sequence[DraftObjective], from_: str, prefix: str = "") -> Draft:
    """Objectives of labels or of a field's values: a reader for values that are ids, a rule for each of the others."""
    objectives: dict[str, DraftObjective] = {}
    rules = []
    plain = []
    for value, count in values.items():
        if len(parts := value.split(", ")) > 1 and values.keys() >= set(parts):
            continue  # several at once, each of which is there by itself
        same = _called(value, known)
        identity = value if value == NONE else same or _identity(value, objectives)
        what = f"label {prefix}{value}" if from_ == "labels" else f"{from_.removeprefix('fields.')} is {value}"
        if not same and value != NONE:
            objectives[identity] = DraftObjective(identity, value, f"{what}, {_items(count)}")
        if identity == value:
            plain.append(value)
        else:
            rules.append(DraftRule(what, {from_: prefix + value}, identity))
    spaced = all(re.search(r"\s", value) for value in values if value not in plain)
    taken = r"\S+" if spaced else "|".join(map(_literally, plain))
    readers = (DraftReader(from_, f"{_literally(prefix)}(?P<objective>{taken})"),) if plain else ()
    return Draft(tuple(objectives.values()), readers, tuple(rules))


def _literally(text: str) -> str:
    """A regular expression for a text, of the kind that both our engines read the same."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _strategic_fields(counted: pl.DataFrame) -> Iterator[tuple[str, dict[str, int]]]:
    """Custom fields whose name announces objectives, with their values, the most frequent first."""
    found: dict[str, Counter[str]] = {}
    for text in counted["fields"]:
        for name, values in (orjson.loads(text) if text not in ("", "{}") else {}).items():
            if set(re.split(r"[\W_]+", name.casefold())) & STRATEGIC:
                found.setdefault(name, Counter()).update({value for value in values if value.strip()})
    for name, counts in sorted(found.items()):
        if 0 < len(counts) <= MOST_VALUES:
            yield name, dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _carried(world: World, known: Sequence[DraftObjective]) -> Iterator[DraftObjective]:
    """Objectives that items name in a place which is always read, such as a column `objective`."""
    ids = {each.id for each in known}
    counts = Counter(value for values in world.counted["stated"].to_list() for value in set(values))
    for value, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if value not in ids | RESERVED and re.fullmatch(r"[^\s{}]+", value):
            yield DraftObjective(value, value, f"stated on {_items(count)}")


def _tops(world: World, known: Sequence[DraftObjective], stated: Draft) -> Draft:
    """The highest items with work below them: initiatives where there are any, else epics."""
    below = _work_below(world)
    levels = [each for each in (Level.INITIATIVE, Level.EPIC) if any(row["level"] == each for row in below)]
    rows = [row for row in below if levels and row["level"] == levels[0]]
    taken = {each.id for each in (*known, *stated.objectives)}
    readers = [re.compile(reader.pattern) for reader in stated.readers if reader.pattern]
    objectives: list[DraftObjective] = []
    rules: list[DraftRule] = []
    left: list[str] = []
    for row in rows:
        if any(reader.fullmatch(label) for reader in readers for label in row["labels"]) or row["stated"]:
            continue
        if GOALS in orjson.loads(row["fields"] or "{}"):
            continue  # people linked it to a goal of the tool
        same = _called(row["title"], known)
        what = f"{row['key']} {row['title']}".strip()
        if not same and (known or len(objectives) >= MOST_TOPS):
            left.append(f"{row['level']} {what}  {_items(row['work'])} below")
            continue
        identity = same or unique(slug(row["title"], slug(row["key"])), taken)
        if not same:
            taken.add(identity)
            why = f"{row['source']}:{row['key']}, {_items(row['work'])} below"
            objectives.append(DraftObjective(identity, row["title"] or row["key"], why))
        rules.append(DraftRule(what, {"source": row["source"], "key": row["key"]}, identity))
    shown = left[:MOST_LEFT] + ([f"{len(left) - MOST_LEFT:,} more"] if len(left) > MOST_LEFT else [])
    return Draft(tuple(objectives), (), tuple(rules), tuple(shown))


def _work_below(world: World) -> list[dict[str, Any]]:
    """Initiatives and epics with how many counted items are below them (`work`), the most first."""
    keys = ["source", "id"]
    parents = world.hierarchy.filter(pl.col("parent_id") != "").select(*keys, "parent_source", "parent_id")
    reached = world.weights.filter("counted").select(*keys)
    counts: list[pl.DataFrame] = []
    for _ in range(len(Level) * 4):  # deeper than any tool; rings are absent from HIERARCHY
        reached = reached.join(parents, on=keys).select(source="parent_source", id="parent_id")
        if reached.is_empty():
            break
        counts.append(reached)
    if not counts:
        return []
    work = pl.concat(counts).group_by(keys).agg(pl.len().alias("work"))
    above = pl.col("level").is_in([Level.INITIATIVE.value, Level.EPIC.value])
    found = world.items.filter(above).join(work, on=keys).sort("work", "source", "key", descending=[True, False, False])
    return found.select(*keys, "key", "title", "level", "labels", "stated", "fields", "work").to_dicts()


def _called(name: str, known: Iterable[DraftObjective]) -> str:
    """The id of the known objective that is called so; "" where there is none."""
    wanted = slug(name, name)
    return next(
        (each.id for each in known if name == each.id or wanted in (slug(each.id, ""), slug(each.title, ""))), ""
    )


def _identity(value: str, taken: Mapping[str, DraftObjective]) -> str:
    """The value itself where it can be an id, else one made of it."""
    return value if re.fullmatch(r"[^\s{}]+", value) and value not in RESERVED else unique(slug(value), taken)


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"
