"""Which run a snapshot is of, and the documents it used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from veaf_sync.config import Config, Place, load_texts
from veaf_sync.connector import Connector, SourceSettings, TargetKind
from veaf_sync.errors import UsageError
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import Run, Store

_MOMENT = timedelta(microseconds=1)  # the store's resolution


def open_snapshot(store: Store, place: Config | Place, as_of: str | None = None) -> Snapshot:
    """The last run that is done, or the one that `as_of` names, with the documents stored with it.

    `as_of` is a run's number, a date (the last run with `at` before the end of that day in the zone of `place`), or a
    time (the last run not after it; without a zone in that one). The present configuration need not load: `place` is
    what is needed of it; a whole one saves reading the stored documents where they are the same. Raises `UsageError`
    where there is no such run.
    """
    run = _latest(store) if as_of is None else _named(store, as_of.strip(), place.timezone)
    return bound(store, run, place)


def bound(store: Store, run: Run, place: Config | Place) -> Snapshot:
    """`run` with the documents it used; a whole configuration saves reading them where they are the same."""
    texts = store.runs.documents(run.id)
    if isinstance(place, Config) and texts == dict(place.texts):
        return Snapshot(store, run, place)
    stored = load_texts(texts, _AnyConnector(), at=run.at, folder=place.folder)
    return Snapshot(store, run, replace(stored, folder=place.folder))


def _latest(store: Store) -> Run:
    run = store.runs.latest()
    if run is None:
        raise UsageError("Nothing has been read yet, so there is nothing to show.", fix="veaf-sync sync")
    return run


def _named(store: Store, as_of: str, zone: ZoneInfo) -> Run:
    if re.fullmatch(r"[0-9]{1,18}", as_of):
        run = store.runs.get(int(as_of))
        if run is None:
            raise UsageError(f"There is no run {as_of}.", fix="veaf-sync runs lists them")
        if run.status != "done":
            raise UsageError(f"Run {as_of} is {run.status}: it has no snapshot.", fix="veaf-sync runs lists the others")
        return run
    found = store.runs.latest(before=_end(as_of, zone))
    if found is None:
        raise UsageError(f"No run had been done by {as_of}.", fix="veaf-sync runs lists them")
    return found


def _end(as_of: str, zone: ZoneInfo) -> datetime:
    """The instant before which a run must lie: the end of a day, or just behind a time."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", as_of):
            following = date.fromisoformat(as_of) + timedelta(days=1)
            return datetime.combine(following, time.min, tzinfo=zone).astimezone(UTC)
        instant = datetime.fromisoformat(as_of)
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC) + _MOMENT
    except (ValueError, OverflowError):
        raise UsageError(
            f"--as-of {as_of} is neither a run's number nor a date.", fix="Examples: --as-of 318, --as-of 2026-11-23"
        ) from None


class _StoredSource(SourceSettings):
    """A source of stored settings, of whatever connector: reading needs only what all sources have."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    targets: ClassVar[frozenset[TargetKind]] = frozenset(get_args(TargetKind))


class _StandIn:
    settings = _StoredSource


class _AnyConnector(Mapping[str, type[Connector[Any]]]):
    """Knows every connector's name, so that an old run can be read when its connector is not installed any more."""

    def __getitem__(self, name: str) -> type[Connector[Any]]:
        return cast("type[Connector[Any]]", _StandIn)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
