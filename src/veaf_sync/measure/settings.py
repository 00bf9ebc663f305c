"""The settings of measuring: which items count, and how objectives' shares are judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from veaf_sync.connector.strict import Strict

Weight = Literal["count", "points", "hours", "people"]
WEIGHT_NAMES: tuple[Weight, ...] = ("count", "points", "hours", "people")


class Scope(Strict):
    """The set that every number is about."""

    open: bool = Field(default=True, description="Items that are not done.")
    completed_in: Literal["period"] | None = Field(
        default="period", description="Done items whose completion date lies in the period; null: none of them."
    )


class Allocation(Strict):
    """How an objective's actual share is taken, and how far below its planned share it may be."""

    weight: Weight = Field(default="count", description="The weight in which planned and actual are compared.")
    tolerance: Annotated[float, Field(ge=0, le=1, description="Below planned by more than this: underfunded.")] = 0.05
