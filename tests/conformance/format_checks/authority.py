"""What docs/formats/authority.md shows."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.authority import RELATIONS, ROLES, TABLE
from suxin.ledger.registry import WRITABLE


def table(text: str, _blocks: Mapping[str, str]) -> None:
    shown: dict[tuple[str, str], list[str]] = {}
    for line in text.splitlines():
        type_name, relation, roles = line.split(": ")
        assert (type_name, relation) not in shown, f"{type_name}: {relation} twice"
        shown[(type_name, relation)] = roles.split()
        assert roles.split() == [role for role in ROLES if role in roles.split()], "roles in the table's order"
    assert {(role, type_name, relation) for (type_name, relation), roles in shown.items() for role in roles} == TABLE
    assert {type_name for type_name, _ in shown} == WRITABLE
    assert {relation for _, relation in shown} <= set(RELATIONS)


CHECKS = {"authority.table": table}
