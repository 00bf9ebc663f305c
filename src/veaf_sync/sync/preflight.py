"""`check --online`: ask every source who we are and what is visible. Reads a little, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Identity, Partition
from veaf_sync.plugins import Registry
from veaf_sync.sync.sources import FAILURES, Sources, describe_failure


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
    with Sources(config, registry, clock) as sources:
        return [_ask(name, sources) for name in config.settings.sources]


def _ask(name: str, sources: Sources) -> SourceCheck:
    identity = None
    notes: tuple[str, ...] = ()
    partitions: tuple[Partition, ...] = ()
    problems: list[str] = []
    try:
        source = sources.reading(name)
        identity = source.identify()
        notes = identity.notes
        problems += source.connector.examine()
        if not problems:
            partitions = tuple(source.connector.partitions())
            problems += [f"{p.name} may not be read: {p.reason}" for p in partitions if not p.readable]
            if not partitions:
                problems.append("nothing is visible to this credential")
    except FAILURES as error:
        problems.append(describe_failure(name, error))
    try:
        if identity is not None and (writer := sources.writing(name)) is not source:
            notes += (f"writes as {writer.identify().user}, with write_token",)
    except FAILURES as error:
        problems.append(f"write_token: {describe_failure(name, error)}")
    return SourceCheck(name, identity, partitions, tuple(problems), notes)
