"""What docs/formats/segment.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.segment import decode_segment, encode_segment


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    leaves = [leaf.encode() for leaf, times in shown["leaves"] for _ in range(times)]
    raw = shown["tag"].encode() + bytes.fromhex(shown["hash_hex"] + shown["head_hex"] + "".join(shown["blocks_hex"]))
    found = decode_segment(raw, shown["first"])
    assert found.leaves() == leaves
    assert [block.hex() for block in found.blocks] == shown["blocks_hex"]
    # Another zlib may compress otherwise; what is made here is read here.
    assert decode_segment(encode_segment(shown["first"], leaves), shown["first"]).leaves() == leaves


CHECKS = {"segment.example": example}
