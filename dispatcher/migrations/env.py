"""Alembic runs this: it migrates over the connection that `dispatcher.store.migrate` hands in."""

from alembic import context

from dispatcher.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
