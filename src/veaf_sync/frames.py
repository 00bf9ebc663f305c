"""Schemas of the Polars frames that stages hand over.

Text is never null: a missing text is `""`, a missing list `[]`. Numbers and times may be null.
Every frame is sorted by (`source`, `id`) unless said otherwise.
"""

from __future__ import annotations

import polars as pl

TEXT = pl.String()
TEXTS = pl.List(pl.String())
TIME = pl.Datetime("us", "UTC")

ITEMS = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "key": TEXT,
        "aliases": TEXTS,  # earlier keys
        "partition": TEXT,  # the first by name: where the item stands once in cells
        "partitions": TEXTS,  # all, sorted
        "level": TEXT,  # initiative | epic | standard | subtask
        "type": TEXT,
        "state": TEXT,
        "state_category": TEXT,  # todo | in_progress | done
        "title": TEXT,
        "description": TEXT,
        "url": TEXT,
        "parent": TEXT,  # a key, as given by the tool
        "labels": TEXTS,
        "components": TEXTS,
        "milestones": TEXTS,
        "sprints": TEXTS,
        "assignees": TEXTS,
        "team": TEXT,
        "points": pl.Float64(),
        "hours": pl.Float64(),
        "created": TIME,
        "updated": TIME,
        "completed": TIME,
        "stated": TEXTS,  # objective ids that the tool carries as statements
        "fields": TEXT,  # JSON object: name → list of texts
        "tags": TEXTS,  # raw values seen at our tag target
        "written": TEXTS,  # raw values there that the journal holds as written by us, or maybe written, and still ours
        "withdrawn": TEXTS,  # raw values that a person took away from us
        "unreadable": pl.Boolean(),  # no partition of it could be read, beyond the source's freshness promise
    }
)
"""Known items, one row each: store → mapping. `description`, `url`, `fields` are loaded only where asked for."""

VERDICTS = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "verdict": TEXT,  # aligned | dangling | ambiguous | exempt | orphan | unreadable
        "objective": TEXT,  # of this share; "" unless aligned or dangling
        "share": pl.Float64(),  # sums to 1 over an item's rows
        "origin": TEXT,  # statement | rule | inherited | withdrawn | ""
        "rule": TEXT,  # the deciding rule's name, also when inherited; "" for statements
        "exemption": TEXT,  # class of the exemption; "" unless exempt
        "reason": TEXT,  # one short sentence for people
    }
)
"""One row per item and share; every known item has at least one row. Mapping → measure, plan, store."""

HIERARCHY = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "parent_source": TEXT,  # "" = no known parent (none given, unknown, or in a ring)
        "parent_id": TEXT,
        "ring": pl.Boolean(),  # its parent link was part of a ring and counts as absent
        "mirror": pl.Boolean(),  # a copy of the item that is its parent here, which counts for both
        "team": TEXT,  # the item's own, else from `teams:` of the strategy
    }
)
"""Parents resolved across sources, one row per item."""

LINKED = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "title": TEXT,
        "other_source": TEXT,
        "other_id": TEXT,
        "other_title": TEXT,
        "by_field": pl.Boolean(),  # a field names the other item; else an address does
    }
)
"""Items that name an item of another source, one row per pair and way."""

MIRRORS = pl.Schema({"source": TEXT, "id": TEXT, "original_source": TEXT, "original_id": TEXT})
"""Copies of an item that lives in several tools, with the one that counts."""

WEIGHTS = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "in_scope": pl.Boolean(),  # by `scope`, before sub-tasks and containers are taken out
        "counted": pl.Boolean(),
        "count": pl.Float64(),  # 1 for counted items, else 0; likewise the other weights are 0 where not counted
        "points": pl.Float64(),  # null for all rows where the whole weight is n/a
        "hours": pl.Float64(),
        "people": pl.Float64(),
        "points_imputed": pl.Float64(),  # the imputed part of `points`
        "points_missing": pl.Boolean(),  # counted, without a value of its own
        "hours_missing": pl.Boolean(),
        "people_missing": pl.Boolean(),
    }
)
"""One row per item: its weight in each of the four measures."""

CELLS = pl.Schema(
    {
        "source": TEXT,
        "partition": TEXT,
        "team": TEXT,
        "level": TEXT,
        "objective": TEXT,  # "" unless aligned or dangling
        "verdict": TEXT,
        "exemption": TEXT,
        "count": pl.Float64(),  # Σ weight × share
        "points": pl.Float64(),  # null where the weight is n/a
        "hours": pl.Float64(),
        "people": pl.Float64(),
        "points_imputed": pl.Float64(),
        "points_missing": pl.Float64(),  # Σ share of counted items without a value of their own
        "hours_missing": pl.Float64(),
        "people_missing": pl.Float64(),
    }
)
"""Totals over counted items. Sorted by its first seven columns."""

OBJECTIVES = pl.Schema(
    {
        "objective": TEXT,
        "declared": TEXT,  # draft | active | closed
        "state": TEXT,  # inactive | unserved | closed-unmet | stalled | underfunded | served
        "planned_share": pl.Float64(),
        "actual_share": pl.Float64(),  # with those below it, in the weight of `allocation`; null where n/a
        "count": pl.Float64(),  # the objective's own aligned counted items
        "points": pl.Float64(),
        "hours": pl.Float64(),
        "people": pl.Float64(),
        "items": pl.Float64(),  # count with those below it
    }
)
"""The objective side, one row per objective, sorted by `objective`."""
