"""Read named items of a source and publish them, without a walk: what `sync --only` does, and what a webhook would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from veaf_sync.store import Lease, Run, Store
from veaf_sync.sync import heard
from veaf_sync.sync.absence import Absences, hidden_ones, read_directly, without_target
from veaf_sync.sync.progress import Progress
from veaf_sync.sync.pull import SourceReport, withdraw
from veaf_sync.sync.sources import FAILURES, Source, describe_failure


def refresh(
    source: Source, ids: Sequence[str], store: Store, run: Run, lease: Lease, progress: Progress
) -> SourceReport:
    """Read the items `ids` of `source` directly and publish what they are now.

    Partitions, and what the next incremental pull begins with, stay as the last pull left them. An item that is
    gone from a visible partition is removed; one of which the tool says nothing clear stays as it was, and is told.
    Never raises for what the source did: that is in the report, and nothing of it is published then.
    """
    before = store.pulls.states(source=source.name)
    wanted = sorted(set(ids))
    try:
        source.identify()
        roster = {partition.name: partition for partition in heard.partitions(source.connector.partitions())}
        found = Absences()
        gone = read_directly(source, store, run.id, lease, wanted, roster, found)
        hidden = hidden_ones(source, store, run.id, gone, roster)
        gone = gone - hidden.keys() | found.deleted
    except FAILURES as error:
        reason = describe_failure(source.name, error)
        items = sum(state.items for state in before)
        return SourceReport(source.name, "failed", reason, items, requests=source.session.requests_sent)
    untold = found.frozen | hidden
    progress.partition(source.name, len(wanted), None, "item")
    published = store.pulls.publish(
        run.id,
        source.name,
        deleted=gone,
        thawed=found.thawed,
        states=before,
        lease=lease,
    )
    withdraw(source, store, run, lease, found.read - without_target(source, store, run.id, found.read, roster))
    return SourceReport(
        source=source.name,
        state="partial" if untold else "fresh",
        reason=_summary(untold),
        items=published.items,
        new=published.new,
        changed=published.changed,
        removed=published.removed,
        requests=source.session.requests_sent,
    )


def _summary(untold: Mapping[str, str]) -> str:
    counts = Counter(untold.values())
    return "; ".join(f"{count:,} {'item' if count == 1 else 'items'} {why}" for why, count in sorted(counts.items()))
