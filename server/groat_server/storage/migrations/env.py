"""Alembic's way in: runs the migrations in the transaction that `migrate` began."""

from __future__ import annotations

from alembic import context

from groat_server.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
