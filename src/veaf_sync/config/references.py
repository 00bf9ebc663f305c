"""Conditions that name a source nobody configured: a finding, as such a rule can never match."""

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
    """A finding for every `source:` of a condition in the document that is none of `sources` (case ignored)."""
    known = {name.casefold() for name in sources}
    found = []
    for path, value in _named(document.data, ()):
        if str(value).casefold() not in known:
            near = difflib.get_close_matches(str(value), sources, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Configured: {', '.join(sorted(sources))}."
            place = where(document, path[: path.index("when")] if "when" in path else path[:2])
            what = f"{value} is no configured source."
            found.append(Problem(document.file, document.line(path), place, what, hint, "finding"))
    return found


def _named(value: Any, path: Path) -> Iterator[tuple[Path, object]]:
    """Every source that is compared for equality below `when` and `items`, with its place."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _named(entry, (*path, index))
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key == "source" and ("when" in path or "items" in path):
                yield from _values(entry, (*path, key))
            else:
                yield from _named(entry, (*path, key))


def _values(value: Any, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, _PLAIN):
        yield path, value
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _values(entry, (*path, index))
    elif isinstance(value, dict):
        for key in _EQUALITY:
            yield from _values(value.get(key), (*path, key))
