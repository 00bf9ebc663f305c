"""What conditions are asked about: items, prepared once for all the conditions that will be asked.

Properties that repeat (labels, type, team …) are answered once per distinct value and kept as bits of
a word per row; texts that hardly repeat (title, description, key) are put in lower case once and asked
directly; what holds for an ancestor is carried down by a few gathers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from veaf_sync.conditions.coded import Coded, distinct_texts, encode, own_categories
from veaf_sync.conditions.expression import FALSE, Question, expression, questions, value_expression
from veaf_sync.conditions.lineage import Lineage
from veaf_sync.conditions.model import Ancestor, Condition, Is, parts_of

DIRECT = ("key", "title", "description")
"""Properties that hardly repeat."""
BITS = 64


@dataclass(frozen=True, slots=True)
class Bit:
    """Where an answer stands: a bit of a column of UInt64 words."""

    column: str
    place: int

    def expression(self) -> pl.Expr:
        return (pl.col(self.column) & pl.lit(1 << self.place, dtype=pl.UInt64)) != 0


@dataclass(frozen=True, slots=True)
class Context:
    """`frame` has a row per item, in the order given; `expression` reads its columns."""

    frame: pl.DataFrame
    at: datetime
    coded: Mapping[str, Coded]
    answers: Mapping[tuple[str, Question], Bit]
    ancestors: Mapping[Condition, Bit]

    def ask(self, conditions: Mapping[str, Condition]) -> pl.DataFrame:
        """A frame with a boolean column for each of `conditions` (by column name), a row per item."""
        asked = [expression(condition, self).alias(name) for name, condition in conditions.items()]
        return self.frame.with_columns(asked).select(conditions.keys())

    def answer(self, name: str, question: Question) -> pl.Expr:
        """Whether some value of the property answers the question. Raises `KeyError` if it was not prepared."""
        if name in DIRECT:
            return value_expression(question, pl.col(name), pl.col(lowered(name)))
        return self.answers[name, question].expression()

    def above(self, condition: Condition) -> pl.Expr:
        """Whether some ancestor satisfies `condition`."""
        bit = self.ancestors.get(condition)
        return bit.expression() if bit else FALSE


def lowered(name: str) -> str:
    """The column that holds a direct property in lower case."""
    return f"{name}:lower"


def prepare(
    items: pl.DataFrame,
    conditions: Iterable[Condition],
    *,
    at: datetime,
    lineage: Lineage,
    also: Iterable[str] = (),
) -> Context:
    """Prepare `items` (ITEMS columns, `team` resolved) so that `conditions` can be asked at the instant `at`.

    `lineage` is over the rows of `items`; `also` names further properties to be numbered (`coded`).
    """
    conditions = tuple(dict.fromkeys(conditions))
    asked = _asked(conditions)
    coded = encode(items, {name for name in asked if name not in DIRECT} | set(also))
    columns = [pl.col("created"), *(pl.col(name) for name in DIRECT if name in asked)]
    columns += [pl.col(name).str.to_lowercase().alias(lowered(name)) for name in DIRECT if name in asked]
    answers: dict[tuple[str, Question], Bit] = {}
    words: list[pl.Series] = []
    for name, wanted in asked.items():
        if name not in DIRECT:
            words += _answer(name, tuple(wanted), coded[name], answers)
    frame = items.select(columns).with_columns(words)
    context = Context(frame, at, coded, answers, {})
    return _with_ancestors(context, conditions, lineage)


def _asked(conditions: tuple[Condition, ...]) -> dict[str, dict[Question, None]]:
    """Every question by property, each once, in a fixed order."""
    asked: dict[str, dict[Question, None]] = {}
    for condition in conditions:
        for name, question in asked_of(condition):
            asked.setdefault(name, {})[question] = None
    return asked


def asked_of(condition: Condition) -> Iterator[tuple[str, Question]]:
    """(property, question) of everything that a condition asks, of the item or an ancestor."""
    for part in parts_of(condition):
        if isinstance(part, Is):
            yield from ((part.name, question) for test in part.tests for question in questions(test))


def _answer(
    name: str, wanted: tuple[Question, ...], coded: Coded, answers: dict[tuple[str, Question], Bit]
) -> list[pl.Series]:
    """Words per row with the answers to `wanted`, asked once per distinct value; notes where each stands."""
    values = coded.elements["value"].cast(own_categories())
    distinct = distinct_texts(values).to_frame().with_columns(pl.col("value").str.to_lowercase().alias("lower"))
    words: dict[str, list[pl.Expr]] = {}
    for index, question in enumerate(wanted):
        bit = Bit(f"{name}:{index // BITS}", index % BITS)
        answers[name, question] = bit
        holds = value_expression(question, pl.col("value"), pl.col("lower"))
        words.setdefault(bit.column, []).append(_at(holds, bit.place))
    of_values = distinct.select(pl.sum_horizontal(bits).alias(column) for column, bits in words.items())
    of_elements = of_values.select(pl.all().gather(values.to_physical()))
    nothing = pl.DataFrame({column: pl.zeros(coded.entries, dtype=pl.UInt64, eager=True) for column in words})
    entries = pl.int_range(coded.entries, dtype=pl.UInt32, eager=True).alias("entry")
    every = pl.concat(
        [of_elements.with_columns(coded.elements["entry"]), nothing.with_columns(entries)], how="vertical"
    )
    of_entries = every.group_by("entry").agg(pl.all().bitwise_or()).sort("entry")
    return [coded.rows(of_entries[column]) for column in words]


def _with_ancestors(context: Context, conditions: tuple[Condition, ...], lineage: Lineage) -> Context:
    """Answer what is asked of ancestors, innermost first."""
    levels = _ancestor_levels(conditions)
    for depth, wanted in enumerate(levels):
        bits = {
            condition: Bit(f"ancestor:{depth}:{index // BITS}", index % BITS) for index, condition in enumerate(wanted)
        }
        words: dict[str, list[pl.Expr]] = {}
        for condition, bit in bits.items():
            words.setdefault(bit.column, []).append(_at(expression(condition, context), bit.place))
        own = context.frame.select(pl.sum_horizontal(parts).alias(column) for column, parts in words.items())
        above = [lineage.any_above(column) for column in own.get_columns()]
        context = Context(
            context.frame.with_columns(above),
            context.at,
            context.coded,
            context.answers,
            {**context.ancestors, **bits},
        )
    return context


def _at(holds: pl.Expr, place: int) -> pl.Expr:
    return holds.cast(pl.UInt64) * pl.lit(1 << place, dtype=pl.UInt64)


def _ancestor_levels(conditions: tuple[Condition, ...]) -> list[list[Condition]]:
    """Conditions asked of ancestors by how deeply they ask for further ancestors, the innermost first."""
    depths: dict[Condition, int] = {}
    for condition in conditions:
        for part in parts_of(condition):
            if isinstance(part, Ancestor):
                depths[part.condition] = _ancestor_depth(part.condition)
    return [
        [condition for condition, found in depths.items() if found == depth] for depth in sorted(set(depths.values()))
    ]


def _ancestor_depth(condition: Condition) -> int:
    return max(
        (1 + _ancestor_depth(part.condition) for part in parts_of(condition) if isinstance(part, Ancestor)), default=0
    )
