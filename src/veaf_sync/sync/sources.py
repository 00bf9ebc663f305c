"""Opening the connector of a configured source, with its session and credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync.connector import Connector, SourceSettings
from veaf_sync.credentials import redact
from veaf_sync.errors import SourceError, UserError, VeafSyncError
from veaf_sync.http import Budget, Session

FAILURES = (Exception, SystemExit)
"""What a connector may raise that ends its source or shard only: its own defects and `sys.exit` included."""


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source and its open connector."""

    name: str
    settings: SourceSettings
    connector: Connector[Any]
    session: Session


@contextmanager
def open_source(
    name: str,
    settings: SourceSettings,
    connectors: Mapping[str, type[Connector[Any]]],
    clock: Clock,
    budget: Budget,
    *,
    writing: bool = False,
) -> Iterator[Source]:
    """The source's connector, closed on leaving. `writing` hands it the write credential, where there is one.

    Raises `SourceError` when the connector cannot be made.
    """
    effective = settings.for_writing() if writing else settings
    session = Session(clock=clock, hosts=effective.hosts(), budget=budget)
    try:
        connector = connectors[settings.connector](effective, session, clock)
        try:
            yield Source(name=name, settings=effective, connector=connector, session=session)
        finally:
            connector.close()
    finally:
        session.close()


def describe_failure(source: str, error: BaseException) -> str:
    """One sentence on why a source or shard ended. A plugin's own defect is named as such."""
    if isinstance(error, SourceError | UserError):
        return redact(error.message)
    if isinstance(error, VeafSyncError):
        raise error  # the store, a lost lease or a guard: not the source's failure
    text = redact(f"{type(error).__name__}: {error}".strip(": "))
    return f"the connector of {source} failed ({text}). That is a defect of the plugin."
