"""`drift`: what changed between two runs, as steps that lead exactly from one total to the other."""

from __future__ import annotations

from typing import Literal

import polars as pl

from veaf_sync import mapping, measure
from veaf_sync.frames import TEXT
from veaf_sync.measure import UNCOUNTED
from veaf_sync.read.answer import Answer, Instant, Part
from veaf_sync.read.history import earlier
from veaf_sync.read.snapshot import Snapshot

KEY = ["source", "id"]
_FACTS = ("key", "title", "url", "partition", "team")

DRIFTED = pl.Schema(
    {
        "id": TEXT,  # source:KEY
        "source": TEXT,
        **dict.fromkeys(_FACTS, TEXT),  # as of the later run; of items that are gone as of the earlier one
        "cause": TEXT,
        "before": TEXT,  # verdict; "" = not counted
        "after": TEXT,
    }
)
"""One row per item and change of place, by cause, then by source and id of the item."""


class Standing(Part):
    """The counted items of a run by verdict, and coverage."""

    total: int
    aligned: int
    dangling: int
    ambiguous: int
    exempt: int
    orphan: int
    unreadable: int
    coverage: float | None


class Step(Part):
    """What one cause added to the total and to each verdict, in items; `coverage` is what it is after this step.

    `documents`: strategy, mapping or settings changed; the earlier run's items under the later documents. `new`: was
    not known; `counted`: was known and came into the count; `gone`: not known any more; `uncounted`: known and left
    the count; `moved`: from the verdict `before` to `after` (else both are empty). `items` changed their place.
    """

    cause: Literal["documents", "new", "counted", "gone", "uncounted", "moved"]
    before: str
    after: str
    items: int
    total: int
    aligned: int
    dangling: int
    ambiguous: int
    exempt: int
    orphan: int
    unreadable: int
    coverage: float | None


class DriftAnswer(Answer):
    """`start` plus all steps is `end`, in every verdict. `since` null: no earlier run can be compared; no steps then.

    Compared is the last run at least a week older, else the last one of an earlier day, else the one before; it has the
    same period, scope and definitions. `documents` are the names of those that differ.
    """

    since: int | None
    since_as_of: Instant | None
    documents: list[str]
    start: Standing | None
    steps: list[Step]
    end: Standing


def drift(snapshot: Snapshot) -> tuple[DriftAnswer, pl.DataFrame]:
    """What changed since the earlier run that this one is compared with, and DRIFTED, the items behind every step."""
    after = _places(snapshot.listed)
    end = measure.counts(after)
    before = earlier(snapshot)
    if before is None:
        nothing = DriftAnswer(
            **snapshot.head, since=None, since_as_of=None, documents=[], start=None, steps=[], end=_standing(end)
        )
        return nothing, pl.DataFrame(schema=DRIFTED)
    then = _places(before.listed)
    changed = sorted(name for name, text in snapshot.config.texts.items() if before.config.texts.get(name) != text)
    moved = measure.moves(then, _under(before, snapshot) if changed else then, after)
    start = measure.counts(then)
    answer = DriftAnswer(
        **snapshot.head,
        since=before.run.id,
        since_as_of=before.run.at,
        documents=changed,
        start=_standing(start),
        steps=[_step(step) for step in measure.steps(moved, start)],
        end=_standing(end),
    )
    return answer, _drifted(moved, snapshot, before)


def _places(listed: pl.DataFrame) -> pl.DataFrame:
    """PLACES from LISTED of the store."""
    place = pl.when("counted").then("verdict").otherwise(pl.lit(UNCOUNTED)).alias("place")
    return listed.unique(KEY).select(*KEY, place)


def _under(before: Snapshot, later: Snapshot) -> pl.DataFrame:
    """PLACES of the earlier run's items, mapped and measured at its instant with the later run's documents."""
    config = later.config
    under = Snapshot(before.store, before.run, config)
    verdicts = mapping.map_items(
        under.items, under.hierarchy, config.mapping, config.strategy, at=before.run.at, tz=under.zone
    )
    start, end = under.period.start(under.zone), under.period.end(under.zone)
    weights = measure.weigh(
        under.items, under.hierarchy, scope=config.settings.scope, period_start=start, period_end=end
    )
    judged = verdicts.unique(KEY).select(*KEY, "verdict")
    return _places(weights.select(*KEY, "counted").join(judged, on=KEY))


def _standing(count: dict[str, int]) -> Standing:
    return Standing(total=sum(count.values()), coverage=measure.known_coverage(count), **count)


def _step(step: measure.Step) -> Step:
    return Step.model_validate(
        {
            "cause": step.cause,
            "before": step.before,
            "after": step.after,
            "items": step.items,
            "total": sum(step.added.values()),
            "coverage": step.coverage,
            **step.added,
        }
    )


def _drifted(moved: pl.DataFrame, snapshot: Snapshot, before: Snapshot) -> pl.DataFrame:
    """DRIFTED from MOVES; what an item is called comes from the later run, else from the earlier one."""
    named = pl.concat([snapshot.listed.select(*KEY, *_FACTS), before.listed.select(*KEY, *_FACTS)])
    wanted = named.join(moved, on=KEY, how="semi").unique(KEY, keep="first", maintain_order=True)
    return moved.join(wanted, on=KEY, how="left", maintain_order="left").select(
        pl.concat_str("source", pl.lit(":"), "key").alias("id"), "source", *_FACTS, "cause", "before", "after"
    )
