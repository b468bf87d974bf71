"""What docs/formats/statement.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from msgspec.json import schema_components

from suxin.ledger import terms
from suxin.ledger.authority import CASE_MOVES
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.keys import key_id, parse_public, verify_statement
from suxin.ledger.registry import TYPES
from suxin.ledger.statement import Statement, copy_for_ref, parse_statement


def parsed(text: str) -> Statement:
    """The statement of a block: its bytes are all but the line feed that ends the block."""
    return parse_statement(text.removesuffix("\n").encode())


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = parsed(text)
    assert (shown.type, shown.n, shown.book) == ("scan", 1, "suxin.example/demo")


def names(text: str, blocks: Mapping[str, str]) -> None:
    shown, statement = json.loads(text), parsed(blocks["statement.example"])
    assert shown["hash"] == b64u(statement.hash)
    public = parse_public(shown["public"])
    assert shown["key"] == b64u(key_id(public)) == statement.key
    verify_statement(public, statement.raw, unb64u(shown["signature"], 64))


def reference(text: str, blocks: Mapping[str, str]) -> None:
    referred, shown = parsed(blocks["statement.example"]), parsed(text)
    assert shown.ref == b64u(referred.hash)
    assert shown.re == copy_for_ref(referred)
    assert shown.streams == referred.streams  # a correction has no subject of its own


def bodies(text: str, _blocks: Mapping[str, str]) -> None:
    """Every body and every part of one, as the schemas have them; the named forms below them are checked by the vectors."""
    lines = text.replace("\n  ", " ").splitlines()
    shown = {line.split(" {")[0]: line for line in lines if line.endswith("}") and " { " in line}
    types = {row.name: row.body.__name__ for row in TYPES.values() if row.body is not None}
    _, components = schema_components([row.body for row in TYPES.values() if row.body is not None], ref_template="{name}")
    labels = {name: name.lower() for name in components} | {body: kind for kind, body in types.items()}
    assert shown == {labels[name]: _row(labels[name], schema) for name, schema in components.items()}


_NAMED: dict[object, str] = {
    next(meta.pattern for meta in get_args(form) if getattr(meta, "pattern", None)): name
    for form, name in (
        (terms.Hash, "hash"), (terms.PublicKey, "public"), (terms.Moment, "moment"), (terms.Date, "day"),
        (terms.District, "district"), (terms.Facility, "facility"), (terms.Code, "code"), (terms.Actor, "actor"),
        (terms.KeyHolder, "holder"), (terms.Currency, "currency"), (terms.Reason, "reason"),
    )
}  # fmt: skip


def _row(label: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    members = (f"{name}{'' if name in needed else '?'}: {_form(form)}" for name, form in schema["properties"].items())
    return f"{label} {{ {', '.join(members)} }}"


def _form(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).lower()
    if "enum" in schema:
        return f"({' '.join(map(str, schema['enum']))})"
    if "anyOf" in schema:
        return " / ".join(map(_form, schema["anyOf"]))
    if schema["type"] == "boolean":
        return "bool"
    if schema["type"] == "integer":
        least = str(schema["minimum"]).replace("-9007199254740991", "-(2^53-1)")
        return f"{least}..{schema['maximum']}".replace("9007199254740991", "2^53-1")
    if schema["type"] == "array":
        return f"{schema.get('minItems', 0)}..{schema['maxItems']} of {_form(schema['items'])}"
    if "pattern" in schema:
        pattern = schema["pattern"]
        return _NAMED.get(pattern, "/" + pattern.replace("\\Z", "$") + "/")
    return f"text {schema.get('minLength', 0)}..{schema['maxLength']}"


def case_moves(text: str, _blocks: Mapping[str, str]) -> None:
    lines = [line.split(": ") for line in text.splitlines()]
    assert {who: frozenset(states.split()) for who, states in lines} == CASE_MOVES


CHECKS = {
    "statement.example": example,
    "statement.names": names,
    "statement.reference": reference,
    "statement.bodies": bodies,
    "statement.case-moves": case_moves,
}
