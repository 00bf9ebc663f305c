"""What is worth telling about a mapping that works: rules that lead nowhere now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from veaf_sync.mapping.decision import Judge
from veaf_sync.mapping.document import NONE, MappingFile, Rule
from veaf_sync.strategy import Strategy, tree


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a rule that `check` reports and that stops nothing."""

    rule: str
    what: str
    hint: str


def findings(mapping: MappingFile, strategy: Strategy, *, at: datetime, tz: ZoneInfo) -> tuple[Finding, ...]:
    """Rules that name an unknown, draft, closed or cut-off objective, and exemptions over at `at`, in file order."""
    judge = Judge(tree(strategy))
    found: list[Finding] = []
    for rule in mapping.rules:
        dead = [objective for objective in _named(rule) if not judge.tree.active(objective)]
        found += [Finding(rule.name, judge.why_dead(objective), _DANGLING) for objective in dead]
        if rule.exempt is not None and rule.expired(at, tz):
            what = f"the exemption {rule.exempt.class_} was valid until {rule.exempt.until.isoformat()}"
            found.append(Finding(rule.name, what, "It counts as not matching. Renew until, or take the rule out."))
    return tuple(found)


_DANGLING = "What it matches is dangling. Name an active objective, or change strategy.yaml."


def _named(rule: Rule) -> tuple[str, ...]:
    if rule.split is not None:
        return tuple(rule.split)
    return () if rule.objective in (None, NONE) or rule.groups else (rule.objective or "",)
