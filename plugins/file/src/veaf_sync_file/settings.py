"""What an admin writes for a source of exported files."""

from __future__ import annotations

import codecs
import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from veaf_sync.connector import Flaw, RelativePath, SourceSettings, TargetKind, TimeZone
from veaf_sync.connector.settings import Texts

ENDINGS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".csv", ".xlsx")
"""The kinds of file that can be read."""

Property = Literal[
    "key", "title", "description", "url", "partition", "type", "level", "parent", "state", "state_category",
    "labels", "components", "milestones", "sprints", "assignees", "team", "objective", "points", "hours",
    "created", "updated", "completed",
]  # fmt: skip
"""The properties of an item that a column can hold; a column of the same name does so by itself."""


class FileSettings(SourceSettings):
    """Exports in JSON Lines (also .gz), CSV or XLSX."""

    targets: ClassVar[frozenset[TargetKind]] = frozenset()

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
    encoding: str = Field(default="utf-8", description="Of CSV and JSON Lines; Excel on Windows may write cp1252.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of numbers written as text.")
    timezone: TimeZone = Field(
        default="", validate_default=True, description="Where plain dates are days; default the configuration's zone."
    )

    _folder: Path | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any) -> None:
        self._folder = (context or {}).get("folder")

    @field_validator("encoding")
    @classmethod
    def _of_text(cls, value: str) -> str:
        try:
            "a".encode(value).decode(value)
        except (LookupError, UnicodeError):
            raise ValueError(f"{value} is no encoding. Example: cp1252") from None
        return codecs.lookup(value).name

    @model_validator(mode="after")
    def _read_only(self) -> Self:
        if self.write_token is not None:
            raise ValueError("write_token does not fit: files are only read. Take the line out")
        return self

    def flaws(self) -> Sequence[Flaw]:
        """A path that matches nothing, and files that are of no kind that can be read."""
        files = self.files()
        if not files:
            return (
                Flaw(("path",), f"{self.shown(self.path)} matches no file.", "Put the export there, or change it."),
            )
        strange = [self.shown(file) for file in files if not file.name.lower().endswith(ENDINGS)]
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        what = f"{', '.join(strange[:3])}{more}: none of {', '.join(ENDINGS)}."
        return (Flaw(("path",), what, "Narrow the path, such as exports/*.csv."),) if strange else ()

    def files(self) -> list[Path]:
        """The files that match the path now, sorted by name."""
        path, folder = Path(self.path), self._folder or Path()
        if path.is_relative_to(folder):
            path = path.relative_to(folder)  # what looks like a pattern in the folder's own name is none
        matches = (folder / name for name in glob.glob(str(path), root_dir=folder, recursive=True))
        return sorted((path for path in matches if path.is_file()), key=lambda path: (path.name, str(path)))

    def shown(self, path: Path | str) -> str:
        """A path as people know it: from the configuration's folder, where it is below it."""
        if self._folder is not None and Path(path).is_relative_to(self._folder):
            return str(Path(path).relative_to(self._folder))
        return str(path)

    def names(self, name: Property) -> tuple[str, ...]:
        """The columns that may hold a property, the first filled one counts."""
        return self.columns.get(name) or (name,)
