"""Accounts and their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed", sa.DateTime, nullable=False),
        sa.Column("erasures", sa.Integer, nullable=False),
    )
    op.create_table(
        "versions",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("edits", sa.Text, nullable=False),
        sa.Column("whole", sa.Text),
        sa.Column("same_as", sa.Integer),
        sa.Column("undoes", sa.Integer),
        sa.Column("redoes", sa.Integer),
        sa.Column("last", sa.Integer),
        sa.Column("redo", sa.Integer),
    )
