"""negative.json as Python's verifier takes it: what each case comes to, as its `reason` and `results` say it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.checkpoint import open_cosigned
from suxin.ledger.errors import VerificationError
from suxin.ledger.note import parse_vkey
from suxin.ledger.policy import parse_policy
from suxin.ledger.proof import verify_consistency, verify_inclusion
from suxin.ledger.tile import decode_entries, decode_tile, parse_tile_path
from suxin.trace.lifecycle import TradeRules

NEGATIVE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/negative.json").read_bytes())
CASES: list[dict[str, Any]] = NEGATIVE["cases"]


def written_out(case: dict[str, Any]) -> dict[str, Any]:
    """A case with its text as it is to be read: edits made, markers exchanged."""
    found = dict(case)
    if "bundle" in case:
        found["text"] = NEGATIVE["bundles"][case["bundle"]]
        for old, new in case["edits"]:
            assert found["text"].count(old) == 1
            found["text"] = found["text"].replace(old, new)
    for marker, text, times in case.get("fill", ()):
        for member in ("note", "policy", "text"):
            if member in found:
                found[member] = found[member].replace(marker, text * times)
    return found


def _note(case: dict[str, Any]) -> None:
    log, witness = parse_vkey(NEGATIVE["log"]), parse_vkey(NEGATIVE["witness"])
    open_cosigned(case["note"], NEGATIVE["origin"], [log], [witness])


def _tile(case: dict[str, Any]) -> None:
    if "path" in case:
        parse_tile_path(case["path"])
    elif "tile_hex" in case:
        decode_tile(bytes.fromhex(case["tile_hex"]), case["width"])
    else:
        decode_entries(bytes.fromhex(case["entries_hex"]), case["width"])


def _proof(case: dict[str, Any]) -> None:
    proof = case.get("inclusion") or case["consistency"]
    path = [bytes.fromhex(one) for one in proof["path"]]
    if "inclusion" in case:
        verify_inclusion(bytes.fromhex(proof["leaf"]), proof["index"], proof["size"], path, bytes.fromhex(proof["root"]))
    else:
        roots = bytes.fromhex(proof["old_root"]), bytes.fromhex(proof["new_root"])
        verify_consistency(proof["old_size"], proof["new_size"], path, *roots)


def _policy(case: dict[str, Any]) -> None:
    parse_policy(case["policy"].encode())


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {"note": _note, "tile": _tile, "proof": _proof, "policy": _policy}


def by_python(case: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Reason and results of a case; no reason when it was let through."""
    full = written_out(case)
    if case["kind"] == "bundle":
        policy = parse_policy(NEGATIVE["policies"][case["policy"]].encode())
        report = verify_bundle(full["text"].encode(), policy, case["now_ms"], TradeRules())
        named = report.results.by_name().items()
        results = {name: f"{one.state} {one.code}" for name, one in named if one.state != "holds"}
        return (case["reason"] if any(text.endswith(f" {case['reason']}") for text in results.values()) else ""), results
    try:
        CHECKS[case["kind"]](full)
    except VerificationError as error:
        return error.code, {}
    return "", {}
