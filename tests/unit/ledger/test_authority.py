"""Every cell of role × type × relation, against the table as the format page prints it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from suxin.ledger.authority import CASE_MOVES, RELATIONS, ROLES, permitted, require
from suxin.ledger.errors import Refused
from suxin.ledger.registry import TYPES, WRITABLE

PAGE = Path(__file__).parents[3] / "docs" / "formats" / "authority.md"


def printed() -> set[tuple[str, str, str]]:
    block = re.search(r"```text authority\.table\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    cells = set()
    for line in block[1].strip().splitlines():
        type_name, relation, roles = line.split(": ")
        cells |= {(role, type_name, relation) for role in roles.split()}
    return cells


def test_every_cell_is_as_printed() -> None:
    expected = printed()
    assert len(expected) > 100
    for role, type_name, relation in itertools.product(ROLES, TYPES, RELATIONS):
        allowed = bool(permitted(role, type_name, frozenset((relation,))))
        assert allowed == ((role, type_name, relation) in expected), (role, type_name, relation)


def test_every_writable_type_can_be_written_by_somebody() -> None:
    assert {type_name for _, type_name, _ in printed()} == WRITABLE


def test_a_stranger_and_a_wrong_relation_are_refused_by_name() -> None:
    with pytest.raises(Refused, match="stranger") as refused:
        require(None, "scan", frozenset(("carrier",)))
    assert refused.value.code == "no-authority"
    with pytest.raises(Refused, match="merchant who stands to this as public"):
        require("merchant", "scan", frozenset(("public",)))


def test_several_relations_give_what_each_gives() -> None:
    assert require("merchant", "dispatch", frozenset(("seller", "shipper", "public"))) == {"seller", "shipper"}


def test_only_a_regulator_decides_a_case() -> None:
    deciders = {who for who, states in CASE_MOVES.items() if "DECIDED" in states}
    assert deciders == {"regulator"}
