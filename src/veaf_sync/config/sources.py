"""The part `sources:` of veaf-sync.yaml, each entry read by its own connector's settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from veaf_sync.config.document import Document
from veaf_sync.config.problems import Part, where
from veaf_sync.config.salvage import salvage
from veaf_sync.connector import Connector, SourceSettings
from veaf_sync.credentials import Secret
from veaf_sync.errors import Problem

OURS = ("file", "jira")
"""The connectors of this project. Of others nobody should be told to install a guessed name."""

Connectors = Mapping[str, type[Connector[Any]]]


class Sources:
    """The sources of a document. `settings` are those without errors; `problems` the errors of the others."""

    def __init__(self, document: Document, connectors: Connectors, *, folder: Path) -> None:
        entries = document.data.get("sources")
        self.names: tuple[str, ...] = tuple(entries) if isinstance(entries, dict) else ()
        self.settings: dict[str, SourceSettings] = {}
        self.problems: list[Problem] = []
        self._document = document
        self._folder = folder
        self._usable: dict[str, SourceSettings] = {}
        self._classes: dict[str, type[SourceSettings]] = {}
        context = {"folder": folder, "timezone": _zone_or_utc(document.data.get("timezone"))}
        for name in self.names:
            self._read(("sources", name), document.at(("sources", name)), connectors, context)

    def missing(self) -> Iterator[Problem]:
        """What the sources need of this machine and is not there, also where their settings have errors."""
        for name, settings in self._classes.items():
            entry = self._document.at(("sources", name))
            for key, field in settings.model_fields.items():
                if key in entry and Secret in (field.annotation, *get_args(field.annotation)):
                    yield from self._secret(("sources", name, key), entry[key])
            for flaw in self._usable[name].flaws() if name in self._usable else ():
                yield self._problem(("sources", name, *flaw.path), flaw.what, flaw.hint)

    def _secret(self, path: tuple[str, ...], value: object) -> Iterator[Problem]:
        with suppress(ValueError):  # no reference: an error already, or a name that is no secret
            if amiss := Secret.parse(value, str(self._folder)).problem():
                yield self._problem(path, *amiss)

    def _problem(self, path: tuple[str, ...], what: str, hint: str) -> Problem:
        return Problem(self._document.file, self._document.line(path), where(self._document, path), what, hint)

    def _read(self, path: tuple[str, str], entry: object, connectors: Connectors, context: Mapping[str, Any]) -> None:
        settings = _settings_class(self._document, path, entry, connectors)
        if isinstance(settings, Problem):
            self.problems.append(settings)
            return
        name = path[-1]
        self._classes[name] = settings
        found, errors = salvage(settings, self._document.at(path), context)
        self.problems += Part(self._document, settings, path, "setting").problems(errors)
        if found is not None:
            self._usable[name] = found
            if not errors:
                self.settings[name] = found


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


def _zone_or_utc(zone: object) -> str:
    """A zone for the sources' settings; where it is a wrong one, the settings' own problem says so."""
    try:
        return ZoneInfo(str(zone)).key if zone else "UTC"
    except (KeyError, OSError, ValueError):
        return "UTC"
