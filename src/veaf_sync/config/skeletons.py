"""The bones of a document whose fields have problems, so that ids, names and the tree are checked all the same.

Entries keep their places; one without a usable name gets one that nobody uses, and stands for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from veaf_sync.mapping import NONE, MappingFile
from veaf_sync.strategy import Strategy


def strategy(data: Mapping[str, Any]) -> Strategy:
    """The objectives' ids and what they support; no objectives where an id is none."""
    objectives = []
    for place, entry in enumerate(_entries(data, "objectives")):
        bones = {key: entry[key] for key in ("id", "supports") if isinstance(entry.get(key), str)}
        objectives.append({"id": f"entry-{place}"} | bones)
    try:
        return Strategy.model_validate({"vision": {"title": "…"}, "objectives": objectives})
    except ValidationError:
        return Strategy.model_validate({"vision": {"title": "…"}})


def mapping(data: Mapping[str, Any]) -> MappingFile:
    """The rules' names. Raises `ValidationError` where a name is there twice."""
    rules: list[dict[str, Any]] = []
    for place, entry in enumerate(_entries(data, "rules")):
        name = entry.get("name")
        usable = isinstance(name, str) and name.strip()
        rules.append({"name": name if usable else f"entry {place}", "when": {}, "objective": NONE})
    return MappingFile.model_validate({"rules": rules})


def _entries(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = data.get(key)
    return [entry if isinstance(entry, dict) else {} for entry in entries] if isinstance(entries, list) else []
