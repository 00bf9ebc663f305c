"""Conditions that name a source nobody configured, or a team nobody declared: findings, as they never hold."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

from veaf_sync.config.document import Document, Path
from veaf_sync.config.problems import where
from veaf_sync.errors import Problem

_EQUALITY = ("in", "any", "all", "none")
_PLAIN = (str, int, float)


def unknown_sources(document: Document, sources: Collection[str]) -> list[Problem]:
    """A finding for every `source` of a condition in the document that is none of `sources` (case ignored)."""
    return _unknown(document, "source", sources, "configured source", "Configured")


def unknown_golden_sources(document: Document, sources: Collection[str]) -> list[Problem]:
    """A finding for every golden item whose `source:` is none of `sources`."""
    golden = document.data.get("golden")
    found = []
    for index in range(len(golden) if isinstance(golden, list) else 0):
        path = ("golden", index, "item")
        item = document.at(path)
        if not isinstance(item, str) or item.startswith(("http://", "https://")):
            continue
        source, colon, _ = item.partition(":")
        if not colon:
            what, hint = f"{item} names no source.", f"Write {sorted(sources)[0]}:{item}"
        elif source not in sources:
            what, hint = f"{source} is no configured source.", _instead(source, sources, "Configured")
        else:
            continue
        found.append(Problem(document.file, document.line(path), where(document, path[:2]), what, hint, "finding"))
    return found


def unknown_goal_sources(document: Document, sources: Collection[str]) -> list[Problem]:
    """A finding for every `goal` of an objective whose `source:` is none of `sources`."""
    objectives = document.data.get("objectives")
    found = []
    for index, objective in enumerate(objectives if isinstance(objectives, list) else ()):
        goals = objective.get("goal") if isinstance(objective, dict) else None
        for goal in [goals] if isinstance(goals, str) else goals if isinstance(goals, list) else ():
            source = str(goal).partition(":")[0]
            if source not in sources:
                path = ("objectives", index, "goal")
                what, hint = f"{source} is no configured source.", _instead(source, sources, "Configured")
                place = where(document, path[:2])
                found.append(Problem(document.file, document.line(path), place, what, hint, "finding"))
    return found


def unknown_teams(document: Document, teams: Collection[str]) -> list[Problem]:
    """A finding for every `team` of a condition in the document that is none of `teams` (case ignored)."""
    return _unknown(document, "team", teams, "team of strategy.yaml", "Teams")


def _unknown(document: Document, key: str, names: Collection[str], noun: str, all_of_them: str) -> list[Problem]:
    known = {name.casefold() for name in names}
    found = []
    for path, value in _named(document.data, key, ()):
        if str(value).casefold() not in known:
            hint = _instead(str(value), names, all_of_them)
            place = where(document, path[: path.index("when")] if "when" in path else path[:2])
            what = f"{value} is no {noun}."
            found.append(Problem(document.file, document.line(path), place, what, hint, "finding"))
    return found


def _instead(word: str, names: Collection[str], all_of_them: str) -> str:
    near = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"{all_of_them}: {', '.join(sorted(names))}."


def _named(value: Any, name: str, path: Path) -> Iterator[tuple[Path, object]]:
    """Every value of the property `name` that is compared for equality below `when` and `items`, with its place."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _named(entry, name, (*path, index))
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key == name and ("when" in path or "items" in path):
                yield from _values(entry, (*path, key))
            else:
                yield from _named(entry, name, (*path, key))


def _values(value: Any, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, _PLAIN):
        yield path, value
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _values(entry, (*path, index))
    elif isinstance(value, dict):
        for key in _EQUALITY:
            yield from _values(value.get(key), (*path, key))
