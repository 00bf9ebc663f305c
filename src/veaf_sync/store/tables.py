"""The tables, one definition for SQLite and PostgreSQL.

Rows of items and verdicts are versions: as of run R holds what has `since` ≤ R and (`until` empty or > R).
An item row with an empty `since` is staged: read, but not yet published, and seen by no reader. Times are
microseconds since 1970 (UTC), lists are texts joined by U+001F, truth is 0 or 1, text is never null.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, Table, Text

from veaf_sync.store.schema_columns import metadata, number, real, serial, text, truth

about = Table("about", metadata, Column("name", Text, primary_key=True), text("value"))
"""Whose database this is, and which version of the software wrote its schema."""

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    text("holder"),  # "" = free; the row stays, so that `fence` only ever grows
    number("fence"),
    number("since"),
    number("expires"),
    number("ttl"),
)

runs = Table(
    "runs",
    metadata,
    serial(),
    number("at"),
    number("started"),
    number("finished", empty=True),
    text("status"),
    truth("degraded"),
    text("metric_version"),
    text("digest"),
    text("summary"),
    text("lease"),
    number("pages"),  # pages staged so far: what orders readings of the same item
    truth("measured"),  # results are saved: what the journal learns now counts from the next run on
    sqlite_autoincrement=True,
)

documents = Table("documents", metadata, Column("digest", Text, primary_key=True), text("body"))

run_documents = Table(
    "run_documents",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    text("digest"),
)

generations = Table(
    "generations",
    metadata,
    serial(),
    text("source"),
    number("run"),  # the run that walks it now; an earlier one may have begun it
    text("shard"),  # "" = items read directly in this run
    text("partitions"),
    truth("incremental"),
    text("query"),
    text("settings"),  # a digest of what decides how items are read
    text("mark"),
    text("status"),  # open | complete | published
    Index("ix_generations_source", "source", "status"),
    sqlite_autoincrement=True,
)

seen = Table(
    "seen",
    metadata,
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    number("run"),
    number("page"),
    number("updated"),  # the item's own; rows.UNKNOWN_UPDATED where the tool does not say
    number("fate"),  # see the names below
    PrimaryKeyConstraint("source", "id", "generation"),
    sqlite_with_rowid=False,
)
"""What the walks of unpublished generations showed, one row per item and generation: the newest reading."""

SAME, CHANGED, CHOSEN = 0, 1, 2
"""`seen.fate`: equal to what is published; staged with other content; staged and chosen to be published."""

items = Table(
    "items",
    metadata,
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    number("since", empty=True),
    number("until", empty=True),
    text("hash"),
    text("key"),
    text("folded"),  # the key without case
    text("partition"),  # the first by name
    text("partitions"),
    text("level"),
    text("type"),
    text("state"),
    text("state_category"),
    text("title"),
    text("parent"),
    text("aliases"),
    text("former"),  # keys of earlier versions of ours
    text("labels"),
    text("components"),
    text("milestones"),
    text("sprints"),
    text("assignees"),
    text("team"),
    real("points"),
    real("hours"),
    number("created", empty=True),
    number("updated", empty=True),
    number("completed", empty=True),
    text("stated"),
    text("links"),
    text("tags"),
    text("url"),
    text("fields"),
    PrimaryKeyConstraint("source", "id", "generation"),
)
staged = items.c.since.is_(None)
Index("ix_items_staged", items.c.source, items.c.generation, sqlite_where=staged, postgresql_where=staged)
Index("ix_items_folded", items.c.folded)
Index("ix_items_url", items.c.url)
_naming = items.c.links != ""
Index("ix_items_links", items.c.source, items.c.id, sqlite_where=_naming, postgresql_where=_naming)


def _of_item(name: str, *columns: Column[str], key: tuple[str, ...] = ()) -> Table:
    """A table whose rows live and go with their version of an item; short rows live in their key alone (SQLite)."""
    return Table(
        name,
        metadata,
        Column("source", Text, nullable=False),
        Column("id", Text, nullable=False),
        Column("generation", BigInteger, nullable=False),
        *columns,
        PrimaryKeyConstraint("source", "id", "generation", *key),
        ForeignKeyConstraint(
            ["source", "id", "generation"],
            ["items.source", "items.id", "items.generation"],
            name=f"fk_{name}_item",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=not key,
    )


memberships = _of_item(
    "memberships", Column("partition", Text, nullable=False), text("handle"), text("tags"), key=("partition",)
)
Index("ix_memberships_partition", memberships.c.source, memberships.c.partition)

aliases = _of_item("aliases", Column("alias", Text, nullable=False), key=("alias",))
Index("ix_aliases_alias", aliases.c.alias)

descriptions = _of_item("descriptions", text("description"))
"""Apart from `items`, so that frames without descriptions do not read past them."""

frozen = Table(
    "frozen",
    metadata,
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    number("until", empty=True),
    text("reason"),
    PrimaryKeyConstraint("source", "id", "since"),
)

partition_states = Table(
    "partition_states",
    metadata,
    Column("source", Text, nullable=False),
    Column("partition", Text, nullable=False),
    Column("run", BigInteger, nullable=False),
    text("title"),  # what people call it there
    text("state"),
    text("reason"),
    number("read_at", empty=True),
    number("items"),
    number("changed"),
    number("removed"),
    PrimaryKeyConstraint("source", "partition", "run"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", Text, nullable=False),
    Column("partition", Text, nullable=False),
    text("cursor"),
    PrimaryKeyConstraint("source", "partition"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    number("until", empty=True),
    text("verdict"),
    text("objective"),
    real("share"),
    text("origin"),
    text("rule"),
    text("exemption"),
    text("reason"),
    truth("in_scope"),
    truth("counted"),
    text("team"),
    text("parent_source"),
    text("parent_id"),
    PrimaryKeyConstraint("source", "id", "since", "part"),
    Index("ix_verdicts_verdict", "verdict", "counted"),
)

cells = Table(
    "cells",
    metadata,
    Column("source", Text, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    text("partition"),
    text("team"),
    text("level"),
    text("objective"),
    text("verdict"),
    text("exemption"),
    real("count"),
    real("points"),
    real("hours"),
    real("people"),
    real("points_imputed"),
    real("points_missing"),
    real("hours_missing"),
    real("people_missing"),
    PrimaryKeyConstraint("source", "run", "part"),
    Index("ix_cells_run", "run"),
)

objectives = Table(
    "objectives",
    metadata,
    Column("run", BigInteger, nullable=False),
    Column("objective", Text, nullable=False),
    text("declared"),
    text("state"),
    real("planned_share"),
    real("actual_share"),
    real("count"),
    real("points"),
    real("hours"),
    real("people"),
    real("items"),
    PrimaryKeyConstraint("run", "objective"),
)

journal = Table(
    "journal",
    metadata,
    serial(),
    number("run"),
    number("at"),
    text("source"),
    text("item"),
    text("key"),
    text("partition"),
    text("handle"),
    text("target"),
    text("value"),
    text("action"),
    text("reason"),
    text("rule"),
    text("digest"),
    text("task"),
    text("result"),
    text("detail"),
    number("settled", empty=True),
    text("effect"),
    number("since", empty=True),
    Index("ix_journal_item", "source", "item", "target", "value", "id"),
    Index("ix_journal_result", "source", "result"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    serial(),
    number("at"),
    number("run"),
    text("who"),
    text("event"),
    text("source"),
    text("detail"),
    text("previous"),
    text("seal"),
    sqlite_autoincrement=True,
)
"""Triggers of the database refuse to change or delete a row."""
