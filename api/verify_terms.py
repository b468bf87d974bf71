"""The book's schemas and tables as a JavaScript module, for the verifier in the browser: `static/verify-terms.js`.

Written out from the same definitions that every Python verifier reads, so that no second list can fall behind. The file is
committed; a test fails when it is not what this module writes: `python -m suxin.api.verify_terms > api/static/verify-terms.js`.
The words for reason codes, and the forms of types that few products have, are files of their own, which
`python -m suxin.api.record_terms` writes.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Final

import msgspec
import orjson

from ..ledger import bundle, epoch, leaf, limits, statement
from ..ledger.authority import TABLE
from ..ledger.reasons import REASONS
from ..ledger.registry import NEVER_WITHHELD, TYPES
from ..ledger.withholding import MAY_WITHHOLD

SHAPES: Final[dict[str, Any]] = {
    "bundle": bundle._Form,
    "envelope": statement.Envelope,
    "genesis": leaf.Genesis,
    "entry": leaf.Entry,
    "batch": leaf.Batch,
    "epoch": epoch._Form,
}
LIMITS: Final = (
    "BUNDLE_BYTES_MAX", "BUNDLE_DEPTH_MAX", "BUNDLE_ENTRIES_MAX", "BUNDLE_LISTED_MAX", "BUNDLE_STREAMS_MAX", "CALENDAR_MS_MAX",
    "COSIGNATURE_AGE_MS_MAX", "CURRENT_MS_MAX", "DEPTH_MAX", "FUTURE_MS_MAX", "LEAF_BYTES_MAX", "ROTATE_GRACE_MS",
    "STATEMENT_BYTES_MAX", "STREAM_ID_BYTES_MAX", "TREE_HEIGHT_MAX",
)  # fmt: skip
JUDGED: Final = ("actor", "key", "mandate")  # types whose authority a bundle's reader judges; approvals have a rule of their own
# Types whose forms every bundle may need; a browser loads the others where a bundle names one of them.
OFTEN: Final = frozenset((
    "item", "listing", "sale", "dispatch", "consign", "scan", "delivery", "confirm", "claim", "review", "reply", "inspection",
    "actor", "key", "mandate", "commitment", "publication",
))  # fmt: skip
_WORDS: Final = frozenset(("title", "description"))
HEAD: Final = "// Written by `python -m suxin.api.verify_terms` from the schemas of the book; never edit by hand.\n"


def terms_js() -> str:
    """Text of the module."""
    return f"{HEAD}export default {orjson.dumps(_parted(_terms())[0], option=orjson.OPT_SORT_KEYS).decode()};\n"


def terms_rest_js() -> str:
    """Text of `static/verify-terms-rest.js`: forms of the types that few bundles have."""
    return f"{HEAD}export default {orjson.dumps(_parted(_terms())[1], option=orjson.OPT_SORT_KEYS).decode()};\n"


def _parted(terms: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is always needed, with the names of the types left out; and the forms of those."""
    often = {name: form for name, form in terms["bodies"].items() if name in OFTEN}
    needed: set[str] = set()
    for form in [*terms["shapes"].values(), *often.values()]:
        _reach(form, terms["parts"], needed)
    seldom = {name: form for name, form in terms["bodies"].items() if name not in OFTEN}
    parts = {name: part for name, part in terms["parts"].items() if name in needed}
    rest = {name: part for name, part in terms["parts"].items() if name not in needed}
    return terms | {"bodies": often, "parts": parts, "seldom": sorted(seldom)}, {"bodies": seldom, "parts": rest}


def _reach(name: str, parts: dict[str, Any], found: set[str]) -> None:
    """Add a form and all that it is made of."""
    if name in found:
        return
    found.add(name)
    for other in re.findall(r'"\$ref":"([^"]+)"', orjson.dumps(parts[name]).decode()):
        _reach(other, parts, found)


def reasons_js() -> str:
    """Text of `static/verify-reasons.js`: what each reason code means, in English and Chinese. Only views need it."""
    return f"{HEAD}export default {orjson.dumps(REASONS, option=orjson.OPT_SORT_KEYS).decode()};\n"


def _terms() -> dict[str, Any]:
    bodies = {name: row.body for name, row in TYPES.items() if row.body is not None}
    roots, parts = msgspec.json.schema_components([*SHAPES.values(), *bodies.values()], ref_template="{name}")
    return {
        "shapes": dict(zip(SHAPES, (root["$ref"] for root in roots), strict=False)),
        "bodies": dict(zip(bodies, (root["$ref"] for root in roots[len(SHAPES) :]), strict=True)),
        "parts": {name: _plain(part) for name, part in parts.items()},
        "types": {
            name: {
                "subjects": row.subjects,
                "streams": row.streams,
                "ref": row.ref,
                "to": row.refers_to,
                "withhold": () if name in NEVER_WITHHELD else row.withhold,
            }
            for name, row in TYPES.items()
        },
        "may_withhold": MAY_WITHHOLD,
        "authority": sorted(row for row in TABLE if row[1] in JUDGED),
        "limits": {name: getattr(limits, name) for name in LIMITS},
    }


def _plain(value: object) -> object:
    """A schema without its words, its patterns as JavaScript reads them."""
    if isinstance(value, dict):
        return {
            name: part.replace(r"\Z", "$") if name == "pattern" and isinstance(part, str) else _plain(part)
            for name, part in value.items()
            # A property may be called "title"; only a schema's own words are text.
            if name not in _WORDS or not isinstance(part, str)
        }
    return [_plain(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.stdout.write(terms_js())
