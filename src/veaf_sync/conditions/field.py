"""A condition as a field of a pydantic model, with the JSON Schema from which editors complete."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from veaf_sync.conditions.model import Condition
from veaf_sync.conditions.parse import ConditionError, parse
from veaf_sync.conditions.text import as_data

Scalar = str | int | float | bool
Values = Scalar | list[Scalar]


class Operators(BaseModel):
    """What a property's value is asked for; all of it must hold."""

    model_config = ConfigDict(extra="forbid")

    in_: Values | None = Field(default=None, alias="in", description="Some value equals one of these, ignoring case.")
    any: Values | None = Field(default=None, description="The same as in.")
    all: Values | None = Field(default=None, description="Each of these is among the values.")
    none: Values | None = Field(default=None, description="No value equals one of these; holds where there is none.")
    glob: str | list[str] | None = Field(default=None, description="* is any text, ? one character; ignores case.")
    regex: str | list[str] | None = Field(default=None, description="Found in some value, case as written.")


class Days(BaseModel):
    """Whole 24-hour days since creation, strictly."""

    model_config = ConfigDict(extra="forbid")

    over: int | None = Field(default=None, ge=0)
    under: int | None = Field(default=None, ge=0)


Tested = Values | Operators


class When(BaseModel):
    """A condition: all keys must hold. A missing value satisfies nothing. A custom field is `fields.NAME`."""

    model_config = ConfigDict(extra="forbid")

    source: Tested | None = None
    partition: Tested | None = Field(default=None, description="A project, board or repository the item lives in.")
    key: Tested | None = None
    level: Tested | None = Field(default=None, description="initiative, epic, standard or subtask")
    type: Tested | None = None
    state: Tested | None = None
    state_category: Tested | None = Field(default=None, description="todo, in_progress or done")
    title: Tested | None = None
    description: Tested | None = None
    labels: Tested | None = None
    components: Tested | None = None
    milestones: Tested | None = None
    sprints: Tested | None = None
    assignees: Tested | None = None
    team: Tested | None = None
    age: Days | None = Field(default=None, description="Whole 24-hour days since creation, strictly.")
    ancestor: Values | When | Operators | None = Field(
        default=None, description="A key, a glob, a list of them, or a condition that any ancestor satisfies."
    )
    all: list[When] | None = Field(default=None, description="Every one of these conditions holds.")
    any: list[When] | None = Field(default=None, description="At least one of these conditions holds.")
    not_: When | None = Field(default=None, alias="not", description="This condition does not hold.")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A custom field takes what any other property takes."""
        reference = handler(schema)
        resolved = handler.resolve_ref_schema(reference)
        resolved["patternProperties"] = {r"^fields\..+$": resolved["properties"]["labels"]}
        return reference


def _validate(value: Any) -> Condition:
    return value if isinstance(value, Condition) else _reported(value, frozenset())


def _validate_team(value: Any) -> Condition:
    return value if isinstance(value, Condition) else _reported(value, NOT_FOR_TEAMS)


def _reported(value: Any, refused: frozenset[str]) -> Condition:
    try:
        return parse(value, refused=refused)
    except ConditionError as error:
        details = [
            InitErrorDetails(
                type=PydanticCustomError("condition", "{what}", {"what": fault.what}), loc=fault.path, input=value
            )
            for fault in error.faults
        ]
        raise ValidationError.from_exception_data("condition", details) from error


NOT_FOR_TEAMS = frozenset({"team", "age"})
"""A team's items cannot depend on their team, nor on the day on which the question is asked."""

ConditionField = Annotated[
    Condition,
    PlainValidator(_validate, json_schema_input_type=When),
    PlainSerializer(as_data, return_type=dict[str, Any]),
]
"""A pydantic field that takes the `when` language; its errors stand at the place of each problem."""

TeamItemsField = Annotated[
    Condition,
    PlainValidator(_validate_team, json_schema_input_type=When),
    PlainSerializer(as_data, return_type=dict[str, Any]),
]
"""Likewise for the items of a team: `team` and `age` are refused."""
