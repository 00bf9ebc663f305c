"""The plan that takes back what a run wrote, made from the journal, for what nobody changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from veaf_sync.connector import LABELS, Refusal, Tag
from veaf_sync.model import ItemRef, TagChange
from veaf_sync.plan.document import Kept, Plan, State
from veaf_sync.plan.wanted import digest_of, natural

_UNDOES = "undoes run"
_REFS = pl.Schema({"source": pl.String(), "id": pl.String()})


def reverse(
    done: Sequence[TagChange],
    items: pl.DataFrame,
    tags: Mapping[str, Tag],
    *,
    undoes: int,
    run: int,
    at: datetime,
    documents: Mapping[str, str],
    sources: Mapping[str, str],
    degraded: AbstractSet[tuple[str, str]] = frozenset(),
) -> Plan:
    """The plan that restores the items of `done` to what stood there before run `undoes`.

    `done` is what that run came to, one change an item and target: `before` the values that it took away, `after`
    those that it set. `items` are ITEMS of `run`, with what was written since. An item that anybody changed since is
    left as it is and told in `skipped`; so is one at another target, or that is not readable now. In a source with
    a `degraded` (source, partition) nothing is cleared: such changes are `refused`.
    """
    refs = pl.DataFrame([(change.item.source, change.item.id) for change in done], _REFS, orient="row")
    known = {
        ItemRef(row["source"], row["id"]): row
        for row in items.join(refs.unique(), on=["source", "id"], how="semi")
        .select("source", "id", "key", "partition", "tags", "written", "unreadable")
        .iter_rows(named=True)
    }
    changes: list[tuple[TagChange, str]] = []
    skipped: list[Kept] = []
    refused: list[Refusal] = []
    uncertain = {source for source, _ in degraded}
    for one in sorted(done, key=lambda change: (change.item.source, natural(change.key), change.item.id)):
        row = known.get(one.item)
        reasons = list(_changed(one, row, tags.get(one.item.source)))
        if row is None or reasons:
            said = "; ".join(dict.fromkeys(reasons))
            skipped += [Kept(one.item, one.key, value, said) for value in sorted({*one.before, *one.after})]
            continue
        change = _back(one, row, tags[one.item.source], undoes)
        if one.item.source in uncertain and change.removes:
            refused.append(Refusal(change, f"{one.item.source} was not read completely, so nothing is cleared there"))
        else:
            changes.append((change, row["partition"]))
    named = {change.item.source for change in done} & set(tags)
    return Plan(
        run=run,
        at=at,
        degraded=bool(degraded),
        state=State(
            documents={name: digest_of(text) for name, text in documents.items()},
            sources=dict(sources),
            targets={source: tags[source].target for source in sorted(named)},
            patterns={source: tags[source].pattern for source in sorted(named)},
        ),
        changes=tuple(change for change, _ in changes),
        partitions=tuple(partition for _, partition in changes),
        skipped=tuple(skipped),
        refused=tuple(refused),
        undoes=undoes,
    )


def _changed(done: TagChange, row: Mapping[str, Any] | None, tag: Tag | None) -> Iterator[str]:
    """Why an item is left as it is; nothing where it still is as the run left it."""
    if tag is None:
        yield "its source has no tag target now, or is read-only"
    elif done.target != tag.target:
        yield f"written at {done.target}, and our tags stand at {tag.target} now"
    elif row is None:
        yield "the item is not known any more"
    elif row["unreadable"]:
        yield "the item cannot be read now"
    else:
        seen, written = set(row["tags"]), set(row["written"])
        for value in sorted(done.after):
            if value not in seen:
                yield f"{value} was taken away since"
            elif value not in written:
                yield f"{value} was set by a person since"
        for value in sorted(set(done.before) & seen):
            yield f"{value} stands there again"


def undone_run(reason: str) -> int:
    """The run that a change of this reason takes back; 0 where it takes back none."""
    first, _, number = reason.partition(" (")[0].rpartition(" ")
    return int(number) if first == _UNDOES and number.isdigit() else 0


def _back(done: TagChange, row: Mapping[str, Any], tag: Tag, undoes: int) -> TagChange:
    seen = {value for value in row["tags"] if tag.target != LABELS or tag.objective(value) is not None}
    return replace(
        done,
        key=row["key"],
        before=tuple(sorted(seen)),
        after=tuple(sorted((seen - set(done.after)) | set(done.before))),
        reason=f"{_UNDOES} {undoes}" + (f" ({done.reason.rstrip('.')})" if done.reason else ""),
    )
