"""A document without what is wrong in it, so that one mistake hides no other.

What does not fit is left out and the rest is read again, until it fits: a wrong type in one rule leaves the
others, their names and the objectives they serve to be checked. Entries of lists keep their places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from veaf_sync.config.document import Path
from veaf_sync.mapping import NONE

M = TypeVar("M", bound=BaseModel)
_ROUNDS = 12
"""A mistake is dropped with what is around it, level by level; nothing here is deeper."""
_ABSENT = object()
_ROOT: Mapping[str, Any] = {"vision": {"title": "…"}}
"""What stands for a part that a document cannot be without."""

Bones = Callable[[int, Mapping[str, Any]], dict[str, Any]]


def _objective(place: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"entry-{place}"} | {key: entry[key] for key in ("id", "supports") if isinstance(entry.get(key), str)}


def _rule(place: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": entry.get("name", f"entry {place}"), "when": {}, "objective": NONE}


def _key_result(place: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": entry.get("id", f"entry-{place}"), "baseline": 0, "target": 1}


_BONES: Mapping[str, Bones] = {
    "objectives": _objective,
    "rules": _rule,
    "key_results": _key_result,
    "golden": lambda place, _: {"item": f"entry:{place}", "objective": NONE},
}
"""By list: what stands for an entry of which nothing else can be used."""


def salvage(
    model: type[M], data: Mapping[str, Any], context: Mapping[str, Any] | None = None
) -> tuple[M | None, list[ErrorDetails]]:
    """`data` as a `model`, and everything that is wrong with it; `None` where too little is left for one."""
    left = dict(data)
    errors: list[ErrorDetails] = []
    dropped: set[Path] = set()
    for turn in range(_ROUNDS):
        try:
            return model.model_validate(left, context=context), errors
        except ValidationError as error:
            found = error.errors(include_url=False)
        if not turn:
            left = deepcopy(left)
        located = [(path_of(details, left), details) for details in found]
        # What lacks what was dropped from it is no mistake of a person's.
        around = {path[:end] for path in dropped for end in range(len(path) + 1)}
        errors += [details for path, details in located if path not in around]
        for path, _ in located:
            if not _drop(left, path, dropped):
                return None, errors
    return None, errors


def path_of(details: ErrorDetails, data: Any) -> Path:
    """Where in `data` an error is; pydantic's names of branches and validators left out."""
    path: Path = ()
    value = data
    steps = details["loc"]
    for index, step in enumerate(steps):
        inside = _step(value, step)
        if inside is not _ABSENT:
            value = inside
        elif not (details["type"] == "missing" and index == len(steps) - 1):
            continue
        path = (*path, step)
    return path


def _drop(data: dict[str, Any], path: Path, dropped: set[Path]) -> bool:
    """Take what is at `path` out of `data`, else what is around it. False where that is everything."""
    if not path:
        return False
    parent = _at(data, path[:-1])
    step = path[-1]
    again = path in dropped
    dropped.add(path)
    if len(path) == 1 and step in _ROOT and not again:
        data[str(step)] = deepcopy(_ROOT[str(step)])
    elif isinstance(parent, dict) and step in parent:
        del parent[step]
    elif isinstance(parent, list) and isinstance(step, int) and (bones := _BONES.get(str(path[-2]))) and not again:
        entry = parent[step]
        parent[step] = bones(step, entry if isinstance(entry, dict) else {})
    elif parent is not _ABSENT:
        return _drop(data, path[:-1], dropped)
    return True


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = _step(data, step)
    return data


def _step(value: Any, step: str | int) -> Any:
    """What is one step inside `value`."""
    if isinstance(value, dict):
        return value.get(step, _ABSENT)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else _ABSENT
