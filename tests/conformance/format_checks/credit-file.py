"""docs/formats/credit-file.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from fakes import credit_bodies as good

from suxin.ledger.registry import TYPES

SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "penalty": ("penalty", good.PENALTY),
    "list": ("list", good.LIST),
    "warning": ("warning", good.NOTICE),
    "objection": ("objection", good.OBJECTION),
    "decision": ("objection", good.DECISION),
    "repair": ("repair", good.REPAIR),
    "overdue": ("warning", good.OVERDUE),
}


def shows(name: str, text: str, _: Mapping[str, str]) -> None:
    """The body is the one that the vectors and the tests of the rules use, and the schema takes it."""
    kind, body = SHOWN[name]
    assert json.loads(text) == body
    schema = TYPES[kind].body
    assert schema is not None
    assert msgspec.to_builtins(msgspec.convert(body, schema)) == body


CHECKS = {f"credit-file.{name}": (lambda text, blocks, name=name: shows(name, text, blocks)) for name in SHOWN}
