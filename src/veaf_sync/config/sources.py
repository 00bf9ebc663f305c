"""The part `sources:` of veaf-sync.yaml, each entry read by its own connector's settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from veaf_sync.config.document import Document
from veaf_sync.config.problems import Part
from veaf_sync.connector import Connector, SourceSettings
from veaf_sync.errors import Problem

OURS = ("file", "jira")
"""The connectors of this project. Of others nobody should be told to install a guessed name."""

Connectors = Mapping[str, type[Connector[Any]]]


def read_sources(
    document: Document, connectors: Connectors, *, folder: Path, timezone: str
) -> tuple[dict[str, SourceSettings], list[Problem]]:
    """The settings of every source that can be used, and the problems of the others."""
    entries = document.data.get("sources")
    found: dict[str, SourceSettings] = {}
    problems: list[Problem] = []
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        path = ("sources", name)
        settings = _settings_class(document, path, entry, connectors)
        if isinstance(settings, Problem):
            problems.append(settings)
            continue
        try:
            found[name] = settings.model_validate(entry, context={"folder": folder, "timezone": timezone})
        except ValidationError as error:
            problems += Part(document, settings, path, "setting").problems(error)
    return found, problems


def _settings_class(
    document: Document, path: tuple[str, str], entry: object, connectors: Connectors
) -> type[SourceSettings] | Problem:
    """The settings of the connector that a source names, or why there are none."""
    line, where = document.line(path), ".".join(path)
    if not isinstance(entry, dict):
        hint = "Example: {connector: file, path: exports/*.csv}"
        return Problem(document.file, line, where, "a mapping is expected (name: value).", hint)
    if "connector" not in entry:
        return Problem(document.file, line, where, "connector is missing.", _installed(connectors))
    name, line = entry["connector"], document.line((*path, "connector"))
    if not isinstance(name, str):
        return Problem(document.file, line, where, "connector: a name is expected.", _installed(connectors))
    if name not in connectors:
        what = f"connector {name} is not installed." if len(name) <= 40 else "this connector is not installed."
        return Problem(document.file, line, where, what, _instead(name, connectors))
    return connectors[name].settings


def _instead(name: str, connectors: Connectors) -> str:
    if near := difflib.get_close_matches(name, connectors, n=1):
        return f"Did you mean {near[0]}?"
    if near := difflib.get_close_matches(name, OURS, n=1):
        return f"{_installed(connectors)} Install with: pip install veaf-sync-{near[0]}"
    return _installed(connectors)


def _installed(connectors: Connectors) -> str:
    return f"Installed: {', '.join(sorted(connectors)) or 'none'}."
