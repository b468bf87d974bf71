"""A signer whose clock stands still and whose randomness is counted out, and drafts for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.keys import SigningKey

BOOK = "suxin.example/demo"
SELLER = "uscc:91110000600037341L"
NOW = 1_795_000_000_000


@pytest.fixture
def randomness() -> Callable[[int], bytes]:
    numbers = itertools.count(1)
    return lambda count: next(numbers).to_bytes(count, "big")


@pytest.fixture
def signer(randomness: Callable[[int], bytes]) -> Signer:
    return Signer(SigningKey(b"seller".ljust(32, b".")), SELLER, BOOK, MemoryCounter(), lambda: NOW, randomness)


@pytest.fixture
def draft() -> Callable[[int], Draft]:
    def listing(price_minor: int = 100) -> Draft:
        body = {"event": "open", "title": {"en": "Tea"}, "category": "food", "price_minor": price_minor, "currency": "CNY"}
        offer = f"{SELLER}/01/06901234567892"
        return Draft("listing", "2026-11-18T14:00:00+08:00", {"offer": offer}, body)

    return listing
