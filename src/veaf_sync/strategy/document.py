"""`strategy.yaml` as frozen pydantic models; the YAML is their only shape."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator, model_validator

from veaf_sync.conditions import TeamItemsField
from veaf_sync.connector.settings import Texts
from veaf_sync.connector.strict import Strict
from veaf_sync.strategy.period import PeriodField

RESERVED = frozenset({"vision", "none"})
"""Words that no objective may have as its id: the root of the tree, and "serves nothing"."""


def _an_id(value: str) -> str:
    if not re.fullmatch(r"[^\s{}]+", value):
        raise ValueError("an id is one word without spaces or braces, such as fast-checkout")
    return value


def _a_share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError("a share lies between 0 and 1, such as 0.30 for 30 %")
    return value


Id = Annotated[str, AfterValidator(_an_id), WithJsonSchema({"type": "string", "pattern": r"^[^\s{}]+$"})]
Share = Annotated[float, AfterValidator(_a_share), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
Number = Annotated[float, Field(allow_inf_nan=False)]


class ObjectiveState(StrEnum):
    """What people declare about an objective."""

    DRAFT = "draft"
    ACTIVE = "active"
    CLOSED = "closed"


class Vision(Strict):
    """Where the organisation wants to be."""

    title: str = Field(description="One sentence.")
    narrative: str = Field(default="", description="Why, and what it looks like when it is reached.")
    horizon: date | None = Field(default=None, description="The day by which.")


class Team(Strict):
    """A team. `items` is a condition that gives its items to it where the tool has no team field."""

    title: str = Field(default="", description="How reports name it; default: its key here.")
    members: int | None = Field(default=None, ge=0, description="How many people.")
    capacity: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="What it can do in a period, in your own unit."
    )
    items: TeamItemsField | None = Field(default=None, description="Which items are its own; not on team itself.")


class KeyValue(Strict):
    """A value of a key result on a day. `confidence` is 0–1."""

    date: Annotated[date, Field(description="The day of the reading.")]
    value: Number = Field(description="In the unit of the key result.")
    confidence: Share | None = Field(default=None, description="That the target will be reached, 0–1.")
    note: str = Field(default="", description="What to know about it.")


class KeyResult(Strict):
    """A measurable result: from `baseline` to `target`, in `unit`, until `due`."""

    id: Id = Field(description="One word, unique within the objective.")
    title: str = Field(default="", description="What is measured.")
    unit: str = Field(default="", description="Such as %, days or EUR.")
    baseline: Number = Field(description="The value at the beginning.")
    target: Number = Field(description="The value to reach.")
    direction: Literal["up", "down"] | None = Field(
        default=None, description="Which way is better; absent: from baseline to target."
    )
    due: date | None = Field(default=None, description="The day by which.")
    measured_by: str = Field(default="typed", description="Where the values come from; typed = written here by hand.")
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False, description="Its part in the roll-up.")
    values: tuple[KeyValue, ...] = Field(default=(), description="Readings with their days, in any order.")

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.baseline == self.target and self.direction is None:
            raise ValueError("baseline and target are the same: say direction: up (stay above) or down (stay below)")
        if self.direction == "up" and self.target < self.baseline:
            raise ValueError("direction is up, but the target is below the baseline")
        if self.direction == "down" and self.target > self.baseline:
            raise ValueError("direction is down, but the target is above the baseline")
        return self

    @property
    def rising(self) -> bool:
        """Whether a larger value is the better one."""
        if self.direction is not None:
            return self.direction == "up"
        return self.target > self.baseline

    def latest(self, day: date) -> KeyValue | None:
        """The last value by date that is not later than `day`; of two on one day the one written last."""
        known = [value for value in self.values if value.date <= day]
        return max(enumerate(known), key=lambda pair: (pair[1].date, pair[0]))[1] if known else None


class Objective(Strict):
    """What the organisation wants to reach. It supports the vision, or another objective."""

    id: Id = Field(description="One word; tags and rules name it. vision and none are reserved.")
    title: str = Field(default="", description="What will be true when it is reached.")
    supports: Id = Field(default="vision", description="vision, or the id of another objective.")
    accountable: str = Field(default="", description="The one role that answers for it.")
    responsible: Texts = Field(default=(), description="Teams that work on it, as under teams.")
    state: ObjectiveState = Field(
        default=ObjectiveState.ACTIVE, description="Work that names a draft or closed objective is dangling."
    )
    period: PeriodField | None = Field(default=None, description="As in veaf-sync.yaml; absent: every period.")
    planned_share: Share | None = Field(default=None, description="Planned share of all counted work, 0–1.")
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False, description="Its part in its parent's roll-up.")
    key_results: tuple[KeyResult, ...] = Field(default=(), description="How anyone can tell that it is reached.")
    goal: Texts = Field(
        default=(), description="Its counterpart among the goals of a tool, SOURCE:KEY such as jira-main:TITAN-12."
    )

    @field_validator("goal")
    @classmethod
    def _are_goals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not re.fullmatch(r"[^\s:]+:\S+", each):
                raise ValueError(f"{each} is no goal. Write SOURCE:KEY, such as jira-main:TITAN-12")
        sources = [each.partition(":")[0] for each in value]
        if len(sources) > len(set(sources)):
            raise ValueError("one goal of each source")
        return value

    def goal_in(self, source: str) -> str:
        """The key of its goal in `source`; "" where it has none there."""
        return next((key for name, _, key in (each.partition(":") for each in self.goal) if name == source), "")


class Strategy(Strict):
    """The document `strategy.yaml`. What fields alone cannot tell is found by `problems` and `findings`."""

    vision: Vision = Field(description="Where the organisation wants to be.")
    teams: dict[str, Team] = Field(default_factory=dict, description="Teams by name, as the tools write them.")
    objectives: tuple[Objective, ...] = Field(default=(), description="In any order; supports makes the tree.")
