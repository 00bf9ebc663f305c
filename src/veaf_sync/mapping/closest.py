"""The value that an item lacks to match a rule: the smallest change that is certain to align it.

Certain means: with that one value more the rule holds, no earlier rule comes first, and no reader takes
the value for a statement. The expressions are those that map, so what is said here is what would happen.
Close means: the rule has other keys, and they hold. A rule of one key is as far from every item.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from veaf_sync.conditions import addable, additions, any_of, expression, questions_of
from veaf_sync.mapping.document import Reader, Rule
from veaf_sync.mapping.statements import said
from veaf_sync.mapping.verdicts import Mapped
from veaf_sync.model import Verdict

WORDS = {"labels": "label", "components": "component", "milestones": "milestone", "sprints": "sprint"}
"""Properties to which people can add a value, and what they call one; the most usual first."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A rule that may match if `value` is added to the property `name`."""

    name: str
    value: str
    position: int
    rule: Rule

    @property
    def fix(self) -> str:
        return f'add {WORDS[self.name]} {self.value}: rule "{self.rule.name}" would match'


def closest(mapped: Mapped, readers: Sequence[Reader], rows: pl.Series) -> pl.Series:
    """For each of `rows` (numbers of rows that match no rule) the addition that aligns it; null where none does."""
    found = pl.repeat(None, len(rows), dtype=pl.String(), eager=True)
    lacks = sorted(_lacks(mapped, readers), key=lambda lack: (list(WORDS).index(lack.name), lack.position))
    if not lacks:
        return found
    frame = mapped.context.frame.select(pl.all().gather(rows))
    aligned = frame.with_columns(holds.alias(f"lack:{number}") for number, holds in enumerate(_aligning(mapped, lacks)))
    for number, lack in reversed(list(enumerate(lacks))):
        found = pl.select(pl.when(aligned[f"lack:{number}"]).then(pl.lit(lack.fix)).otherwise(found)).to_series()
    return found


def _lacks(mapped: Mapped, readers: Sequence[Reader]) -> list[Lack]:
    return [
        Lack(name, value, position, rule)
        for position, rule in enumerate(mapped.rules)
        if len(rule.when.parts) > 1 and not rule.groups and mapped.judge.ruled(rule).verdict is Verdict.ALIGNED
        for name, value in addable(rule.when)
        if name in WORDS and not _is_statement(name, value, readers)
    ]


def _aligning(mapped: Mapped, lacks: Sequence[Lack]) -> Iterator[pl.Expr]:
    """Whether each rule is the first to hold once its value is added; what it does not concern stays unmatched."""
    asked = [questions_of(rule.when) for rule in mapped.rules]
    contexts = additions(mapped.context, ((lack.name, lack.value) for lack in lacks))
    for lack in lacks:
        added = contexts[lack.name, lack.value]
        concerned = {(lack.name, question) for question in added.answered}
        earlier = [
            expression(rule.when, added)
            for rule, asks in zip(mapped.rules[: lack.position], asked, strict=False)
            if not concerned.isdisjoint(asks)
        ]
        yield expression(lack.rule.when, added) & ~any_of(earlier)


def _is_statement(name: str, value: str, readers: Sequence[Reader]) -> bool:
    elements = pl.DataFrame({"entry": [0], "value": [value]})
    return any(said(elements, reader).height > 0 for reader in readers if reader.from_ == name)
