"""`check --online`: ask every source who we are and what is visible. Reads a little, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Connector, Identity, Partition
from veaf_sync.http import Budget
from veaf_sync.plugins import Registry
from veaf_sync.sync.sources import FAILURES, describe_failure, open_source


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What a source answered. `problems` keep it from being read whole, each one sentence; `notes` are good to know."""

    source: str
    identity: Identity | None
    partitions: tuple[Partition, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def preflight(config: Config, registry: Registry, clock: Clock) -> list[SourceCheck]:
    """One answer for each configured source, in the order of the configuration."""
    budget = Budget(clock)
    return [_ask(name, config, registry.connectors, clock, budget) for name in config.settings.sources]


def _ask(
    name: str, config: Config, connectors: Mapping[str, type[Connector[Any]]], clock: Clock, budget: Budget
) -> SourceCheck:
    identity = None
    partitions: tuple[Partition, ...] = ()
    problems: list[str] = []
    try:
        with open_source(name, config.settings.sources[name], connectors, clock, budget) as source:
            identity = source.connector.check()
            problems += source.connector.examine()
            if problems:
                return SourceCheck(name, identity, (), tuple(problems), identity.notes)
            partitions = tuple(source.connector.partitions())
            problems += [f"{p.name} may not be read: {p.reason}" for p in partitions if not p.readable]
            if not partitions:
                problems.append("nothing is visible to this credential")
    except FAILURES as error:
        problems.append(describe_failure(name, error))
    return SourceCheck(name, identity, partitions, tuple(problems), identity.notes if identity else ())
