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

PENALTY: dict[str, Any] = {
    "basis": "《快递市场管理办法》 54", "decided": "2026-06-01", "degree": "general", "final": True, "fine_minor": 1_000_000,
    "first": "2026-06-01", "kind": "fine", "last": "2027-05-31", "number": "JH-POST-2026-17", "remedy": "review_or_lawsuit",
}  # fmt: skip
ORDER: dict[str, Any] = PENALTY | {
    "decided": "2026-10-01", "degree": "serious", "first": "2026-10-01", "kind": "suspension", "last": "2026-12-31",
    "number": "JH-POST-2026-31", "trigger": "suspension",
}  # fmt: skip
BREACH: dict[str, Any] = {
    "basis": "《快递暂行条例》 44", "decided": "2026-07-02", "degree": "general", "first": "2026-07-02", "kind": "data_leak",
    "last": "2027-07-01", "number": "JH-POST-2026-22", "remedy": "review_or_lawsuit",
}  # fmt: skip
LICENCE: dict[str, Any] = {
    "event": "grant", "first": "2024-03-01", "kind": "express", "last": "2029-02-28", "number": "ZJ-20240301",
}  # fmt: skip
LIST: dict[str, Any] = {
    "basis": "《快递业信用管理暂行办法》 24", "decided": "2026-09-15", "defence": "heard", "first": "2026-09-15",
    "last": "2027-09-14", "list": "serious_dishonesty", "notice": "2026-08-20", "number": "JH-LIST-2026-2",
    "remedy": "review_or_lawsuit",
}  # fmt: skip
NOTICE: dict[str, Any] = {
    "answer_by": "2026-11-30", "as_of": "2026-11-20", "calendar": "CN-2026", "event": "notice", "grounds": ["appeals"],
    "last": "2027-05-22",
}  # fmt: skip
OBJECTION: dict[str, Any] = {"event": "file", "reason": "facts", "text": HASH}
DECISION: dict[str, Any] = {"event": "decide", "next": "review_or_lawsuit", "outcome": "refused", "reviewer": HASH, "text": HASH}
REPAIR: dict[str, Any] = {
    "basis": "《信用修复管理办法》 12", "conditions": ["duty_done", "harm_removed", "no_repeat"], "decided": "2026-11-01",
    "ground": "repair", "index": 6, "leaf": HASH, "number": "JH-REP-2026-4", "partners": ["uscc:91110000600037341L"],
    "pledge": HASH,
}  # fmt: skip
OVERDUE: dict[str, Any] = {"clock": "objection", "due": "2026-12-02T08:00:05+08:00", "event": "overdue"}
