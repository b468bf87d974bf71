"""Accounts of courier companies: figures derived from their streams, which may be thrown away and are made anew.

Revision 0003, after 0002. The tables start empty; a server fills them beside its other work.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "account",
        *_keys("company"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_ms", sa.BigInteger()),
        sa.Column("last_ms", sa.BigInteger()),
        sa.Column("graded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "company", name=op.f("pk_account")),
    )
    op.create_table(
        "account_parcel",
        *_keys("company", "parcel"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("turns_ms", sa.BigInteger()),
        sa.Column("consign", sa.BigInteger()),
        sa.Column("consigned_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("shard", "company", "parcel", name=op.f("pk_account_parcel")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_account_parcel_turns", "account_parcel", ["shard", "company", "turns_ms"])
    op.create_index("ix_account_parcel_consigned", "account_parcel", ["shard", "company", "consigned_ms"])
    op.create_table(
        "account_count",
        *_keys("company"),
        sa.Column("name", NAME, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "company", "name", name=op.f("pk_account_count")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Refuse: the book only grows."""
    raise NotImplementedError("the book is append-only; restore a backup into an empty place instead")


def _keys(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in ("shard", *names)]
