"""Bodies of a company's credit file: one good one of each type, made up. Plain values, for vectors and tests alike."""

from __future__ import annotations

from typing import Any

HASH = "A" * 43

PUBLICATION: dict[str, Any] = {
    "as_of": "2026-10-31", "book": {"origin": "suxin.example/vectors/1", "root": HASH, "size": 5703}, "colour": "blue",
    "confidence": "high", "gains": ["I1", "I2", "I9C"], "grade": "B", "high_e1": 833, "losses": ["I11", "I5"], "low_e1": 761,
    "near": True, "own_e1": 706, "parcels_e6": 120_000_000_000,
    "rules": {"benchmarks": "CN-2026.1", "digest": HASH, "version": "KD-2026.1"}, "score_e1": 797, "table": HASH,
}  # fmt: skip
GREY: dict[str, Any] = {
    name: value for name, value in PUBLICATION.items() if name not in ("gains", "losses", "score_e1", "low_e1", "high_e1")
} | {"colour": "grey", "confidence": "none", "grade": "none", "near": False, "note": "sample"}  # fmt: skip
