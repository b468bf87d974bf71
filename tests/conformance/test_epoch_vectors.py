"""The vectors of epoch leaves, which other verifiers run as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.encoding import unb64u
from suxin.ledger.epoch import decode_epoch, encode_epoch, follow, verify_place
from suxin.ledger.errors import VerificationError
from suxin.ledger.reasons import REASONS

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/epoch.json").read_bytes())


def check(case: dict[str, Any]) -> None:
    previous = decode_epoch(case["previous"].encode()) if case["previous"] else None
    epoch = decode_epoch(case["leaf"].encode())
    follow(previous, case["previous_index"], epoch, case["index"], case["latest_received"], unb64u(VECTORS["genesis"]))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_epoch(case: dict[str, Any]) -> None:
    if not case["valid"]:
        with pytest.raises(VerificationError) as failure:
            check(case)
        assert failure.value.code == case["reason"]
        assert case["reason"] in REASONS
        return
    check(case)
    epoch = decode_epoch(case["leaf"].encode())
    assert encode_epoch(epoch).decode() == case["leaf"]
    verify_place(epoch, case["index"])
