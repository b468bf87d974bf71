from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from fakes.naive_map import NaiveMap

from suxin.ledger.errors import VerificationError
from suxin.ledger.map import Map
from suxin.ledger.map_hash import bucket_hash, empty_nodes, map_key, map_node, record_hash, slot_of
from suxin.ledger.map_history import MapHistory
from suxin.ledger.map_proof import prove
from suxin.ledger.map_verify import MapProof, verify_map

HEAD = bytes(range(32))


def key(first: int, last: int = 0) -> bytes:
    return bytes([first]) + bytes(30) + bytes([last])


def test_hashes_are_those_of_the_format() -> None:
    # printf 'suxin-map-key/v1\np:/01/09506000134352' | sha256sum
    assert map_key("p:/01/09506000134352").hex() == "a48384deb724557af0a4f01c4df83ab8ae6d3e7f18d890ce3ca31a31804e39d4"
    naive = NaiveMap(1)
    assert empty_nodes(1) == [naive.root, naive.hash(0, 0)]
    naive.set(key(0x80), 7, HEAD)
    assert naive.root == map_node(bucket_hash(0, sha256().digest()), bucket_hash(1, record_hash(key(0x80), 7, HEAD)))


def test_a_slot_is_the_first_bits() -> None:
    assert slot_of(b"\x80" + bytes(31), 1) == 1
    assert slot_of(b"\x00\x00\x80" + bytes(29), 17) == 1
    assert slot_of(b"\xff" * 32, 32) == 2**32 - 1


@pytest.mark.parametrize("depth", [0, 25, -1])
def test_a_map_has_a_sensible_depth(depth: int) -> None:
    with pytest.raises(ValueError, match="depth"):
        Map(depth)


@pytest.mark.parametrize(
    "change",
    [
        (bytes(31), 1, HEAD),
        (bytes(33), 1, HEAD),
        (bytes(32), 0, HEAD),
        (bytes(32), -1, HEAD),
        (bytes(32), 2**53, HEAD),
        (bytes(32), 1, HEAD[1:]),
    ],
)
def test_a_batch_with_a_bad_value_changes_nothing(change: tuple[bytes, int, bytes]) -> None:
    built = Map(3)
    built.update([(key(1), 1, HEAD)])
    root = built.root
    with pytest.raises(ValueError, match="bytes"):
        built.update([(key(2), 1, HEAD), change])
    assert (built.root, built.streams) == (root, 1)


def test_a_key_twice_in_one_batch_is_refused() -> None:
    built = Map(3)
    with pytest.raises(ValueError, match="twice"):
        built.update([(key(1), 1, HEAD), (key(2), 1, HEAD), (key(1), 2, HEAD)])
    assert built.streams == 0


def test_an_empty_batch_is_an_epoch_without_change() -> None:
    built = Map(17)
    assert built.root == empty_nodes(17)[0]
    built.undo(built.update([]))
    assert (built.root, built.streams, built.get(key(1))) == (empty_nodes(17)[0], 0, None)


def test_one_crowded_bucket_holds_every_record() -> None:
    built, naive, order = Map(4), NaiveMap(4), list(range(200))
    random.Random(3).shuffle(order)
    for first in range(0, 200, 40):
        batch = [(key(0, last), last + 1, HEAD) for last in order[first : first + 40]]
        built.update(batch)
        for row in batch:
            naive.set(*row)
        assert built.root == naive.root
    assert built.get(key(0, 137)) == (138, HEAD)


def test_only_the_newest_update_can_be_undone() -> None:
    built = Map(3)
    first = built.update([(key(1), 1, HEAD)])
    built.update([(key(2), 2, HEAD)])
    with pytest.raises(AssertionError, match="newest"):
        built.undo(first)


