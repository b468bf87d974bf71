"""Append-only, enforced by the database itself: defence in depth, not what a proof rests on.

- SQLite: BEFORE UPDATE, BEFORE DELETE, and BEFORE INSERT of an existing key, because INSERT OR REPLACE
  deletes without asking the DELETE trigger unless `recursive_triggers` is on.
- PostgreSQL: row triggers on UPDATE and DELETE, a statement trigger on TRUNCATE, all ENABLE ALWAYS (a
  session in `replica` role would skip plain ones). What keeps the owner from taking them off is `ddl_guard`.
- The head can only grow.
- A row of `leaf` may go once a segment for its place is recorded; on PostgreSQL for the archive login alone.

A superuser, or the owner of the file, can still switch all of this off.

Source: DESIGN section 3.4; docs/adr/0003-database-roles-and-guards.md; PostgreSQL "Event Triggers".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, UniqueConstraint, text

from ..errors import StoreError
from ..segment import SEGMENT_LEAVES
from .tables import APPEND_ONLY, head, leaf, metadata

_REFUSED: Final = "the book is append-only"
_PG_FUNCTION: Final = "suxin_append_only"
_PG_HEAD_FUNCTION: Final = "suxin_head_only_grows"

_PG_LEAF_FUNCTION: Final = "suxin_leaf_only_sealed"

_PG_BODY: Final = f"""
BEGIN
  RAISE EXCEPTION '{_REFUSED}: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
"""

_PG_HEAD_BODY: Final = f"""
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.shard = OLD.shard AND NEW.term >= OLD.term AND NEW.epoch >= OLD.epoch
     AND NEW.size >= OLD.size THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '{_REFUSED}: the head only grows' USING ERRCODE = 'insufficient_privilege';
