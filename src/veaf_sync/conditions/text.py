"""A condition back in the words it is written in: for people, and for the field's serialization."""

from __future__ import annotations

import json
from typing import Any

from veaf_sync.conditions.model import (
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

_OPERATOR: dict[type[Test], str] = {OneOf: "in", EachOf: "all", NoneOf: "none", Glob: "glob", Regex: "regex"}


def as_data(condition: Condition) -> dict[str, Any]:
    """Plain data that `parse` reads back to an equal condition."""
    return {part.name: _value(part) for part in condition.parts}


def _value(part: Part) -> Any:
    match part:
        case Is(_, tests):
            if len(tests) == 1 and isinstance(tests[0], OneOf):
                return _short(tests[0].values)
            return _operators(tests)
        case Age(over, under):
            return {key: days for key, days in (("over", over), ("under", under)) if days is not None}
        case AllHold(conditions) | AnyHolds(conditions):
            return [as_data(condition) for condition in conditions]
        case Ancestor(condition) | Not(condition):
            return as_data(condition)


def _operators(tests: tuple[Test, ...]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for test in tests:
        operator = _OPERATOR[type(test)]
        data["any" if operator in data else operator] = _short(given(test))
    return data


def given(test: Test) -> tuple[str, ...]:
    """The texts that a test was given, as written."""
    return test.patterns if isinstance(test, Glob | Regex) else test.values


def _short(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def wanted(part: Part) -> str:
    """What a part asks for, as YAML in one line: `{any: [payments, checkout]}`, `Bug`, `{over: 30}`."""
    return _flow(_value(part))


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    text = str(value)
    plain = text and text == text.strip() and not set(text) & set(":#{}[],&*!|>'\"%@`\\?")
    return text if plain else json.dumps(text, ensure_ascii=False)
