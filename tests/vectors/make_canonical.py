"""Print canonical.json: bytes inside and outside the canonical form. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from typing import Any

INSIDE: list[tuple[str, str]] = [
    ("empty object", "{}"),
    ("empty array", "[]"),
    ("bare string", '"a"'),
    ("bare integer", "0"),
    ("largest and smallest integers", "[9007199254740991,-9007199254740991]"),
    ("true and false", "[true,false]"),
    ("keys in order of their bytes", '{"":0,"1":1,"10":2,"2":3,"A":4,"_":5,"a":6,"aa":7,"b":8}'),
    ("short escapes", '"\\b\\t\\n\\f\\r\\"\\\\"'),
    ("long escapes of other control characters, in small letters", '"\\u0000\\u000b\\u001f"'),
    ("no escape of slash, delete, or anything beyond ASCII", '"/\u007f\u0080é信\u2028\U0001f600"'),
    ("escapes in a key", '{"\\n":1,"\\"":2}'),
    ("a combining mark behind an escape is normal form C", '"\\n\u0301"'),
    ("a combining mark at the start is normal form C", '"\u0301a"'),
    ("twelve levels", "[" * 12 + "]" * 12),
    ("text that looks like other things", '"null 1.0 1e5 {\\"a\\":1,\\"a\\":1} [["'),
    ("a statement's body", '{"count":2,"place":"330106","price_minor":12900,"title":"龙井茶"}'),
]

OUTSIDE: list[tuple[str, bytes, str, str, str | None]] = [
    ("nothing", b"", "not-json", "", None),
    ("two values", b"{}{}", "not-json", "", None),
    ("cut off", b'{"a":1', "not-json", "", None),
    ("trailing comma", b"[1,]", "not-json", "", None),
    ("leading zero", b"01", "not-json", "", None),
    ("single quotes", b"['a']", "not-json", "", None),
    ("control character in a string", b'"\x01"', "not-json", "", None),
    ("not a number", b"NaN", "not-json", "", None),
    ("infinity", b"[Infinity]", "not-json", "", None),
    ("byte order mark", b"\xef\xbb\xbf{}", "not-json", "", None),
    ("not UTF-8", b'"\xff"', "not-json", "", None),
    ("UTF-8 too long", b'"\xc0\xaf"', "not-json", "", None),
    ("UTF-8 of half a surrogate pair", b'"\xed\xa0\x80"', "not-json", "", None),
    ("escape of half a surrogate pair", b'{"a":"\\ud800"}', "not-json", "/a", None),
    ("UTF-16", '{"a":1}'.encode("utf-16"), "not-json", "", None),
    ("the same key twice", b'{"a":1,"b":{"c":2,"c":2}}', "duplicate-key", "/b/c", None),
    ("the same key twice, once escaped", b'{"a":1,"\\u0061":2}', "duplicate-key", "/a", None),
    ("a fraction", b'{"a":[0,1.5]}', "float", "/a/1", None),
    ("a fraction of nothing", b"1.0", "float", "", None),
    ("an exponent", b"[1e2]", "float", "/0", None),
    ("minus zero with a fraction", b"-0.0", "float", "", None),
    ("one above the range", b"[9007199254740992]", "integer-range", "/0", None),
    ("one below the range", b"[-9007199254740992]", "integer-range", "/0", None),
    ("beyond 64 bits", b"18446744073709551616", "integer-range", "", None),
    ("null", b'{"a":null}', "null", "/a", None),
    ("null alone", b"null", "null", "", None),
    ("e and a combining acute accent", '{"a":"e\u0301"}'.encode(), "not-nfc", "/a", None),
    ("the Angstrom sign", '["\u212b"]'.encode(), "not-nfc", "/0", None),
    ("combining marks in another order", '"a\u0301\u0323"'.encode(), "not-nfc", "", None),
    ("normal form C only after an escape is read", b'"e\\u0301"', "not-nfc", "", None),
    ("a key beyond ASCII", '{"a":{"é":1}}'.encode(), "key-not-ascii", "/a", None),
    ("a key beyond ASCII, escaped", b'{"\\u00e9":1}', "key-not-ascii", "", None),
    ("thirteen levels", b"[" * 13 + b"]" * 13, "too-deep", "/0" * 12, None),
    ("a thousand levels", b'{"a":' * 1000, "too-deep", "", None),
    ("slash and tilde in a pointer", b'{"a/b":{"c~d":1.5}}', "float", "/a~1b/c~0d", None),
    ("space before", b" {}", "not-canonical", "", "{}"),
    ("line feed behind", b"{}\n", "not-canonical", "", "{}"),
    ("space inside", b'{"a": 1}', "not-canonical", "", '{"a":1}'),
    ("keys out of order", b'{"b":1,"a":2}', "not-canonical", "", '{"a":2,"b":1}'),
    ("minus zero", b"[-0]", "not-canonical", "", "[0]"),
    ("escape that is not needed", b'["\\u0041\\/"]', "not-canonical", "", '["A/"]'),
    ("escape beyond ASCII", b'["\\u4fe1"]', "not-canonical", "", '["信"]'),
    ("long escape where a short one exists", b'["\\u000a"]', "not-canonical", "", '["\\n"]'),
    ("escape in capital letters", b'["\\u001F"]', "not-canonical", "", '["\\u001f"]'),
    ("surrogate pair as escapes", b'["\\ud83d\\ude00"]', "not-canonical", "", '["\U0001f600"]'),
]


def make() -> dict[str, Any]:
    """The whole file."""
    cases: list[dict[str, Any]] = [{"name": name, "raw_hex": text.encode().hex(), "valid": True} for name, text in INSIDE]
    for name, raw, code, pointer, canonical in OUTSIDE:
        case = {"name": name, "raw_hex": raw.hex(), "valid": False, "code": code, "pointer": pointer}
        cases.append(case if canonical is None else case | {"canonical": canonical})
    return {"page": "canonical.md", "depth_max": 12, "cases": cases}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")
