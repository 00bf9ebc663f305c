"""Where our alignment tags stand in a tool, and what stands there for an objective."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from veaf_sync.connector.strict import Strict

TargetKind = Literal["label", "field", "property"]
"""What a tag can be: a label of the item, a value of one of its fields, a property that no screen shows."""
LABELS = "labels"
"""The target of labels; the others are `field:NAME` and `property:KEY`."""
_HOLE = "{objective}"


class Tag(Strict):
    """Where our alignment tags stand in the tool, and on which items. Exactly one of label, field and property."""

    label: str | None = Field(default=None, description="A label: a pattern with {objective}, such as okr:{objective}.")
    field: str | None = Field(default=None, description="A field, by its name in the tool, such as Objective.")
    property_: str | None = Field(
        default=None, alias="property", description="An issue property, by its key, such as veaf.objective."
    )
    value: str = Field(default=_HOLE, description="What stands in the field or property: a pattern with {objective}.")
    on: Literal["all", "direct"] = Field(
        default="all", description="direct: not on items that only inherit their objective."
    )

    @field_validator("label", "value")
    @classmethod
    def _names_objective(cls, value: str | None) -> str | None:
        if value is not None and value.count(_HOLE) != 1:
            raise ValueError("a tag needs {objective} once, such as okr:{objective}")
        return value

    @field_validator("label", "property_")
    @classmethod
    def _one_word(cls, value: str | None) -> str | None:
        if value is not None and (not value or re.search(r"\s", value)):
            raise ValueError("a label or property cannot hold spaces")
        return value

    @field_validator("field")
    @classmethod
    def _named(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("a field has a name. Example: Objective")
        return value and value.strip()

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        named = [name for name in ("label", "field", "property") if self._given(name) is not None]
        if not named:
            raise ValueError("a tag names a label, a field or a property. Example: label: okr:{objective}")
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} are both named. A tag stands in one place: leave one of them")
        if self.label is not None and "value" in self.model_fields_set:
            raise ValueError("value belongs to a field or property. A label is a pattern itself")
        return self

    def _given(self, name: str) -> str | None:
        given: str | None = getattr(self, "property_" if name == "property" else name)
        return given

    @classmethod
    def at(cls, target: str, pattern: str) -> Tag:
        """The tag of a `target` and a `pattern`, as plans keep them."""
        kind, _, name = target.partition(":")
        return cls.model_validate({"label": pattern} if target == LABELS else {kind: name, "value": pattern})

    @property
    def kind(self) -> TargetKind:
        return "label" if self.label is not None else "field" if self.field is not None else "property"

    @property
    def target(self) -> str:
        """`labels`, `field:NAME` or `property:KEY`: what changes and the journal call the place."""
        return LABELS if self.kind == "label" else f"{self.kind}:{self._given(self.kind)}"

    @property
    def pattern(self) -> str:
        """What a raw value looks like, with `{objective}` where the objective's id stands."""
        return self.value if self.label is None else self.label

    @property
    def prefix(self) -> str:
        return self.pattern.partition(_HOLE)[0]

    @property
    def suffix(self) -> str:
        return self.pattern.partition(_HOLE)[2]

    def raw(self, objective: str) -> str:
        """The raw value that stands for `objective` (an objective's id)."""
        return self.prefix + objective + self.suffix

    def objective(self, raw: str) -> str | None:
        """The objective that a raw value stands for; `None` where it is not one of ours by form."""
        inner = raw[len(self.prefix) : len(raw) - len(self.suffix)]
        return inner if inner and raw == self.raw(inner) else None
