"""The plan: wanted − seen for the tags that are ours, with a digest, and the guards that hold it back.

`make` plans, `reverse` plans to take a run back, `dump` and `load` write and read the file, `digest` names it,
`summarise` counts it for people, `refuse` takes out what a tool would not accept, `guard` says why it may not be
applied. Nothing here writes to a tool.
"""

from veaf_sync.plan.document import FORMAT_VERSION, Counts, Kept, Plan, State, refuse, restrict
from veaf_sync.plan.file import digest, document, dump, load
from veaf_sync.plan.guard import Circumstances, guard
from veaf_sync.plan.settings import Governance, RunGuards
from veaf_sync.plan.summary import ObjectiveChanges, SourceSummary, summarise
from veaf_sync.plan.undo import reverse, undone_run
from veaf_sync.plan.wanted import digest_of, make

__all__ = [
    "FORMAT_VERSION",
    "Circumstances",
    "Counts",
    "Governance",
    "Kept",
    "ObjectiveChanges",
    "Plan",
    "RunGuards",
    "SourceSummary",
    "State",
    "digest",
    "digest_of",
    "document",
    "dump",
    "guard",
    "load",
    "make",
    "refuse",
    "restrict",
    "reverse",
    "summarise",
    "undone_run",
]
