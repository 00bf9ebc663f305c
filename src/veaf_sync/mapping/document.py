"""`mapping.yaml` as frozen pydantic models: what people say on items, and the rules for the rest."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from veaf_sync.conditions import ConditionField, positive_regexes, regex_groups, regex_problem, whole
from veaf_sync.connector.strict import Strict

NONE = "none"
"""The word for "serves nothing", in statements and in rules."""
READABLE = ("labels", "components", "milestones", "sprints", "title", "description", "type", "team")
OBJECTIVE_GROUP = "objective"
_PLACE = re.compile(r"\{([^{}]*)\}")


def _named(value: str) -> str:
    if not value.strip():
        raise ValueError("a name is needed: reports and explain call the rule by it")
    return value


Name = Annotated[str, AfterValidator(_named)]


class Reader(Strict):
    """Where on an item people say which objective it serves."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: str = Field(
        alias="from",
        description="labels, components, milestones, sprints, title, description, type, team or fields.NAME",
    )
    pattern: str | None = Field(
        default=None,
        description="Takes the whole value and names the objective: okr:(?P<objective>[a-z0-9-]+). "
        "Without it the value of a field is the objective's id.",
    )

    @field_validator("from_")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        if value not in READABLE and not (value.startswith("fields.") and value != "fields."):
            raise ValueError(f"{value} cannot carry statements. Use {', '.join(READABLE)} or fields.NAME.")
        return value

    @field_validator("pattern")
    @classmethod
    def _names_objective(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if problem := regex_problem(value) or regex_problem(whole(value)):
            raise ValueError(problem)
        if OBJECTIVE_GROUP not in regex_groups(value):
            raise ValueError(f"the pattern {value!r} needs a group (?P<objective>…) that takes the objective's id")
        return value

    @model_validator(mode="after")
    def _needs_pattern(self) -> Self:
        if self.pattern is None and not self.from_.startswith("fields."):
            raise ValueError(f"{self.from_} needs a pattern, such as pattern: 'okr:(?P<objective>[a-z0-9-]+)'")
        return self


class Exemption(Strict):
    """Work that rightly serves no objective: whose it is, why, until when, and how much of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    class_: Name = Field(alias="class", description="What kind of work it is, such as keep-the-lights-on.")
    owner: Name = Field(description="The role that answers for it.")
    reason: Name = Field(description="Why it need not serve an objective.")
    until: date = Field(description="The last day on which it is valid, in the configured time zone.")
    budget: float = Field(description="Its share of all counted items, 0–1. Overspending is reported.")

    @field_validator("budget")
    @classmethod
    def _is_share(cls, value: float) -> float:
        if not 0 <= value <= 1:
            raise ValueError("a budget is a share between 0 and 1, such as 0.20 for 20 %")
        return value

    def expired(self, at: datetime, tz: ZoneInfo) -> bool:
        """Whether its last valid day is over at the instant `at`, in the time zone `tz`."""
        return at.astimezone(tz).date() > self.until


class Rule(Strict):
    """Items for which `when` holds serve an objective, several by shares, or none; or they are exempt."""

    name: Name = Field(description="What reports and explain call it; names tell rules apart.")
    when: ConditionField = Field(description="Which items; {} is every item.")
    objective: str | None = Field(
        default=None,
        description="An objective's id, none, or built from a named group of a regex: '{theme}-growth'.",
    )
    split: dict[str, float] | None = Field(default=None, description="Shares by objective's id; they sum to 1.")
    exempt: Exemption | None = Field(default=None, description="In place of an objective: the work is exempt.")

    @field_validator("objective")
    @classmethod
    def _an_objective(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("objective is empty. Name one, or say none.")
        return value

    @field_validator("split")
    @classmethod
    def _sums_to_one(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if value is None:
            return None
        if NONE in value:
            raise ValueError("none cannot have a share. Leave it out, or write objective: none.")
        if any(not 0 < share <= 1 for share in value.values()):
            raise ValueError("every share of a split lies above 0 and up to 1")
        if abs(sum(value.values()) - 1) > 1e-9:
            raise ValueError(f"the shares of a split sum to 1, these to {round(sum(value.values()), 9):g}")
        return value

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [name for name in ("objective", "split", "exempt") if getattr(self, name) is not None]
        if len(said) != 1:
            found = f"it has {' and '.join(said)}" if said else "it has none of them"
            raise ValueError(f"a rule says exactly one of objective, split and exempt: {found}")
        return self

    @model_validator(mode="after")
    def _builds_from_groups(self) -> Self:
        left_over = set(_PLACE.sub("", self.objective or "")) & set("{}")
        if left_over:
            raise ValueError(f"the braces of {self.objective!r} do not match. A group is written {{name}}.")
        known = {group for _, pattern in positive_regexes(self.when) for group in regex_groups(pattern)}
        for name in self.groups:
            if name not in known:
                raise ValueError(
                    f"{{{name}}} of {self.objective!r} is no named group of a regex in when: write "
                    f"(?P<{name}>…) in a regex on the item itself, outside not"
                )
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups from which the objective is built, each once; none where it is named."""
        return tuple(dict.fromkeys(_PLACE.findall(self.objective or "")))

    def build(self, groups: dict[str, str]) -> str:
        """The objective's id, built from the groups' values."""
        return _PLACE.sub(lambda place: groups[place[1]], self.objective or "")

    def expired(self, at: datetime, tz: ZoneInfo) -> bool:
        """Whether it exempts and its last valid day is over: then it counts as not matching."""
        return self.exempt is not None and self.exempt.expired(at, tz)


class Golden(Strict):
    """An item and the objective that the mapping must give it. `check` holds the names to what is configured."""

    item: str = Field(description="source:KEY")
    objective: str = Field(description="An objective's id, or none for an item that serves nothing.")


class MappingFile(Strict):
    """The document `mapping.yaml`."""

    stated: tuple[Reader, ...] = Field(default=(), description="What people say on the item, before any rule.")
    rules: tuple[Rule, ...] = Field(default=(), description="In order; the first that matches decides.")
    golden: tuple[Golden, ...] = Field(
        default=(), description="Results to keep. check sees that their objectives and sources are there."
    )

    @field_validator("rules")
    @classmethod
    def _names_are_unique(cls, value: tuple[Rule, ...]) -> tuple[Rule, ...]:
        first: dict[str, int] = {}
        details = []
        for index, rule in enumerate(value):
            if rule.name in first:
                what = f"rule {first[rule.name] + 1} is called {rule.name!r} already: names tell rules apart"
                details.append(
                    InitErrorDetails(
                        type=PydanticCustomError("rule_name", "{what}", {"what": what}),
                        loc=(index, "name"),
                        input=rule.name,
                    )
                )
            first.setdefault(rule.name, index)
        if details:
            raise ValidationError.from_exception_data("rules", details)
        return value
