"""Event triggers on PostgreSQL: nobody but a superuser changes the tables of the book once they stand.

Table triggers stop UPDATE and DELETE; the owner could still drop, rename, rewrite or disable them. Made when
the migrating session is a superuser (PostgreSQL lets nobody else); without them `check_guards` at start-up is
what notices. A later revision that changes one of these tables is therefore run by a superuser.

Source: docs/adr/0003-database-roles-and-guards.md; PostgreSQL "Event Trigger Firing Matrix".
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from .tables import APPEND_ONLY, leaf, metadata

_FUNCTION: Final = "suxin_guard_ddl"
_EVENTS: Final = {
    "suxin_guard_end": "ddl_command_end",
    "suxin_guard_drop": "sql_drop",
    "suxin_guard_rewrite": "table_rewrite",
}
# What anyone with the right may still do: make new things, tidy old ones, and lend rights that change nothing.
_HARMLESS: Final = ("CREATE TABLE", "CREATE TABLE AS", "SELECT INTO", "CREATE INDEX", "REINDEX", "COMMENT", "GRANT", "REVOKE")


def ensure(connection: Connection) -> bool:
    """Make the event triggers, when the session may. Idempotent.

    Returns:
        Whether they stand now.
    """
    if connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one():
        for name in _EVENTS:
            connection.exec_driver_sql(f"DROP EVENT TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(_function())
        connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {_FUNCTION}() FROM PUBLIC")
        for name, moment in _EVENTS.items():
            connection.exec_driver_sql(f"CREATE EVENT TRIGGER {name} ON {moment} EXECUTE FUNCTION {_FUNCTION}()")
            connection.exec_driver_sql(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS")
    found = connection.execute(
        text("SELECT count(*) FROM pg_event_trigger WHERE evtname = ANY(:names) AND evtenabled = 'A'"),
        {"names": list(_EVENTS)},
    ).scalar_one()
    return bool(found == len(_EVENTS))


def _function() -> str:
    tables = ", ".join(f"to_regclass('public.{name}')" for name in metadata.tables)
    closed = ", ".join(f"to_regclass('public.{table.name}')" for table in APPEND_ONLY)
    harmless = ", ".join(f"'{tag}'" for tag in _HARMLESS)
    # %% because the driver reads a single one as a parameter.
    # session_user, not current_user: SET ROLE must neither lend this right nor take it away.
    return f"""
CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS event_trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  guarded oid[];
  closed oid[];
  touched boolean := false;
BEGIN
  IF tg_tag = 'CREATE RULE' THEN
    RAISE EXCEPTION 'the book is append-only: %% would let an INSERT store nothing', tg_tag
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
    RETURN;
  END IF;
  IF tg_event = 'sql_drop' THEN
    touched := EXISTS (SELECT 1 FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary);
  ELSIF tg_event = 'table_rewrite' OR NOT tg_tag = ANY (ARRAY[{harmless}]) THEN
    touched := true;
  ELSE
    guarded := ARRAY[{tables}]::oid[];
    closed := ARRAY[{closed}]::oid[];
    touched := EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = ANY (guarded))
      OR EXISTS (SELECT 1 FROM pg_event_trigger_ddl_commands() c JOIN pg_index i ON i.indexrelid = c.objid
                 WHERE i.indrelid = ANY (guarded) AND tg_tag <> 'REINDEX')
      OR EXISTS (SELECT 1 FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = ANY (closed)
                 AND a.grantee <> c.relowner AND a.privilege_type NOT IN ('SELECT', 'INSERT')
                 AND NOT (a.privilege_type = 'DELETE' AND c.oid = to_regclass('public.{leaf.name}')
                          AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_database() || '_archive')))
      OR EXISTS (SELECT 1 FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = ANY (closed)
                 AND a.privilege_type NOT IN ('SELECT', 'INSERT'));
  END IF;
  IF touched THEN
    RAISE EXCEPTION 'the book is append-only: %% is refused; a superuser changes its tables', tg_tag
      USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$body$"""  # noqa: S608
