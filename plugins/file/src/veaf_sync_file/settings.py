"""What an admin writes for a source of exported files."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from veaf_sync.connector import RelativePath, SourceSettings, TimeZone
from veaf_sync.connector.settings import Texts

Property = Literal[
    "key", "title", "description", "url", "partition", "type", "level", "parent", "state", "state_category",
    "labels", "components", "milestones", "sprints", "assignees", "team", "objective", "points", "hours",
    "created", "updated", "completed",
]  # fmt: skip
"""The properties of an item that a column can hold; a column of the same name does so by itself."""


class FileSettings(SourceSettings):
    """Exports in JSON Lines (also .gz), CSV or XLSX."""

    path: RelativePath = Field(
        description="A file or a glob, from this configuration's folder.", examples=["exports/*.csv"]
    )
    partition: str = Field(
        default="", description="One partition for all files. Else the column, else the file's name."
    )
    columns: dict[Property, Texts] = Field(
        default_factory=dict, description="Column by property, where it is named otherwise; of a list the first filled."
    )
    sheet: str = Field(default="", description="The sheet of an XLSX file; default the first.")
    timezone: TimeZone = Field(
        default="", validate_default=True, description="Where plain dates are days; default the configuration's zone."
    )

    @model_validator(mode="after")
    def _read_only(self) -> Self:
        for name in ("tag", "write_token"):
            if getattr(self, name) is not None:
                raise ValueError(f"{name} does not fit: files are only read. Take the line out")
        return self

    def names(self, name: Property) -> tuple[str, ...]:
        """The columns that may hold a property, the first filled one counts."""
        return self.columns.get(name) or (name,)
