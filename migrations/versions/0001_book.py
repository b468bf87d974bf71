"""The book: leaves, their index, streams, dictionaries, checkpoints, conflicts, the head and the vault.

Revision 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from suxin.ledger.store import guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

# Table: columns of the primary key and of each unique constraint; any of them could name a row to replace. None for
# statement_tag: its key is the whole row, so that to replace is to write the same again.
APPEND_ONLY = {
    "leaf": [["shard", "idx"]],
    "entry": [["shard", "idx"], ["shard", "actor_no", "id"], ["shard", "key_no", "n"]],
    "statement_tag": [],
    "stream": [["shard", "stream_no"], ["shard", "name"]],
    "stream_row": [["shard", "stream_no", "position"]],
    "signer": [["shard", "key_no"], ["shard", "key_id"]],
    "actor": [["shard", "actor_no"], ["shard", "actor"]],
    "checkpoint": [["shard", "epoch"]],
    "conflict": [["shard", "no"]],
}


def upgrade() -> None:
    """Create the tables, then close them."""
    _create_log()
    _create_streams()
    _create_rest()
    _create_guards()


def downgrade() -> None:
    """Refuse: the book only grows."""
    raise NotImplementedError("the book is append-only; restore a backup into an empty place instead")


def _shard() -> sa.Column[int]:
    return sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _create_log() -> None:
    op.create_table(
        "leaf",
        _shard(),
        _number("idx"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(body) BETWEEN 1 AND 65535", name=op.f("ck_leaf_body")),
        sa.PrimaryKeyConstraint("shard", "idx", name=op.f("pk_leaf")),
    )
    op.create_table(
        "entry",
        _shard(),
        _number("idx"),
        _number("epoch"),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("key_no", sa.Integer()),
        sa.Column("n", sa.BigInteger()),
        sa.Column("actor_no", sa.Integer()),
        sa.Column("id", sa.LargeBinary()),
        sa.Column("statement", sa.LargeBinary()),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(leaf_hash) = 32", name=op.f("ck_entry_leaf_hash")),
        sa.CheckConstraint("kind BETWEEN 0 AND 3", name=op.f("ck_entry_kind")),
        sa.PrimaryKeyConstraint("shard", "idx", name=op.f("pk_entry")),
        sa.UniqueConstraint("shard", "key_no", "n", name=op.f("uq_entry_shard_key_no_n")),
        sa.UniqueConstraint("shard", "actor_no", "id", name=op.f("uq_entry_shard_actor_no_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statement_tag",
        _shard(),
        _number("tag"),
        _number("idx"),
        sa.PrimaryKeyConstraint("shard", "tag", "idx", name=op.f("pk_statement_tag")),
        sqlite_with_rowid=False,
    )


def _create_streams() -> None:
    op.create_table(
        "stream",
        _shard(),
        sa.Column("stream_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.PrimaryKeyConstraint("shard", "stream_no", name=op.f("pk_stream")),
        sa.UniqueConstraint("shard", "name", name=op.f("uq_stream_shard_name")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stream_row",
        _shard(),
        sa.Column("stream_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        _number("idx"),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(head) = 32", name=op.f("ck_stream_row_head")),
        sa.PrimaryKeyConstraint("shard", "stream_no", "position", name=op.f("pk_stream_row")),
        sqlite_with_rowid=False,
    )


def _create_rest() -> None:
    for table, number, column, kind in (
        ("signer", "key_no", "key_id", sa.LargeBinary()),
        ("actor", "actor_no", "actor", NAME),
    ):
        op.create_table(
            table,
            _shard(),
            sa.Column(number, sa.Integer(), autoincrement=False, nullable=False),
            sa.Column(column, kind, nullable=False),
            sa.PrimaryKeyConstraint("shard", number, name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("shard", column, name=op.f(f"uq_{table}_shard_{column}")),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "checkpoint",
        _shard(),
        _number("epoch"),
        _number("size"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "epoch", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "conflict",
        _shard(),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        _number("idx"),
        _number("received"),
        sa.PrimaryKeyConstraint("shard", "no", name=op.f("pk_conflict")),
    )
    op.create_table(
        "head",
        _shard(),
        _number("term"),
        _number("epoch"),
        _number("size"),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_head")),
    )
    op.create_table(
        "vault",
        _shard(),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "statement", "pointer", name=op.f("pk_vault")),
    )


def _create_guards() -> None:
    if op.get_bind().dialect.name == "sqlite":
        statements = [sql for table, keys in APPEND_ONLY.items() for sql in guards.sqlite_guards(table, keys).values()]
        statements += guards.sqlite_head_guards().values()
    else:
        statements = guards.postgres_functions()
        statements += [sql for table in (*APPEND_ONLY, "head") for sql in guards.postgres_guards(table)]
    for sql in statements:
        op.execute(sa.text(sql.replace(":=", r"\:=")))
