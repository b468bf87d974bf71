"""Print claim.json: tear-off codes as they are printed and typed, and the keys they give. Deterministic; see README.md."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

from suxin.ledger.claim_code import format_code, key_of

CODES = [hashlib.sha256(f"code {number}".encode()).digest()[:16] for number in range(3)] + [bytes(16), b"\xff" * 16]


def make() -> dict[str, Any]:
    """The whole file."""
    cases: list[dict[str, Any]] = []
    for number, code in enumerate(CODES):
        text = format_code(code)
        keys = {use: key_of(code, use).public_text for use in ("item", "parcel")}  # type: ignore[arg-type]
        cases.append({"name": f"code {number}", "text": text, "valid": True, "code_hex": code.hex(), **keys})
    text = format_code(CODES[0])
    for name, typed in (
        ("small letters", text.lower()),
        ("without hyphens", text.replace("-", "")),
        ("blanks for hyphens", text.replace("-", " ")),
        ("O for 0 and l for 1", text.replace("0", "O").replace("1", "l")),
    ):
        cases.append({"name": name, "text": typed, "valid": True, "code_hex": CODES[0].hex()})
    other = "B" if text[0] == "A" else "A"
    for name, typed in (
        ("one letter other", other + text[1:]),
        ("two letters swapped", text[1] + text[0] + text[2:]),
        ("one letter short", text[:-1]),
        ("one letter too many", text + "0"),
        ("a letter U", "U" + text[1:]),
        ("a sign that is no letter", "*" + text[1:]),
        ("spare bits that are not zero", text[:-1] + "1"),
        ("nothing", ""),
        ("a letter of another script", "А" + text[1:]),
    ):
        cases.append({"name": name, "text": typed, "valid": False, "code": "claim-code"})
    return {"page": "claim.md", "cases": cases}


if __name__ == "__main__":
    json.dump(make(), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
