"""What Alembic runs to bring a database up to date; the connection is handed over."""

from alembic import context

from kam_expert.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the store has begun a transaction and ends it
)
context.run_migrations()
