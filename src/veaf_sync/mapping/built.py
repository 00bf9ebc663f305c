"""Objectives built from the named groups of a rule's regular expressions."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from veaf_sync.conditions import Coded, positive_regexes, regex_groups
from veaf_sync.mapping.combine import decide, spread
from veaf_sync.mapping.decision import Decision, Judge, Ledger
from veaf_sync.mapping.document import Rule
from veaf_sync.model import Origin

Groups = tuple[tuple[str, str], ...]
"""Values of named groups that were found together in one value, by name."""


def built_from(rule: Rule) -> list[tuple[str, str]]:
    """(property, pattern) of the regexes that have a group from which the rule builds its objective."""
    wanted = set(rule.groups)
    return [(name, pattern) for name, pattern in positive_regexes(rule.when) if wanted & set(regex_groups(pattern))]


def built(rule: Rule, holds: pl.Series, coded: Mapping[str, Coded], judge: Judge, ledger: Ledger) -> pl.Series:
    """For every row the number of the result that the rule builds; null where it does not hold or builds none.

    Every value of a property that a regex is found in brings its groups; two different objectives are ambiguous.
    """
    found: list[tuple[Groups, ...]] = []
    columns: list[pl.Series] = []
    for name, pattern in built_from(rule):
        of_entries = _by_entry(coded[name], pattern, rule.groups)
        first = len(found)
        found += of_entries.values()
        numbers = {entry: first + index for index, entry in enumerate(of_entries)}
        column = coded[name].rows(spread(numbers, coded[name].entries))
        columns.append(pl.select(pl.when(holds).then(column)).to_series())

    def says(*numbers: int | None) -> Decision | None:
        objectives = objectives_built(rule, [found[number] for number in numbers if number is not None])
        return judge.named(objectives, Origin.RULE, rule.name) if objectives else None

    return decide(columns, ledger, says)


def _by_entry(coded: Coded, pattern: str, wanted: tuple[str, ...]) -> dict[int, tuple[Groups, ...]]:
    names = sorted(set(wanted) & set(regex_groups(pattern)))
    groups = coded.elements.select("entry", pl.col("value").str.extract_groups(pattern).struct.field(names))
    groups = groups.filter(pl.any_horizontal(pl.col(names).fill_null("") != "")).unique()
    by_entry: dict[int, tuple[Groups, ...]] = {}
    for entry, *values in groups.select("entry", *names).sort("entry", *names).iter_rows():
        together = tuple((name, value) for name, value in zip(names, values, strict=True) if value)
        by_entry[entry] = (*by_entry.get(entry, ()), together)
    return by_entry


def objectives_built(rule: Rule, found: list[tuple[Groups, ...]]) -> tuple[str, ...]:
    """The different objectives that can be built, sorted; groups of several regexes are joined where they agree."""
    partial: set[Groups] = {()}
    for alternatives in found:
        joined = {_join(known, groups) for known in partial for groups in alternatives}
        partial |= {groups for groups in joined if groups is not None}
    complete = [dict(groups) for groups in partial if len(groups) == len(rule.groups)]
    return tuple(sorted({rule.build(groups) for groups in complete}))


def _join(known: Groups, groups: Groups) -> Groups | None:
    values = dict(known)
    if any(values.get(name, value) != value for name, value in groups):
        return None
    return tuple(sorted({**values, **dict(groups)}.items()))
