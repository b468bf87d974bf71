"""What the HTTP interface promises, as OpenAPI: made from the routes, the registry of types, and the answers listed here.

Shapes of statements come from the very schemas that parse them. Every refusal is a problem, so every address has one
default answer. `tests/integration/test_http_openapi.py` holds the running server against it.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..ledger.identifier import ACTOR
from ..ledger.limits import INTEGER_MAX
from ..ledger.registry import TYPES
from ..ledger.statement import ORIGIN, Evidence, Re, Source, Subjects
from ..ledger.terms import Hash, Moment

Schema = dict[str, Any]
_REF: Final = "#/components/schemas/{name}"
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": INTEGER_MAX}
_HASH: Final[Schema] = {"type": "string", "minLength": 43, "maxLength": 43, "description": "SHA-256, base64url"}
_PATH: Final[Schema] = {"type": "array", "items": _HASH, "maxItems": 128}
_NOTE: Final[Schema] = {"type": "string", "description": "C2SP signed note, whole"}
_TEXT: Final[Schema] = {"type": "string"}
_BYTES: Final[Schema] = {"type": "string", "format": "binary"}
_KINDS: Final[Schema] = {
    "type": "object", "required": ["plain", "full"], "properties": {"plain": _COUNT, "full": _COUNT},
    "description": "Witnesses by kind, by this server's word; docs/formats/witness.md",
}  # fmt: skip


def _ref(name: str) -> Schema:
    return {"$ref": _REF.format(name=name)}


def _object(required: Schema, optional: Schema | None = None, **more: object) -> Schema:
    return {"type": "object", "required": list(required), "properties": required | (optional or {})} | more


_ANSWERS: Final[dict[str, Schema]] = {
    "Problem": _object(
        {
            "type": _TEXT | {"pattern": "^/problems/[a-z0-9-]+$"}, "title": _TEXT, "status": {"type": "integer"},
            "detail": _TEXT, "cure": _TEXT,
        },
        {"pointer": _TEXT, "canonical": _TEXT, "index": _COUNT},
        description="RFC 9457; docs/problems.md lists every type",
    ),
    "Receipt": _object(
        {
            "outcome": {"enum": ["recorded", "already"]}, "index": _COUNT, "epoch": _COUNT, "statement": _HASH,
            "received": _COUNT, "leaf": _HASH, "size": _COUNT, "proof": _PATH, "checkpoint": _NOTE, "cosigned": _KINDS,
        },
        description="docs/formats/receipt.md",
    ),
    "Certificate": _object(
        {"certificate": _NOTE, "leaf": {"type": "object"}, "proof": _TEXT, "v": {"enum": [1]}},
        description="docs/formats/erasure.md",
    ),
    "Row": _object(
        {"row": _COUNT, "outcome": {"enum": ["recorded", "already", "refused"]}},
        {"index": _COUNT, "statement": _HASH, "received": _COUNT, "epoch": _COUNT, "problem": _ref("Problem")},
    ),
    "Rows": _object(
        {
            "recorded": _COUNT, "already": _COUNT, "refused": _COUNT, "epoch": _COUNT, "size": _COUNT, "checkpoint": _NOTE,
            "first": {"type": ["integer", "null"]}, "last": {"type": ["integer", "null"]}, "proof": _PATH,
            "rows": {"type": "array", "items": _ref("Row")}, "cosigned": _KINDS,
        },
        description="docs/formats/receipt.md",
    ),
    "Canonical": _object({"canonical": _TEXT, "hash": _HASH}),
    "Site": _object(
        {
            "book": _TEXT, "origin": _TEXT, "vkey": _TEXT, "vkeys": {"type": "array", "items": _TEXT, "minItems": 1},
            "log_key_id": _HASH, "genesis": _HASH, "sandbox": {"type": "boolean"},
            "root": _object({"actor": _TEXT, "key": _TEXT}), "entries": {"enum": ["public", "private"]},
            "witnesses": {
                "type": "array",
                "items": _object(
                    {"vkey": _TEXT, "url": _TEXT, "kind": {"enum": ["plain", "full"]}, "size": {"type": ["integer", "null"]}}
                ),
            },
            "cosigned": _KINDS,
        }
    ),
    "Proof": _object({"index": _COUNT, "size": _COUNT, "leaf": _HASH, "proof": _PATH}, {"checkpoint": _NOTE}),
    "Epoch": _object(
        {"index": _COUNT, "size": _COUNT, "leaf": _TEXT, "hash": _HASH, "proof": _PATH, "checkpoint": _NOTE},
        description="docs/formats/epoch.md",
    ),
    "Update": _object(
        {
            "checkpoint": _NOTE, "genesis": {"type": "object"}, "hashes": _TEXT, "leaves": {"type": "array", "minItems": 2},
            "path": _TEXT, "v": {"enum": [1]},
        },
        {"changed": {"type": "array", "minItems": 1}, "map": _object({"buckets": {"type": "array"}, "nodes": _TEXT})},
        description="docs/formats/update.md",
    ),
    "Ready": _object({"ready": {"type": "boolean"}, "doubts": {"type": "array", "items": _TEXT}}),
    "ProblemType": _object({"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "cure": _TEXT}),
}  # fmt: skip

# Address -> status -> media type -> schema; what is not listed answers 200 with a JSON object.
_LISTED: Final[dict[str, dict[str, dict[str, Schema]]]] = {
    "POST /v1/events": {"201": {"application/json": _ref("Receipt")}, "200": {"application/json": _ref("Receipt")}},
    "POST /v1/batches": {"200": {"application/json": _ref("Rows")}},
    "POST /v1/canonical": {"200": {"application/json": _ref("Canonical")}},
    "POST /v1/erasures": {"201": {"application/json": _ref("Certificate")}, "200": {"application/json": _ref("Certificate")}},
    "GET /v1/erasures/{statement}": {"200": {"application/json": _ref("Certificate")}},
    "GET /v1/events/{statement}": {"200": {"application/json": _ref("Receipt")}},
    "GET /v1/entries/{index}/proof": {"200": {"application/json": _ref("Proof")}},
    "GET /v1/entries/{index}/tlog-proof": {"200": {"text/plain": _TEXT}},
    "GET /tile/{path}": {"200": {"application/octet-stream": _BYTES}},
    "GET /v1/epochs/{number}": {"200": {"application/json": _ref("Epoch")}},
    "GET /v1/map/update": {"200": {"application/json": _ref("Update")}},
    "GET /v1/couriers/{uscc}/facts/{root}/table.zip": {"200": {"application/zip": _BYTES}},
    "GET /v1/couriers/{uscc}/facts/{root}/{name}.ndjson": {"200": {"application/x-ndjson": _TEXT}},
    "GET /v1/couriers/{uscc}/history.csv": {"200": {"text/csv": _TEXT}},
    "GET /v1/couriers/{uscc}/indicators.csv": {"200": {"text/csv": _TEXT}},
    "GET /v1/couriers/{uscc}/times.csv": {"200": {"text/csv": _TEXT}},
    "GET /v1/qr/{key}": {"200": {"image/svg+xml": {}, "image/png": {}}},
    "GET /.well-known/suxin.json": {"200": {"application/json": _ref("Site")}},
    "GET /checkpoint": {"200": {"text/plain": _NOTE}},
    "GET /problems/{code}": {"200": {"application/json": _ref("ProblemType")}},
    "GET /healthz": {"200": {"text/plain": _TEXT}},
    "GET /readyz": {"200": {"application/json": _ref("Ready")}, "503": {"application/json": _ref("Ready")}},
    "GET /metrics": {"200": {"text/plain": _TEXT}},
}
_WORDS: Final = {"200": "Found", "201": "Recorded now", "503": "Not ready"}


def _statement_schemas() -> dict[str, Schema]:
    """Schemas of statements and of every body that may be written."""
    bodies = [row.body for row in TYPES.values() if row.body is not None]
    parts: list[Any] = [Subjects, Re, Source, Evidence, *bodies]
    _, found = msgspec.json.schema_components(parts, ref_template=_REF)
    (hash_, moment), _ = msgspec.json.schema_components([Hash, Moment], ref_template=_REF)
    actor = _TEXT | {"pattern": f"^{ACTOR}$", "maxLength": 60}
    found["Statement"] = _object(
        {
            "actor": actor, "at": moment, "body": {"anyOf": [_ref(body.__name__) for body in dict.fromkeys(bodies)]},
            "book": _TEXT | {"pattern": f"^{ORIGIN}$"}, "id": _TEXT | {"format": "uuid"}, "key": hash_,
            "n": _COUNT | {"minimum": 1}, "subjects": _ref("Subjects"),
            "type": {"enum": [name for name, row in TYPES.items() if row.body is not None]}, "v": {"enum": [1]},
        },
        {
            "evidence": {"type": "array", "items": _ref("Evidence"), "minItems": 1, "maxItems": 16}, "for": actor,
            "re": _ref("Re"), "ref": hash_, "source": _ref("Source"),
        },
        additionalProperties=False,
        description="Canonical JSON; its very bytes are what is signed. docs/formats/statement.md",
    )  # fmt: skip
    # JSON Schema has regular expressions of JavaScript, which ends a text with $.
    ended: dict[str, Schema] = json.loads(json.dumps(found).replace(r"\\Z", "$"))
    return ended


def describe(app: FastAPI) -> Schema:
    """The OpenAPI document of an application."""
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary="A public book of the life of a product and of the courier who carried it",
        routes=app.routes,
    )
    found["components"] = {"schemas": dict(sorted((_ANSWERS | _statement_schemas()).items()))}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            listed = _LISTED.get(f"{method.upper()} {path}", {"200": {"application/json": {"type": "object"}}})
            operation["responses"] = {
                status: {"description": _WORDS[status], "content": {media: {"schema": s} for media, s in answers.items()}}
                for status, answers in listed.items()
            } | {
                "default": {
                    "description": "Refused",
                    "content": {"application/problem+json": {"schema": _ref("Problem")}},
                }
            }
    return found
