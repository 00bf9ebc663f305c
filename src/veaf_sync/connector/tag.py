"""Where our alignment tags stand in a tool, and what stands there for an objective."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from veaf_sync.connector.strict import Strict

TargetKind = Literal["label", "field", "property", "goal"]
"""What a tag can be: a label, a value of a field, a property that no screen shows, a link to the vendor's own goal."""
LABELS = "labels"
"""The target of labels; the others are `field:NAME`, `property:KEY` and `GOALS`."""
GOALS = "goals"
"""The target of links to goals, and the name under which an item's `fields` hold the keys of its goals."""
_HOLE = "{objective}"


class Tag(Strict):
    """Where our alignment tags stand in the tool, and on which items: one of label, field, property, goal."""

    label: str | None = Field(default=None, description="A label: a pattern with {objective}, such as okr:{objective}.")
    field: str | None = Field(default=None, description="A field, by its name in the tool, such as Objective.")
    property_: str | None = Field(
        default=None, alias="property", description="An issue property, by its key, such as veaf.objective."
    )
    goal: Literal[True] | None = Field(
        default=None, description="true: the item is linked to the goal that its objective names in strategy.yaml."
    )
    value: str = Field(default=_HOLE, description="What stands in the field or property: a pattern with {objective}.")
    on: Literal["all", "direct"] = Field(
        default="all", description="direct: not on items that only inherit their objective."
    )

    _keys: dict[str, str] = PrivateAttr(default_factory=dict)
    _heeds: bool = PrivateAttr(default=True)

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
        named = [name for name in ("label", "field", "property", "goal") if self._given(name) is not None]
        if not named:
            raise ValueError("a tag names a label, a field, a property or goal. Example: label: okr:{objective}")
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} are both named. A tag stands in one place: leave one of them")
        if "value" in self.model_fields_set and (self.label is not None or self.goal):
            raise ValueError("value belongs to a field or property. A label is a pattern itself, a goal needs none")
        return self

    def _given(self, name: str) -> str | bool | None:
        given: str | bool | None = getattr(self, "property_" if name == "property" else name)
        return given

    @classmethod
    def at(cls, target: str, pattern: str) -> Tag:
        """The tag of a `target` and a `pattern`, as plans keep them."""
        kind, _, name = target.partition(":")
        if target == GOALS:
            return cls(goal=True).with_goals(json.loads(pattern))
        return cls.model_validate({"label": pattern} if target == LABELS else {kind: name, "value": pattern})

    def with_goals(self, keys: Mapping[str, str]) -> Self:
        """The same tag, which knows the goals' keys by objective: they take the place of a pattern."""
        known = self.model_copy()
        known._keys = dict(keys)
        return known

    def heeding(self, people: bool) -> Self:
        """The same tag; whether what `people` set or take away there overrides rules (else it is only reported)."""
        known = self.model_copy()
        known._heeds = people
        return known

    @property
    def heeds(self) -> bool:
        """Whether people's edits of the tag are statements and withdrawals: the source's `on_conflict`."""
        return self._heeds

    @property
    def goals(self) -> Mapping[str, str]:
        """Goals' keys by objective, where the tag is a goal."""
        return self._keys

    @property
    def kind(self) -> TargetKind:
        if self.goal:
            return "goal"
        return "label" if self.label is not None else "field" if self.field is not None else "property"

    @property
    def target(self) -> str:
        """`labels`, `field:NAME`, `property:KEY` or `goals`: what changes and the journal call the place."""
        if self.goal:
            return GOALS
        return LABELS if self.kind == "label" else f"{self.kind}:{self._given(self.kind)}"

    @property
    def pattern(self) -> str:
        """What a raw value looks like, with `{objective}` where the objective's id stands; of goals, their keys."""
        if self.goal:
            return json.dumps(self._keys, sort_keys=True)
        return self.value if self.label is None else self.label

    @property
    def prefix(self) -> str:
        return self.pattern.partition(_HOLE)[0]

    @property
    def suffix(self) -> str:
        return self.pattern.partition(_HOLE)[2]

    def raw(self, objective: str) -> str:
        """The raw value that stands for `objective` (an objective's id); "" for one that has no goal."""
        if self.goal:
            return self._keys.get(objective, "")
        return self.prefix + objective + self.suffix

    def objective(self, raw: str) -> str | None:
        """The objective that a raw value stands for; `None` where it is not one of ours by form.

        A goal that is no objective's stands for itself.
        """
        if self.goal:
            return next((name for name, key in self._keys.items() if key == raw), raw)
        inner = raw[len(self.prefix) : len(raw) - len(self.suffix)]
        return inner if inner and raw == self.raw(inner) else None
