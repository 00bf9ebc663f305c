"""What passes between a vendor's connector, the core and the journal. Frozen, slotted, JSON-able.

Times are aware UTC. A missing text is `""`, a missing number or time is `None`, a missing list is `()`:
unestimated is not zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

EMPTY: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Level(StrEnum):
    """How high a work item stands."""

    INITIATIVE = "initiative"
    EPIC = "epic"
    STANDARD = "standard"
    SUBTASK = "subtask"


class StateCategory(StrEnum):
    """What a tool's own state means."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Verdict(StrEnum):
    """Exactly one for every item of a snapshot; totals always add up over these six."""

    ALIGNED = "aligned"
    DANGLING = "dangling"
    AMBIGUOUS = "ambiguous"
    EXEMPT = "exempt"
    ORPHAN = "orphan"
    UNREADABLE = "unreadable"


class Origin(StrEnum):
    """Where an item's result comes from. `""` in frames and `None` in answers where nothing was said."""

    STATEMENT = "statement"
    RULE = "rule"
    INHERITED = "inherited"
    WITHDRAWN = "withdrawn"


def as_text(value: object) -> str:
    """A field's value as the text that conditions compare: `3` and `3.0` are `"3"`, `True` is `"true"`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@dataclass(frozen=True, slots=True, order=True)
class ItemRef:
    """A work item's identity: the source's name and the tool's own stable id (not the key, which can change)."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Membership:
    """An item's place in one partition.

    `handle` is what the tool wants to see when the item is changed there (empty = the item's id);
    `tags` are the raw values seen at the configured tag target there (`okr:fast-checkout`): of labels those that have
    our form, of a field or property every one, so that what people put there is never written over.
    """

    partition: str
    handle: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A work item as a connector reads it. It names every partition it lives in, and its parent as given (a key)."""

    id: str
    key: str
    partitions: tuple[Membership, ...]
    title: str = ""
    type: str = ""
    level: Level = Level.STANDARD
    state: str = ""
    state_category: StateCategory = StateCategory.TODO
    parent: str = ""
    aliases: tuple[str, ...] = ()
    url: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    milestones: tuple[str, ...] = ()
    sprints: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    team: str = ""
    points: float | None = None
    hours: float | None = None
    created: datetime | None = None
    updated: datetime | None = None
    completed: datetime | None = None
    stated: tuple[str, ...] = ()
    """Objective ids that the tool itself carries as statements (a goal link, a column `objective`)."""
    links: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)


class Action(StrEnum):
    """A commutative operation at a tag target. Never "set the whole list"."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class TagChange:
    """One reviewed change of one item at one target.

    `target` is `labels`, `field:NAME` or `property:KEY`. `before` are the values seen there when planned, `after` those
    wanted; the connector adds `after − before` and removes `before − after`, nothing else. `handle` is what the tool
    addresses the item by; `partition` is empty where the target belongs to the item itself.
    """

    item: ItemRef
    key: str
    partition: str
    handle: str
    target: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str
    rule: str = ""

    @property
    def adds(self) -> tuple[str, ...]:
        return tuple(value for value in self.after if value not in self.before)

    @property
    def removes(self) -> tuple[str, ...]:
        return tuple(value for value in self.before if value not in self.after)


class Result(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change; `detail` says why it failed or what a person did meanwhile.

    `unsent` says of one that failed that the tool was not asked for it, so that nothing needs to be looked up.
    `again`: seconds after which what failed may be tried once more in this run, behind a fresh look at the item.
    """

    item: ItemRef
    result: Result
    detail: str = ""
    unsent: bool = False
    again: float | None = None
