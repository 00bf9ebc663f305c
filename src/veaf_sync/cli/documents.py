"""The JSON forms that are no answer of `read`, for their schemas: what `sync`, `apply`, `check` … print."""

from __future__ import annotations

from typing import Literal

from veaf_sync.read import Answer, Part


class SourcePart(Part):
    """What became of a source in a pass. `requests` were sent to it."""

    source: str
    state: str
    reason: str
    fix: str
    items: int
    new: int
    changed: int
    removed: int
    requests: int


class OutcomeCounts(Part):
    """Items by what became of their change."""

    applied: int
    unchanged: int
    conflict: int
    failed: int


class OutcomePart(Part):
    """What became of one item's change. `item` is the tool's own id; `detail` says why it was not written."""

    source: str
    item: str
    result: Literal["applied", "unchanged", "conflict", "failed"]
    detail: str


class OutcomesPart(Part):
    """Every change that was tried."""

    counts: OutcomeCounts
    changes: list[OutcomePart]


class SyncDocument(Answer):
    """A pass. `notes` are sentences on what it found; `outcomes` are empty without --write."""

    sources: list[SourcePart]
    notes: list[str]
    outcomes: OutcomesPart


class ApplyDocument(Answer):
    """What became of the plan with this `digest`."""

    digest: str
    counts: OutcomeCounts
    changes: list[OutcomePart]


class ProblemPart(Part):
    """A problem of the configuration; `line` is null where it is about the whole file."""

    file: str
    line: int | None
    where: str
    what: str
    hint: str
    severity: Literal["error", "finding"]


class SourceCheckPart(Part):
    """What a source said with --online; who we are there is null where it was not reached."""

    source: str
    user: str | None
    product: str | None
    time_zone: str | None
    problems: list[str]
    notes: list[str]


class CheckDocument(Answer):
    """Every problem of the configuration, and of the sources that were asked."""

    problems: list[ProblemPart]
    sources: list[SourceCheckPart]


class ReportDocument(Answer):
    """The paths that were written."""

    files: list[str]


class PluginPart(Part):
    """A connector in use. `file` is that of a plugin of `plugins_dir`, which is of no distribution."""

    name: str
    distribution: str
    version: str
    features: list[str]
    api: int
    targets: list[str]
    file: str | None


class PluginFailure(Part):
    """A plugin that did not load, and why."""

    name: str
    distribution: str
    reason: str
    file: str | None


class PluginsDocument(Answer):
    """Connectors, and plugins that did not load."""

    plugins: list[PluginPart]
    failures: list[PluginFailure]
