"""A place to keep a book, on SQLite and on PostgreSQL, and a writer in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.filler import GENESIS, Filler
from fakes.place import Place

from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store.book import Book
from suxin.ledger.store.schema import migrate


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    migrate(url)
    return Place.sqlite(url)


@pytest.fixture
def postgres_place(postgres_url: str, postgres_role: Callable[[str, str], str]) -> Place:
    migrate(postgres_url)
    return Place.postgres(postgres_url, postgres_role)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each test that asks for it runs on both databases."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def book(place: Place) -> Iterator[Book]:
    """A writer of a book that holds its genesis leaf."""
    with place.writer() as opened:
        opened.create(GENESIS, leaf_hash(GENESIS))
        yield opened


@pytest.fixture
def filler() -> Filler:
    return Filler()
