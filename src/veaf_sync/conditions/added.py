"""What conditions would say if items had one value more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from veaf_sync.conditions.context import Context, asked_of
from veaf_sync.conditions.expression import TRUE, Question, value_expression
from veaf_sync.conditions.model import Condition


@dataclass(frozen=True, slots=True)
class Added:
    """A context in which every item also has some value of the property `name`, which answers `answered`."""

    context: Context
    name: str
    answered: frozenset[Question]

    @property
    def at(self) -> datetime:
        return self.context.at

    def answer(self, name: str, question: Question) -> pl.Expr:
        return TRUE if name == self.name and question in self.answered else self.context.answer(name, question)

    def above(self, condition: Condition) -> pl.Expr:
        return self.context.above(condition)


def additions(context: Context, values: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Added]:
    """For each (property, value) the context with that value added. The properties hold lists."""
    by_name: dict[str, list[str]] = {}
    for name, value in dict.fromkeys(values):
        by_name.setdefault(name, []).append(value)
    made = {}
    for name, added in by_name.items():
        asked = [question for asked_name, question in context.answers if asked_name == name]
        texts = pl.DataFrame({"value": added}).with_columns(pl.col("value").str.to_lowercase().alias("lower"))
        answers = texts.select(
            value_expression(question, pl.col("value"), pl.col("lower")).alias(str(number))
            for number, question in enumerate(asked)
        )
        for value, row in zip(added, answers.iter_rows(), strict=True):
            answered = frozenset(question for question, holds in zip(asked, row, strict=True) if holds)
            made[name, value] = Added(context, name, answered)
    return made


def questions_of(condition: Condition) -> frozenset[tuple[str, Question]]:
    """(property, question) of everything a condition asks."""
    return frozenset(asked_of(condition))
