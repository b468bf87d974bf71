"""docs/formats/update.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from fakes.paper import Paper

from suxin.ledger import canonical
from suxin.ledger.checkpoint import Checkpoint, open_checkpoint
from suxin.ledger.encoding import unb64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.map_hash import map_key
from suxin.ledger.update import parse_update
from suxin.ledger.update_verify import step_json, verify_update

PAPER = Paper()


def opened(note: str) -> Checkpoint:
    return open_checkpoint(note, PAPER.genesis.origin, PAPER.log_key.public)


def example(text: str, shown: Mapping[str, str]) -> None:
    update = parse_update(canonical.dump(json.loads(text)))
    held, newer = opened(shown["update.held"]), opened(update.note)
    step = verify_update(update, held, newer)
    assert step_json(step) == json.loads(shown["update.step"])
    verify_update(update, update.shown[0].leaf.map_root, newer)
    with pytest.raises(VerificationError, match="consistency-invalid"):
        verify_update(update, Checkpoint(held.origin, held.size, bytes(32)), newer)


def held(text: str, shown: Mapping[str, str]) -> None:
    assert opened(text).size == json.loads(shown["update.step"])["first"] + 1


def step(text: str, _: Mapping[str, str]) -> None:
    inspected, made = json.loads(text)["grown"]
    assert unb64u(inspected["key"]) == map_key("p:/01/06901234567892")
    assert unb64u(made["key"]) == map_key("p:/01/06901234567892/21/serial-00000003")
    assert "before" not in made


CHECKS = {"update.held": held, "update.example": example, "update.step": step}
