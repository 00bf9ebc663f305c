"""The emulators on the loopback interface, filled with the scenario, for as long as somebody wants to try things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from veaf_sync.clock import Clock
from veaf_sync.demo import folder as folders
from veaf_sync.demo.tools import running
from veaf_sync.errors import UserError
from veaf_sync.plugins import Registry


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Running emulators. `urls` by source; `environment` are the variables that the configuration's references need."""

    folder: Path
    urls: Mapping[str, str]
    environment: Mapping[str, str]
    kept: bool
    """The folder was a sandbox's already: strategy and mapping are as they were edited, the store was forgotten."""


@contextmanager
def serve(folder: Path, registry: Registry, clock: Clock) -> Iterator[Sandbox]:
    """Serve one emulator for each installed connector that has one, each with its part, until the block is left.

    Writes a configuration into `folder` that points at them. Raises `UserError` when no emulator is installed
    or the folder is somebody else's.
    """
    if not registry.emulators:
        raise UserError("No emulator is installed. Nothing was written.", fix='pip install "veaf-sync-jira[emulator]"')
    kept = folders.keeps(folder)
    if not kept:
        folders.claim(folder)
    at = clock.now()
    with running(registry, clock, at) as tools:
        sources = {tool.source: tool.entry for tool in tools}
        urls = {tool.source: tool.emulator.url for tool in tools}
        environment = {name: value for tool in tools for name, value in tool.emulator.environment.items()}
        if kept:
            folders.forget_store(folder)
            folders.point(folder, sources)
        else:
            folders.configure(folder, sources, registry.connectors, at)
        folders.keep(folder)
        yield Sandbox(folder, urls, environment, kept)
