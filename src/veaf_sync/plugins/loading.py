"""Loads plugins one by one, from entry points and from files of a folder; whatever one raises is its failure."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeVar

import pluggy

from veaf_sync import API, hookspecs
from veaf_sync.connector import Connector, Feature
from veaf_sync.credentials import redact
from veaf_sync.emulator import Emulator
from veaf_sync.plugins.files import Unusable, files_of, load_file

GROUP = "veaf_sync"
TRACE = "VEAF_SYNC_TRACE_PLUGINS"
"""Set to 1, this variable has every hook call told on standard error."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin, or a part of it, that is not used, and why. `name` is the entry point's, the connector's or the file's.

    Like `PluginInfo` it comes from a `distribution` or from a `file`; the other one is empty.
    """

    name: str
    distribution: str
    reason: str
    file: str = ""

    @property
    def origin(self) -> str:
        return self.file or self.distribution


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A connector in use: its name, where it comes from, and what it can do."""

    name: str
    distribution: str
    version: str
    features: tuple[str, ...]
    api: int
    targets: tuple[str, ...] = ()
    """What a tag may be in the tool; empty where the connector only reads."""
    file: str = ""

    @property
    def origin(self) -> str:
        return self.file or self.distribution


@dataclass(frozen=True, slots=True)
class Registry:
    """What the plugins brought, by the connector's name, sorted."""

    connectors: Mapping[str, type[Connector[Any]]]
    emulators: Mapping[str, type[Emulator]]
    failures: tuple[PluginFailure, ...] = ()
    described: tuple[PluginInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin comes from: a distribution, or a file."""

    name: str
    distribution: str = ""
    version: str = ""
    file: str = ""

    @property
    def remedy(self) -> str:
        """What helps against a second connector of one name."""
        return f"Rename or remove {self.file}" if self.file else "Uninstall one of them"


def load(folder: Path | None = None) -> Registry:
    """Every installed plugin, then those in `folder` (`plugins_dir`). Never raises because of one."""
    return load_entry_points(entry_points(group=GROUP), folder)


def load_entry_points(points: Iterable[EntryPoint], folder: Path | None = None) -> Registry:
    """Like `load`, of the given entry points; taken in the order of their distributions' names."""
    loading = _Loading()
    for point in sorted(points, key=lambda point: (_distribution(point), point.name)):
        version = point.dist.version if point.dist else ""
        loading.add(Origin(point.name, _distribution(point), version), point.load)
    for file in files_of(folder) if folder else ():
        loading.add(Origin(file.stem, file=str(file)), partial(load_file, file))
    return Registry(
        connectors=MappingProxyType(dict(sorted(loading.connectors.items()))),
        emulators=MappingProxyType(dict(sorted(loading.emulators.items()))),
        failures=tuple(loading.failures),
        described=tuple(sorted(loading.described, key=lambda info: info.name)),
    )


class _Loading:
    """What has been loaded so far."""

    def __init__(self) -> None:
        self.connectors: dict[str, type[Connector[Any]]] = {}
        self.emulators: dict[str, type[Emulator]] = {}
        self.failures: list[PluginFailure] = []
        self.described: list[PluginInfo] = []
        self._brought_by: dict[str, str] = {}

    def add(self, origin: Origin, module: Callable[[], object]) -> None:
        """Take one plugin's connectors and emulators; whatever is wrong with it becomes a failure."""
        try:
            connectors, emulators = _guarded(lambda: _ask(origin.name, module))
        except Unusable as failure:
            self.failures.append(PluginFailure(origin.name, origin.distribution, str(failure), origin.file))
            return
        for connector in connectors:
            self._take(connector, origin)
        for emulator in emulators:
            self.emulators.setdefault(emulator.name, emulator)

    def _take(self, connector: type[Connector[Any]], origin: Origin) -> None:
        try:
            name = _guarded(lambda: _checked(connector))
            if name in self._brought_by:
                raise Unusable(f"{self._brought_by[name]} already brings a connector {name}. {origin.remedy}")
        except Unusable as failure:
            name = getattr(connector, "name", origin.name)
            self.failures.append(PluginFailure(str(name), origin.distribution, str(failure), origin.file))
            return
        self.connectors[name] = connector
        self._brought_by[name] = origin.file or origin.distribution
        features = tuple(sorted(str(feature) for feature in connector.features))
        targets = tuple(sorted(connector.settings.targets)) if Feature.WRITE in connector.features else ()
        self.described.append(
            PluginInfo(name, origin.distribution, origin.version, features, connector.api, targets, origin.file)
        )


def _guarded(step: Callable[[], T]) -> T:
    """The step's result; whatever it raises becomes `Unusable`, except a person's Ctrl-C."""
    try:
        return step()
    except (KeyboardInterrupt, Unusable):
        raise
    except SystemExit as error:
        raise Unusable(f"it ended the program (exit code {error.code})") from None
    except BaseException as error:
        detail = redact(" ".join(str(error).split()))[:200]
        raise Unusable(f"{type(error).__name__}: {detail}".rstrip(": ")) from None


def _ask(name: str, module: Callable[[], object]) -> tuple[Sequence[type[Connector[Any]]], Sequence[type[Emulator]]]:
    """Import one plugin and call its hooks, in a manager of its own so that no other plugin is involved."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(module(), name=name)
    manager.check_pending()
    if os.environ.get(TRACE) == "1":
        _tell_calls(manager, name)
    connectors = [found for brought in manager.hook.veaf_connectors() for found in brought]
    emulators = [found for brought in manager.hook.veaf_emulators() for found in brought]
    if not connectors and not emulators:
        raise Unusable("it brings neither connectors nor emulators")
    return connectors, emulators


def _tell_calls(manager: pluggy.PluginManager, plugin: str) -> None:
    """Have each hook call told: plugin, hook, what it brought, and how long that took."""
    begun: list[float] = []

    def before(hook: str, implementations: object, given: object) -> None:
        begun.append(perf_counter())

    def after(outcome: pluggy.Result[Any], hook: str, implementations: object, given: object) -> None:
        took = (perf_counter() - begun.pop()) * 1000
        if outcome.exception is not None:
            said = f"raised {type(outcome.exception).__name__}"
        else:
            brought = [each for several in outcome.get_result() for each in several]
            said = ", ".join(getattr(each, "__name__", type(each).__name__) for each in brought) or "nothing"
        print(f"plugin {plugin}: {hook}: {said} ({took:.1f} ms)", file=sys.stderr)

    manager.add_hookcall_monitoring(before, after)


def _checked(connector: type[Connector[Any]]) -> str:
    """The connector's name. Raises `Unusable` where the class cannot be used."""
    if not (isinstance(connector, type) and issubclass(connector, Connector)):
        raise Unusable(f"{connector!r} is no connector class")
    if connector.api != API:
        newer = "veaf-sync" if connector.api > API else "the plugin"
        raise Unusable(f"it is written for API {connector.api}, this veaf-sync has API {API}. Upgrade {newer}")
    return connector.name


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""
