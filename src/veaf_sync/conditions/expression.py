"""A condition as a Polars expression. There is no other implementation of what a condition means."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import Protocol

import polars as pl

from veaf_sync.conditions.model import (
    Age,
    AllHold,
    Ancestor,
    AnyHolds,
    Condition,
    EachOf,
    Glob,
    Is,
    NoneOf,
    Not,
    OneOf,
    Part,
    Regex,
    Test,
)
from veaf_sync.conditions.regex import glob_regex, holds_on_nothing, lower

TRUE = pl.lit(True)
FALSE = pl.lit(False)
Question = OneOf | Glob | Regex
"""What is asked of one value; the other tests are made of these."""


class Answers(Protocol):
    """Where an expression finds its answers: see `Context`."""

    @property
    def at(self) -> datetime: ...

    def answer(self, name: str, question: Question) -> pl.Expr: ...

    def above(self, condition: Condition) -> pl.Expr: ...


def expression(condition: Condition, context: Answers) -> pl.Expr:
    """Whether `condition` holds, per row of `context.frame`: boolean, never null."""
    return all_of([part_expression(part, context) for part in condition.parts])


def part_expression(part: Part, context: Answers) -> pl.Expr:
    """Whether one part of a condition holds, likewise."""
    match part:
        case Is(name, tests):
            return all_of([_test(name, test, context) for test in tests])
        case Age(over, under):
            return _age(over, under, context.at)
        case AllHold(conditions):
            return all_of([expression(condition, context) for condition in conditions])
        case AnyHolds(conditions):
            return any_of([expression(condition, context) for condition in conditions])
        case Not(condition):
            return ~expression(condition, context)
        case Ancestor(condition):
            return context.above(condition)


def questions(test: Test) -> tuple[Question, ...]:
    """The questions that a test is made of."""
    match test:
        case EachOf(values):
            return tuple(OneOf((value,)) for value in values)
        case NoneOf(values):
            return (OneOf(values),)
    return (test,)


def _test(name: str, test: Test, context: Answers) -> pl.Expr:
    holds = all_of([context.answer(name, question) for question in questions(test)])
    return ~holds if isinstance(test, NoneOf) else holds


def _age(over: int | None, under: int | None, at: datetime) -> pl.Expr:
    """Whole days since creation > over is: created at least over + 1 days ago; < under is: less than under days ago."""
    created = pl.col("created")
    bounds = [created.is_not_null()]
    if over is not None:
        bounds.append(created <= at - timedelta(days=over + 1))
    if under is not None:
        bounds.append(created > at - timedelta(days=under))
    return all_of(bounds).fill_null(False)


def value_expression(question: Question, value: pl.Expr, lowered: pl.Expr) -> pl.Expr:
    """Whether one value (`lowered`: the same in lower case; `""` = missing) answers `question`. Never null."""
    match question:
        case OneOf(values):
            texts = lower(values)
            return lowered == texts[0] if len(texts) == 1 else lowered.is_in(texts)
        case Glob(patterns):
            return any_of([_glob(pattern, lowered) for pattern in lower(patterns)])
        case Regex(patterns):
            return any_of([_regex(pattern, value) for pattern in patterns])


def _glob(pattern: str, lowered: pl.Expr) -> pl.Expr:
    inside = pattern.strip("*")
    if set(inside) & set("*?"):
        return _regex(glob_regex(pattern), lowered)
    if not inside:
        return lowered != ""
    if inside == pattern:
        return lowered == inside
    if pattern.startswith("*") and pattern.endswith("*"):
        return lowered.str.contains(inside, literal=True)
    return lowered.str.starts_with(inside) if pattern.endswith("*") else lowered.str.ends_with(inside)


def _regex(pattern: str, value: pl.Expr) -> pl.Expr:
    found = value.str.contains(pattern)
    return found & (value != "") if holds_on_nothing(pattern) else found


def all_of(expressions: list[pl.Expr]) -> pl.Expr:
    """All hold; true where there is none."""
    return reduce(and_, expressions) if expressions else TRUE


def any_of(expressions: list[pl.Expr]) -> pl.Expr:
    """At least one holds; false where there is none."""
    return reduce(or_, expressions) if expressions else FALSE
