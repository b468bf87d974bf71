"""Roles on PostgreSQL: who owns the tables, who migrates, who appends, who archives, who only reads.

Of a database `city` they are called:

- `city_owner`   NOLOGIN; owns every table. Nobody is it, the migration role may become it.
- `city_migrate` logs in for `suxin migrate` and nothing else.
- `city_app`     logs in for `suxin serve`: SELECT and INSERT; UPDATE on the head; DELETE in the vault; both in the
  accounts of courier companies, which are derived.
- `city_archive` logs in for `suxin seal`: it alone writes segments, and removes the bodies whose segment stands.
- `city_read`    logs in to verify or report; sees everything but the vault.

`serve` must really log in as the application role. SET ROLE would not do: whoever can set it can reset it.

Source: DESIGN section 3.4; issue 2 item 3.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, cast

import psycopg
from sqlalchemy import Connection, text

from ..errors import StoreError
from .engine import show_url
from .tables import ACCOUNTS, APPEND_ONLY, head, leaf, metadata, segment, vault

_NAME_BYTES_MAX: Final = 63  # PostgreSQL cuts longer names short, and two roles would become one


class RoleNames(NamedTuple):
    """Names of the roles of one database, by what they are for."""

    owner: str
    migrate: str
    app: str
    archive: str
    read: str


def role_names(database: str) -> RoleNames:
    """Name the roles of a database.

    Raises:
        StoreError: The database's name is too long to carry them.
    """
    names = RoleNames(*(f"{database}_{kind}" for kind in RoleNames._fields))
    if max(len(name.encode()) for name in names) > _NAME_BYTES_MAX:
        raise StoreError(f"the database name {database!r} is too long for its roles; 55 bytes at most")
    return names


def quoted(connection: Connection, name: str) -> str:
    """Quote an identifier for a statement that takes no parameters."""
    return connection.dialect.identifier_preparer.quote_identifier(name)


def ensure_roles(connection: Connection, passwords: dict[str, str]) -> RoleNames:
    """Create what is missing of the roles, and set the passwords that were handed in. Idempotent.

    Raises:
        StoreError: Roles are missing and this login may not create them, or it may not act as the owner.
    """
    names = role_names(connection.execute(text("SELECT current_database()")).scalar_one())
    unknown = passwords.keys() - set(RoleNames._fields[1:])
    if unknown:
        raise StoreError(f"no such kind of role: {', '.join(sorted(unknown))}; there are migrate, app, archive, read")
    present = set(
        connection.execute(text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": list(names)}).scalars()
    )
    may_create = connection.execute(
        text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    ).scalar_one()
    missing = [name for name in names if name not in present]
    if missing and not may_create:
        raise StoreError(
            f"roles are missing ({', '.join(missing)}) and this login may not create them; type once, as an "
            f"administrator: suxin migrate --database {show_url(connection.engine.url, 'postgres')}"
        )
    for name in missing:
        login = "NOLOGIN" if name == names.owner else "LOGIN"
        connection.exec_driver_sql(
            f"CREATE ROLE {quoted(connection, name)} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        )
    for kind, password in passwords.items():
        _set_password(connection, getattr(names, kind), password)
    if may_create:
        _connect_roles(connection, names)
    _check_may_be_owner(connection, names)
    return names


def grant(connection: Connection, names: RoleNames) -> None:
    """Give each role what it needs on the tables and no more. Run as the owner. Idempotent."""
    everyone = ", ".join(quoted(connection, name) for name in (names.app, names.archive, names.read))
    app = quoted(connection, names.app)
    readers = ", ".join(quoted(connection, name) for name in (names.archive, names.read))
    tables = ", ".join(metadata.tables)
    shown = ", ".join(name for name in metadata.tables if name != vault.name)
    written = ", ".join(name for name in metadata.tables if name != segment.name)
    archive = quoted(connection, names.archive)
    for sql in (
        f"REVOKE ALL ON {tables}, alembic_version FROM PUBLIC, {everyone}",
        f"GRANT SELECT ON {tables} TO {app}",
        f"GRANT INSERT ON {written} TO {app}",
        f"GRANT UPDATE ON {head.name} TO {app}",
        f"GRANT DELETE ON {vault.name} TO {app}",
        f"GRANT UPDATE, DELETE ON {', '.join(table.name for table in ACCOUNTS)} TO {app}",
        f"GRANT SELECT ON {shown} TO {readers}",
        f"GRANT INSERT ON {segment.name} TO {archive}",
        f"GRANT DELETE ON {leaf.name} TO {archive}",
        f"GRANT SELECT ON alembic_version TO {everyone}",
    ):
        connection.exec_driver_sql(sql)


def check_role(connection: Connection) -> None:
    """Refuse to serve as a login that could change what was recorded.

    Judged by the login (`session_user`), not by a role it has set for the moment. Nothing to check on SQLite.

    Raises:
        StoreError: The login is a superuser, may create roles, can act as the owner, or could UPDATE, DELETE
            or TRUNCATE an append-only table; the message carries the line to type.
    """
    if connection.dialect.name == "sqlite":
        return
    reason = _power_of(connection) or _table_right_of(connection)
    if reason:
        names = role_names(connection.execute(text("SELECT current_database()")).scalar_one())
        user = connection.execute(text("SELECT session_user")).scalar_one()
        raise StoreError(
            f"the database login {user!r} {reason}, so it could change what was recorded; serve as the application "
            f"role instead: suxin serve --database {show_url(connection.engine.url, names.app)}"
        )


def check_archive(connection: Connection) -> None:
    """Refuse to seal as anybody but the archive login. Nothing to check on SQLite.

    Raises:
        StoreError: Another login; the message carries the line to type.
    """
    if connection.dialect.name == "sqlite":
        return
    names = role_names(connection.execute(text("SELECT current_database()")).scalar_one())
    user = connection.execute(text("SELECT session_user")).scalar_one()
    if user != names.archive:
        raise StoreError(
            f"the database login {user!r} may not remove bodies that are sealed; type: suxin seal --database "
            f"{show_url(connection.engine.url, names.archive)}"
        )


def _power_of(connection: Connection) -> str:
    row = connection.execute(
        text("SELECT rolsuper, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = session_user")
    ).one()
    for holds, words in zip(row, ("is a superuser", "may create roles", "may replicate", "may bypass row security"), strict=True):
        if holds:
            return words
    member = connection.execute(
        text(
            "SELECT rolname FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER') AND rolname <> session_user "
            "AND (rolsuper OR rolname IN ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program') "
            "OR oid IN (SELECT relowner FROM pg_class WHERE relname = ANY(:tables))) LIMIT 1"
        ),
        {"tables": list(metadata.tables)},
    ).scalar()
    return f"is a member of {member}" if member else ""


def _table_right_of(connection: Connection) -> str:
    row = connection.execute(
        text(
            "SELECT c.relname, r.name FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace "
            "CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('TRIGGER')) AS r(name) "
            "WHERE s.nspname = 'public' AND c.relname = ANY(:tables) AND c.relkind IN ('r', 'p') AND ("
            "  has_table_privilege(session_user, c.oid, r.name) OR pg_get_userbyid(c.relowner) = session_user"
            "  OR (r.name = 'UPDATE' AND has_any_column_privilege(session_user, c.oid, 'UPDATE'))) LIMIT 1"
        ),
        {"tables": [table.name for table in APPEND_ONLY]},
    ).first()
    return f"has {row[1]} on {row[0]}" if row else ""


def _connect_roles(connection: Connection, names: RoleNames) -> None:
    """Who may enter the database and its schema, and who may become the owner."""
    database = quoted(connection, connection.execute(text("SELECT current_database()")).scalar_one())
    owner, migrate, app = (quoted(connection, name) for name in (names.owner, names.migrate, names.app))
    logins = ", ".join(quoted(connection, name) for name in names[1:])
    for sql in (
        f"GRANT {owner} TO {migrate}",
        # No TEMP: a temporary table named like one of ours would be found first.
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {logins}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {logins}",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
    ):
        connection.exec_driver_sql(sql)
    if connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one():
        # Else it could not see whether its standby is in sync.
        connection.exec_driver_sql(f"GRANT pg_read_all_stats TO {app}")
    else:
        connection.exec_driver_sql(f"GRANT {owner} TO CURRENT_USER")


def _check_may_be_owner(connection: Connection, names: RoleNames) -> None:
    may = connection.execute(text("SELECT pg_has_role(current_user, :owner, 'MEMBER')"), {"owner": names.owner})
    if not may.scalar_one():
        raise StoreError(
            f"this login may not act as {names.owner}; type: suxin migrate --database "
            f"{show_url(connection.engine.url, names.migrate)}"
        )


def _set_password(connection: Connection, role: str, password: str) -> None:
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    # Hashed here, so that no server log ever shows it.
    hashed = raw.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.exec_driver_sql(f"ALTER ROLE {quoted(connection, role)} PASSWORD '{hashed}'")
