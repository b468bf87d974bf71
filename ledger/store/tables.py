"""Tables of the book, one MetaData for SQLite and PostgreSQL. Not the migrations: those stand in `migrations/`.

Every table is keyed by `shard` first, so that a shard can be moved, or distributed by Citus, without
touching a query. `APPEND_ONLY` tables take SELECT and INSERT and nothing else, ever, but for one thing: a row of
`leaf` goes when its segment stands (`sealing`). The few `MUTABLE` ones hold nothing that a proof rests on.

Source: DESIGN section 3.4; docs/formats/uncovered.md names the columns no hash covers.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

KIND_GENESIS: Final = 0
KIND_ENTRY: Final = 1
KIND_BATCH: Final = 2
KIND_EPOCH: Final = 3

# Byte order, whatever the server's locale: an index must not change its order with a C library.
Name = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str, kind: type[Integer]) -> Column[int]:
    # autoincrement off: every number of the book is chosen by its one writer.
    return Column(name, kind, primary_key=True, autoincrement=False)


# Rows up to 64 KiB: a plain SQLite table, because WITHOUT ROWID spills rows over a quarter page.
leaf = Table(
    "leaf",
    metadata,
    _key("shard", Integer),
    _key("idx", BigInteger),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("length(body) BETWEEN 1 AND 65535", name="body"),
)

# 256 leaves each, in the place of their bodies: docs/formats/segment.md. A plain table for the same reason as `leaf`.
segment = Table(
    "segment",
    metadata,
    _key("shard", Integer),
    _key("first", BigInteger),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("first >= 0 AND first % 256 = 0", name="first"),
)

entry = Table(
    "entry",
    metadata,
    _key("shard", Integer),
    _key("idx", BigInteger),
    Column("epoch", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("key_no", Integer),
    Column("n", BigInteger),
    Column("actor_no", Integer),
    Column("id", LargeBinary),
    Column("statement", LargeBinary),
    Column("leaf_hash", LargeBinary, nullable=False),
    UniqueConstraint("shard", "key_no", "n"),
    UniqueConstraint("shard", "actor_no", "id"),
    CheckConstraint("length(leaf_hash) = 32", name="leaf_hash"),
    CheckConstraint("kind BETWEEN 0 AND 3", name="kind"),
    sqlite_with_rowid=False,
)

# Found by the first 8 bytes of the statement hash, not by all 32: a third of the index.
statement_tag = Table(
    "statement_tag",
    metadata,
    _key("shard", Integer),
    _key("tag", BigInteger),
    _key("idx", BigInteger),
    sqlite_with_rowid=False,
)

stream = Table(
    "stream",
    metadata,
    _key("shard", Integer),
    _key("stream_no", Integer),
    Column("name", Name, nullable=False),
    UniqueConstraint("shard", "name"),
    sqlite_with_rowid=False,
)

stream_row = Table(
    "stream_row",
    metadata,
    _key("shard", Integer),
    _key("stream_no", Integer),
    _key("position", Integer),
    Column("idx", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    CheckConstraint("length(head) = 32", name="head"),
    sqlite_with_rowid=False,
)

signer = Table(
    "signer",
    metadata,
    _key("shard", Integer),
    _key("key_no", Integer),
    Column("key_id", LargeBinary, nullable=False),
    UniqueConstraint("shard", "key_id"),
    sqlite_with_rowid=False,
)

actor = Table(
    "actor",
    metadata,
    _key("shard", Integer),
    _key("actor_no", Integer),
    Column("actor", Name, nullable=False),
    UniqueConstraint("shard", "actor"),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    _key("shard", Integer),
    _key("epoch", BigInteger),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
)

conflict = Table(
    "conflict",
    metadata,
    _key("shard", Integer),
    _key("no", Integer),
    Column("statement", LargeBinary, nullable=False),
    Column("signature", Text, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
)

head = Table(
    "head",
    metadata,
    _key("shard", Integer),
    Column("term", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
)

vault = Table(
    "vault",
    metadata,
    _key("shard", Integer),
    _key("statement", LargeBinary),  # type: ignore[arg-type]
    _key("pointer", Text),  # type: ignore[arg-type]
    Column("sealed", LargeBinary, nullable=False),
)

# Accounts of courier companies: figures kept from what their streams say, so that nothing adds them up from the first entry.
# docs/formats/account.md. `company` and `parcel` are numbers of `c:` and `w:` streams.
account = Table(
    "account",
    metadata,
    _key("shard", Integer),
    _key("company", Integer),
    Column("position", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("first_ms", BigInteger),
    Column("last_ms", BigInteger),
    Column("graded", BigInteger, nullable=False),
)

account_parcel = Table(
    "account_parcel",
    metadata,
    _key("shard", Integer),
    _key("company", Integer),
    _key("parcel", Integer),
    Column("outcome", Text, nullable=False),
    Column("turns_ms", BigInteger),
    Column("consign", BigInteger),
    Column("consigned_ms", BigInteger),
    Index("ix_account_parcel_turns", "shard", "company", "turns_ms"),
    Index("ix_account_parcel_consigned", "shard", "company", "consigned_ms"),
    sqlite_with_rowid=False,
)

account_count = Table(
    "account_count",
    metadata,
    _key("shard", Integer),
    _key("company", Integer),
    Column("name", Name, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

APPEND_ONLY: Final = (leaf, segment, entry, statement_tag, stream, stream_row, signer, actor, checkpoint, conflict)
ACCOUNTS: Final = (account, account_parcel, account_count)  # derived: may be thrown away whole
MUTABLE: Final = (head, vault, *ACCOUNTS)
