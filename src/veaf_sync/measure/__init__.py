"""Measuring: which items count, what they weigh, how much of the work serves the strategy.

Pure functions over Polars frames: ITEMS, HIERARCHY and VERDICTS become WEIGHTS (`weigh`), CELLS (`make_cells`) and
OBJECTIVES (`objective_side`); `coverage` reads cells; `moves` and `steps`
say what changed between two runs. No answer depends on the order of rows.
"""

from veaf_sync.measure.cells import make_cells
from veaf_sync.measure.coverage import Bounds, WeightCoverage, coverage
from veaf_sync.measure.drift import CAUSES, UNCOUNTED, Step, counts, known_coverage, moves, steps
from veaf_sync.measure.exemptions import ExemptionBudget, exemption_budgets
from veaf_sync.measure.key_results import KeyResultProgress, RollUp, key_result_progress, roll_up
from veaf_sync.measure.objectives import objective_side
from veaf_sync.measure.settings import WEIGHT_NAMES, Allocation, Scope
from veaf_sync.measure.weights import undated, weigh

METRIC_VERSION = "2"
"""Version of these definitions. A later change of one gets a new number and restates no history."""

__all__ = [
    "CAUSES",
    "METRIC_VERSION",
    "UNCOUNTED",
    "WEIGHT_NAMES",
    "Allocation",
    "Bounds",
    "ExemptionBudget",
    "KeyResultProgress",
    "RollUp",
    "Scope",
    "Step",
    "WeightCoverage",
    "counts",
    "coverage",
    "exemption_budgets",
    "key_result_progress",
    "known_coverage",
    "make_cells",
    "moves",
    "objective_side",
    "roll_up",
    "steps",
    "undated",
    "weigh",
]
