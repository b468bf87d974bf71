"""Rules of every PostgreSQL session: durability, deadlines, and warnings that mean "not durable".

A COMMIT whose wait for the synchronous standby was cancelled returns success with only a WARNING, and the
row is gone after a failover. So every WARNING is kept on the connection, and a writer that finds one after
its commit must treat the outcome as unknown.

Source: DESIGN section 3.4; PostgreSQL "Synchronous Replication"; patroni issue 1412.
"""

from __future__ import annotations

from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import StoreError

CONNECT_ARGS: Final = {
    "connect_timeout": 10,  # seconds
    "keepalives": 1,
    "keepalives_idle": 30,  # seconds; a dead peer must not hold the head's row lock
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # ms
    "application_name": "suxin",
}

# A writer that stalls inside a transaction holds the head's row lock and keeps a take-over waiting.
_SESSION: Final = {
    "app": {
        "idle_in_transaction_session_timeout": "5s",
        "lock_timeout": "5s",
        "statement_timeout": "60s",
        "transaction_timeout": "90s",
    },
    "read": {
        "idle_in_transaction_session_timeout": "15min",  # a verifier computes between two reads of its snapshot
        "lock_timeout": "5s",
        "statement_timeout": "5min",
        "default_transaction_read_only": "on",
        # Every read of ours goes by key, and the planner of a freshly filled table does not know that yet.
        "enable_seqscan": "off",
        "jit": "off",
    },
    "archive": {
        "idle_in_transaction_session_timeout": "1min",
        "lock_timeout": "5s",
        "statement_timeout": "5min",
        "enable_seqscan": "off",
        "jit": "off",
    },
    "account": {
        "idle_in_transaction_session_timeout": "1min",
        "lock_timeout": "5s",
        "statement_timeout": "5min",
        "synchronous_commit": "off",  # what is derived goes on from where it was after a power cut
        "enable_seqscan": "off",
        "jit": "off",
    },
    "migrate": {"lock_timeout": "30s"},
}
_TRANSACTION_TIMEOUT_SINCE: Final = 170_000  # server_version_num
_WARNINGS: Final = "suxin_warnings"
_POISON: Final = frozenset(("WARNING", "ERROR", "FATAL", "PANIC"))


def install(engine: Engine, role: str) -> None:
    """Attach the session rules of a role to an engine."""

    @event.listens_for(engine, "connect")
    def _prepare(raw: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
        heard: list[str] = []
        record.info[_WARNINGS] = heard

        def listen(notice: psycopg.errors.Diagnostic) -> None:
            # The severity that is never translated: the server may speak any language.
            if notice.severity_nonlocalized in _POISON:
                heard.append(notice.message_primary or notice.sqlstate or "warning")

        raw.add_notice_handler(listen)
        prepare(raw, role)


def prepare(raw: psycopg.Connection[Any], role: str) -> None:
    """Set one session up, leave no transaction open and its mode as it was.

    Raises:
        StoreError: The server will not make commits durable before it confirms them.
    """
    before = raw.autocommit
    raw.autocommit = True
    try:
        for name, value in _SESSION[role].items():
            if name == "transaction_timeout" and raw.info.server_version < _TRANSACTION_TIMEOUT_SINCE:
                continue
            raw.execute("SELECT set_config(%s, %s, false)", (name, value))
        # Objects of ours only: nothing a stranger put into another schema may stand in for a table.
        raw.execute("SET search_path = public, pg_temp")
        if role in ("app", "archive"):
            raw.execute("SET synchronous_commit = on")
            row = raw.execute("SHOW synchronous_commit").fetchone()
            if row is None or row[0] != "on":
                raise StoreError("PostgreSQL does not take synchronous_commit = on; receipts would not be durable")
    finally:
        raw.autocommit = before


def doubts(connection: Connection) -> list[str]:
    """Settings of the server under which a power cut undoes receipts, as `name = value`, for the operator to read.

    Not refused: they are the administrator's word, and the tests' servers run so.
    """
    rows = connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting <> 'on'")
    )
    return [f"{name} = {setting}" for name, setting in rows]


def warnings_of(info: dict[str, Any]) -> list[str]:
    """Warnings heard on a connection so far; `info` is the pool's `connection.info`. Owned by the connection."""
    return cast("list[str]", info.setdefault(_WARNINGS, []))


def check_standby(connection: Connection) -> None:
    """Check that a configured synchronous standby is really there and really synchronous.

    Call at start and every minute: a server restarted with other options is happy without its standby.

    Raises:
        StoreError: `synchronous_standby_names` is set and no standby is `sync` or `quorum`.
    """
    wanted = connection.execute(text("SELECT current_setting('synchronous_standby_names')")).scalar_one()
    if not wanted.strip():
        return
    states = connection.execute(text("SELECT sync_state FROM pg_stat_replication")).scalars().all()
    if not any(state in ("sync", "quorum") for state in states):
        raise StoreError(
            f"synchronous_standby_names is {wanted!r} but no standby is in sync; "
            "start the standby (or grant pg_read_all_stats, when this role cannot see it)"
        )
