"""Print policy.json: trust policies, quorums met and not met, and faults. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from typing import Any

from suxin.ledger.keys import SigningKey
from suxin.ledger.note import COSIGNATURE_TYPE, ED25519_TYPE, VerifierKey, format_vkey


def vkey(name: str, kind: int = COSIGNATURE_TYPE, seed: str = "") -> str:
    public = SigningKey(sha256(f"policy vector {seed or name}".encode()).digest()).public
    return format_vkey(VerifierKey(name, kind, public))


LOG = f"log {vkey('suxin.example/demo/1', ED25519_TYPE)}\n"
X1, X2, X3, Y1, Y2 = (f"witness {name} {vkey(f'{name.lower()}.example')}\n" for name in ("X1", "X2", "X3", "Y1", "Y2"))
TWO_HOUSES = (
    f"# Two houses, both must have seen it.\n{LOG}\n{X1}{X2}{X3}group X-witnesses 2 X1 X2 X3\n\n"
    f"{Y1}{Y2}group Y-witnesses any Y1 Y2\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)
NESTED = f"{X1}{X2}{X3}{Y1}group a 2 X1 X2 X3\ngroup b 1 a Y1\nquorum b\n"
MANY = "".join(
    [f"log {vkey(f'log{i}.example/1', ED25519_TYPE)}\n" for i in range(32)]
    + [f"witness w{i} {vkey(f'w{i}.example')}\n" for i in range(64)]
    + [f"group g{i} any w{2 * i} w{2 * i + 1}\n" for i in range(32)]
    + ["group g 17 " + " ".join(f"g{i}" for i in range(32)) + "\nquorum g\n"]
)
GOOD: list[tuple[str, str, list[tuple[list[str], bool]], list[str]]] = [
    ("no cosignature asked", LOG + "quorum none\n", [([], True), (["X1"], True)], []),
    ("no log", X1 + "quorum X1\n", [([], False), (["X1"], True), (["x1"], False), (["x1.example"], False)], []),
    (
        "two houses",
        TWO_HOUSES,
        [
            (["X1", "X2", "Y2"], True),
            (["X1", "X2", "X3"], False),
            (["X1", "Y1", "Y2"], False),
            (["X1", "X2", "X3", "Y1", "Y2"], True),
            (["X-witnesses", "Y-witnesses"], False),
            (["X-and-Y"], False),
        ],
        [],
    ),
    ("nested groups", NESTED, [(["X1", "X3"], True), (["Y1"], True), (["X2"], False), ([], False)], []),
    ("thirty two of each", MANY, [([f"w{2 * i}" for i in range(17)], True), ([f"w{i}" for i in range(32)], False)], []),
    ("full witness", LOG + X1 + X2 + "full X2\nquorum X1\n", [(["X1"], True), (["X2"], False)], ["X2"]),
    ("blanks and comments", f" \t# a comment\n\n\t{X1[:-1]}  https://x1.example/ \nquorum\t X1\t\n", [(["X1"], True)], []),
    ("quorum before the log", X1 + "quorum X1\n" + LOG, [(["X1"], True)], []),
    ("name in other letters", X1.replace("X1", "见证甲") + "quorum 见证甲\n", [(["见证甲"], True)], []),
    ("witness called any", X1.replace("X1", "any") + "group g all any\nquorum g\n", [(["any"], True)], []),
]
BAD: list[tuple[str, str | bytes, str]] = [
    ("empty", "", "policy-malformed"),
    ("cut short", LOG + X1 + "quorum X1", "policy-malformed"),
    ("no quorum", LOG + X1, "policy-quorum"),
    ("two quorums", X1 + "quorum X1\nquorum X1\n", "policy-quorum"),
    ("unknown line", X1 + "monitor X1\nquorum X1\n", "policy-malformed"),
    ("carriage return", X1 + "quorum X1\r\n", "policy-malformed"),
    ("control character", X1 + "# \x07\nquorum X1\n", "policy-malformed"),
    ("delete character", X1 + "# \x7f\nquorum X1\n", "policy-malformed"),
    ("zero byte", X1 + "# \x00\nquorum X1\n", "policy-malformed"),
    ("too many words", X1 + "quorum X1 X1\n", "policy-malformed"),
    ("log with two urls", LOG[:-1] + " https://a.example https://b.example\nquorum none\n", "policy-malformed"),
    ("witness without key", "witness X1\nquorum none\n", "policy-malformed"),
    ("group without members", X1 + "group g any\nquorum g\n", "policy-malformed"),
    ("threshold zero", X1 + "group g 0 X1\nquorum g\n", "policy-malformed"),
    ("threshold beyond members", X1 + X2 + "group g 3 X1 X2\nquorum g\n", "policy-malformed"),
    ("threshold with leading zero", X1 + "group g 01 X1\nquorum g\n", "policy-malformed"),
    ("threshold a word", X1 + "group g most X1\nquorum g\n", "policy-malformed"),
    ("quorum undefined", X1 + "quorum X2\n", "policy-name"),
    ("quorum before definition", "quorum X1\n" + X1, "policy-name"),
    ("member defined later", X1 + f"group g any X1 X2\n{X2}quorum g\n", "policy-name"),
    ("group of itself", X1 + "group g any X1 g\nquorum g\n", "policy-name"),
    ("none as member", X1 + "group g any X1 none\nquorum g\n", "policy-name"),
    ("none as witness", X1.replace("X1", "none", 1) + "quorum none\n", "policy-name"),
    ("full group", X1 + "group g any X1\nfull g\nquorum g\n", "policy-name"),
    ("full before definition", "full X1\n" + X1 + "quorum X1\n", "policy-name"),
    ("full twice", X1 + "full X1\nfull X1\nquorum X1\n", "policy-duplicate"),
    ("member twice in a group", X1 + X2 + "group g 2 X1 X1 X2\nquorum g\n", "policy-duplicate"),
    ("member of two groups", X1 + X2 + "group g any X1 X2\ngroup h any X1\nquorum g\n", "policy-duplicate"),
    ("witness name twice", X1 + X2.replace("X2", "X1") + "quorum X1\n", "policy-duplicate"),
    ("group named as witness", X1 + "group X1 any X1\nquorum X1\n", "policy-duplicate"),
    ("log key twice", LOG + LOG + "quorum none\n", "policy-duplicate"),
    (
        "log key twice under two names",
        LOG + f"log {vkey('other.example/1', ED25519_TYPE, 'suxin.example/demo/1')}\nquorum none\n",
        "policy-duplicate",
    ),
    (
        "witness key twice under two names",
        X1 + f"witness X2 {vkey('x2.example', seed='x1.example')}\nquorum X1\n",
        "policy-duplicate",
    ),
    ("witness with a log key", X1 + f"witness X2 {vkey('x2.example', ED25519_TYPE)}\nquorum X1\n", "vkey-unsupported"),
    ("log with a witness key", f"log {vkey('log.example')}\nquorum none\n", "vkey-unsupported"),
    ("wrong key id", X1.replace("+", "+0", 1) + "quorum X1\n", "vkey-malformed"),
    ("key name not utf 8", X1.encode().replace(b"x1.example", b"x1\xff.example") + b"quorum X1\n", "vkey-malformed"),
    ("too many groups", X1 + "group g0 any X1\n" + "".join(f"group g{i} any g{i - 1}\n" for i in range(1, 300)), "policy-limit"),
]


def text_of(policy: str | bytes) -> dict[str, str]:
    return {"policy": policy} if isinstance(policy, str) else {"policy_hex": policy.hex()}


def make() -> dict[str, Any]:
    """The whole file."""
    good = [
        {"name": name}
        | text_of(policy)
        | {"valid": True, "full": full, "quorum": [{"cosigned": cosigned, "met": met} for cosigned, met in quorums]}
        for name, policy, quorums, full in GOOD
    ]
    bad = [{"name": name} | text_of(policy) | {"valid": False, "reason": reason} for name, policy, reason in BAD]
    return {"page": "policy.md", "cases": good + bad}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")
