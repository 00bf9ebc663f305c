"""`check --online`: ask every source who we are and what is visible. Reads a little, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Identity, Partition
from veaf_sync.credentials import redact
from veaf_sync.errors import AuthError, VeafSyncError
from veaf_sync.plugins import Registry
from veaf_sync.sync import heard
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
        problems += heard.sentences(source.connector.examine())
        if not problems:
            partitions = tuple(heard.partitions(source.connector.partitions()))
            problems += [f"{p.name} may not be read: {p.reason}" for p in partitions if not p.readable]
            if not partitions:
                problems.append("nothing is visible to this credential")
    except FAILURES as error:
        problems.append(_told(name, error, "token", sources))
    try:
        if identity is not None:
            writer = sources.writing(name)
            if writer is not source:
                notes += (f"writes as {writer.identify().user}, with write_token",)
            if not problems and writer.settings.tag is not None and not writer.settings.read_only:
                rehearsal = heard.rehearsal(writer.connector.rehearse())
                problems += rehearsal.problems
                notes += rehearsal.notes
    except FAILURES as error:
        problems.append(f"write_token: {_told(name, error, 'write_token', sources)}")
    return SourceCheck(name, identity, partitions, tuple(problems), notes)


def _told(name: str, error: BaseException, credential: str, sources: Sources) -> str:
    """Why a source could not be asked, where the credential that was refused is kept, and what helps."""
    parts = [describe_failure(name, error)]
    if isinstance(error, AuthError) and (kept := sources.kept(name, credential)):
        parts.append(f"It is kept in {kept}.")
    if isinstance(error, VeafSyncError) and error.fix and "check --online" not in error.fix:
        parts.append(redact(error.fix))
    return " ".join(parts)
