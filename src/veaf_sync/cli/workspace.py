"""What a command works with: folder, plugins, configuration and store, each opened when first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from veaf_sync.cli import printer

if TYPE_CHECKING:
    from veaf_sync.clock import Clock
    from veaf_sync.config import Config
    from veaf_sync.plugins import Registry
    from veaf_sync.read import Snapshot
    from veaf_sync.store import Store

NOTHING_DONE = "Nothing was written."


class Workspace:
    """Opened once per command. Rooms are imported where they are opened: `--help` needs none of them."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self.chosen: Path | None = None
        self.pending = NOTHING_DONE
        """What to say when the command is interrupted now: what was done and what was not."""

    @cached_property
    def clock(self) -> Clock:
        from veaf_sync.clock import SystemClock

        return self._clock or SystemClock()

    @cached_property
    def registry(self) -> Registry:
        """The installed plugins."""
        from veaf_sync import plugins

        return plugins.load()

    @cached_property
    def folder(self) -> Path:
        """The folder of the configuration. Raises `UserError` where there is none."""
        from veaf_sync import config

        return config.find_folder(self.chosen)

    @cached_property
    def config(self) -> Config:
        """The configuration. Raises `ConfigError` with all its problems at once."""
        from veaf_sync import config

        return config.load(self.folder, self.registry.connectors, at=self.clock.now())

    @cached_property
    def store(self) -> Store:
        """The store, created where it is not there yet: for commands that write to it."""
        return self._open(create=True)

    @cached_property
    def snapshots(self) -> Store:
        """The store as it is: for commands that read it. Raises `StoreError` where there is none."""
        return self._open(create=False)

    def snapshot(self, as_of: str | None = None, *, say_degraded: bool = True) -> Snapshot:
        """The last snapshot, or the one that `as_of` names. Raises `UsageError` where there is none.

        That it is DEGRADED is said on stderr, whatever the output's form, unless the answer itself says it.
        """
        from veaf_sync.read import open_snapshot

        snapshot = open_snapshot(self.snapshots, self.config, as_of)
        if say_degraded and snapshot.run.degraded:
            printer.aside(f"DEGRADED  run {snapshot.run.id} could not read everything. Why: veaf-sync status")
        return snapshot

    def _open(self, *, create: bool) -> Store:
        from veaf_sync.store import open_store

        return open_store(self.config.settings.store, folder=self.config.folder, create=create)

    def log_folder(self) -> Path | None:
        """Where the log belongs: the folder this command worked with, `None` where it had not come to one."""
        return self.__dict__.get("folder")

    def close(self) -> None:
        """Close the store, if a command opened it."""
        for name in ("store", "snapshots"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
