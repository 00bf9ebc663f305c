"""What an admin writes about plans as a whole; the caps of a source stand with the source."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from veaf_sync.connector import Cap, Guards
from veaf_sync.connector.settings import Duration, Texts
from veaf_sync.connector.strict import Strict


class RunGuards(Guards):
    """What one plan may change in all sources together, and how old it may be."""

    clears: Cap = Field(default=Cap(count=500), description="Values that are taken away.")
    changes: Cap = Field(default=Cap(count=20_000), description="Values that are set or taken away.")
    moves: Cap = Field(
        default=Cap(count=500), description="Items that go from one objective to another where documents changed."
    )
    plan_age: Duration = Field(
        default=timedelta(hours=24), description="The oldest reading that a plan may start from when it is applied."
    )


class Governance(Strict):
    """Who may write tags."""

    apply: Texts = Field(
        default=(), description="Accounts of the machine that may apply plans. Absent: whoever may run the command."
    )
