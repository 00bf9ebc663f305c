"""What is worth telling about a mapping that works: rules and golden items that lead nowhere now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from veaf_sync.mapping.decision import Judge
from veaf_sync.mapping.document import NONE, MappingFile, Rule
from veaf_sync.strategy import Strategy, tree


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that `check` reports and that stops nothing.

    `path` leads to its place in the document, `rule` names the rule (empty for what is in `golden`).
    """

    rule: str
    path: tuple[str | int, ...]
    what: str
    hint: str


def findings(mapping: MappingFile, strategy: Strategy, *, at: datetime, tz: ZoneInfo) -> tuple[Finding, ...]:
    """Rules that name an unknown, draft, closed or cut-off objective, exemptions over at `at`, golden items likewise.

    In file order.
    """
    judge = Judge(tree(strategy))
    found: list[Finding] = []
    for index, rule in enumerate(mapping.rules):
        for step, objective in _named(rule):
            if not judge.tree.active(objective):
                hint = f"{_instead(objective, judge)} What it matches is dangling."
                found.append(Finding(rule.name, ("rules", index, *step), judge.why_dead(objective), hint))
        if rule.exempt is not None and rule.expired(at, tz):
            what = f"the exemption {rule.exempt.class_} was valid until {rule.exempt.until.isoformat()}"
            hint = "It counts as not matching. Renew until, or take the rule out."
            found.append(Finding(rule.name, ("rules", index, "exempt", "until"), what, hint))
    return (*found, *_golden(mapping, judge))


def _golden(mapping: MappingFile, judge: Judge) -> Iterator[Finding]:
    said: dict[str, str] = {}
    for index, golden in enumerate(mapping.golden):
        path = ("golden", index, "objective")
        other = said.setdefault(golden.item, golden.objective)
        if other != golden.objective:
            yield Finding("", path, f"{golden.item} stands here twice, with {other} and {golden.objective}", _ONE)
        if golden.objective != NONE and not judge.tree.active(golden.objective):
            yield Finding("", path, judge.why_dead(golden.objective), _instead(golden.objective, judge))


_ONE = "Keep the one that is meant."


def _instead(objective: str, judge: Judge) -> str:
    near = get_close_matches(objective, judge.tree.ids, n=1) if not judge.tree.known(objective) else ()
    return f"Did you mean {near[0]}?" if near else "Name an active objective, or change strategy.yaml."


def _named(rule: Rule) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The objectives that a rule names itself, each with its place in the rule."""
    if rule.split is not None:
        return tuple((("split", objective), objective) for objective in rule.split)
    if rule.objective in (None, NONE) or rule.groups:
        return ()
    return ((("objective",), rule.objective or ""),)
