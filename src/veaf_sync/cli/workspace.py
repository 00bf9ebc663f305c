"""What a command works with: folder, plugins, configuration and store, each opened when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from veaf_sync.cli import options, printer
from veaf_sync.cli.screened import plugins_begin
from veaf_sync.errors import ConfigError, StoreError, UserError

if TYPE_CHECKING:
    from veaf_sync.clock import Clock
    from veaf_sync.config import Config, Place
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
        """The plugins: installed ones, and those of the folder that the configuration names, where there is one."""
        from veaf_sync import plugins

        plugins_begin()
        return plugins.load(self.plugins_dir)

    @cached_property
    def installed(self) -> Registry:
        """The installed plugins, for commands that bring a configuration of their own."""
        from veaf_sync import plugins

        plugins_begin()
        return plugins.load()

    @cached_property
    def plugins_dir(self) -> Path | None:
        """The folder of single-file plugins. What is wrong with a configuration is said by who needs it."""
        try:
            return self.place.plugins_dir
        except UserError:
            return None

    @cached_property
    def folder(self) -> Path:
        """The folder of the configuration. Raises `UserError` where there is none."""
        from veaf_sync import config

        return config.find_folder(self.chosen)

    @cached_property
    def config(self) -> Config:
        """The configuration. Raises `ConfigError` with all its problems at once."""
        from veaf_sync import config

        try:
            return config.load(self.folder, self.registry.connectors, at=self.clock.now())
        except ConfigError:
            self.say_what_is_no_plugin()  # a connector that did not load is one that "is not installed"
            raise

    def say_what_is_no_plugin(self) -> None:
        """One line on stderr for each plugin that did not load."""
        for failure in self.registry.failures:
            printer.aside(f"{failure.name} ({failure.origin}) did not load: {failure.reason}")

    @cached_property
    def place(self) -> Place:
        """Where the store is: all of the configuration that reading needs. Raises `ConfigError` where that is wrong."""
        from veaf_sync import config

        return config.find_place(self.folder)

    @cached_property
    def store(self) -> Store:
        """The store, created where it is not there yet: for commands that write to it."""
        from veaf_sync.store import open_store

        return open_store(self.config.settings.store, folder=self.config.folder)

    @cached_property
    def snapshots(self) -> Store:
        """The store as it is: for commands that read it. Raises `StoreError` where there is none.

        What is wrong with the configuration, where there is no store yet either, is said first: as a `ConfigError`.
        """
        from veaf_sync.store import open_store

        try:
            return open_store(self.place.store, folder=self.place.folder, create=False)
        except StoreError:
            _ = self.config
            raise

    def snapshot(self, as_of: str | None = None, *, say_degraded: bool = True) -> Snapshot:
        """The last snapshot, or the one that `as_of` names. Raises `UsageError` where there is none.

        That it is DEGRADED or provisional is said on stderr, whatever the output's form, unless the answer itself
        says it.
        """
        from veaf_sync.read import PROVISIONAL, open_snapshot

        snapshot = open_snapshot(self.snapshots, self.place, as_of)
        self.say_what_does_not_load(snapshot.config.texts)
        if say_degraded and snapshot.tree.provisional:
            printer.aside(f"PROVISIONAL  {PROVISIONAL}")
        if say_degraded and snapshot.run.degraded:
            why = f"veaf-sync status{options.given(as_of=as_of)}"
            printer.aside(f"DEGRADED  run {snapshot.run.id} could not read everything. Why: {why}")
        return snapshot

    def say_what_does_not_load(self, used: Mapping[str, str]) -> None:
        """One line on stderr where the configuration of today does not load. `used` are texts known to load."""
        if "config" in self.__dict__ or self.place.holds(used):
            return
        try:
            _ = self.config
        except ConfigError as error:
            files = ", ".join(dict.fromkeys(Path(problem.file).name for problem in error.problems))
            printer.aside(f"Today's configuration does not load ({files}). This is as the run used it: veaf-sync check")

    def log_folder(self) -> Path | None:
        """Where the log belongs: the folder this command worked with, `None` where it had not come to one."""
        return self.__dict__.get("folder")

    def close(self) -> None:
        """Close the store, if a command opened it."""
        for name in ("store", "snapshots"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
