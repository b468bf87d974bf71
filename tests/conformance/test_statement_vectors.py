"""The vectors of statements, which other verifiers run as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.registry import WRITABLE
from suxin.ledger.statement import parse_statement
from suxin.ledger.usual import read_statement

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/statement.json").read_bytes())


def check(case: dict[str, Any], *, writing: bool) -> None:
    raw = case["raw"].encode()
    assert rfc8785.dumps(json.loads(raw)) == raw
    statement = parse_statement(raw, writing=writing)
    assert b64u(statement.hash) == case["hash"]
    assert list(statement.streams) == case["streams"]
    assert (statement.body is not None) == (statement.type in WRITABLE)
    assert read_statement(raw) == statement  # the quicker reader


@pytest.mark.parametrize("case", [case for case in VECTORS["cases"] if case["valid"]], ids=lambda case: case["name"])
def test_what_is_well_formed(case: dict[str, Any]) -> None:
    check(case, writing=True)
    check(case, writing=False)


@pytest.mark.parametrize("case", [case for case in VECTORS["cases"] if not case["valid"]], ids=lambda case: case["name"])
def test_what_is_not(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        parse_statement(bytes.fromhex(case["raw_hex"]))
    if case["code"] != "type-unregistered":
        with pytest.raises(Refused):
            read_statement(bytes.fromhex(case["raw_hex"]))
    assert (refused.value.code, refused.value.pointer) == (case["code"], case["pointer"])
    assert case["code"] in PROBLEMS


@pytest.mark.parametrize("case", VECTORS["not_understood"], ids=lambda case: case["name"])
def test_what_is_not_understood(case: dict[str, Any]) -> None:
    check(case, writing=False)
    with pytest.raises(Refused) as refused:
        parse_statement(case["raw"].encode())
    assert (refused.value.code, refused.value.pointer) == ("type-unregistered", "/type")


def test_there_is_a_case_of_every_type_that_may_be_written() -> None:
    assert {json.loads(case["raw"])["type"] for case in VECTORS["cases"] if case["valid"]} == WRITABLE
    assert len({case["name"] for case in VECTORS["cases"]}) == len(VECTORS["cases"])
