"""Objectives from the goals that a tool keeps itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from veaf_sync.connector import Goal
from veaf_sync.drafting.model import Draft, DraftObjective, DraftResult, DraftRule, slug, unique


def from_goals(goals: Mapping[str, Sequence[Goal]], known: Draft) -> Draft:
    """`known` with the open goals, by source, as counterparts of what is called alike there.

    Where a spreadsheet brought `known` objectives, other goals are only told of; else each becomes an objective.
    """
    objectives = list(known.objectives)
    ids: dict[tuple[str, str], str] = {}
    left = list(known.left)
    rules = list(known.rules)
    for source, found in goals.items():
        for goal in (each for each in found if each.open):
            same = next((n for n, each in enumerate(objectives) if _alike(each.title, goal.title)), None)
            counterpart = f"{source}:{goal.key}"
            if same is not None and not any(each.startswith(f"{source}:") for each in objectives[same].goal):
                objectives[same] = replace(objectives[same], goal=(*objectives[same].goal, counterpart))
                ids[source, goal.key] = objectives[same].id
            elif known.objectives:
                left.append(f"goal {counterpart} {goal.title}  {len(goal.items):,} linked")
            else:
                identity = unique(slug(goal.title, slug(goal.key)), {each.id for each in objectives})
                ids[source, goal.key] = identity
                objectives.append(_objective(identity, counterpart, goal, ids.get((source, goal.parent), "vision")))
            if counted := ids.get((source, goal.key)):
                rules += [
                    DraftRule(
                        f"{source} {partition} is linked to {goal.title or goal.key}",
                        {"source": source, "partition": partition},
                        counted,
                    )
                    for partition in goal.partitions
                ]
    return replace(known, objectives=tuple(objectives), rules=tuple(rules), left=tuple(left))


def _alike(title: str, other: str) -> bool:
    return bool(slug(title, "")) and slug(title, "") == slug(other, "")


def _objective(identity: str, counterpart: str, goal: Goal, supports: str) -> DraftObjective:
    told = ", ".join(filter(None, [f"goal {counterpart}", goal.state, f"{len(goal.items):,} linked"]))
    measured = goal.start is not None or goal.target is not None
    result = DraftResult(goal.title, goal.unit, goal.start, goal.target, goal.due, goal.current)
    return DraftObjective(
        id=identity,
        title=goal.title or goal.key,
        why=told,
        supports=supports,
        accountable=goal.owner,
        goal=(counterpart,),
        key_results=(result,) if measured else (),
    )
