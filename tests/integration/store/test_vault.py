"""Values and salts: sealed in the database, keys beside it, and what is left after a key is destroyed."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.filler import Fact, Filler
from fakes.place import Place

from suxin.ledger.errors import StoreError
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Head
from suxin.ledger.store.vault import Opening, Vault

SALT = bytes(range(32))


def kept(book: Book, vault: Vault, *openings: Opening) -> None:
    """Append one entry whose openings go into the vault with it."""
    group = Filler().group(Head(1, 0, 1), Fact())
    book.append(replace(group, vault=vault.seal(openings)))


def openings_of(fact: Fact) -> list[Opening]:
    return [Opening(fact.statement, "/body/text", "包裹迟到", SALT), Opening(fact.statement, "/body/phone", "", SALT[::-1])]


def test_what_is_sealed_is_opened_again(book: Book, tmp_path: Path) -> None:
    with Vault(tmp_path / "keys" / "vault.keys") as vault:
        wanted = openings_of(Fact())
        kept(book, vault, *wanted)
    with Vault(tmp_path / "keys" / "vault.keys") as vault:
        assert vault.get(book, Fact().statement) == {item.pointer: item for item in wanted}
        assert vault.get(book, bytes(32)) == {}
        assert vault.seal([]) == []


def test_the_database_alone_shows_nothing(book: Book, tmp_path: Path) -> None:
    with Vault(tmp_path / "vault.keys") as vault:
        kept(book, vault, *openings_of(Fact()))
    for sealed in book.sealed(Fact().statement).values():
        assert SALT not in sealed
        assert "包裹".encode() not in sealed
    with Vault(tmp_path / "other.keys") as stranger:
        assert stranger.get(book, Fact().statement) == {}


def test_a_destroyed_key_erases_the_value_in_every_copy(book: Book, tmp_path: Path) -> None:
    path = tmp_path / "vault.keys"
    with Vault(path) as vault:
        kept(book, vault, *openings_of(Fact()))
        with closing(sqlite3.connect(path)) as keys:
            key = keys.execute("SELECT key FROM key WHERE pointer = '/body/text'").fetchone()[0]
        assert key in path.read_bytes()
        copy = book.sealed(Fact().statement)
        assert vault.forget(book, Fact().statement, "/body/text")
        assert not vault.forget(book, Fact().statement, "/body/text")
        assert key not in path.read_bytes()
        assert vault.get(book, Fact().statement).keys() == {"/body/phone"}
        # A backup of the database brings the row back, but not the value.
        book._writer.dispose()  # type: ignore[union-attr]
        restored = _Restored(copy)
        assert vault.get(restored, Fact().statement).keys() == {"/body/phone"}  # type: ignore[arg-type]


class _Restored:
    def __init__(self, rows: dict[str, bytes]) -> None:
        self.rows = rows

    def sealed(self, _statement: bytes) -> dict[str, bytes]:
        return self.rows


def test_sealing_again_keeps_the_key_that_a_stored_row_may_need(book: Book, tmp_path: Path) -> None:
    """After an unknown outcome the same statement is sealed anew; the first row may have been committed."""
    with Vault(tmp_path / "vault.keys") as vault:
        wanted = openings_of(Fact())
        kept(book, vault, *wanted)
        again = vault.seal(wanted)
        assert [row[2] for row in again] != list(book.sealed(Fact().statement).values())
        assert vault.get(book, Fact().statement) == {item.pointer: item for item in wanted}


def test_a_sealed_value_fits_its_own_place_only(book: Book, tmp_path: Path, place: Place) -> None:
    with Vault(tmp_path / "vault.keys") as vault:
        kept(book, vault, *openings_of(Fact()))
        place.force("UPDATE vault SET pointer = '/x' WHERE pointer = '/body/text'")
        place.force("UPDATE vault SET pointer = '/body/text' WHERE pointer = '/body/phone'")
        with pytest.raises(StoreError, match="/body/text does not fit its key"):
            vault.get(book, Fact().statement)


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.keys"
    Vault(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o640)
    with pytest.raises(StoreError, match=r"others may read .*; type: chmod 600"):
        Vault(path)


def test_a_key_file_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    path = tmp_path / "vault.keys"
    path.write_bytes(b"no database" * 100)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="cannot be opened"):
        Vault(path)


def test_a_key_file_that_cannot_be_written_stops_the_statement(tmp_path: Path) -> None:
    path = tmp_path / "vault.keys"
    with Vault(path) as vault, closing(sqlite3.connect(path, isolation_level=None)) as holder:
        vault.keys._keys.execute("PRAGMA busy_timeout = 50")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="cannot be written"):
            vault.seal(openings_of(Fact()))
        holder.execute("ROLLBACK")
        assert len(vault.seal(openings_of(Fact()))) == 2


def test_a_salt_has_32_bytes(tmp_path: Path) -> None:
    with Vault(tmp_path / "vault.keys") as vault, pytest.raises(ValueError, match="32 bytes"):
        vault.seal([Opening(bytes(32), "/a", "x", b"short")])