END
"""

# The login, not a role that was set: what cannot be taken cannot be lent.
_PG_LEAF_BODY: Final = f"""
BEGIN
  IF TG_OP = 'DELETE' AND session_user = current_database() || '_archive' AND EXISTS (
    SELECT 1 FROM public.segment s WHERE s.shard = OLD.shard AND s.first = OLD.idx - OLD.idx % {SEGMENT_LEAVES}
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '{_REFUSED}: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
"""  # noqa: S608 - our own numbers and words


def sqlite_guards(table: str, keys: Sequence[Sequence[str]]) -> dict[str, str]:
    """Triggers of one append-only table on SQLite.

    Args:
        table: Name of the table.
        keys: Columns of each key by which a row could be replaced; none if the key is the whole row.

    Returns:
        Trigger name to CREATE TRIGGER statement.
    """
    raised = f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    guards = {
        f"{table}_no_update": f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {raised}",
        f"{table}_no_delete": f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {raised}",
    }
    present = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{column} = NEW.{column}' for column in key)})"  # noqa: S608
        for key in keys
    )
    if present:
        name = f"{table}_no_replace"
        guards[name] = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {present} {raised}"
    return guards


def sqlite_head_guards() -> dict[str, str]:
    """Triggers on `head` on SQLite: it is replaced by nothing and never falls."""
    guards = sqlite_guards("head", [["shard"]])
    guards["head_no_update"] = (
        "CREATE TRIGGER head_no_update BEFORE UPDATE ON head WHEN NEW.shard <> OLD.shard OR NEW.term < OLD.term "
        "OR NEW.epoch < OLD.epoch OR NEW.size < OLD.size "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    )
    return guards


def sqlite_leaf_guards() -> dict[str, str]:
    """Triggers on `leaf` on SQLite: a row goes only once its segment is there."""
    guards = sqlite_guards("leaf", [["shard", "idx"]])
    sealed = f"EXISTS (SELECT 1 FROM segment WHERE shard = OLD.shard AND first = OLD.idx - OLD.idx % {SEGMENT_LEAVES})"  # noqa: S608
    guards["leaf_no_delete"] = (
        f"CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf WHEN NOT {sealed} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    )
    return guards


def postgres_functions() -> list[str]:
    """The trigger functions on PostgreSQL, to be made before `postgres_guards`."""
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$"
        for name, body in ((_PG_FUNCTION, _PG_BODY), (_PG_HEAD_FUNCTION, _PG_HEAD_BODY))
    ]


def postgres_leaf_guard() -> list[str]:
    """What takes the place of the first trigger of `leaf` on PostgreSQL once there are segments."""
    return [
        f"CREATE OR REPLACE FUNCTION {_PG_LEAF_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $body${_PG_LEAF_BODY}$body$",
        "DROP TRIGGER leaf_no_change ON leaf",
        f"CREATE TRIGGER leaf_no_change BEFORE UPDATE OR DELETE ON leaf FOR EACH ROW EXECUTE FUNCTION {_PG_LEAF_FUNCTION}()",
        "ALTER TABLE leaf ENABLE ALWAYS TRIGGER leaf_no_change",
    ]


def postgres_guards(table: str) -> list[str]:
    """Triggers of one table on PostgreSQL; `head` gets its own rule for UPDATE, `leaf` a rule for DELETE later."""
    function = _PG_HEAD_FUNCTION if table == head.name else _PG_FUNCTION
    return [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {_PG_FUNCTION}()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
    ]


def unique_keys(table: str) -> list[list[str]]:
    """Columns of each key by which a row could be replaced by another one, in a stable order.

    The primary key and the unique constraints; not a key that is the whole row.
    """
    found = metadata.tables[table]
    if len(found.primary_key.columns) == len(found.columns):
        return []
    unique = [item for item in found.constraints if isinstance(item, UniqueConstraint)]
    return [list(found.primary_key.columns.keys()), *sorted(item.columns.keys() for item in unique)]


def check_guards(connection: Connection) -> None:
    """Check that the guards of every table stand as they were made.

    Raises:
        StoreError: One is missing, disabled or different; somebody has been at the schema.
    """
    missing = _missing_on_sqlite(connection) if connection.dialect.name == "sqlite" else _missing_on_postgres(connection)
    if missing:
        raise StoreError(f"append-only guards are missing or changed: {', '.join(missing)}; find out who did it before serving")


def _missing_on_sqlite(connection: Connection) -> list[str]:
    wanted: dict[str, str] = {}
    for table in APPEND_ONLY:
        wanted |= sqlite_guards(table.name, unique_keys(table.name))
    wanted |= sqlite_head_guards() | sqlite_leaf_guards()
    found: dict[str, str] = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all())
    return sorted(name for name in wanted.keys() | found.keys() if found.get(name) != wanted.get(name))


def _missing_on_postgres(connection: Connection) -> list[str]:
    wanted = {}
    for table in (*APPEND_ONLY, head):
        wanted[f"{table.name}.{table.name}_no_change"] = {head: _PG_HEAD_BODY, leaf: _PG_LEAF_BODY}.get(table, _PG_BODY)
        wanted[f"{table.name}.{table.name}_no_truncate"] = _PG_BODY
    ours = "JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'public' AND c.relname = ANY(:tables)"
    tables = {"tables": list(metadata.tables)}
    triggers = connection.execute(
        text(
            "SELECT c.relname || '.' || t.tgname, CASE t.tgenabled WHEN 'A' THEN p.prosrc ELSE 'off' END FROM pg_trigger t "  # noqa: S608
            f"JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid {ours} AND NOT t.tgisinternal"
        ),
        tables,
    )
    found: dict[str, str] = dict(triggers.all())
    rules = connection.execute(
        text(f"SELECT c.relname || '.' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class {ours}"),  # noqa: S608
        tables,
    )
    changed = {name for name in wanted.keys() | found.keys() if found.get(name) != wanted.get(name)}
    return sorted(changed.union(rules.scalars()))
