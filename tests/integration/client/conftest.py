"""A signer with the machine's randomness, drafts for it, and a small book that misbehaves on request."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from fakes.small_book import BOOK, SmallBook, serve

from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.keys import SigningKey

SELLER = "uscc:91110000600037341L"
NOW = 1_795_000_000_000


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(b"seller".ljust(32, b"."))


@pytest.fixture
def signer(key: SigningKey) -> Signer:
    return Signer(key, SELLER, BOOK, MemoryCounter(), lambda: NOW)


@pytest.fixture
def draft() -> Callable[[], Draft]:
    numbers = itertools.count(1)

    def listing() -> Draft:
        title = {"en": f"Tea no. {next(numbers)}"}
        body = {"event": "open", "title": title, "category": "food", "price_minor": 100, "currency": "CNY"}
        return Draft("listing", "2026-11-18T14:00:00+08:00", {"offer": f"{SELLER}/01/06901234567892"}, body)

    return listing


@pytest.fixture
def book() -> Iterator[SmallBook]:
    with serve(SmallBook()) as served:
        yield served
