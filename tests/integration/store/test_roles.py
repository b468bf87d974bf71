"""Who may serve, and what each role of PostgreSQL can do. Tests log in as each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place, connect
from sqlalchemy import make_url

from suxin.ledger.errors import StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Head
from suxin.ledger.store.roles import role_names
from suxin.ledger.store.schema import migrate


def test_the_application_role_serves(postgres_place: Place) -> None:
    with postgres_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        book.append(Filler().group(book.take_over(), Fact()))
        assert book.forget_sealed(Fact().statement, "/body/text")
        assert not book.forget_sealed(Fact().statement, "/body/text")
        assert book.sealed(Fact().statement) == {}


@pytest.mark.parametrize("role", ["admin", "migrate"])
def test_a_login_with_more_rights_does_not_serve(postgres_place: Place, role: str) -> None:
    with pytest.raises(StoreError, match=r"is a superuser|is a member of") as caught:
        Book.open(getattr(postgres_place, role), writable=True)
    assert f"suxin serve --database postgresql://{postgres_place.database}_app@" in str(caught.value)


def test_a_superuser_cannot_hide_behind_set_role(postgres_place: Place) -> None:
    url = make_url(postgres_place.admin)
    hidden = url.update_query_dict({"options": f"-c role={postgres_place.database}_app"})
    with pytest.raises(StoreError, match="is a superuser"):
        Book.open(hidden.render_as_string(), writable=True)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("GRANT UPDATE ON leaf TO {0}_app", "has UPDATE on leaf"),
        ("GRANT UPDATE (body) ON leaf TO {0}_app", "has UPDATE on leaf"),
        ("GRANT DELETE ON entry TO PUBLIC", "has DELETE on entry"),
        ("GRANT TRUNCATE ON stream_row TO {0}_app", "has TRUNCATE on stream_row"),
        ("GRANT TRIGGER ON checkpoint TO {0}_app", "has TRIGGER on checkpoint"),
        ("ALTER TABLE leaf OWNER TO {0}_app", "has UPDATE on leaf"),
        ("GRANT {0}_owner TO {0}_app", "is a member of book_.*_owner"),
        ("GRANT {0}_migrate TO {0}_app", "is a member of book_.*_owner"),
        ("GRANT postgres TO {0}_app", "is a member of postgres"),
        ("GRANT pg_write_all_data TO {0}_app", "is a member of pg_write_all_data"),
        ("GRANT pg_execute_server_program TO {0}_app", "is a member of pg_execute_server_program"),
        ("ALTER ROLE {0}_app CREATEROLE", "may create roles"),
        ("ALTER ROLE {0}_app REPLICATION", "may replicate"),
        ("ALTER ROLE {0}_app BYPASSRLS", "may bypass row security"),
    ],
)
def test_an_application_role_that_was_given_more_does_not_serve(postgres_place: Place, statement: str, words: str) -> None:
    with closing(connect(postgres_place.admin)) as admin:
        admin.execute(statement.format(postgres_place.database).encode())
    with pytest.raises(StoreError, match=words):
        Book.open(postgres_place.app, writable=True)
    Book.open(postgres_place.app).close()


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("app", {"SELECT leaf", "SELECT vault", "INSERT leaf", "INSERT vault", "UPDATE head", "DELETE vault"}),
        ("read", {"SELECT leaf"}),
        ("archive", {"SELECT leaf"}),
        ("migrate", {"SELECT leaf", "SELECT vault", "INSERT leaf", "INSERT vault", "UPDATE head", "DELETE vault"}),
    ],
)
def test_what_each_role_may_do(postgres_place: Place, role: str, allowed: set[str]) -> None:
    """The owner's rights reach the migration role; its DELETE of leaves is stopped by triggers, not here."""
    tried = {
        "SELECT leaf": "SELECT * FROM leaf",
        "SELECT vault": "SELECT * FROM vault",
        "INSERT leaf": "INSERT INTO leaf VALUES (9, 9, 'x')",
        "INSERT vault": "INSERT INTO vault VALUES (9, 'x', '/', 'x')",
        "UPDATE head": "UPDATE head SET size = size",
        "UPDATE leaf": "UPDATE leaf SET body = 'x'",
        "UPDATE vault": "UPDATE vault SET sealed = 'x'",
        "DELETE vault": "DELETE FROM vault",
        "DELETE leaf": "DELETE FROM leaf",
        "TRUNCATE vault": "TRUNCATE vault",
        "CREATE": "CREATE TABLE t (x integer)",
        "TEMP": "CREATE TEMP TABLE head (x integer)",
    }
    with postgres_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
    if role == "migrate":
        allowed = allowed | {"UPDATE vault", "TRUNCATE vault", "CREATE"}
    done = set()
    for name, statement in tried.items():
        with closing(connect(getattr(postgres_place, role), autocommit=False)) as connection:
            try:
                connection.execute(statement.encode())
                done.add(name)
            except psycopg.errors.InsufficientPrivilege:
                pass
            connection.rollback()
    assert done == allowed


