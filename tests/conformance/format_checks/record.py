"""What docs/formats/record.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from suxin.ledger.bundle import parse_bundle
from suxin.trace.retelling import record_json, retell

BUNDLES = json.loads((Path(__file__).parents[2] / "vectors/bundle.json").read_bytes())["bundles"]


def example(text: str, _blocks: Mapping[str, str]) -> None:
    page = retell(parse_bundle(BUNDLES["short"].encode()))
    assert page is not None
    assert json.loads(text) == json.loads(json.dumps(record_json(page)))


CHECKS = {"record.example": example}
