"""What is wrong with a strategy beyond its fields: errors stop every command, findings are for `check`."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from veaf_sync.strategy.document import RESERVED, Objective, ObjectiveState, Strategy
from veaf_sync.strategy.tree import CUT_OFF, VISION, Tree


@dataclass(frozen=True, slots=True)
class StrategyProblem:
    """`path` leads to the place in the document, such as `("objectives", 3, "supports")`."""

    path: tuple[str | int, ...]
    what: str
    hint: str = ""


def problems(strategy: Strategy) -> list[StrategyProblem]:
    """Errors: ids that are reserved or there twice, parents that are unknown, rings (each once), and
    goals that are there twice.

    Returned in the document's order.
    """
    tree = Tree(strategy)
    ringed = {member: ring for ring in tree.rings() for member in ring}
    ids = Counter(objective.id for objective in strategy.objectives)
    found: list[StrategyProblem] = []
    seen: set[str] = set()
    goals: dict[str, str] = {}
    for index, objective in enumerate(strategy.objectives):
        path = ("objectives", index)
        if objective.id in RESERVED:
            what = f"{objective.id} is a reserved word and cannot be an objective's id."
            found.append(StrategyProblem((*path, "id"), what, "Choose another id."))
        elif objective.id in seen:
            what = f"this id is there {ids[objective.id]} times."
            found.append(StrategyProblem((*path, "id"), what, "Give each objective an id of its own."))
        elif (ring := ringed.get(objective.id)) and seen.isdisjoint(ring):
            what = f"it supports itself in a ring: {' → '.join((*_from(ring, objective.id), objective.id))}."
            found.append(StrategyProblem((*path, "supports"), what, "Let one of them support vision."))
        elif objective.supports != VISION and not tree.known(objective.supports):
            what = f"supports names {objective.supports}, which is no objective."
            found.append(StrategyProblem((*path, "supports"), what, _did_you_mean(objective.supports, tree.ids)))
        for goal in objective.goal:
            if goals.setdefault(goal, objective.id) != objective.id:
                what = f"the goal {goal} is the counterpart of {goals[goal]} already."
                found.append(StrategyProblem((*path, "goal"), what, "Give each objective a goal of its own."))
        found.extend(_key_result_problems(index, objective))
        seen.add(objective.id)
    return found


def findings(strategy: Strategy) -> list[StrategyProblem]:
    """What `check` reports and nothing stops for.

    Active objectives cut off, nothing but drafts, teams that are responsible and not declared, planned shares that
    exceed all work.
    """
    tree = Tree(strategy)
    found: list[StrategyProblem] = []
    for index, objective in enumerate(strategy.objectives):
        if tree.objectives[objective.id] is not objective or tree.why_inactive(objective.id) != CUT_OFF:
            continue
        dead = next((above for above in tree.above(objective.id) if tree.declared(above) != "active"), None)
        if dead is not None:
            what = f"active, but cut off from the vision: {dead} above it is {tree.declared(dead)}."
            hint = f"Let it support an active objective, or reopen {dead}."
            found.append(StrategyProblem(("objectives", index, "supports"), what, hint))
    if tree.provisional:
        what = "every objective is a draft, and drafts count as active until one is activated: figures are provisional."
        found.append(StrategyProblem(("objectives",), what, "After review: veaf-sync strategy activate"))
    found.extend(_strangers(strategy))
    found.extend(_overplanned(strategy, tree))
    return found


def _strangers(strategy: Strategy) -> Iterator[StrategyProblem]:
    """Responsible teams that `teams` does not hold (case ignored); where it holds none, names are just names."""
    known = {name.casefold() for name in strategy.teams}
    for index, objective in enumerate(strategy.objectives if known else ()):
        for team in objective.responsible:
            if team.casefold() not in known:
                what = f"responsible names {team}, which is no team."
                close = difflib.get_close_matches(team, strategy.teams, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"Teams: {', '.join(sorted(strategy.teams))}."
                yield StrategyProblem(("objectives", index, "responsible"), what, hint)


def _overplanned(strategy: Strategy, tree: Tree) -> Iterator[StrategyProblem]:
    for parent in (VISION, *tree.ids):
        siblings = [tree.objectives[child] for child in tree.children(parent)]
        total = sum(o.planned_share or 0.0 for o in siblings if o.state is ObjectiveState.ACTIVE)
        if total > 1 + 1e-9:
            index = next((n for n, o in enumerate(strategy.objectives) if o.id == parent), None)
            path = ("objectives",) if index is None else ("objectives", index)
            what = f"the planned shares of what supports {parent} add up to {total * 100:.0f} %."
            yield StrategyProblem(path, what, "Shares are parts of all counted work: at most 100 %.")


def _key_result_problems(index: int, objective: Objective) -> Iterator[StrategyProblem]:
    seen: set[str] = set()
    for number, result in enumerate(objective.key_results):
        if result.id in seen:
            path = ("objectives", index, "key_results", number, "id")
            yield StrategyProblem(path, "this id is there twice.", "Give each key result an id of its own.")
        seen.add(result.id)


def _from(ring: tuple[str, ...], start: str) -> tuple[str, ...]:
    at = ring.index(start)
    return ring[at:] + ring[:at]


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, [*known, VISION], n=1)
    return f"Did you mean {close[0]}?" if close else "Objectives support vision or another objective's id."
