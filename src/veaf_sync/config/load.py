"""From three files to a `Config`, or every problem of all three at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from veaf_sync import mapping as mapping_room
from veaf_sync import strategy as strategy_room
from veaf_sync.config.document import SIZE_CAP, absent, parse
from veaf_sync.config.document import Path as DocumentPath
from veaf_sync.config.folder import DOCUMENTS, MAPPING, SETTINGS, STRATEGY
from veaf_sync.config.machine import unusable_store
from veaf_sync.config.problems import Part, ended, where
from veaf_sync.config.references import unknown_goal_sources, unknown_golden_sources, unknown_sources, unknown_teams
from veaf_sync.config.salvage import salvage
from veaf_sync.config.settings import Settings
from veaf_sync.config.sources import Connectors, Sources
from veaf_sync.connector import Freshness, SourceSettings, Tag
from veaf_sync.errors import ConfigError, Problem
from veaf_sync.mapping import MappingFile
from veaf_sync.strategy import Period, Strategy, resolve_period

_PLACEHOLDER = SourceSettings(connector="any")
M = TypeVar("M", bound=BaseModel)


class Told(Protocol):
    """What another room says about a document: at which path, what, and what helps."""

    @property
    def path(self) -> DocumentPath: ...
    @property
    def what(self) -> str: ...
    @property
    def hint(self) -> str: ...


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
        tags = {
            name: source.tag.heeding(source.on_conflict == "keep-theirs")
            for name, source in self.settings.sources.items()
            if source.tag is not None
        }
        return {name: tag.with_goals(self.goals(name)) if tag.goal else tag for name, tag in tags.items()}

    def goals(self, source: str) -> dict[str, str]:
        """Keys of the goals in `source` that are counterparts of objectives, by the objective's id."""
        keys = {objective.id: objective.goal_in(source) for objective in self.strategy.objectives}
        return {objective: key for objective, key in keys.items() if key}

    @property
    def counterparts(self) -> dict[str, dict[str, str]]:
        """The same of every source."""
        return {name: self.goals(name) for name in self.settings.sources}

    @property
    def targets(self) -> dict[str, str]:
        """Tag targets by source, likewise."""
        return {name: tag.target for name, tag in self.tags.items()}

    def freshness(self, source: str) -> Freshness:
        """What a source promises; nothing where it is not configured (any more)."""
        return self.settings.sources[source].freshness if source in self.settings.sources else Freshness()

    def period(self, at: datetime) -> Period:
        """The period that the settings name, at `at`."""
        return resolve_period(self.settings.period, at, self.timezone, self.settings.fiscal_year_starts)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `check` wants to know. No `config` where there are errors; `problems` are errors, then findings."""

    config: Config | None
    problems: tuple[Problem, ...]


def load(folder: Path, connectors: Connectors, *, at: datetime) -> Config:
    """Read the configuration in `folder`; `at` decides what has expired.

    Raises `ConfigError` with every error of all three files.
    """
    reading = _Reading(folder, connectors, at, *contents_of(folder))
    return reading.config()


def load_texts(texts: Mapping[str, str], connectors: Connectors, *, at: datetime, folder: Path | None = None) -> Config:
    """The same from stored documents, as a run kept them; relative paths count from `folder` (default: here)."""
    contents = {name: texts.get(name, "").encode() for name in DOCUMENTS}
    return _Reading(folder or Path(), connectors, at, contents).config()


def inspect(folder: Path, connectors: Connectors, *, at: datetime) -> Inspection:
    """Like `load`, with every finding beside every error, those of this machine too: secrets, files, the store."""
    reading = _Reading(folder, connectors, at, *contents_of(folder))
    machine = [replace(found, severity="finding") for found in reading.machine()]
    problems = reading.ordered([*reading.problems, *reading.findings, *machine])
    return Inspection(None if reading.problems else reading.config(), tuple(problems))


def contents_of(folder: Path, names: Sequence[str] = DOCUMENTS) -> tuple[dict[str, bytes], list[Problem]]:
    """The documents by name, and what keeps the others from being read."""
    contents: dict[str, bytes] = {}
    missing: list[Problem] = []
    for name in names:
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
    return contents, missing


class _Reading:
    """One reading of a configuration: everything that can be known about it, whatever is wrong with it."""

    def __init__(
        self,
        folder: Path,
        connectors: Connectors,
        at: datetime,
        contents: Mapping[str, bytes],
        problems: Sequence[Problem] = (),
    ) -> None:
        self.folder = folder
        self.at = at
        self.contents = contents
        self.problems = list(problems)
        self.findings: list[Problem] = []
        documents = {
            name: parse(str(folder / name), contents[name]) if name in contents else absent(str(folder / name))
            for name in DOCUMENTS
        }
        self.problems += [problem for document in documents.values() for problem in document.problems]
        self.documents = documents
        self.sources = Sources(documents[SETTINGS], connectors, folder=folder.resolve())
        self.problems += self.sources.problems
        # Sources with problems are told about already; what is left for the model is their names.
        named = dict.fromkeys(self.sources.names, _PLACEHOLDER) | self.sources.settings
        self.settings = self._read(SETTINGS, Settings, {"sources": named} if named else {}, noun="setting")
        self.strategy = self._read(STRATEGY, Strategy)
        self.mapping = self._read(MAPPING, MappingFile)
        self._look()

    def config(self) -> Config:
        """Raises `ConfigError` where there are errors."""
        if self.problems or self.settings is None or self.strategy is None or self.mapping is None:
            raise ConfigError(self.ordered(self.problems))
        return Config(
            folder=self.folder.resolve(),
            settings=self.settings,
            strategy=self.strategy,
            mapping=self.mapping,
            texts={name: self.contents[name].decode("utf-8-sig") for name in DOCUMENTS},
            findings=tuple(self.ordered(self.findings)),
        )

    def machine(self) -> Iterator[Problem]:
        """What is not there on this machine: secrets, files, the store's folder."""
        yield from self.sources.missing()
        if self.settings is not None:
            yield from unusable_store(self.documents[SETTINGS], self.settings.store, self.folder.resolve())

    def _read(
        self, name: str, model: type[M], replaced: Mapping[str, Any] | None = None, noun: str = "key"
    ) -> M | None:
        """A document as a `model`, without what is wrong in it. A key without a value is as good as absent."""
        document = self.documents[name]
        if not document.complete:
            return None
        data = {key: value for key, value in document.data.items() if value is not None} | dict(replaced or {})
        found, errors = salvage(model, data)
        self.problems += Part(document, model, noun=noun).problems(errors)
        return found

    def _look(self) -> None:
        """What only the whole tells: the tree of objectives, and names that one document takes from another."""
        if self.strategy is not None:
            self.problems += self._placed(STRATEGY, strategy_room.problems(self.strategy))
            self._find(STRATEGY, strategy_room.findings(self.strategy))
        if self.strategy is not None and self.mapping is not None:
            zone = ZoneInfo(self.settings.timezone if self.settings else "UTC")
            self._find(MAPPING, mapping_room.findings(self.mapping, self.strategy, at=self.at, tz=zone))
        if self.sources.names:
            for name in (STRATEGY, MAPPING):
                self.findings += unknown_sources(self.documents[name], self.sources.names)
            self.findings += unknown_golden_sources(self.documents[MAPPING], self.sources.names)
            self.findings += unknown_goal_sources(self.documents[STRATEGY], self.sources.names)
        if self.strategy is not None and self.strategy.teams:
            self.findings += unknown_teams(self.documents[MAPPING], self.strategy.teams)

    def _find(self, name: str, found: Iterable[Told]) -> None:
        self.findings += [replace(problem, severity="finding") for problem in self._placed(name, found)]

    def _placed(self, name: str, found: Iterable[Told]) -> Iterator[Problem]:
        document = self.documents[name]
        for told in found:
            yield Problem(
                document.file,
                document.line(told.path),
                where(document, _entry(told.path)),
                ended(told.what),
                told.hint,
            )

    def ordered(self, problems: Iterable[Problem]) -> list[Problem]:
        """Errors first; by file, then by line. What is told twice, once."""
        names = [str(self.folder / name) for name in DOCUMENTS]
        return sorted(
            dict.fromkeys(problems),
            key=lambda problem: (problem.severity != "error", names.index(problem.file), problem.line),
        )


def _entry(path: DocumentPath) -> DocumentPath:
    """The entry of a list that a path leads into; the path itself where it leads into none."""
    inside = max((place for place, step in enumerate(path) if isinstance(step, int)), default=len(path) - 1)
    return path[: inside + 1]


def _where_from(folder: Path) -> str:
    """How to get a file that is missing: `init` never writes beside documents that are there."""
    there = any((folder / name).exists() for name in DOCUMENTS)
    return "veaf-sync init example writes one to start from." if there else f"veaf-sync init {folder} writes it."
