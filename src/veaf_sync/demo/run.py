"""The whole loop on an invented organisation: pull, map, measure, plan, write back, pull again, report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from veaf_sync import config, read, report
from veaf_sync.clock import Clock
from veaf_sync.demo import folder as folders
from veaf_sync.demo.hurry import HurriedClock
from veaf_sync.demo.tools import Tool, running
from veaf_sync.errors import UserError
from veaf_sync.plan import Plan
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import ApplyResult, Planned, Progress, RunResult, apply_plan, make_plan, run_sync

Tags = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the loop did.

    `sites` are the tools' addresses by source; `status` is how things stood after the first pull; `before` and
    `after` are our tags in the tools by item (`source:key`), where there are any.
    """

    folder: Path
    sites: Mapping[str, str]
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
    """Run the loop against the emulators over HTTP; `folder` then holds configuration, store and report.

    Raises `UsageError` when the folder is somebody else's, `UserError` when no emulator is installed.
    Nothing leaves the loopback interface.
    """
    if not registry.emulators:
        raise UserError(
            "The demo needs a connector with its emulator. Nothing was written.",
            fix='pip install "veaf-sync-jira[emulator]"',
        )
    folders.claim(folder)
    hurried = HurriedClock(clock)
    at = clock.now()
    with running(registry, clock, at) as tools, _variables(tools):
        folders.configure(folder, {tool.source: tool.entry for tool in tools}, registry.connectors, at)
        settled = config.load(folder, registry.connectors, at=at)
        with open_store(settled.settings.store, folder=settled.folder) as store:
            before = _ours(tools, settled)
            first = run_sync(settled, registry, store, hurried, progress=progress)
            status = read.status(read.open_snapshot(store, settled))
            planned = make_plan(settled, registry, store, hurried, first.run, progress=progress)
            applied = apply_plan(planned.plan, settled, registry, store, hurried, progress=progress)
            second = run_sync(settled, registry, store, hurried, progress=progress)
            again = make_plan(settled, registry, store, hurried, second.run, progress=progress).plan
            return DemoResult(
                folder=folder,
                sites={tool.source: tool.emulator.url for tool in tools},
                first=first,
                status=status,
                planned=planned,
                applied=applied,
                second=second,
                second_plan=again,
                before=before,
                after=_ours(tools, settled),
                report=tuple(report.write(read.open_snapshot(store, settled), report.FORMATS, folder / "report")),
            )


def _ours(tools: Sequence[Tool], settled: config.Config) -> Tags:
    """Our tags in the tools: only items that have any."""
    found = {}
    for tool in tools:
        tag = settled.tags[tool.source]
        for key, values in tool.emulator.tags().items():
            if ours := tuple(value for value in values if tag.objective(value) is not None):
                found[f"{tool.source}:{key}"] = ours
    return found


@contextmanager
def _variables(tools: Sequence[Tool]) -> Iterator[None]:
    """The environment with the emulators' credentials in it, as it was afterwards."""
    values = {name: value for tool in tools for name, value in tool.emulator.environment.items()}
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
