"""From three files to a `Config`, or every problem of all three at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from veaf_sync import mapping as mapping_room
from veaf_sync import strategy as strategy_room
from veaf_sync.config import skeletons
from veaf_sync.config.document import SIZE_CAP, Document, parse
from veaf_sync.config.folder import DOCUMENTS, MAPPING, SETTINGS, STRATEGY
from veaf_sync.config.problems import Part, ended
from veaf_sync.config.references import unknown_sources
from veaf_sync.config.settings import Settings
from veaf_sync.config.sources import Connectors, read_sources
from veaf_sync.connector import Freshness, SourceSettings, Tag
from veaf_sync.errors import ConfigError, Problem
from veaf_sync.mapping import MappingFile
from veaf_sync.strategy import Period, Strategy, resolve_period

_PLACEHOLDER = SourceSettings(connector="any")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without errors. `texts` are its documents as read, by name, in a stable order."""

    folder: Path
    settings: Settings
    strategy: Strategy
    mapping: MappingFile
    texts: Mapping[str, str]
    findings: tuple[Problem, ...] = ()
    """What `check` reports and nothing stops for."""

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    @property
    def tags(self) -> dict[str, Tag]:
        """Tag settings by source, for the sources that have any."""
        return {name: source.tag for name, source in self.settings.sources.items() if source.tag is not None}

    def freshness(self, source: str) -> Freshness:
        """What a source promises; nothing where it is not configured (any more)."""
        return self.settings.sources[source].freshness if source in self.settings.sources else Freshness()

    def period(self, at: datetime) -> Period:
        """The period that the settings name, at `at`."""
        return resolve_period(self.settings.period, at, self.timezone, self.settings.fiscal_year_starts)

    @property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of each document's text, hexadecimal."""
        return {name: sha256(text.encode()).hexdigest() for name, text in self.texts.items()}


def load(folder: Path, connectors: Connectors, *, at: datetime) -> Config:
    """Read the configuration in `folder`; `at` decides what has expired.

    Raises `ConfigError` with every problem of all three files.
    """
    contents: dict[str, bytes] = {}
    missing: list[Problem] = []
    for name in DOCUMENTS:
        path = folder / name
        try:
            if path.exists() and not path.is_file():
                raise OSError(0, "it is no file")
            with path.open("rb") as file:
                contents[name] = file.read(SIZE_CAP + 1)
        except FileNotFoundError:
            missing.append(Problem(str(path), 0, "", "the file is missing.", _where_from(folder)))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            missing.append(Problem(str(path), 0, "", f"the file cannot be read: {reason}."))
    return _Reading(folder, connectors, at, missing).config(contents)


def load_texts(texts: Mapping[str, str], connectors: Connectors, *, at: datetime, folder: Path | None = None) -> Config:
    """The same from stored documents, as a run kept them; relative paths count from `folder` (default: here)."""
    contents = {name: texts.get(name, "").encode() for name in DOCUMENTS}
    return _Reading(folder or Path(), connectors, at, []).config(contents)


class _Reading:
    """One reading of a configuration: collects problems until the end."""

    def __init__(self, folder: Path, connectors: Connectors, at: datetime, problems: list[Problem]) -> None:
        self.folder = folder
        self.connectors = connectors
        self.at = at
        self.problems = problems
        self.findings: list[Problem] = []

    def config(self, contents: Mapping[str, bytes]) -> Config:
        documents = {name: self._document(name, contents[name]) for name in DOCUMENTS if name in contents}
        settings = self._settings(documents.get(SETTINGS))
        strategy = self._strategy(documents.get(STRATEGY))
        mapping = self._mapping(documents.get(MAPPING))
        if self.problems or settings is None or strategy is None or mapping is None:
            raise ConfigError(self._ordered(self.problems))
        for name in (STRATEGY, MAPPING):
            self.findings += unknown_sources(documents[name], settings.sources)
        self._find(documents, settings, strategy, mapping)
        return Config(
            folder=self.folder.resolve(),
            settings=settings,
            strategy=strategy,
            mapping=mapping,
            texts={name: contents[name].decode("utf-8-sig") for name in DOCUMENTS},
            findings=tuple(self._ordered(self.findings)),
        )

    def _document(self, name: str, content: bytes) -> Document:
        document = parse(str(self.folder / name), content)
        self.problems += document.problems
        return document

    def _settings(self, document: Document | None) -> Settings | None:
        if document is None or not document.complete:
            return None
        zone = _zone_or_utc(document.data.get("timezone"))
        sources, problems = read_sources(document, self.connectors, folder=self.folder.resolve(), timezone=zone)
        self.problems += problems
        # Sources with problems are told about already; what is left for the model is their names.
        entries = document.data.get("sources")
        if isinstance(entries, dict):
            named = dict.fromkeys(entries, _PLACEHOLDER) | sources
            return self._model(document, Settings, {"sources": named}, noun="setting")
        return self._model(document, Settings, noun="setting")

    def _strategy(self, document: Document | None) -> Strategy | None:
        strategy = self._model(document, Strategy)
        if document is not None:
            # Where a field is wrong somewhere, the tree is still checked for what only the whole of it tells.
            self.problems += [
                Problem(document.file, document.line(found.path), found.where, found.what, found.hint)
                for found in strategy_room.problems(strategy or skeletons.strategy(document.data))
            ]
        return strategy

    def _mapping(self, document: Document | None) -> MappingFile | None:
        mapping = self._model(document, MappingFile)
        if mapping is None and document is not None:
            try:
                skeletons.mapping(document.data)
            except ValidationError as error:
                names = Part(document, MappingFile).problems(error)
                self.problems += [problem for problem in names if problem not in self.problems]
        return mapping

    def _model(
        self, document: Document | None, model: type[M], replaced: Mapping[str, Any] | None = None, noun: str = "key"
    ) -> M | None:
        """`document` as a `model`. A key that is written without a value is as good as absent."""
        if document is None or not document.complete:
            return None
        data = {key: value for key, value in document.data.items() if value is not None} | dict(replaced or {})
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self.problems += Part(document, model, noun=noun).problems(error)
            return None

    def _find(
        self, documents: Mapping[str, Document], settings: Settings, strategy: Strategy, mapping: MappingFile
    ) -> None:
        document = documents[STRATEGY]
        for found in strategy_room.findings(strategy):
            line = document.line(found.path)
            self.findings.append(Problem(document.file, line, found.where, found.what, found.hint, "finding"))
        document = documents[MAPPING]
        places = {rule.name: index for index, rule in enumerate(mapping.rules)}
        zone = ZoneInfo(settings.timezone)
        for about in mapping_room.findings(mapping, strategy, at=self.at, tz=zone):
            line = document.line(("rules", places[about.rule]))
            what = ended(about.what)
            self.findings.append(Problem(document.file, line, f"rules.{about.rule}", what, about.hint, "finding"))

    def _ordered(self, problems: list[Problem]) -> list[Problem]:
        names = [str(self.folder / name) for name in DOCUMENTS]
        return sorted(problems, key=lambda problem: (names.index(problem.file), problem.line))


def _where_from(folder: Path) -> str:
    """How to get a file that is missing: `init` never writes beside documents that are there."""
    there = any((folder / name).exists() for name in DOCUMENTS)
    return "veaf-sync init example writes one to start from." if there else f"veaf-sync init {folder} writes it."


def _zone_or_utc(zone: object) -> str:
    """A zone for the sources' settings; where it is a wrong one, the settings' own problem says so."""
    try:
        return ZoneInfo(str(zone)).key if zone else "UTC"
    except (KeyError, OSError, ValueError):
        return "UTC"
