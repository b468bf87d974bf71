"""How Alembic reaches the database: on the connection `suxin migrate` hands over, or by SUXIN_DATABASE_URL."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

from suxin.ledger.store.engine import open_engine
from suxin.ledger.store.tables import metadata


def _run(connection: Connection) -> None:
    # One transaction for all: half a schema must not be left behind, on SQLite neither.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _start() -> None:
    if context.is_offline_mode():
        raise SystemExit("migrations ask the database what it is; run them on a connection, not with --sql")
    handed = context.config.attributes.get("connection")
    if isinstance(handed, Connection):
        _run(handed)
        return
    url = os.environ.get("SUXIN_DATABASE_URL")
    if not url:
        raise SystemExit("set SUXIN_DATABASE_URL, or use: suxin migrate --database URL")
    with open_engine(url, role="migrate").connect() as connection:
        _run(connection)


_start()
