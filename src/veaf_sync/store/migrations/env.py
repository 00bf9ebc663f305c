"""Alembic's entry: runs the revisions on the connection that `upgrade` hands over."""

from alembic import context

from veaf_sync.store import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.about.metadata)
with context.begin_transaction():
    context.run_migrations()
