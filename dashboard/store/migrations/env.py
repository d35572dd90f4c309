"""Alembic reads this file to run steps: on the connection, and in the transaction, that is handed to it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
