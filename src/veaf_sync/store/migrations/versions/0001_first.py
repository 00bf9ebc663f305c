"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def number(name: str, *, empty: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=empty)


def truth(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0")


def real(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=True)


def of_item(table: str) -> sa.ForeignKeyConstraint:
    columns = ["source", "id", "generation"]
    return sa.ForeignKeyConstraint(
        columns, [f"items.{name}" for name in columns], name=f"fk_{table}_item", ondelete="CASCADE"
    )


def _runs() -> None:
    op.create_table(
        "about",
        sa.Column("name", sa.Text(), nullable=False),
        text("value"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "documents",
        sa.Column("digest", sa.Text(), nullable=False),
        text("body"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        text("holder"),
        number("fence"),
        number("since"),
        number("expires"),
        number("ttl"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "run_documents",
        number("run"),
        sa.Column("name", sa.Text(), nullable=False),
        text("digest"),
        sa.PrimaryKeyConstraint("run", "name"),
    )
    op.create_table(
        "runs",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        number("at"),
        number("started"),
        number("finished", empty=True),
        text("status"),
        truth("degraded"),
        text("metric_version"),
        text("digest"),
        text("summary"),
        text("lease"),
        number("pages"),
        truth("measured"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )


def _pulls() -> None:
    op.create_table(
        "cursors",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        text("cursor"),
        sa.PrimaryKeyConstraint("source", "partition"),
    )
    op.create_table(
        "frozen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("since"),
        number("until", empty=True),
        text("reason"),
        sa.PrimaryKeyConstraint("source", "id", "since"),
    )
    op.create_table(
        "generations",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        text("source"),
        number("run"),
        text("shard"),
        text("partitions"),
        truth("incremental"),
        text("query"),
        text("settings"),
        text("mark"),
        text("status"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_generations_source", "generations", ["source", "status"])
    op.create_table(
        "partition_states",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        number("run"),
        text("title"),
        text("state"),
        text("reason"),
        number("read_at", empty=True),
        number("items"),
        number("changed"),
        number("removed"),
        sa.PrimaryKeyConstraint("source", "partition", "run"),
    )
    op.create_table(
        "seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("generation"),
        number("run"),
        number("page"),
        number("updated"),
        number("fate"),
        sa.PrimaryKeyConstraint("source", "id", "generation"),
        sqlite_with_rowid=False,
    )


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("generation"),
        number("since", empty=True),
        number("until", empty=True),
        text("hash"),
        text("key"),
        text("folded"),
        text("partition"),
        text("partitions"),
        text("level"),
        text("type"),
        text("state"),
        text("state_category"),
        text("title"),
        text("parent"),
        text("aliases"),
        text("former"),
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
        sa.PrimaryKeyConstraint("source", "id", "generation"),
    )
    op.create_index("ix_items_folded", "items", ["folded"])
    op.create_index(
        "ix_items_staged",
        "items",
        ["source", "generation"],
        sqlite_where=sa.text("since IS NULL"),
        postgresql_where=sa.text("since IS NULL"),
    )
    op.create_index("ix_items_url", "items", ["url"])
    naming = sa.text("links <> ''")
    op.create_index("ix_items_links", "items", ["source", "id"], sqlite_where=naming, postgresql_where=naming)
    op.create_table(
        "aliases",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("generation"),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", "generation", "alias"),
        of_item("aliases"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_aliases_alias", "aliases", ["alias"])
    op.create_table(
        "descriptions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("generation"),
        text("description"),
        sa.PrimaryKeyConstraint("source", "id", "generation"),
        of_item("descriptions"),
    )
    op.create_table(
        "memberships",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("generation"),
        sa.Column("partition", sa.Text(), nullable=False),
        text("handle"),
        text("tags"),
        sa.PrimaryKeyConstraint("source", "id", "generation", "partition"),
        of_item("memberships"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_memberships_partition", "memberships", ["source", "partition"])


def _results() -> None:
    op.create_table(
        "cells",
        sa.Column("source", sa.Text(), nullable=False),
        number("run"),
        sa.Column("part", sa.Integer(), nullable=False),
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
        sa.PrimaryKeyConstraint("source", "run", "part"),
    )
    op.create_index("ix_cells_run", "cells", ["run"])
    op.create_table(
        "journal",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
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
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_item", "journal", ["source", "item", "target", "value", "id"])
    op.create_index("ix_journal_result", "journal", ["source", "result"])
    op.create_table(
        "objectives",
        number("run"),
        sa.Column("objective", sa.Text(), nullable=False),
        text("declared"),
        text("state"),
        real("planned_share"),
        real("actual_share"),
        real("count"),
        real("points"),
        real("hours"),
        real("people"),
        real("items"),
        sa.PrimaryKeyConstraint("run", "objective"),
    )
    op.create_table(
        "verdicts",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        number("since"),
        sa.Column("part", sa.Integer(), nullable=False),
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
        sa.PrimaryKeyConstraint("source", "id", "since", "part"),
    )
    op.create_index("ix_verdicts_verdict", "verdicts", ["verdict", "counted"])


def upgrade() -> None:
    _runs()
    _pulls()
    _items()
    _results()
