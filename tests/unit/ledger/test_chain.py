from __future__ import annotations

import hashlib

import pytest

from suxin.ledger import chain
from suxin.ledger.errors import VerificationError

LINKS = [(7, bytes([1]) * 32), (9, bytes([2]) * 32), (2**40, bytes([3]) * 32)]


def test_head_is_the_formula_of_the_design() -> None:
    head = bytes(32)
    for index, leaf in LINKS:
        head = hashlib.sha256(b"suxin-chain/v1\n" + head + index.to_bytes(8, "big") + leaf).digest()
    assert chain.head_of(LINKS) == head
    assert chain.head_of(LINKS[1:], chain.extend(chain.HEAD_START, *LINKS[0])) == head
    assert chain.head_of([]) == bytes(32)
    chain.verify_chain(LINKS, head)


@pytest.mark.parametrize(
    "links",
    [
        LINKS[:-1],
        LINKS[1:],
        LINKS[::-1],
        [LINKS[0], LINKS[0], *LINKS[1:]],
        [(8, LINKS[0][1]), *LINKS[1:]],
        [(7, bytes(32)), *LINKS[1:]],
        [(-1, LINKS[0][1])],
        [(2**64, LINKS[0][1])],
        [(7, LINKS[0][1] + b"\x00")],
        [],
    ],
)
def test_any_other_chain_is_broken(links: list[tuple[int, bytes]]) -> None:
    with pytest.raises(VerificationError) as failure:
        chain.verify_chain(links, chain.head_of(LINKS))
    assert failure.value.code == "chain-broken"
