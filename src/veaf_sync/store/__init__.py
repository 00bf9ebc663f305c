"""The store: history of work items, runs, results and the journal of writes, in SQLite or PostgreSQL.

`open_store(url)` brings a `Store`; its parts are nouns: `runs`, `leases`, `pulls`, `items`, `results`,
`journal`, `audit`. Every method that writes takes a `Lease`, checks its fencing number in the same transaction and
raises `FenceLost` where somebody else holds the lease now. Readers see a run as it was, for ever.
"""

from veaf_sync.store.items import Items
from veaf_sync.store.journal import Journal
from veaf_sync.store.leases import Leases
from veaf_sync.store.listing import LISTED
from veaf_sync.store.opening import open_store
from veaf_sync.store.prepared import Prepared, prepare
from veaf_sync.store.pulls import Pulls
from veaf_sync.store.records import (
    AuditEntry,
    Choice,
    Entry,
    Filters,
    Found,
    Generation,
    Known,
    Lease,
    PartitionState,
    Published,
    Reading,
    Run,
    Staged,
    Standing,
)
from veaf_sync.store.results import Results
from veaf_sync.store.runs import Runs
from veaf_sync.store.store import Store

__all__ = [
    "LISTED",
    "AuditEntry",
    "Choice",
    "Entry",
    "Filters",
    "Found",
    "Generation",
    "Items",
    "Journal",
    "Known",
    "Lease",
    "Leases",
    "PartitionState",
    "Prepared",
    "Published",
    "Pulls",
    "Reading",
    "Results",
    "Run",
    "Runs",
    "Staged",
    "Standing",
    "Store",
    "open_store",
    "prepare",
]
