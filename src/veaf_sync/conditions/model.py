"""What a condition is: a frozen tree, parsed from the `when` language of mapping.yaml.

A condition is a tuple of parts that must all hold. A part names a property of the item and tests its
value, or combines other conditions. Part names are the words as written, so that people can be shown
which of their own keys held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

TEXT_PROPERTIES = ("source", "key", "level", "type", "state", "state_category", "title", "description", "team")
LIST_PROPERTIES = ("partition", "labels", "components", "milestones", "sprints", "assignees")
PROPERTIES = (*TEXT_PROPERTIES, *LIST_PROPERTIES)
FIELD = "fields."
"""What a custom field's property starts with: `fields.Team` is the field `Team`."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Some value equals one of `values`: whole, ignoring case. Scalar, list, `in` and `any` are this."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EachOf:
    """Each of `values` is among the item's values (`all`)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No value equals one of `values`; holds where the value is missing (`none`)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glob:
    """Some value is matched whole, ignoring case, by one of `patterns` (`*` any text, `?` one character)."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regex:
    """One of `patterns` is found in some value, case as written."""

    patterns: tuple[str, ...]


Test: TypeAlias = OneOf | EachOf | NoneOf | Glob | Regex


@dataclass(frozen=True, slots=True)
class Is:
    """The value of `name` passes all `tests`."""

    name: str
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Age:
    """Whole 24-hour days since creation, strictly more than `over` and less than `under`."""

    over: int | None
    under: int | None
    name: str = "age"


@dataclass(frozen=True, slots=True)
class Ancestor:
    """Some ancestor satisfies `condition`."""

    condition: Condition
    name: str = "ancestor"


@dataclass(frozen=True, slots=True)
class AllHold:
    """Every one of `conditions` holds (`all`)."""

    conditions: tuple[Condition, ...]
    name: str = "all"


@dataclass(frozen=True, slots=True)
class AnyHolds:
    """At least one of `conditions` holds (`any`)."""

    conditions: tuple[Condition, ...]
    name: str = "any"


@dataclass(frozen=True, slots=True)
class Not:
    """`condition` does not hold (`not`)."""

    condition: Condition
    name: str = "not"


Part: TypeAlias = Is | Age | Ancestor | AllHold | AnyHolds | Not


@dataclass(frozen=True, slots=True)
class Condition:
    """All `parts` hold; without parts it always holds."""

    parts: tuple[Part, ...] = ()


def inner(part: Part) -> tuple[Condition, ...]:
    """The conditions directly inside a combining part."""
    match part:
        case AllHold(conditions) | AnyHolds(conditions):
            return conditions
        case Ancestor(condition) | Not(condition):
            return (condition,)
    return ()


def parts_of(condition: Condition) -> Iterator[Part]:
    """Every part of the tree, outer before inner."""
    for part in condition.parts:
        yield part
        for nested in inner(part):
            yield from parts_of(nested)


def properties(condition: Condition) -> frozenset[str]:
    """Names of the properties that a condition asks for, its ancestors' included.

    These are the words of the language (`labels`, `age`, `ancestor`, `fields.NAME` …): `age` needs the
    column `created`, `partition` needs `partitions`, `fields.NAME` the column `fields`.
    """
    return frozenset(part.name for part in parts_of(condition) if isinstance(part, Is | Age | Ancestor))


def positive_tests(condition: Condition) -> Iterator[tuple[str, Test]]:
    """(property, test) of everything asked of the item itself and not under `not`."""
    for part in condition.parts:
        match part:
            case Is(name, tests):
                yield from ((name, test) for test in tests)
            case AllHold(conditions) | AnyHolds(conditions):
                for nested in conditions:
                    yield from positive_tests(nested)


def positive_regexes(condition: Condition) -> Iterator[tuple[str, str]]:
    """(property, pattern) of every regex among them."""
    for name, test in positive_tests(condition):
        if isinstance(test, Regex):
            yield from ((name, pattern) for pattern in test.patterns)


def addable(condition: Condition) -> Iterator[tuple[str, str]]:
    """(property, value), each once: values that a condition names, so that adding one could make it hold."""
    found: dict[tuple[str, str], None] = {}
    for name, test in positive_tests(condition):
        if isinstance(test, OneOf | EachOf):
            found.update(dict.fromkeys((name, value) for value in test.values))
    yield from found
