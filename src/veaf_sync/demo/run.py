"""The whole loop on an invented organisation: pull, map, measure, plan, write back, pull again, report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from veaf_sync import config, read, report
from veaf_sync.clock import Clock
from veaf_sync.demo import folder as folders
from veaf_sync.demo.hurry import HurriedClock
from veaf_sync.demo.scenario import scenario
from veaf_sync.errors import UserError
from veaf_sync.plan import Plan
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import ApplyResult, Planned, Progress, RunResult, apply_plan, make_plan, run_sync

CONNECTOR, SOURCE = "jira", "jira-main"
Tags = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the loop did.

    `status` is how things stood after the first pull; `before` and `after` are our tags in the tool by key, where
    there are any.
    """

    folder: Path
    site: str
    first: RunResult
    status: read.Status
    planned: Planned
    applied: ApplyResult
    second: RunResult
    second_plan: Plan
    before: Tags
    after: Tags
    report: tuple[Path, ...]


def run(folder: Path, registry: Registry, clock: Clock, progress: Progress) -> DemoResult:
    """Run the loop against Jira's emulator over HTTP; `folder` then holds configuration, store and report.

    Raises `UsageError` when the folder is somebody else's, `UserError` when the emulator is not installed.
    Nothing leaves the loopback interface.
    """
    kind = registry.emulators.get(CONNECTOR)
    if kind is None:
        raise UserError(
            "The demo needs the Jira connector with its emulator. Nothing was written.",
            fix='pip install "veaf-sync-jira[emulator]"',
        )
    folders.claim(folder)
    hurried = HurriedClock(clock)
    at = clock.now()
    emulator = kind(clock=clock)
    emulator.separate_credentials()
    emulator.load(scenario(at))
    with emulator, _variables(emulator.environment):
        folders.configure(folder, {SOURCE: emulator.source()}, registry.connectors, at)
        settled = config.load(folder, registry.connectors, at=at)
        tag = settled.settings.sources[SOURCE].tag
        prefix = tag.prefix if tag else ""
        with open_store(settled.settings.store, folder=settled.folder) as store:
            before = _ours(emulator.tags(), prefix)
            first = run_sync(settled, registry, store, hurried, progress=progress)
            status = read.status(read.open_snapshot(store, settled))
            planned = make_plan(settled, registry, store, hurried, first.run, progress=progress)
            applied = apply_plan(planned.plan, settled, registry, store, hurried, progress=progress)
            second = run_sync(settled, registry, store, hurried, progress=progress)
            again = make_plan(settled, registry, store, hurried, second.run, progress=progress).plan
            return DemoResult(
                folder=folder,
                site=emulator.url,
                first=first,
                status=status,
                planned=planned,
                applied=applied,
                second=second,
                second_plan=again,
                before=before,
                after=_ours(emulator.tags(), prefix),
                report=tuple(report.write(read.open_snapshot(store, settled), report.FORMATS, folder / "report")),
            )


def _ours(tags: Tags, prefix: str) -> Tags:
    """Only values under our prefix, only items that have any."""
    ours = {key: tuple(value for value in values if value.startswith(prefix)) for key, values in tags.items()}
    return {key: values for key, values in ours.items() if values}


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """The environment with the emulator's credentials in it, as it was afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
