"""What an item's statements, rules and ancestors come to: few distinct results, held by number."""

from __future__ import annotations

from dataclasses import dataclass, replace

from veaf_sync.mapping.document import NONE, Rule
from veaf_sync.model import Origin, Verdict
from veaf_sync.strategy import VISION, Tree

NOTHING_MATCHED = "nothing matched"
NONE_WAS_SAID = "none was said"
WITHDRAWN = "withdrawn"
UNREADABLE = "cannot be read now, kept as last read"

Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A result, as it would stand on the item that it was made for.

    `shares` (objective, share), sorted, are kept for every verdict that has them. `candidates` are the
    objectives between which an ambiguous item stands.
    """

    verdict: Verdict
    origin: Origin | None = None
    rule: str = ""
    shares: Shares = ()
    candidates: tuple[str, ...] = ()
    exemption: str = ""
    reason: str = ""

    @property
    def rows(self) -> Shares:
        """The (objective, share) rows of VERDICTS: those of aligned and dangling items, else one empty row."""
        linked = self.verdict in (Verdict.ALIGNED, Verdict.DANGLING)
        return self.shares if linked else (("", 1.0),)


NOTHING = Decision(Verdict.ORPHAN, reason=NOTHING_MATCHED)


class Judge:
    """Says what naming objectives comes to, given which of them are alive."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def serves(self, shares: Shares, origin: Origin, rule: str = "") -> Decision:
        """Aligned if every share goes to an objective that is alive, else dangling."""
        dead = [self.why_dead(objective) for objective, _ in shares if not self.tree.active(objective)]
        said = f'rule "{rule}"' if rule else "stated"
        verdict = Verdict.DANGLING if dead else Verdict.ALIGNED
        return Decision(verdict, origin, rule, tuple(sorted(shares)), reason=", ".join(dead) or said)

    def named(self, objectives: tuple[str, ...], origin: Origin, rule: str = "") -> Decision:
        """One objective serves it, the word none serves nothing, two different ones are ambiguous."""
        if len(objectives) > 1:
            how = "stated" if origin is Origin.STATEMENT else "built"
            reason = f"{_NUMBERS.get(len(objectives), len(objectives))} objectives {how}: {', '.join(objectives)}"
            return Decision(Verdict.AMBIGUOUS, origin, rule, candidates=objectives, reason=reason)
        if objectives[0] == NONE:
            return Decision(Verdict.ORPHAN, origin, rule, reason=NONE_WAS_SAID)
        return self.serves(((objectives[0], 1.0),), origin, rule)

    def stated(self, objectives: frozenset[str]) -> Decision:
        """What people's statements come to."""
        return self.named(tuple(sorted(objectives - self.dropped(objectives))), Origin.STATEMENT)

    def dropped(self, objectives: frozenset[str]) -> frozenset[str]:
        """Those of the stated `objectives` that do not count: closed ones, where another one is active."""
        declared = {each: self.tree.declared(each) for each in objectives}
        alive = "active" in declared.values()
        return frozenset(each for each, state in declared.items() if alive and state == "closed")

    def ruled(self, rule: Rule) -> Decision:
        """What a rule that builds nothing comes to."""
        if rule.exempt is not None:
            exempt = rule.exempt
            reason = f"{exempt.class_} until {exempt.until.isoformat()}"
            return Decision(Verdict.EXEMPT, Origin.RULE, rule.name, exemption=exempt.class_, reason=reason)
        if rule.split is not None:
            return self.serves(tuple(rule.split.items()), Origin.RULE, rule.name)
        return self.named((rule.objective or NONE,), Origin.RULE, rule.name)

    def without(self, decision: Decision, withdrawn: frozenset[str]) -> Decision:
        """A result without the objectives that a person withdrew; what is left is scaled to 1."""
        left = [(objective, share) for objective, share in decision.shares if objective not in withdrawn]
        if len(left) == len(decision.shares) or decision.origin is None:
            return decision
        if not left:
            return Decision(Verdict.ORPHAN, Origin.WITHDRAWN, decision.rule, reason=WITHDRAWN)
        total = sum(share for _, share in left)
        shares = tuple((objective, share / total) for objective, share in left)
        return self.serves(shares, decision.origin, decision.rule)

    def why_dead(self, objective: str) -> str:
        """Why an objective that is not alive is not, as a clause."""
        if objective == VISION:
            return "the vision is no objective"
        why = self.tree.why_inactive(objective)
        return f"objective {objective} is {'a draft' if why == 'draft' else why}"


_NUMBERS = {2: "two", 3: "three", 4: "four"}


def inherited(decision: Decision) -> Decision:
    """A result as it stands on an item that has it from an ancestor."""
    return decision if decision.origin is None else replace(decision, origin=Origin.INHERITED)


def unreadable(decision: Decision) -> Decision:
    """A result as it stands on an item that cannot be read: its origin and rule are those of the last reading."""
    return Decision(Verdict.UNREADABLE, decision.origin, decision.rule, reason=UNREADABLE)


class Ledger:
    """Distinct results by number."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self._codes: dict[Decision, int] = {}

    def code(self, decision: Decision) -> int:
        """The number of a result, a new one where it is the first of its kind."""
        code = self._codes.setdefault(decision, len(self.decisions))
        if code == len(self.decisions):
            self.decisions.append(decision)
        return code
