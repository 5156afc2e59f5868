"""Alembic's environment: migrations run on the connection they are given (see db/migrate.py)."""

from alembic import context

import terminal.db.tables  # noqa: F401  (registers every table)
from terminal.db.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
