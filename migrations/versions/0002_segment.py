"""Segments: 256 leaves each, compressed; a leaf's body may go once its segment is recorded.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from suxin.ledger.store import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, close it, and let a sealed leaf go."""
    op.create_table(
        "segment",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("first >= 0 AND first % 256 = 0", name=op.f("ck_segment_first")),
        sa.PrimaryKeyConstraint("shard", "first", name=op.f("pk_segment")),
    )
    if op.get_bind().dialect.name == "sqlite":
        statements = ["DROP TRIGGER leaf_no_delete", guards.sqlite_leaf_guards()["leaf_no_delete"]]
        statements += guards.sqlite_guards("segment", [["shard", "first"]]).values()
    else:
        # Compressed already: PostgreSQL need not try again.
        statements = ["ALTER TABLE segment ALTER COLUMN body SET STORAGE EXTERNAL"]
        statements += [*guards.postgres_leaf_guard(), *guards.postgres_guards("segment")]
    for sql in statements:
        op.execute(sa.text(sql.replace(":=", r"\:=")))


def downgrade() -> None:
    """Refuse: the book only grows."""
    raise NotImplementedError("the book is append-only; restore a backup into an empty place instead")
