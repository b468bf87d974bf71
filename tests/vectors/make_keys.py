"""Print keys.json: key texts, key ids and signatures that hold and that do not. Deterministic; see README.md."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import Any

from nacl.bindings import crypto_core_ed25519_add, crypto_scalarmult_ed25519_base_noclamp

from suxin.ledger.keys import SigningKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
Y_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7
NEUTRAL = (1).to_bytes(32, "little")
MESSAGE = b'{"n":1,"type":"sale","v":1}'

# Public seeds of RFC 8032 section 7.1, tests 1 and 2. Never use them for anything else.
FIRST = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
SECOND = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _point(y: int, sign: int = 0) -> str:
    return _text(b"\x01" + (y | sign << 255).to_bytes(32, "little"))


def _odd(r: int, torsion: int) -> bytes:
    """Signature whose R is r·B plus a point of small order (given by its y), made so that the equation times 8 holds."""
    seed = hashlib.sha512(FIRST.seed).digest()
    secret = int.from_bytes(seed[:32], "little") & (1 << 254) - 8 | 1 << 254
    own = crypto_scalarmult_ed25519_base_noclamp(r.to_bytes(32, "little")) if r else NEUTRAL
    point = crypto_core_ed25519_add(own, torsion.to_bytes(32, "little"))
    tagged = b"suxin-statement/v1\n" + MESSAGE
    k = int.from_bytes(hashlib.sha512(point + FIRST.public + tagged).digest(), "little")
    return point + ((r + k * secret) % L).to_bytes(32, "little")


def _publics() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "name": f"key {number}",
            "text": _text(b"\x01" + key.public),
            "valid": True,
            "public_hex": key.public.hex(),
            "key_id": _text(hashlib.sha256(b"suxin-key/v1\n\x01" + key.public).digest()),
        }
        for number, key in ((1, FIRST), (2, SECOND))
    ]
    refused = [
        ("ML-DSA-44", _text(b"\x02" + bytes(1312)), "algorithm-reserved"),
        ("SM2", _text(b"\x03" + bytes(64)), "algorithm-reserved"),
        ("algorithm 0", _text(b"\x00" + FIRST.public), "algorithm-unknown"),
        ("algorithm 4", _text(b"\x04" + FIRST.public), "algorithm-unknown"),
        ("nothing", "", "algorithm-unknown"),
        ("31 bytes", _text(b"\x01" + FIRST.public[:-1]), "key-malformed"),
        ("33 bytes", _text(b"\x01" + FIRST.public + b"\x00"), "key-malformed"),
        ("padding", base64.urlsafe_b64encode(b"\x01" + FIRST.public[:-1]).decode() + "=", "key-malformed"),
        ("standard base64", "AQ+/" + "A" * 40, "key-malformed"),
        ("space", " " + _text(b"\x01" + FIRST.public), "key-malformed"),
        ("without algorithm", _text(FIRST.public), "algorithm-unknown"),
        ("not on the curve", _point(2), "key-weak"),
        ("base point plus a point of order 2", _point(P - 4 * pow(5, -1, P), 1), "key-weak"),
    ]
    for name, y in (("neutral", 1), ("order 2", P - 1), ("order 4", 0), ("order 8", Y_ORDER_8), ("order 8", P - Y_ORDER_8)):
        refused += [(f"{name}, sign {sign}", _point(y, sign), "key-weak") for sign in (0, 1)]
    for y in (0, 1, 2, 3, 4, 5, 9, 18):
        refused += [(f"y = p + {y}, sign {sign}", _point(P + y, sign), "key-weak") for sign in (0, 1)]
    return rows + [{"name": name, "text": text, "valid": False, "code": code} for name, text, code in refused]


def _signatures() -> list[dict[str, Any]]:
    statement, batch, bare = FIRST.sign_statement(MESSAGE), FIRST.sign_batch(MESSAGE), FIRST.sign(MESSAGE)
    s = int.from_bytes(statement[32:], "little")
    rows = [
        ("a statement", "statement", FIRST.public, MESSAGE, statement, True),
        ("a batch header", "batch", FIRST.public, MESSAGE, batch, True),
        ("by the other key", "statement", SECOND.public, MESSAGE, SECOND.sign_statement(MESSAGE), True),
        ("signed as a batch", "statement", FIRST.public, MESSAGE, batch, False),
        ("signed as a statement", "batch", FIRST.public, MESSAGE, statement, False),
        ("signed without a tag", "statement", FIRST.public, MESSAGE, bare, False),
        ("one bit of the message", "statement", FIRST.public, MESSAGE.replace(b"1", b"0", 1), statement, False),
        ("one bit of R", "statement", FIRST.public, MESSAGE, bytes([statement[0] ^ 1]) + statement[1:], False),
        ("another key", "statement", SECOND.public, MESSAGE, statement, False),
        ("63 bytes", "statement", FIRST.public, MESSAGE, statement[:-1], False),
        ("65 bytes", "statement", FIRST.public, MESSAGE, statement + b"\x00", False),
        ("S plus L", "statement", FIRST.public, MESSAGE, statement[:32] + (s + L).to_bytes(32, "little"), False),
        ("S plus 7 L", "statement", FIRST.public, MESSAGE, statement[:32] + (s + 7 * L).to_bytes(32, "little"), False),
        ("an R that was chosen, but a good one", "statement", FIRST.public, MESSAGE, _odd(12345, 1), True),
        ("R neutral, and the equation holds", "statement", FIRST.public, MESSAGE, _odd(0, 1), False),
        ("R of order 2", "statement", FIRST.public, MESSAGE, _odd(0, P - 1), False),
        ("R of order 8", "statement", FIRST.public, MESSAGE, _odd(0, Y_ORDER_8), False),
        ("R with a part of order 2", "statement", FIRST.public, MESSAGE, _odd(12345, P - 1), False),
        ("R with a part of order 4", "statement", FIRST.public, MESSAGE, _odd(12345, 0), False),
        ("R with a part of order 8", "statement", FIRST.public, MESSAGE, _odd(12345, Y_ORDER_8), False),
        ("zero", "statement", FIRST.public, MESSAGE, bytes(64), False),
        ("neutral key, R neutral, S zero: fits every message", "statement", NEUTRAL, MESSAGE, NEUTRAL + bytes(32), False),
    ]
    return [
        {
            "name": name,
            "tag": tag,
            "public_hex": public.hex(),
            "message": message.decode(),
            "signature_hex": signature.hex(),
            "valid": valid,
        }
        | ({} if valid else {"reason": "signature-invalid"})
        for name, tag, public, message, signature, valid in rows
    ]


def make() -> dict[str, Any]:
    """The whole file."""
    return {"page": "keys.md", "publics": _publics(), "signatures": _signatures()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")
