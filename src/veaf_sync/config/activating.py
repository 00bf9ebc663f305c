"""Turning drafts of `strategy.yaml` into active objectives, without touching anything else in the file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from veaf_sync.config.folder import STRATEGY
from veaf_sync.errors import UsageError
from veaf_sync.files import write_whole
from veaf_sync.strategy import Objective, ObjectiveState, Strategy

_DRAFT = re.compile(r"""(["']?)draft\1""")


def drafts(strategy: Strategy, named: Sequence[str] = ()) -> list[Objective]:
    """The drafts that `named` are, in the document's order; nothing named: every one.

    Raises `UsageError` for ids that are unknown or closed. What is active already is left out.
    """
    known = {objective.id: objective for objective in strategy.objectives}
    for identity in named:
        if identity not in known:
            near = difflib.get_close_matches(identity, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "veaf-sync objectives lists them"
            raise UsageError(f"{STRATEGY} holds no objective {identity}. Nothing was changed.", fix=hint)
        if known[identity].state is ObjectiveState.CLOSED:
            raise UsageError(
                f"{identity} is closed, not a draft. Nothing was changed.",
                fix=f"To open it again, write state: active there in {STRATEGY}.",
            )
    chosen = named or known
    return [each for each in known.values() if each.state is ObjectiveState.DRAFT and each.id in chosen]


def activate(folder: Path, text: str, ids: Collection[str]) -> Path:
    """Write `active` where `draft` stands at `ids`; every other character of `text`, the file's content, stays.

    Raises `UserError` where the file cannot be written, and `UsageError` where a state is not written out plainly.
    """
    path = folder / STRATEGY
    try:
        return write_whole(path, activated(text, ids))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from None


def activated(text: str, ids: Collection[str]) -> str:
    """`text` of a valid strategy.yaml with the drafts `ids` active."""
    lines = text.splitlines(keepends=True)
    places = [
        (*objective.lc.value("state"), str(objective["id"]))
        for objective in YAML(typ="rt").load(text)["objectives"]
        if str(objective["id"]) in ids and objective.get("state") == ObjectiveState.DRAFT.value
    ]
    for row, column, identity in sorted(places, reverse=True):  # from the end, so that places before stay right
        found = _DRAFT.match(lines[row], column)
        if found is None:
            raise UsageError(
                f"The state of {identity} is written in a way that is not understood here. Nothing was changed.",
                fix=f"Write state: active there in {STRATEGY}, line {row + 1}.",
            )
        lines[row] = lines[row][:column] + ObjectiveState.ACTIVE.value + lines[row][found.end() :]
    return "".join(lines)
