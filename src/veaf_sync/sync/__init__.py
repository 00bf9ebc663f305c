"""The pass: pull → store → map → measure → plan → apply, and `preflight` for `check --online`.

Read `run.py` first: it is the order of the stages.
"""

from veaf_sync.sync.adopting import Unclaimed
from veaf_sync.sync.lookup import look_up
from veaf_sync.sync.planning import Cost, Planned, make_plan
from veaf_sync.sync.preflight import SourceCheck, preflight
from veaf_sync.sync.progress import SILENT, Progress, Silent
from veaf_sync.sync.pull import SourceReport
from veaf_sync.sync.run import RunResult, run_sync
from veaf_sync.sync.sources import Sources
from veaf_sync.sync.undoing import make_undo
from veaf_sync.sync.writing import ApplyResult, apply_plan, check_current, guard_reasons

__all__ = [
    "SILENT",
    "ApplyResult",
    "Cost",
    "Planned",
    "Progress",
    "RunResult",
    "Silent",
    "SourceCheck",
    "SourceReport",
    "Sources",
    "Unclaimed",
    "apply_plan",
    "check_current",
    "guard_reasons",
    "look_up",
    "make_plan",
    "make_undo",
    "preflight",
    "run_sync",
]
