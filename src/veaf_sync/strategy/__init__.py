"""The strategy as code: vision, objectives in a tree, key results, teams and periods.

`Strategy` is the document `strategy.yaml`; `tree` answers what stands below what and what is alive;
`problems` and `findings` say what is wrong with it. Everything is pure: time comes in as an argument.
"""

from veaf_sync.strategy.document import (
    RESERVED,
    KeyResult,
    KeyValue,
    Objective,
    ObjectiveState,
    Strategy,
    Team,
    Vision,
)
from veaf_sync.strategy.period import Period, PeriodField, PeriodSpec, resolve_period
from veaf_sync.strategy.problems import StrategyProblem, findings, problems
from veaf_sync.strategy.tree import VISION, Tree, tree

__all__ = [
    "RESERVED",
    "VISION",
    "KeyResult",
    "KeyValue",
    "Objective",
    "ObjectiveState",
    "Period",
    "PeriodField",
    "PeriodSpec",
    "Strategy",
    "StrategyProblem",
    "Team",
    "Tree",
    "Vision",
    "findings",
    "problems",
    "resolve_period",
    "tree",
]
