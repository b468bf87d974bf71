"""What docs/formats/chain.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.chain import HEAD_START, extend, verify_chain
from suxin.ledger.encoding import b64u, unb64u


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    head = HEAD_START
    for row in shown:
        head = extend(head, row["index"], unb64u(row["leaf_hash"], 32))
        assert b64u(head) == row["head"]
    verify_chain([(row["index"], unb64u(row["leaf_hash"], 32)) for row in shown], head)


CHECKS = {"chain.example": example}
