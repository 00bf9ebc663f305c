"""`coverage`: how much of the work serves the strategy, in four weights, whole or by group."""

from __future__ import annotations

import polars as pl

from veaf_sync.errors import UsageError
from veaf_sync.read.answer import Answer, Part
from veaf_sync.read.filters import EVERYTHING, over_cells, resolve
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.read.weights import Weights, weights
from veaf_sync.store import Filters

GROUPS = ("source", "partition", "team", "objective", "level")


class Group(Part):
    """One group of `--by`. `group` is empty for work without one.

    Where groups are partitions, `source` is set, and `title` is what people call the partition in the tool.
    """

    group: str
    source: str
    weights: Weights
    title: str = ""


class CoverageAnswer(Answer):
    """Coverage with its bounds. `groups` is empty without `--by`; `by` is then empty too."""

    metric_version: str
    weights: Weights
    by: str
    groups: list[Group]


def coverage(
    snapshot: Snapshot, by: str | None = None, filters: Filters = EVERYTHING, *, below: bool = False
) -> CoverageAnswer:
    """Coverage of the counted items that `filters` hit, and of each group of them.

    `by` is one of `GROUPS`. A partition is a group of its own source; an item in several partitions stands in the
    first by name; a split item in each of its objectives by share. `below` adds the objectives below those of the
    filter. Raises `UsageError` for an unknown `by` or a name that does not exist.
    """
    if by is not None and by not in GROUPS:
        raise UsageError(f"Coverage cannot be grouped by {by}.", fix=f"Choose one of: {', '.join(GROUPS)}.")
    cells = over_cells(snapshot.cells, resolve(snapshot, filters, below=below))
    return CoverageAnswer(
        **snapshot.head,
        metric_version=snapshot.run.metric_version,
        weights=weights(cells),
        by=by or "",
        groups=_groups(snapshot, cells, by) if by else [],
    )


def _groups(snapshot: Snapshot, cells: pl.DataFrame, by: str) -> list[Group]:
    titles = {(state.source, state.partition): state.title for state in snapshot.states}
    keys = ["source", "partition"] if by == "partition" else [by]
    found = []
    for key, part in sorted(cells.partition_by(keys, as_dict=True).items()):
        name = str(key[-1])
        source = str(key[0]) if by == "partition" else ""
        found.append(Group(group=name, source=source, title=titles.get((source, name), ""), weights=weights(part)))
    return found