def test_regions_that_buckets_leave_are_used_again() -> None:
    built = Map(2)
    for count in range(1, 400):
        built.undo(built.update([(key(first, last), count, HEAD) for first in (0, 70, 140) for last in range(count % 7 + 1)]))
    assert built.streams == 0
    assert built.nbytes < 20_000


def test_history_forgets_by_number_of_epochs() -> None:
    history = MapHistory(Map(3), 10, epochs_max=2)
    for epoch in range(11, 15):
        assert history.advance([(key(epoch), 1, HEAD)]) == history.current.root
    assert (history.oldest, history.epoch) == (12, 14)
    assert history.at(14) is history.current
    for epoch in (11, 15):
        with pytest.raises(LookupError, match="12 to 14"):
            history.at(epoch)


def test_history_forgets_by_memory_but_can_always_take_back_one() -> None:
    history = MapHistory(Map(3), 0, bytes_max=1)
    history.advance([(key(1), 1, HEAD)])
    root = history.current.root
    history.advance([(key(1), 2, HEAD)])
    assert history.oldest == 1
    history.retreat()
    assert (history.epoch, history.current.root, history.nbytes) == (1, root, 0)
    with pytest.raises(LookupError, match="taken back"):
        history.retreat()


def test_an_older_epoch_proves_what_was_then_missing() -> None:
    history = MapHistory(Map(3), 0)
    older = history.advance([(key(1), 1, HEAD)])
    history.advance([(key(1), 2, HEAD), (key(2), 1, HEAD)])
    proof = prove(history.at(1), [key(1), key(2)])
    verify_map(older, 3, proof, [(key(2), None), (key(1), (1, HEAD))])


@pytest.mark.parametrize("keys", [[], [bytes(31)]])
def test_a_proof_needs_keys(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        prove(Map(3), keys)


@pytest.mark.parametrize("depth", [1, 17, 32])
def test_a_verifier_reads_every_depth(depth: int) -> None:
    naive = NaiveMap(depth)
    for last in range(20):
        naive.set(key(last % 2 * 255, last), last + 1, HEAD)
    proof = prove(NaiveView(naive), [key(0, 4), key(255, 5), key(7)])
    queries = [(key(0, 4), (5, HEAD)), (key(255, 5), (6, HEAD)), (key(7), None)]
    verify_map(naive.root, depth, proof, queries)
    with pytest.raises(VerificationError, match=r"^map-"):
        verify_map(naive.root, depth, proof, [*queries[:2], (key(7), (1, HEAD))])


class NaiveView:
    """A naive map read like the real one, which is not held in memory at depth 32."""

    def __init__(self, naive: NaiveMap) -> None:
        self.depth, self.naive = naive.depth, naive

    def nodes(self, places: Sequence[int]) -> list[bytes]:
        levels = [self.depth + 1 - place.bit_length() for place in places]
        return [self.naive.hash(level, place - (1 << self.depth - level)) for level, place in zip(levels, places, strict=True)]

    def buckets(self, slots: Sequence[int]) -> list[bytes]:
        records = self.naive.records
        return [
            b"".join(key + records[key][0].to_bytes(8, "big") + records[key][1] for key in self.naive.keys(slot))
            for slot in slots
        ]


def test_proofs_made_by_hand_are_judged_as_those_that_were_read() -> None:
    built = Map.from_records(3, [(key(0, last), 1, HEAD) for last in range(3)])
    proof = prove(built, [key(0, 1)])
    for position in (-1, 3):
        wrong = MapProof((replace(proof.buckets[0], at=(position,)),), proof.nodes)
        with pytest.raises(VerificationError, match=r"^map-order"):
            verify_map(built.root, 3, wrong, [(key(0, 1), (1, HEAD))])
    with pytest.raises(VerificationError, match=r"^map-query"):
        verify_map(built.root, 3, proof, [(bytes(31), None)])
    with pytest.raises(VerificationError, match=r"^map-query"):
        verify_map(built.root, 3, proof, [(key(0, 1), (1, HEAD[1:]))])
