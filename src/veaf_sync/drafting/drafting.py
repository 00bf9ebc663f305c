"""Read the sources once, draft from what was read, say what the draft would map, and write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync import config as configuration
from veaf_sync.clock import Clock
from veaf_sync.config import Config
from veaf_sync.connector import Feature, Goal, Identity, Partition
from veaf_sync.drafting.entry import Entry
from veaf_sync.drafting.goals import from_goals
from veaf_sync.drafting.items import World, from_items
from veaf_sync.drafting.model import Draft, DraftReader
from veaf_sync.drafting.texts import Shares, texts
from veaf_sync.errors import Incomplete, UserError
from veaf_sync.model import Verdict
from veaf_sync.plugins import Registry
from veaf_sync.store import Run, Store, open_store
from veaf_sync.sync import SILENT, Progress, Sources, heard, run_sync
from veaf_sync.sync.snapshot import take
from veaf_sync.sync.sources import FAILURES, Source, describe_failure

_UNMEASURED = "none"
"""The version of the first reading's numbers: there was nothing yet that could be served."""
_EVERY_FIELD = Draft(readers=(DraftReader("fields.any"),))
"""A mapping that asks for the custom fields, so that the first reading can look into them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a credential sees: who it is, and the partitions."""

    identity: Identity
    partitions: tuple[Partition, ...]
    goals: tuple[Goal, ...] = ()
    """Those that the tool keeps, where it has any and this user may see them."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What was written. `mapped` of `counted` items would be aligned; `None` where no source was read."""

    paths: tuple[Path, ...]
    draft: Draft
    counted: int = 0
    mapped: float | None = None
    degraded: bool = False


def look(entries: Sequence[Entry], folder: Path, registry: Registry, clock: Clock) -> dict[str, Shown]:
    """Who we are in each source and what is visible there. Raises `ConfigError`, `AuthError` and what asking raises.

    Nothing is written. A source in which nothing is visible is an `Incomplete`.
    """
    loaded = _loaded(_documents(_EVERY_FIELD, entries), folder, registry, clock)
    found = {}
    with Sources(loaded, registry, clock) as sources:
        for entry in entries:
            source = sources.reading(entry.name)
            identity = source.identify()
            partitions = tuple(heard.partitions(source.connector.partitions()))
            if not any(partition.readable for partition in partitions):
                raise Incomplete(f"{entry.name}: nothing is visible to this credential. Nothing was written.")
            found[entry.name] = Shown(identity, partitions, _goals(source))
    return found


def _goals(source: Source) -> tuple[Goal, ...]:
    if Feature.GOALS not in source.connector.features:
        return ()
    try:
        return tuple(source.connector.goals())
    except FAILURES as error:
        describe_failure(source.name, error)  # raises what is not the source's own failure
        return ()


def draft(
    entries: Sequence[Entry],
    known: Draft,
    folder: Path,
    registry: Registry,
    clock: Clock,
    *,
    goals: Mapping[str, Sequence[Goal]] = MappingProxyType({}),
    organisation: str = "",
    timezone: str = "UTC",
    progress: Progress = SILENT,
) -> Drafted:
    """Draft the three documents into `folder` from `entries`, which are read now, their `goals`, `known` objectives.

    What is read is kept in the folder's store and measured with the draft, so that there is a number at once and the
    next sync reads only what changed. Documents are written last: where a source cannot be read, none is. Raises
    `UserError` where one of them is there already.
    """
    configuration.refuse_overwriting(folder)
    origin = ", ".join([*[entry.name for entry in entries], *(["a spreadsheet"] if known.objectives else [])])
    known = from_goals(goals, known)
    linking = {name for name, found in goals.items() if any(goal.open for goal in found)}
    entries = [entry.reading_goals() if entry.name in linking else entry for entry in entries]
    day = clock.now().astimezone(ZoneInfo(timezone)).date()

    def written(result: Draft, shares: Shares) -> dict[str, str]:
        name = organisation or next((entry.organisation for entry in entries if entry.organisation), "")
        return texts(result, entries, organisation=name, timezone=timezone, origin=origin, shares=shares, day=day)

    if not entries:
        return Drafted(_save(folder, written(known, {}), registry), known)
    empty = _loaded(_documents(_EVERY_FIELD, entries, timezone), folder, registry, clock)
    with open_store(empty.settings.store, folder=empty.folder) as store:
        result = run_sync(empty, registry, store, clock, metric_version=_UNMEASURED, progress=progress)
        failed = [report for report in result.sources if report.state == "failed"]
        if failed:
            raise Incomplete(f"{failed[0].source}: {failed[0].reason.rstrip('.')}. No document was written.")
        progress.stage("draft")
        shot = take(empty, store, result.run)
        found = from_items(World(shot.items, shot.hierarchy, shot.weights), known.objectives)
        drafted = replace(known, rules=()) + found + Draft(rules=known.rules)  # of whole partitions, so last
        loaded = _loaded(written(drafted, {}), folder, registry, clock)
        shares, counted, mapped = _shares(loaded, store, result.run)
        final = written(drafted, shares)
        run_sync(_loaded(final, folder, registry, clock), registry, store, clock, only={}, progress=progress)
    return Drafted(_save(folder, final, registry), drafted, counted, mapped, result.degraded)


def _shares(loaded: Config, store: Store, run: Run) -> tuple[Shares, int, float | None]:
    """Share of counted items that is aligned, by deciding rule ("": what people state); how many; in all."""
    shot = take(loaded, store, run)
    counted = shot.weights.filter("counted").select("source", "id")
    if counted.is_empty():
        return {}, 0, None
    aligned = shot.verdicts.filter(pl.col("verdict") == Verdict.ALIGNED.value).join(counted, on=["source", "id"])
    by_rule = aligned.group_by("rule").agg(pl.col("share").sum() / counted.height)
    return dict(by_rule.rows()), counted.height, float(aligned["share"].sum()) / counted.height


def _documents(drafted: Draft, entries: Sequence[Entry], timezone: str = "UTC") -> dict[str, str]:
    from datetime import date

    return texts(drafted, entries, organisation="", timezone=timezone, origin="", shares={}, day=date.min)


def _loaded(documents: Mapping[str, str], folder: Path, registry: Registry, clock: Clock) -> Config:
    return configuration.load_texts(documents, registry.connectors, at=clock.now(), folder=folder)


def _save(folder: Path, documents: Mapping[str, str], registry: Registry) -> tuple[Path, ...]:
    try:
        return tuple(configuration.write_documents(folder, documents, registry.connectors))
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
