"""What docs/formats/erasure.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from suxin.ledger import canonical
from suxin.ledger.certificate import verify_certificate
from suxin.ledger.erasure import ErasureBody
from suxin.ledger.policy import format_policy, parse_policy
from suxin.ledger.statement import parse_statement
from suxin.ledger.withholding import withholding_of


def example(text: str, _blocks: Mapping[str, str]) -> None:
    raw = text.strip().encode()
    assert canonical.dump(json.loads(raw)) == raw
    said = parse_statement(raw)
    assert isinstance(said.body, ErasureBody)
    assert said.body.ground == "request"
    assert said.streams == tuple(f"{letter}:{said.re['subjects'][of]}" for letter, of in (("p", "item"), ("r", "offer")))  # type: ignore[index,call-overload]
    assert withholding_of(said) is None


def sealed(text: str, _blocks: Mapping[str, str]) -> None:
    body = msgspec.json.decode(text, type=ErasureBody)
    assert (body.ground, body.until) == ("law", "2029-11-22")


def certificate(text: str, blocks: Mapping[str, str]) -> None:
    logs = parse_policy(blocks["erasure.policy"].encode()).logs
    found = verify_certificate(text.encode(), logs[0].key.name, tuple(log.key for log in logs))
    assert (found.outcome, found.until, found.kind, found.values) == ("erased", "", "review", ("/body/text",))
    said = json.loads(blocks["erasure.example"])
    assert json.loads(text)["leaf"]["statement"] == said
    assert found.of == said["ref"]


def policy(text: str, _blocks: Mapping[str, str]) -> None:
    assert format_policy(parse_policy(text.encode())).decode() == text


CHECKS = {
    "erasure.example": example,
    "erasure.sealed": sealed,
    "erasure.certificate": certificate,
    "erasure.policy": policy,
}