def test_the_migration_role_migrates_and_needs_no_superuser(postgres_place: Place) -> None:
    migrate(postgres_place.migrate)
    with postgres_place.writer() as book:
        assert book.is_empty()


def test_who_may_not_make_roles_is_told_who_can(postgres_url: str, postgres_role: Callable[[str, str], str]) -> None:
    name = make_url(postgres_url).database
    with closing(connect(postgres_url)) as admin:
        admin.execute(f"CREATE ROLE {name}_plain LOGIN".encode())
    with pytest.raises(StoreError, match=rf"roles are missing \({name}_owner.* suxin migrate --database postgresql://postgres@"):
        migrate(postgres_role(postgres_url, f"{name}_plain"))
    migrate(postgres_url)
    with closing(connect(postgres_url)) as admin:
        admin.execute(f"GRANT CONNECT ON DATABASE {name} TO {name}_plain".encode())
    with pytest.raises(StoreError, match=f"may not act as {name}_owner; type: .*{name}_migrate@"):
        migrate(postgres_role(postgres_url, f"{name}_plain"))


def test_a_login_that_may_create_roles_needs_no_superuser(postgres_url: str, postgres_role: Callable[[str, str], str]) -> None:
    """A database owner on rented hosting: all works but the event triggers."""
    name = make_url(postgres_url).database
    with closing(connect(postgres_url)) as admin:
        admin.execute(f"CREATE ROLE {name}_landlord LOGIN CREATEROLE".encode())
        admin.execute(f"ALTER DATABASE {name} OWNER TO {name}_landlord".encode())
    migrate(postgres_role(postgres_url, f"{name}_landlord"))
    with Book.open(postgres_role(postgres_url, f"{name}_app"), writable=True) as book:
        assert book.create(GENESIS, leaf_hash(GENESIS)) == Head(1, 0, 1)
    with pytest.raises(StoreError, match="may create roles"):
        Book.open(postgres_role(postgres_url, f"{name}_landlord"), writable=True)


def test_passwords_are_set_and_never_in_clear(postgres_place: Place) -> None:
    migrate(postgres_place.admin, {"app": "correct horse", "read": "battery staple"})
    with closing(connect(postgres_place.admin)) as admin:
        hashed = dict(admin.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolname ^@ %s", (postgres_place.database,)))
    assert hashed[f"{postgres_place.database}_app"].startswith("SCRAM-SHA-256$")
    assert hashed[f"{postgres_place.database}_read"].startswith("SCRAM-SHA-256$")
    assert hashed[f"{postgres_place.database}_migrate"] is None
    with pytest.raises(StoreError, match="no such kind of role: owner"):
        migrate(postgres_place.admin, {"owner": "x"})


def test_a_database_name_that_leaves_no_room_for_its_roles_is_refused() -> None:
    assert role_names("city") == ("city_owner", "city_migrate", "city_app", "city_archive", "city_read")
    with pytest.raises(StoreError, match="too long"):
        role_names("x" * 56)


def test_names_that_need_quoting(postgres_url: str, postgres_role: Callable[[str, str], str]) -> None:
    odd = 'Straße "5% off"'
    with closing(connect(postgres_url)) as admin:
        admin.execute('CREATE DATABASE "Straße ""5%% off"""'.replace("%%", "%").encode())
    try:
        url = make_url(postgres_url).set(database=odd)
        migrate(url)
        with Book.open(url.set(username=f"{odd}_app").render_as_string(), writable=True) as book:
            assert book.is_empty()
    finally:
        with closing(connect(postgres_url)) as admin:
            admin.execute('DROP DATABASE "Straße ""5% off""" WITH (FORCE)'.encode())
