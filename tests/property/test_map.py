"""The map against a naive one: same roots, same proofs, every batch can be taken back."""

from __future__ import annotations

import json

import pytest
from fakes.naive_map import NaiveMap
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.errors import VerificationError
from suxin.ledger.map import Map
from suxin.ledger.map_history import MapHistory
from suxin.ledger.map_proof import format_map_proof, prove
from suxin.ledger.map_verify import MapProof, parse_map_proof, verify_map
from suxin.ledger.reasons import REASONS

DEPTHS = st.integers(1, 6)
# Few first bytes, so that buckets fill; few tails behind equal first words, so that 64 bits do not tell keys apart.
KEYS = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.builds(
        lambda first, last: bytes([first]) + bytes(30) + bytes([last]), st.sampled_from([0, 1, 128, 255]), st.integers(0, 40)
    ),
)
RECORDS = st.tuples(st.integers(1, 2**53 - 1), st.binary(min_size=32, max_size=32))
BATCHES = st.lists(st.dictionaries(KEYS, RECORDS, max_size=25), min_size=1, max_size=6)


def rows(batch: dict[bytes, tuple[int, bytes]]) -> list[tuple[bytes, int, bytes]]:
    return [(key, count, head) for key, (count, head) in batch.items()]


def as_parts(proof: MapProof) -> dict[str, object]:
    buckets = [
        {
            "n": bucket.n,
            "at": list(bucket.at),
            "near": [(row.position, row.key, row.count, row.head) for row in bucket.near],
            "path": list(bucket.path),
        }
        for bucket in proof.buckets
    ]
    return {"buckets": buckets, "nodes": list(proof.nodes)}


@given(DEPTHS, BATCHES)
def test_batches_lead_to_the_naive_root_and_back(depth: int, batches: list[dict[bytes, tuple[int, bytes]]]) -> None:
    built, naive, undo = Map(depth), NaiveMap(depth), []
    for batch in batches:
        before = (built.root, built.streams, built.buckets(range(1 << depth)))
        undo.append((built.update(rows(batch)), before))
        for key, count, head in rows(batch):
            naive.set(key, count, head)
        assert built.root == naive.root
        assert built.streams == len(naive.records)
        assert all(built.get(key) == record for key, record in naive.records.items())
        everything = [(key, *record) for key, record in naive.records.items()]
        assert Map.from_records(depth, everything).root == naive.root
    for record, before in reversed(undo):
        built.undo(record)
        assert (built.root, built.streams, built.buckets(range(1 << depth))) == before


@given(DEPTHS, st.dictionaries(KEYS, RECORDS, max_size=60), st.data())
def test_proofs_are_the_naive_ones_and_hold(depth: int, records: dict[bytes, tuple[int, bytes]], data: st.DataObject) -> None:
    built, naive = Map.from_records(depth, rows(records)), NaiveMap(depth)
    for key, count, head in rows(records):
        naive.set(key, count, head)
    known = st.sampled_from(sorted(records)) if records else KEYS
    asked = data.draw(st.lists(known | KEYS, min_size=1, max_size=14, unique=True))
    proof = prove(built, asked)
    assert as_parts(proof) == naive.proof(asked)
    assert parse_map_proof(json.loads(json.dumps(format_map_proof(proof)))) == proof
    queries = [(key, records.get(key)) for key in asked]
    verify_map(naive.root, depth, proof, queries)

    place = data.draw(st.integers(0, len(asked) - 1))
    key, record = queries[place]
    lie = data.draw(RECORDS) if record is None else data.draw(st.none() | RECORDS.filter(lambda other: other != record))
    with pytest.raises(VerificationError, match=r"^map-"):
        verify_map(naive.root, depth, proof, [*queries[:place], (key, lie), *queries[place + 1 :]])


@given(st.dictionaries(KEYS, RECORDS, min_size=1, max_size=40), st.lists(KEYS, max_size=5), st.data())
def test_every_changed_character_is_refused(
    records: dict[bytes, tuple[int, bytes]], absent: list[bytes], data: st.DataObject
) -> None:
    built = Map.from_records(4, rows(records))
    asked = [*data.draw(st.lists(st.sampled_from(sorted(records)), min_size=1, max_size=5)), *absent]
    queries = {key: records.get(key) for key in asked}
    text = json.dumps(format_map_proof(prove(built, asked)), separators=(",", ":"), sort_keys=True)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from('0123456789AZaz-_,[]{}":').filter(lambda character: character != text[place]))
    try:
        value = json.loads(text[:place] + other + text[place + 1 :])
    except ValueError:
        return  # no JSON any more
    with pytest.raises(VerificationError) as failure:
        verify_map(built.root, 4, parse_map_proof(value), list(queries.items()))
    assert failure.value.code in REASONS


@given(DEPTHS, BATCHES, st.data())
def test_history_answers_as_the_map_did(depth: int, batches: list[dict[bytes, tuple[int, bytes]]], data: st.DataObject) -> None:
    history, states = MapHistory(Map(depth), 0), [{}]
    roots = [history.current.root]
    for batch in batches:
        states.append({**states[-1], **batch})
        roots.append(history.advance(rows(batch)))
    while True:
        for epoch in range(history.oldest, history.epoch + 1):
            view = history.at(epoch)
            assert view.root == roots[epoch]
            asked = data.draw(st.lists(st.sampled_from(sorted(states[-1])) if states[-1] else KEYS, min_size=1, max_size=6))
            queries = {key: states[epoch].get(key) for key in asked}
            verify_map(roots[epoch], depth, prove(view, asked), list(queries.items()))
        if history.epoch == 0:
            break
        history.retreat()
        assert history.current.root == roots[history.epoch]
    assert history.nbytes == 0
