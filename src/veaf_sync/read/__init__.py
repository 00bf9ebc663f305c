"""Every reading answer, from a stored snapshot. The models are the JSON contract.

`open_snapshot` binds a `Snapshot` to one run and the documents stored with it; the functions answer from it,
so an answer `--as-of` a run is the same bytes whenever it is asked. No network, no clock.
"""

from veaf_sync.read.answer import FORMAT_VERSION, Answer, Instant, Part, iso
from veaf_sync.read.audit import AuditAnswer, AuditRow, audit, audit_rows
from veaf_sync.read.coverage import GROUPS, CoverageAnswer, Group, coverage
from veaf_sync.read.drift import DRIFTED, DriftAnswer, Standing, Step, drift
from veaf_sync.read.epics import Epic, EpicsAnswer, epics
from veaf_sync.read.explain import ExplainAnswer, explain, one_item
from veaf_sync.read.history import Point, history
from veaf_sync.read.items import Alignment, Item, ItemsAnswer
from veaf_sync.read.listing import items, orphans
from veaf_sync.read.notes import PROVISIONAL
from veaf_sync.read.objectives import KeyResult, Objective, ObjectivesAnswer, RollUp, objectives, worst_first
from veaf_sync.read.opening import open_snapshot
from veaf_sync.read.people import pseudonym
from veaf_sync.read.rows import ROWS, as_items, counted_rows, rows
from veaf_sync.read.runs import RunRow, RunsAnswer, runs
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.read.sources import Degradation, PartitionReading, SourceReading
from veaf_sync.read.status import Budget, Change, PeriodPart, Status, status
from veaf_sync.read.weights import VERDICT_NAMES, WEIGHT_NAMES, Bounds, Weight, Weights
from veaf_sync.store import Filters

__all__ = [
    "DRIFTED",
    "FORMAT_VERSION",
    "GROUPS",
    "PROVISIONAL",
    "ROWS",
    "VERDICT_NAMES",
    "WEIGHT_NAMES",
    "Alignment",
    "Answer",
    "AuditAnswer",
    "AuditRow",
    "Bounds",
    "Budget",
    "Change",
    "CoverageAnswer",
    "Degradation",
    "DriftAnswer",
    "Epic",
    "EpicsAnswer",
    "ExplainAnswer",
    "Filters",
    "Group",
    "Instant",
    "Item",
    "ItemsAnswer",
    "KeyResult",
    "Objective",
    "ObjectivesAnswer",
    "Part",
    "PartitionReading",
    "PeriodPart",
    "Point",
    "RollUp",
    "RunRow",
    "RunsAnswer",
    "Snapshot",
    "SourceReading",
    "Standing",
    "Status",
    "Step",
    "Weight",
    "Weights",
    "as_items",
    "audit",
    "audit_rows",
    "counted_rows",
    "coverage",
    "drift",
    "epics",
    "explain",
    "history",
    "iso",
    "items",
    "objectives",
    "one_item",
    "open_snapshot",
    "orphans",
    "pseudonym",
    "rows",
    "runs",
    "status",
    "worst_first",
]
