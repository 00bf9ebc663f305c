"""From what the YAML holds to a `Condition`, or every problem at once, each at its own place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import TypeGuard

from veaf_sync.conditions.model import (
    FIELD,
    PROPERTIES,
    Age,
    AllHold,
    Ancestor,
    AnyHolds,
    Condition,
    EachOf,
    Glob,
    Is,
    NoneOf,
    Not,
    OneOf,
    Part,
    Regex,
    Test,
)
from veaf_sync.conditions.regex import regex_problem
from veaf_sync.conditions.text import given
from veaf_sync.model import as_text

OPERATORS = ("in", "any", "all", "none", "glob", "regex")
COMBINATIONS = ("all", "any", "not")
WORDS = (*PROPERTIES, "age", "ancestor", *COMBINATIONS)
KEY_OPERATORS = frozenset({"in", "any", "glob", "regex"})
MAX_PATH = 40

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem of a condition: `path` leads from the condition's top to its place."""

    path: Path
    what: str


class ConditionError(ValueError):
    """A condition that cannot be used; `faults` are all of its problems, the message joins them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.what for fault in faults))


def parse(value: object, *, refused: Set[str] = frozenset()) -> Condition:
    """The condition that a YAML value describes. An empty mapping, or nothing, always holds.

    `refused` are properties that may not be asked for here. Raises `ConditionError` (a `ValueError`) with
    every problem.
    """
    reader = _Reader(refused)
    condition = Condition() if value is None else reader.condition(value, ())
    if reader.faults:
        raise ConditionError(reader.faults)
    return condition


class _Reader:
    """Collects faults while it reads, so that one mistake does not hide the next."""

    def __init__(self, refused: Set[str]) -> None:
        self.refused = refused
        self.faults: list[Fault] = []

    def fault(self, path: Path, what: str) -> None:
        self.faults.append(Fault(path, what))

    def condition(self, value: object, path: Path) -> Condition:
        if not isinstance(value, Mapping):
            self.fault(path, "a condition is a mapping such as {type: Bug}")
            return Condition()
        if len(path) > MAX_PATH:
            self.fault(path, "a condition may not be nested this deeply")
            return Condition()
        parts = (self.part(str(name), inner, (*path, str(name))) for name, inner in value.items())
        return Condition(tuple(part for part in parts if part is not None))

    def part(self, name: str, value: object, path: Path) -> Part | None:
        if value is None:
            self.fault(path, f"{name} has no value")
            return None
        if name in self.refused:
            self.fault(path, f"{name} cannot be asked for here")
            return None
        if name in ("all", "any"):
            conditions = self.conditions(name, value, path)
            return AllHold(conditions) if name == "all" else AnyHolds(conditions)
        if name == "not":
            return Not(self.negated(value, path))
        if name == "age":
            return self.age(value, path)
        if name == "ancestor":
            return Ancestor(self.ancestor(value, path))
        if name in PROPERTIES or (name.startswith(FIELD) and name != FIELD):
            return Is(name, self.tests(name, value, path))
        self.fault(path, _unknown(name))
        return None

    def conditions(self, name: str, value: object, path: Path) -> tuple[Condition, ...]:
        if not _is_list(value) or not value:
            self.fault(path, f"{name} takes a list of conditions, such as {name}: [{{type: Bug}}, {{labels: ux}}]")
            return ()
        return tuple(self.condition(inner, (*path, index)) for index, inner in enumerate(value))

    def negated(self, value: object, path: Path) -> Condition:
        if not isinstance(value, Mapping) or not value:
            self.fault(path, "not takes one condition, such as not: {type: Bug}")
            return Condition()
        return self.condition(value, path)

    def age(self, value: object, path: Path) -> Part | None:
        if not isinstance(value, Mapping) or not value:
            self.fault(path, "age takes over, under or both in days, such as age: {over: 30}")
            return None
        days: dict[str, int] = {}
        for key, number in value.items():
            if key not in ("over", "under"):
                self.fault((*path, str(key)), f"{key} is not a word of age. It takes over and under, in days.")
            elif isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 100_000:
                self.fault((*path, str(key)), f"age {key} is a whole number of days, not {number!r}")
            else:
                days[str(key)] = int(number)
        return Age(days.get("over"), days.get("under"))

    def ancestor(self, value: object, path: Path) -> Condition:
        if isinstance(value, Mapping):
            if value and set(value) <= KEY_OPERATORS and not _holds_conditions(value):
                return Condition((Is("key", self.tests("ancestor", value, path)),))
            if not value:
                self.fault(path, "ancestor takes a key, a glob, a list of them, or a condition")
            return self.condition(value, path)
        texts = self.texts("ancestor", value, path)
        globs = tuple(text for text in texts if set(text) & set("*?"))
        keys = tuple(text for text in texts if text not in globs)
        either = [Is("key", (test,)) for test in (OneOf(keys), Glob(globs)) if given(test)]
        if len(either) == 2:
            return Condition((AnyHolds(tuple(Condition((part,)) for part in either)),))
        return Condition(tuple(either))

    def tests(self, name: str, value: object, path: Path) -> tuple[Test, ...]:
        if not isinstance(value, Mapping):
            return (OneOf(self.texts(name, value, path)),)
        if not value:
            self.fault(path, f"{name} says nothing. Use a value, a list, or one of {', '.join(OPERATORS)}.")
        tests = (self.test(name, str(key), inner, (*path, str(key))) for key, inner in value.items())
        return tuple(test for test in tests if test is not None)

    def test(self, name: str, operator: str, value: object, path: Path) -> Test | None:
        if operator not in OPERATORS:
            close = get_close_matches(operator, OPERATORS, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"It takes {', '.join(OPERATORS)}."
            if operator == "not":
                hint = f"Write not: {{{name}: …}}, or {name}: {{none: […]}}."
            self.fault(path, f"{operator} is not an operator of {name}. {hint}")
            return None
        texts = self.texts(f"{name} {operator}", value, path)
        match operator:
            case "in" | "any":
                return OneOf(texts)
            case "all":
                return EachOf(texts)
            case "none":
                return NoneOf(texts)
            case "glob":
                return Glob(texts)
        for index, pattern in enumerate(texts):
            if problem := regex_problem(pattern):
                self.fault((*path, index) if _is_list(value) else path, problem)
        return Regex(texts)

    def texts(self, name: str, value: object, path: Path) -> tuple[str, ...]:
        items: list[tuple[object, Path]] = [(value, path)]
        if _is_list(value):
            items = [(item, (*path, index)) for index, item in enumerate(value)]
        if not items:
            self.fault(path, f"{name} has an empty list, which nothing can satisfy")
        texts = []
        for item, place in items:
            if not isinstance(item, str | int | float | bool | date):
                self.fault(place, f"{name} takes texts and numbers, not {_kind(item)}")
            elif as_text(item) == "":
                self.fault(place, f"{name} has an empty text, which no value equals: a missing value satisfies nothing")
            else:
                texts.append(as_text(item))
        return tuple(texts)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _holds_conditions(value: Mapping[object, object]) -> bool:
    return any(
        isinstance(item, Mapping) for inner in value.values() if isinstance(inner, list | tuple) for item in inner
    )


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    return "a mapping" if isinstance(value, Mapping) else "a list" if _is_list(value) else type(value).__name__


def _unknown(name: str) -> str:
    close = get_close_matches(name, WORDS, n=1)
    if close:
        return f"{name} is not a property. Did you mean {close[0]}?"
    if name in OPERATORS:
        return f"{name} belongs under a property, such as labels: {{{name}: …}}."
    return f"{name} is not a property. A custom field is written fields.{name}."
