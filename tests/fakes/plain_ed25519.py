"""Ed25519 as RFC 8032 section 5.1 writes it, with Python's own integers: slow, short, and nothing of ours."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def _add(a: Point, b: Point) -> Point:
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P)
    return x % P, y % P


def _times(factor: int, point: Point) -> Point:
    result = NEUTRAL
    while factor:
        if factor & 1:
            result = _add(result, point)
        point, factor = _add(point, point), factor >> 1
    return result


def decode(encoded: bytes) -> Point | None:
    """The point of a canonical encoding, or None."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number % 2**255
    if len(encoded) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (P - x if x % 2 != sign else x), y


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL


def is_good_key(encoded: bytes) -> bool:
    """Whether the key is a canonical point of the prime-order group other than the neutral one."""
    point = decode(encoded)
    return point is not None and point != NEUTRAL and _times(L, point) == NEUTRAL


def is_good_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether S·B = R + k·A, for S < L, and R and A as `is_good_key` wants them."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L or not (is_good_key(public) and is_good_key(r)):
        return False
    k = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L
    point, shift = decode(public), decode(r)
    return point is not None and shift is not None and _times(s, BASE) == _add(shift, _times(k, point))
