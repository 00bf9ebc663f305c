"""Loads the plugins one by one, so that a broken one is named while the rest works.

A plugin is an entry point of the group `veaf_sync`: a module with hook implementations (see
`veaf_sync.hookspecs`). It is trusted with the process (it is code that somebody installed), but not
with the other plugins' lives: whatever it raises, `SystemExit` included, becomes a `PluginFailure`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeVar

import pluggy

from veaf_sync import API, hookspecs
from veaf_sync.connector import Connector
from veaf_sync.credentials import redact
from veaf_sync.emulator import Emulator

GROUP = "veaf_sync"
TRACE = "VEAF_SYNC_TRACE_PLUGINS"
"""Set to 1, this variable has every hook call told on standard error."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin, or a part of it, that is not used, and why. `name` is the entry point's or the connector's."""

    name: str
    distribution: str
    reason: str


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A connector in use: its name, where it comes from, and what it can do."""

    name: str
    distribution: str
    version: str
    features: tuple[str, ...]
    api: int


@dataclass(frozen=True, slots=True)
class Registry:
    """What the plugins brought, by the connector's name, sorted."""

    connectors: Mapping[str, type[Connector[Any]]]
    emulators: Mapping[str, type[Emulator]]
    failures: tuple[PluginFailure, ...] = ()
    described: tuple[PluginInfo, ...] = ()


class _Unusable(Exception):
    """Why a plugin is not used, as a sentence."""


def load() -> Registry:
    """Every installed plugin. Never raises because of one."""
    return load_entry_points(entry_points(group=GROUP))


def load_entry_points(points: Iterable[EntryPoint]) -> Registry:
    """Like `load`, of the given entry points; taken in the order of their distributions' names."""
    loading = _Loading()
    for point in sorted(points, key=lambda point: (_distribution(point), point.name)):
        loading.add(point)
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

    def add(self, point: EntryPoint) -> None:
        """Take one plugin's connectors and emulators; whatever is wrong with it becomes a failure."""
        distribution = _distribution(point)
        try:
            connectors, emulators = _guarded(lambda: _ask(point))
        except _Unusable as failure:
            self.failures.append(PluginFailure(point.name, distribution, str(failure)))
            return
        for connector in connectors:
            self._take(connector, point, distribution)
        for emulator in emulators:
            self.emulators.setdefault(emulator.name, emulator)

    def _take(self, connector: type[Connector[Any]], point: EntryPoint, distribution: str) -> None:
        try:
            name = _guarded(lambda: _checked(connector))
            if name in self._brought_by:
                raise _Unusable(f"{self._brought_by[name]} already brings a connector {name}. Uninstall one of them")
        except _Unusable as failure:
            name = getattr(connector, "name", point.name)
            self.failures.append(PluginFailure(str(name), distribution, str(failure)))
            return
        self.connectors[name] = connector
        self._brought_by[name] = distribution
        version = point.dist.version if point.dist else ""
        features = tuple(sorted(str(feature) for feature in connector.features))
        self.described.append(PluginInfo(name, distribution, version, features, connector.api))


def _guarded(step: Callable[[], T]) -> T:
    """The step's result; whatever it raises becomes `_Unusable`, except a person's Ctrl-C."""
    try:
        return step()
    except (KeyboardInterrupt, _Unusable):
        raise
    except SystemExit as error:
        raise _Unusable(f"it ended the program (exit code {error.code})") from None
    except BaseException as error:
        detail = redact(" ".join(str(error).split()))[:200]
        raise _Unusable(f"{type(error).__name__}: {detail}".rstrip(": ")) from None


def _ask(point: EntryPoint) -> tuple[Sequence[type[Connector[Any]]], Sequence[type[Emulator]]]:
    """Import one plugin and call its hooks, in a manager of its own so that no other plugin is involved."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    if os.environ.get(TRACE) == "1":
        _tell_calls(manager, point.name)
    connectors = [found for brought in manager.hook.veaf_connectors() for found in brought]
    emulators = [found for brought in manager.hook.veaf_emulators() for found in brought]
    if not connectors and not emulators:
        raise _Unusable("it brings neither connectors nor emulators")
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
    """The connector's name. Raises `_Unusable` where the class cannot be used."""
    if not (isinstance(connector, type) and issubclass(connector, Connector)):
        raise _Unusable(f"{connector!r} is no connector class")
    if connector.api != API:
        newer = "veaf-sync" if connector.api > API else "the plugin"
        raise _Unusable(f"it is written for API {connector.api}, this veaf-sync has API {API}. Upgrade {newer}")
    return connector.name


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""
