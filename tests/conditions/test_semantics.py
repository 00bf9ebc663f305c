"""The compiled expression says what a plain reading of the rules says, for any condition and any items.

The evaluator below knows nothing of the project: it reads the YAML's own data, one item at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
LISTS = ("labels", "components", "sprints", "partition", "fields.Size")
TEXTS = ("type", "title", "key", "team", "state")

words = st.sampled_from(["ux", "UX", "debt", "a", "ab", "b*", "[x]", "3", "Straße", ""])
present = words.filter(bool)
scalars = st.one_of(present, st.sampled_from([3, 3.0, 7]))
values = st.one_of(scalars, st.lists(scalars, min_size=1, max_size=3))
globs = st.sampled_from(["u*", "*B", "?b", "*[*", "*", "a", "*e*", "d?b*", "[ab]*"])
regexes = st.sampled_from(["^u", "b$", "[A-Z]", "a|x", ".*", "^$", r"\d+", "ß"])
tests = st.one_of(
    values,
    st.fixed_dictionaries(
        {},
        optional={
            "in": values,
            "any": values,
            "all": values,
            "none": values,
            "glob": st.one_of(globs, st.lists(globs, min_size=1, max_size=2)),
            "regex": st.one_of(regexes, st.lists(regexes, min_size=1, max_size=2)),
        },
    ).filter(bool),
)
ages = st.fixed_dictionaries({}, optional={"over": st.integers(0, 4), "under": st.integers(0, 4)}).filter(bool)
plain = st.dictionaries(st.sampled_from(LISTS + TEXTS), tests, max_size=3)


def combined(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(inner, min_size=1, max_size=3)
    above = st.one_of(present, globs, st.lists(st.one_of(present, globs), min_size=1, max_size=2), inner.filter(bool))
    extra = st.fixed_dictionaries(
        {}, optional={"any": some, "all": some, "not": inner.filter(bool), "age": ages, "ancestor": above}
    )
    return st.builds(lambda one, two: {**one, **two}, plain, extra)


conditions = st.recursive(plain, combined, max_leaves=6)
lists = st.lists(present, max_size=3)
items = st.fixed_dictionaries(
    {
        "key": present,
        "type": words,
        "title": words,
        "team": words,
        "state": words,
        "labels": lists,
        "components": lists,
        "sprints": lists,
        "partitions": lists,
        "fields": st.fixed_dictionaries({}, optional={"Size": lists}),
        "created": st.one_of(st.none(), st.integers(-30, 130).map(lambda hours: AT - timedelta(hours=hours))),
    }
)


@st.composite
def families(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Items in which a parent stands before its children."""
    rows = draw(st.lists(items, min_size=1, max_size=6))
    for number, row in enumerate(rows):
        row["parent"] = draw(st.one_of(st.none(), st.integers(0, number - 1))) if number else None
    return rows


def text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def listed(value: Any) -> list[str]:
    return [text(each) for each in (value if isinstance(value, list) else [value])]


def there(name: str, item: dict[str, Any]) -> list[str]:
    if name == "fields.Size":
        return list(item["fields"].get("Size", []))
    found = item["partitions" if name == "partition" else name]
    return [each for each in (found if isinstance(found, list) else [found]) if each]


def equal(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def globbed(glob: str, value: str) -> bool:
    """fnmatch, but with `[` taken as written."""
    return re.match(translate(glob.lower().replace("[", "[[]")), value.lower()) is not None


def passes(test: Any, found: list[str]) -> bool:
    operators = test if isinstance(test, dict) else {"in": test}
    return all(answered(operator, listed(wanted), found) for operator, wanted in operators.items())


def answered(operator: str, wanted: list[str], found: list[str]) -> bool:
    if operator == "glob":
        return any(globbed(glob, value) for glob in wanted for value in found)
    if operator == "regex":
        return any(re.search(pattern, value) for pattern in wanted for value in found)
    hits = [any(equal(want, value) for value in found) for want in wanted]
    return {"in": any(hits), "any": any(hits), "all": all(hits), "none": not any(hits)}[operator]


def holds(when: dict[str, Any], row: int, rows: Sequence[dict[str, Any]]) -> bool:
    item = rows[row]
    for name, test in when.items():
        if name in ("any", "all"):
            each = [holds(inner, row, rows) for inner in test]
            good = any(each) if name == "any" else all(each)
        elif name == "not":
            good = not holds(test, row, rows)
        elif name == "age":
            age = None if item["created"] is None else (AT - item["created"]) // timedelta(days=1)
            good = age is not None and test.get("over", -99) < age < test.get("under", 99)
        elif name == "ancestor":
            good = any(above_holds(test, above, rows) for above in path(row, rows))
        else:
            good = passes(test, there(name, item))
        if not good:
            return False
    return True


def above_holds(test: Any, row: int, rows: Sequence[dict[str, Any]]) -> bool:
    if isinstance(test, dict):
        return holds(test, row, rows)
    return any(globbed(wanted, rows[row]["key"]) for wanted in listed(test))


def path(row: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    parent = rows[row]["parent"]
    return [] if parent is None else [parent, *path(parent, rows)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(when=conditions, rows=families())
def test_expression_equals_a_plain_reading(
    ask: Callable[..., list[bool]], when: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    assert ask(when, rows) == [holds(when, row, rows) for row in range(len(rows))]
