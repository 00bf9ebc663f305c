"""The tree of objectives below the vision."""

from __future__ import annotations

from collections.abc import Mapping

from veaf_sync.strategy.document import Objective, ObjectiveState, Strategy

VISION = "vision"
CUT_OFF = "cut off from the vision"
UNKNOWN = "unknown"


class Tree:
    """Which objective stands below which, and which are alive.

    Built from any `Strategy`, also a broken one: of two objectives with one id the first counts, and rings
    and unknown parents reach no vision. What is broken is told by `problems`.
    """

    def __init__(self, strategy: Strategy) -> None:
        known: dict[str, Objective] = {}
        for objective in strategy.objectives:
            known.setdefault(objective.id, objective)
        self.objectives: Mapping[str, Objective] = known
        children: dict[str, list[str]] = {}
        for objective in known.values():
            children.setdefault(objective.supports, []).append(objective.id)
        self._children = {parent: tuple(ids) for parent, ids in children.items()}
        self.provisional = bool(known) and all(each.state is ObjectiveState.DRAFT for each in known.values())
        self._alive = ObjectiveState.DRAFT if self.provisional else ObjectiveState.ACTIVE
        self._active = self._reached()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every objective's id, in the order of the document."""
        return tuple(self.objectives)

    def known(self, objective: str) -> bool:
        return objective in self.objectives

    def declared(self, objective: str) -> str:
        """`draft`, `active` or `closed` as the document says; `""` for an unknown id."""
        found = self.objectives.get(objective)
        return found.state.value if found else ""

    def children(self, objective: str) -> tuple[str, ...]:
        """Ids of the objectives that support `objective` (or `vision`) directly, in the document's order."""
        return self._children.get(objective, ())

    def below(self, objective: str) -> tuple[str, ...]:
        """Ids of `objective` itself and everything below it, a parent before its children; unknown id: none."""
        if objective != VISION and objective not in self.objectives:
            return ()
        seen: dict[str, None] = {}
        waiting = [objective]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen[current] = None
            waiting.extend(reversed(self.children(current)))
        return tuple(identity for identity in seen if identity != VISION)

    def above(self, objective: str) -> tuple[str, ...]:
        """Ids of what `objective` supports, nearest first, up to the vision, an unknown id or a ring's start."""
        seen: dict[str, None] = {}
        found = self.objectives.get(objective)
        while found and found.supports not in seen and found.supports in self.objectives:
            seen[found.supports] = None
            found = self.objectives[found.supports]
        return tuple(seen)

    def depth(self, objective: str) -> int:
        """1 for an objective that supports the vision, 2 below it, and so on; 0 for an unknown id."""
        return len(self.above(objective)) + 1 if objective in self.objectives else 0

    def active(self, objective: str) -> bool:
        """Whether it is active and reaches the vision through active objectives only.

        While every objective is a draft (`provisional`), drafts count as active: figures say what they would be.
        """
        return objective in self._active

    def why_inactive(self, objective: str) -> str:
        """`""` where it is active, else `unknown`, `draft`, `closed` or `cut off from the vision`."""
        if objective in self._active:
            return ""
        found = self.objectives.get(objective)
        if found is None:
            return UNKNOWN
        return CUT_OFF if found.state is self._alive else found.state.value

    def rings(self) -> tuple[tuple[str, ...], ...]:
        """Groups of objectives that support each other in a ring, each once, in the document's order."""
        found: list[tuple[str, ...]] = []
        settled: set[str] = set()
        for start in self.objectives:
            path: dict[str, None] = {}
            current = start
            while current in self.objectives and current not in settled and current not in path:
                path[current] = None
                current = self.objectives[current].supports
            if current in path:
                walked = list(path)
                found.append(tuple(walked[walked.index(current) :]))
            settled.update(path)
        return tuple(found)

    def _reached(self) -> frozenset[str]:
        reached: set[str] = set()
        waiting = list(self.children(VISION))
        while waiting:
            current = waiting.pop()
            if current not in reached and self.objectives[current].state is self._alive:
                reached.add(current)
                waiting.extend(self.children(current))
        return frozenset(reached)


def tree(strategy: Strategy) -> Tree:
    """The tree of `strategy`'s objectives."""
    return Tree(strategy)
