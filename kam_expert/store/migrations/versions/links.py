"""Links for customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "links",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
    )
