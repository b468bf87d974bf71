from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.note import format_base64
from suxin.ledger.tlogproof import TlogProof, format_tlog_proof, parse_tlog_proof, verify_tlog_proof

KEY = SigningKey(bytes(32))
ORIGIN = "suxin.example/demo/1"
LEAVES = [leaf_hash(bytes([i])) for i in range(5)]
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 5, root_of(LEAVES)), KEY)
PROOF = TlogProof(2, tuple(inclusion_path(2, 5, nodes_of(LEAVES))), NOTE)
TEXT = format_tlog_proof(PROOF)
HASH = format_base64(bytes(32))


def test_proof_of_each_leaf() -> None:
    for index, leaf in enumerate(LEAVES):
        proof = TlogProof(index, tuple(inclusion_path(index, 5, nodes_of(LEAVES))), NOTE)
        opened = verify_tlog_proof(parse_tlog_proof(format_tlog_proof(proof)), leaf, ORIGIN, [log_key(ORIGIN, KEY.public)])
        assert opened.checkpoint.size == 5


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        (dataclasses.replace(PROOF, index=3), "inclusion-invalid"),
        (dataclasses.replace(PROOF, index=5), "inclusion-invalid"),
        (dataclasses.replace(PROOF, path=PROOF.path[:-1]), "inclusion-invalid"),
        (dataclasses.replace(PROOF, note=NOTE.replace("\n5\n", "\n6\n")), "note-signature-invalid"),
        (dataclasses.replace(PROOF, note="hello"), "note-malformed"),
    ],
)
def test_proofs_that_do_not_hold(proof: TlogProof, code: str) -> None:
    with pytest.raises(VerificationError) as failure:
        verify_tlog_proof(proof, LEAVES[2], ORIGIN, [log_key(ORIGIN, KEY.public)])
    assert failure.value.code == code


def test_one_leaf_needs_no_path() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, LEAVES[0]), KEY)
    text = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}"
    assert format_tlog_proof(TlogProof(0, (), note)) == text
    verify_tlog_proof(parse_tlog_proof(text), LEAVES[0], ORIGIN, [log_key(ORIGIN, KEY.public)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        NOTE,
        TEXT.replace("@v1", "@v2"),
        TEXT.replace("index 2", "index 02"),
        TEXT.replace("index 2", "index -2"),
        TEXT.replace("index 2", "index  2"),
        TEXT.replace("index 2", f"index {2**63}"),
        TEXT.replace("index 2", "index"),
        TEXT.replace("index 2\n", ""),
        TEXT.replace("index 2", "index 2\nindex 2"),
        TEXT.replace("index 2", "index 2\nextra AAAA"),
        TEXT.replace("index 2", "extra AAA\nindex 2"),
        TEXT.replace("index 2", "extra AAAA\nextra AAAA\nindex 2"),
        TEXT.replace("index 2", "Extra AAAA\nindex 2"),
        TEXT.replace("index 2\n", "index 2\nAAAA\n"),
        TEXT.replace("index 2\n", "index 2\n" + f"{HASH}\n" * 61),
        TEXT.replace("\n\n", "\n"),
        TEXT.replace("index", "\nindex"),
        TEXT.replace("index 2\n", "index 2\r\n"),
        "c2sp.org/tlog-proof@v1\n\n" + NOTE,
        TEXT + "a" * 200_000,
    ],
    ids=range(21),
)
def test_malformed(text: str) -> None:
    with pytest.raises(VerificationError) as failure:
        parse_tlog_proof(text)
    assert failure.value.code == "tlog-proof-malformed"


@given(
    st.builds(
        TlogProof,
        st.integers(0, 2**63 - 1),
        st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
        st.just(NOTE),
        st.none() | st.binary(max_size=50),
    )
)
def test_text_and_back(proof: TlogProof) -> None:
    assert parse_tlog_proof(format_tlog_proof(proof)) == proof


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, (), NOTE),
        TlogProof(2**63, (), NOTE),
        TlogProof(1, (bytes(31),), NOTE),
        TlogProof(1, (bytes(32),) * 64, NOTE),
    ],
)
def test_only_proofs_are_written(proof: TlogProof) -> None:
    with pytest.raises(ValueError, match=r"."):
        format_tlog_proof(proof)
