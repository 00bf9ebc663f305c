"""What a connector is: the public contract between the core and a tool.

A connector reads a tool's work items and, where the tool can, adds and removes our tags. It cuts the
tool's *partitions* (projects, boards, repositories) into *shards*, walks each shard page by page in an
order that edits cannot shift, and tells absence from lost access when asked. Retries, limits,
concurrency, redaction, storage, journal and rules are the core's.
"""

from veaf_sync.connector.address import split_address
from veaf_sync.connector.ahead import ahead
from veaf_sync.connector.contract import (
    Absent,
    Connector,
    Cursor,
    Feature,
    Goal,
    Identity,
    Mark,
    Page,
    Partition,
    Pending,
    Preview,
    Refusal,
    Rehearsal,
    Shard,
)
from veaf_sync.connector.settings import (
    BOARD_STATES,
    USUAL_LEVELS,
    USUAL_STATES,
    Cap,
    Flaw,
    Freshness,
    Guards,
    RelativePath,
    SourceSettings,
    TimeZone,
)
from veaf_sync.connector.tag import GOALS, LABELS, Tag, TargetKind

__all__ = [
    "BOARD_STATES",
    "GOALS",
    "LABELS",
    "USUAL_LEVELS",
    "USUAL_STATES",
    "Absent",
    "Cap",
    "Connector",
    "Cursor",
    "Feature",
    "Flaw",
    "Freshness",
    "Goal",
    "Guards",
    "Identity",
    "Mark",
    "Page",
    "Partition",
    "Pending",
    "Preview",
    "Refusal",
    "Rehearsal",
    "RelativePath",
    "Shard",
    "SourceSettings",
    "Tag",
    "TargetKind",
    "TimeZone",
    "ahead",
    "split_address",
]
