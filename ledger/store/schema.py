"""Bring a database to the newest schema, and check that it is there. The revisions stand in `migrations/`."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError
from . import ddl_guard, roles
from .engine import open_engine, show_url

_MIGRATION_LOCK = 0x5375_7869_6E00  # advisory lock on PostgreSQL: "Suxin\0", so that two migrations queue


def migrate(url: str | URL, passwords: dict[str, str] | None = None) -> None:
    """Create or update the tables; on PostgreSQL the roles, grants and guards too. Idempotent.

    Args:
        url: Of a SQLite file (made if absent), or of a PostgreSQL role that may create roles, or else of the
            migration role itself.
        passwords: Password per kind of role (`app`, `migrate`, `archive`, `read`); PostgreSQL only. A role
            that is not named keeps the one it has.

    Raises:
        StoreError: The database cannot be opened, or the roles are missing and this URL may not make them.
    """
    engine = open_engine(url, role="migrate")
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                _migrate_postgres(connection, passwords or {})
            else:
                _upgrade(connection)
            connection.commit()
    except DBAPIError as error:
        raise StoreError(f"the database could not be migrated: {error.orig}") from error
    finally:
        engine.dispose()


def check_schema(connection: Connection) -> None:
    """Check that the schema is the newest one.

    Raises:
        StoreError: It is older or newer.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if found != newest:
        state = "has no tables yet" if found is None else f"is at revision {found}, this program wants {newest}"
        raise StoreError(f"the database {state}; type: suxin migrate --database {show_url(connection.engine.url)}")


def _migrate_postgres(connection: Connection, passwords: dict[str, str]) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    names = roles.ensure_roles(connection, passwords)
    connection.exec_driver_sql(f"SET LOCAL ROLE {roles.quoted(connection, names.owner)}")
    _upgrade(connection)
    roles.grant(connection, names)
    connection.exec_driver_sql("RESET ROLE")
    ddl_guard.ensure(connection)


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "suxin:migrations")
    return config
