"""What docs/formats/witness.md shows."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.checkpoint import log_key
from suxin.ledger.cosignature import verify_cosignatures, witness_key
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import root_of
from suxin.ledger.note import Note, format_note, format_signature_lines, parse_signature_lines
from suxin.ledger.witness import NEVER, Cosigned, Declined, Seen, Why, decide, format_ask, parse_ask

# RFC 8032 section 7.1, tests 1 and 2.
LOG = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
WITNESS = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
NAME = "witness.example/w1"
LEAVES = [leaf_hash(f"leaf {at}".encode()) for at in range(7)]


def example(text: str, blocks: Mapping[str, str]) -> None:
    ask = parse_ask(text.encode())
    assert format_ask(ask.old, ask.path, format_note(ask.note)) == text.encode()
    logs = {ask.origin: [log_key(ask.origin, LOG.public)]}
    (shown,) = verify_cosignatures(Note(ask.note.text, parse_signature_lines(blocks["witness.answer"])), [KEY])
    found = decide(ask, Seen(3, root_of(LEAVES[:3]), ""), logs, NAME, WITNESS, shown.time_s)
    assert isinstance(found, Cosigned)
    assert format_signature_lines(found.lines.signatures) == blocks["witness.answer"]
    assert (found.seen.size, found.seen.root) == (7, root_of(LEAVES))
    stale = decide(ask, NEVER, logs, NAME, WITNESS, shown.time_s)
    assert isinstance(stale, Declined)
    assert (stale.why, stale.size) == (Why.STALE, 0)
    other = decide(ask, Seen(3, root_of(LEAVES[1:4]), ""), logs, NAME, WITNESS, shown.time_s)
    assert isinstance(other, Declined)
    assert other.why is Why.NOT_CONSISTENT


def answer(text: str, _blocks: Mapping[str, str]) -> None:
    assert format_signature_lines(parse_signature_lines(text)) == text


KEY = witness_key(NAME, WITNESS.public)
CHECKS = {"witness.example": example, "witness.answer": answer}
