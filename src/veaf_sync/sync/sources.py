"""Opening the connectors of configured sources, with their sessions and credentials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Connector, Identity, SourceSettings
from veaf_sync.credentials import redact
from veaf_sync.errors import SourceError, UserError, VeafSyncError
from veaf_sync.http import Budget, Session
from veaf_sync.plugins import Registry
from veaf_sync.sync import heard

FAILURES = (Exception, SystemExit)
"""What a connector may raise that ends its source or shard only: its own defects and `sys.exit` included."""


@dataclass(slots=True)
class Source:
    """A configured source and its open connector."""

    name: str
    settings: SourceSettings
    connector: Connector[Any]
    session: Session
    _identity: Identity | None = field(default=None, repr=False)

    def identify(self) -> Identity:
        """Who the credential is; the tool is asked once. Raises `AuthError`."""
        if self._identity is None:
            self._identity = heard.identity(self.connector.check())
        return self._identity

    def fingerprint(self) -> str:
        """A digest of the settings that decide what is read of an item; credentials and bounds do not."""
        others = {"token", "write_token", "user", "freshness", "guards", "read_only", "lag", "census_every"}
        return sha256(self.settings.model_dump_json(exclude=others).encode()).hexdigest()[:16]


class Sources:
    """The open sources of one command: each is opened when first asked for, once for each credential.

    Reading, previewing and writing so share what the tool was asked already, and one budget of requests.
    """

    def __init__(self, config: Config, registry: Registry, clock: Clock) -> None:
        self._config = config
        self._connectors = registry.connectors
        self._clock = clock
        self._budget = Budget(clock)
        self._open: dict[tuple[str, bool], Source] = {}
        self._stack = ExitStack()

    def reading(self, name: str) -> Source:
        """The source with its reading credential. Raises `SourceError` when the connector cannot be made."""
        return self._get(name, self._settings(name), writes=False)

    def writing(self, name: str) -> Source:
        """The source with its write credential, where it has one of its own. Raises as `reading` does."""
        settings = self._settings(name)
        return self._get(name, settings.for_writing(), writes=settings.write_token is not None)

    def _settings(self, name: str) -> SourceSettings:
        """The source's settings, its tag knowing the goals of the strategy."""
        settings = self._config.settings.sources[name]
        return settings.model_copy(update={"tag": self._config.tags[name]}) if settings.tag else settings

    def kept(self, name: str, credential: str) -> str:
        """Where a credential of a source is kept, as its reference says; "" where it has none of that name."""
        return str(getattr(self._config.settings.sources[name], credential, None) or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _get(self, name: str, settings: SourceSettings, *, writes: bool) -> Source:
        if (name, writes) not in self._open:
            self._open[name, writes] = self._stack.enter_context(self._opened(name, settings))
        return self._open[name, writes]

    @contextmanager
    def _opened(self, name: str, settings: SourceSettings) -> Iterator[Source]:
        session = Session(clock=self._clock, hosts=settings.hosts(), budget=self._budget)
        try:
            connector = self._connectors[settings.connector](settings, session, self._clock)
            try:
                yield Source(name=name, settings=settings, connector=connector, session=session)
            finally:
                with suppress(*FAILURES):  # what it was opened for is done
                    connector.close()
        finally:
            session.close()


@contextmanager
def opening(config: Config, registry: Registry, clock: Clock, opened: Sources | None = None) -> Iterator[Sources]:
    """`opened`, which stays open, or else sources that are closed on leaving."""
    if opened is not None:
        yield opened
        return
    with Sources(config, registry, clock) as sources:
        yield sources


def describe_failure(source: str, error: BaseException) -> str:
    """One sentence on why a source or shard ended. A plugin's own defect is named as such."""
    if isinstance(error, SourceError | UserError):
        return redact(error.message)
    if isinstance(error, VeafSyncError):
        raise error  # the store, a lost lease or a guard: not the source's failure
    text = redact(f"{type(error).__name__}: {error}".strip(": "))
    return f"the connector of {source} failed ({text}). That is a defect of the plugin."
