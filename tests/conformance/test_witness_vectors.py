"""The request and answer of C2SP tlog-witness that were made by another program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.checkpoint import open_cosigned
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_note, format_signature_lines, parse_signature_lines, parse_vkey
from suxin.ledger.proof import root_from_range
from suxin.ledger.witness import NEVER, Cosigned, Declined, Seen, Why, decide, format_ask, parse_ask

# RFC 6962 test leaves, as the vectors' note says.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


@pytest.fixture(scope="module")
def made(shared: Path) -> Any:
    return json.loads((shared / "data" / "vectors" / "selfmade_c2sp_vectors.json").read_bytes())


def test_the_request_and_its_answer(made: Any) -> None:
    raw = made["add_checkpoint_request_old6"].encode()
    ask = parse_ask(raw)
    assert ask.old == 6
    assert format_ask(ask.old, ask.path, format_note(ask.note)) == raw
    log, witness = parse_vkey(made["log_vkey"]), parse_vkey(made["witness_vkey"])
    key = SigningKey(bytes.fromhex(made["witness_seed_hex"]))
    answer = made["add_checkpoint_response_200"]
    time_s = int.from_bytes(parse_signature_lines(answer)[0].blob[:8], "big")
    found = decide(ask, Seen(6, _root(6), ""), {log.name: [log]}, witness.name, key, time_s)
    assert isinstance(found, Cosigned), found
    assert format_signature_lines(found.lines.signatures) == answer
    opened = open_cosigned(found.seen.note, log.name, [log], [witness])
    assert (opened.checkpoint.size, opened.checkpoint.root) == (8, _root(8))
    assert opened.cosignatures[0].time_s == time_s
    never = decide(ask, NEVER, {log.name: [log]}, witness.name, key, time_s)
    assert isinstance(never, Declined)
    assert (never.why, never.size) == (Why.STALE, 0)


def _root(size: int) -> bytes:
    return root_from_range(0, [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]], size, [])
