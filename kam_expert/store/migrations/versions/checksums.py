"""A checksum for each version."""

from __future__ import annotations

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from kam_expert.store.checksum import checksum

revision = "3"
down_revision = "2"

_COLUMNS = (
    *("account", "version", "at", "by", "edits", "whole"),
    *("same_as", "undoes", "redoes", "last", "redo"),
)


def upgrade() -> None:
    """Add the column and fill it."""
    op.add_column("versions", sa.Column("sum", sa.Text))
    connection = op.get_bind()
    table = sa.Table("versions", sa.MetaData(), autoload_with=connection)
    keys = connection.execute(sa.select(table.c.account, table.c.version)).all()
    for account, version in keys:
        mine = (table.c.account == account) & (table.c.version == version)
        row = connection.execute(sa.select(*(table.c[name] for name in _COLUMNS)).where(mine)).one()
        values = [*row]
        values[2] = values[2].replace(tzinfo=UTC)
        connection.execute(sa.update(table).where(mine).values(sum=checksum(values)))
