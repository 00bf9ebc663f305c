"""The settings that every source has, whatever its connector."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from veaf_sync.connector.strict import Strict
from veaf_sync.connector.tag import Tag, TargetKind
from veaf_sync.credentials import Secret
from veaf_sync.model import Level, StateCategory

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: object) -> object:
    """`26h`, `10m`, `3d`, `45s` as a timedelta; anything else is left to pydantic."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+)\s*([smhd])", value.strip())):
        try:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        except OverflowError:
            raise ValueError("a duration this long has no end. Example: 26h") from None
    if isinstance(value, str):
        raise ValueError("a duration is a number and s, m, h or d, such as 26h")
    return value


def said_duration(value: timedelta) -> str:
    """A duration as `parse_duration` reads it, in the largest unit that it is whole in."""
    lengths = {unit: timedelta(**{name: 1}) for unit, name in _UNITS.items()}
    unit = next(unit for unit in reversed(lengths) if not value % lengths[unit])
    return f"{value // lengths[unit]}{unit}"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+\s*[smhd]$")]),
    PlainSerializer(said_duration, return_type=str, when_used="json"),
]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=str | tuple[str, ...]
    ),
]


def _from_folder(value: str, info: ValidationInfo) -> str:
    """A relative path counts from the folder of the file that holds it (validation context `folder`)."""
    folder = (info.context or {}).get("folder")
    path = Path(value).expanduser()
    return str(path if folder is None else Path(folder) / path)


def _zone(value: str, info: ValidationInfo) -> str:
    """A time zone that this machine knows; empty = the configuration's (validation context `timezone`), else UTC."""
    name = value or str((info.context or {}).get("timezone") or "UTC")
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found, a folder of zones, a path out of the database
        raise ValueError(_unknown_zone(name)) from None
    return name


def _unknown_zone(name: str) -> str:
    near = difflib.get_close_matches(name, sorted(available_timezones()), n=1)
    return f"{name} is no time zone. " + (f"Did you mean {near[0]}?" if near else "Example: Europe/Berlin")


RelativePath = Annotated[str, AfterValidator(_from_folder)]
"""A path or glob; `config` gives it made absolute from the configuration's folder."""


def is_path(field: FieldInfo) -> bool:
    """Whether a setting is a `RelativePath`."""
    return any(isinstance(each, AfterValidator) and each.func is _from_folder for each in field.metadata)


TimeZone = Annotated[str, AfterValidator(_zone)]
"""An IANA zone name. With `Field(default="", validate_default=True)` the configuration's zone is the default."""


class Freshness(Strict):
    """How old the last complete reading may be before a source is late, and before it is unreadable."""

    warn_after: Duration | None = Field(default=None, description="Older than this, such as 26h: said to be late.")
    error_after: Duration | None = Field(
        default=None, description="A failed source's items stay as last read for so long; not set: unreadable at once."
    )


class Cap(Strict):
    """At most this many, and at most this share of the partition's items; the stricter holds."""

    count: int | None = Field(default=None, ge=0, description="At most this many.")
    share: float | None = Field(default=None, ge=0, le=1, description="At most this share of the items, 0–1.")


class Guards(Strict):
    """Caps per run and partition on what a plan may change."""

    clears: Cap = Field(default=Cap(count=50, share=0.1), description="Values that are taken away.")
    changes: Cap = Field(default=Cap(count=5000), description="Values that are set or taken away.")
    moves: Cap = Field(
        default=Cap(count=100), description="Items that go from one objective to another where documents changed."
    )


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong around a setting: its path in the source's settings, a sentence, and what helps."""

    path: tuple[str, ...]
    what: str
    hint: str = ""


USUAL_LEVELS: Mapping[str, Level] = MappingProxyType(
    {
        "initiative": Level.INITIATIVE,
        "epic": Level.EPIC,
        "standard": Level.STANDARD,
        "sub-task": Level.SUBTASK,
        "subtask": Level.SUBTASK,
    }
)
"""Levels by the usual names of types, in lower case, for types of which neither the tool nor `levels` says one."""


USUAL_STATES: Mapping[str, StateCategory] = MappingProxyType(
    {
        **dict.fromkeys(("todo", "new", "to do", "open", "backlog"), StateCategory.TODO),
        **dict.fromkeys(("in_progress", "indeterminate", "in progress", "in review"), StateCategory.IN_PROGRESS),
        **dict.fromkeys(("done", "closed", "resolved"), StateCategory.DONE),
    }
)
"""Categories by the usual names of states, in lower case, where neither the tool nor `states` says one."""
BOARD_STATES: Mapping[str, StateCategory] = MappingProxyType(
    {
        **USUAL_STATES,
        **dict.fromkeys(("triage", "ready", "not started"), StateCategory.TODO),
        **dict.fromkeys(("doing", "started"), StateCategory.IN_PROGRESS),
        **dict.fromkeys(("complete", "completed", "shipped"), StateCategory.DONE),
    }
)
"""With the names that boards' own templates give to columns and sections."""


class SourceSettings(Strict):
    """Common part of every source. A connector subclasses it with its own words."""

    targets: ClassVar[frozenset[TargetKind]] = frozenset({"label"})
    """What a tag may be in this tool; none: nothing is ever written there."""

    connector: str = Field(description="The connector's name; veaf-sync plugins lists them.")
    write_token: Secret | None = Field(
        default=None, description="A second credential that only apply and sync --write use: env:NAME, file:PATH …"
    )
    levels: dict[Level, Texts] = Field(default_factory=dict, description="Types by level, where the tool does not say.")
    states: dict[StateCategory, Texts] = Field(default_factory=dict, description="States by category, likewise.")
    tag: Tag | None = Field(default=None, description="Where our alignment tags stand. Absent: none are written.")
    freshness: Freshness = Field(default=Freshness(), description="How old the last complete reading may be.")
    guards: Guards = Field(default=Guards(), description="Caps on what one plan may change.")
    on_conflict: Literal["keep-theirs", "report"] = Field(
        default="keep-theirs",
        description="What a tag counts that a person set or took away: keep-theirs, it overrides rules; report, rules "
        "decide the figures. It stays as the person left it either way, and plans list it.",
    )
    read_only: bool = Field(default=False, description="Nothing is planned or written here, whatever tag says.")
    lag: Duration = Field(default=timedelta(minutes=10), description="How late the tool's index may show an edit.")
    census_every: int = Field(default=24, ge=1, description="A full id census every so many incremental syncs.")

    @field_validator("tag")
    @classmethod
    def _tags_what_it_can(cls, value: Tag | None) -> Tag | None:
        if value is not None and value.kind not in cls.targets:
            raise ValueError(_no_target(value.kind, sorted(cls.targets)))
        return value

    def flaws(self) -> Sequence[Flaw]:
        """What is visibly wrong without asking the tool, for `check`: it stops nothing. Called there only."""
        return ()

    def hosts(self) -> tuple[str, ...]:
        """Hosts that requests of this source may go to, as `host` or `host:port`; none = no network."""
        return ()

    def for_writing(self) -> Self:
        """These settings with the write credential in place of the reading one, where there is one."""
        update: dict[str, Any] = (
            {"token": self.write_token} if self.write_token and "token" in type(self).model_fields else {}
        )
        return self.model_copy(update=update)


def _no_target(kind: str, targets: Sequence[str]) -> str:
    if not targets:
        return "tag does not fit: this connector only reads. Take the line out"
    return f"a tag cannot be a {kind} here. This connector writes: {', '.join(targets)}"
