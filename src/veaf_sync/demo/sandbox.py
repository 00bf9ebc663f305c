"""The emulators on the loopback interface, filled with the scenario, for as long as somebody wants to try things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from veaf_sync import config
from veaf_sync.clock import Clock
from veaf_sync.demo import folder as folders
from veaf_sync.demo.scenario import scenario
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
    """Serve one emulator for each installed connector that has one, until the block is left.

    Writes a configuration into `folder` that points at them. Raises `UserError` when no emulator is installed
    or the folder is somebody else's.
    """
    if not registry.emulators:
        raise UserError("No emulator is installed. Nothing was written.", fix='pip install "veaf-sync-jira[emulator]"')
    kept = folders.is_ours(folder) and all((folder / name).is_file() for name in config.DOCUMENTS)
    if not kept:
        folders.claim(folder)
    at = clock.now()
    with ExitStack() as stack:
        sources: dict[str, Mapping[str, object]] = {}
        urls: dict[str, str] = {}
        environment: dict[str, str] = {}
        for name, kind in registry.emulators.items():
            emulator = kind(clock=clock)
            emulator.separate_credentials()
            emulator.load(scenario(at))
            stack.enter_context(emulator)
            source = f"{name}-main"
            sources[source] = emulator.source()
            urls[source] = emulator.url
            environment.update(emulator.environment)
        if kept:
            folders.forget_store(folder)
            folders.point(folder, sources)
        else:
            folders.configure(folder, sources, registry.connectors, at)
        yield Sandbox(folder, urls, environment, kept)
