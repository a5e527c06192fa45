"""Summaries of accounts for the list of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "summaries",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("erasures", sa.Integer, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("firm", sa.Boolean, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("met", sa.Date),
    )
