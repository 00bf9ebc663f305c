"""What a draft consists of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from veaf_sync.strategy import RESERVED

LONGEST_ID = 40
STRATEGIC = frozenset(
    {"bet", "goal", "goals", "initiative", "kr", "objective", "objectives", "okr", "okrs", "outcome"}
    | {"pillar", "strategy", "theme", "themes"}
)
"""Words in labels and fields that announce an objective."""


@dataclass(frozen=True, slots=True)
class DraftResult:
    """A key result as a spreadsheet says it; without both numbers it is only a comment."""

    title: str
    unit: str = ""
    baseline: float | None = None
    target: float | None = None
    due: date | None = None
    value: float | None = None

    @property
    def measurable(self) -> bool:
        return self.baseline is not None and self.target is not None and self.baseline != self.target


@dataclass(frozen=True, slots=True)
class DraftObjective:
    """An objective to be: `why` says where it comes from, in words for a comment."""

    id: str
    title: str
    why: str
    supports: str = "vision"
    accountable: str = ""
    responsible: tuple[str, ...] = ()
    planned_share: float | None = None
    key_results: tuple[DraftResult, ...] = ()
    goal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftReader:
    """What people state already: labels of a pattern, or the values of a field."""

    from_: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class DraftRule:
    """Items for which all of `when` (property and value) hold serve `objective`."""

    name: str
    when: Mapping[str, str]
    objective: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Objectives, and what leads work to them. `left`: what was seen and not used, one line each."""

    objectives: tuple[DraftObjective, ...] = ()
    readers: tuple[DraftReader, ...] = ()
    rules: tuple[DraftRule, ...] = ()
    left: tuple[str, ...] = field(default=())

    def __add__(self, other: Draft) -> Draft:
        """Both; of two objectives with one id the first stays, and names of rules are made unique."""
        mine = {each.id for each in self.objectives}
        taken = {rule.name for rule in self.rules}
        rules = []
        for rule in other.rules:
            name = unique(rule.name, taken, " ")
            taken.add(name)
            rules.append(replace(rule, name=name))
        return Draft(
            self.objectives + tuple(each for each in other.objectives if each.id not in mine),
            tuple(dict.fromkeys(self.readers + other.readers)),
            (*self.rules, *rules),
            self.left + other.left,
        )


def slug(title: str, otherwise: str = "objective") -> str:
    """An id made of a title: `Checkout, faster!` becomes `checkout-faster`. Letters of any script stay."""
    text = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", title).casefold()).strip("-")
    if len(text) > LONGEST_ID:
        text = text[: LONGEST_ID + 1].rpartition("-")[0] or text[:LONGEST_ID]
    return text if text and text not in RESERVED else otherwise


def unique(wanted: str, taken: Collection[str], joint: str = "-") -> str:
    """`wanted`, with a number behind it where it is taken."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}{joint}{number}", number + 1
    return name
