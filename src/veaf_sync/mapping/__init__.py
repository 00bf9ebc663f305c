"""How work items are mapped onto objectives: statements, ordered rules, inheritance, and why.

For every item the first that says something counts: what people state on it, the first rule that
matches, the nearest ancestor's own result. Frames in, frames out: `claim` takes our own tags out,
`resolve` finds parents and teams, `map_items` gives every item its verdict, `explain` and `fixes` say
why and what would align it, from the same expressions.
"""

from veaf_sync.mapping.claim import FORMER, Claimed, claim
from veaf_sync.mapping.document import NONE, Exemption, Golden, MappingFile, Reader, Rule
from veaf_sync.mapping.explain import explain
from veaf_sync.mapping.explanation import Alignment, Explanation, Said, Seen, Step, Tried
from veaf_sync.mapping.findings import Finding, findings
from veaf_sync.mapping.fixes import fixes
from veaf_sync.mapping.goals import with_goals
from veaf_sync.mapping.hierarchy import resolve
from veaf_sync.mapping.lapsed import lapsed
from veaf_sync.mapping.mirrors import mirrors
from veaf_sync.mapping.needed import Needed, columns
from veaf_sync.mapping.verdicts import map_items

__all__ = [
    "FORMER",
    "NONE",
    "Alignment",
    "Claimed",
    "Exemption",
    "Explanation",
    "Finding",
    "Golden",
    "MappingFile",
    "Needed",
    "Reader",
    "Rule",
    "Said",
    "Seen",
    "Step",
    "Tried",
    "claim",
    "columns",
    "explain",
    "findings",
    "fixes",
    "lapsed",
    "map_items",
    "mirrors",
    "resolve",
    "with_goals",
]
