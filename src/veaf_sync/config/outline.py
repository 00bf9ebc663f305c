"""Which names a model knows at a place, and an example of one: for "did you mean" and "is missing"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from veaf_sync.config.document import Path

_BY_TYPE = {"string": "…", "integer": "1", "number": "0.5", "boolean": "true", "array": "[…]", "object": "{…}"}


class Outline:
    """Reads a model's JSON Schema along a document's path, through references and either-ors."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        self._definitions = schema.get("$defs", {})

    def names(self, path: Path) -> list[str]:
        """The names that may stand in the mapping at `path`, sorted."""
        return sorted({name for place in self._at(path) for name in place.get("properties", {})})

    def example(self, path: Path) -> str:
        """`Example: name: value` for the last step of `path`; empty where nothing is known."""
        for place in self._at(path):
            if "examples" in place:
                value = place["examples"][0]
            elif "enum" in place:
                value = place["enum"][0]
            elif place.get("format") == "date":
                value = "2026-12-31"
            else:
                value = place.get("const", _BY_TYPE.get(place.get("type", "")))
            if value is not None:
                return f"Example: {path[-1]}: {value}"
        return ""

    def _at(self, path: Path) -> list[Mapping[str, Any]]:
        places = list(self._plain(self._root))
        for step in path:
            places = [found for place in places for found in self._step(place, step)]
        return places

    def _step(self, place: Mapping[str, Any], step: str | int) -> Iterator[Mapping[str, Any]]:
        if isinstance(step, str):
            further = place.get("properties", {}).get(step) or place.get("additionalProperties")
        else:
            further = place.get("items")
        if isinstance(further, dict):
            yield from self._plain(further)

    def _plain(self, place: Mapping[str, Any], seen: tuple[str, ...] = ()) -> Iterator[Mapping[str, Any]]:
        """The place itself (its own keywords first) and what it refers to; a reference in a ring ends."""
        yield place
        name = place.get("$ref", "").rpartition("/")[2]
        if name in self._definitions and name not in seen:
            yield from self._plain(self._definitions[name], (*seen, name))
        for word in ("anyOf", "oneOf", "allOf"):
            for branch in place.get(word, ()):
                yield from self._plain(branch, seen)
