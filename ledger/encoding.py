"""Base64url without padding, the only text form of bytes in JSON. Strict in both directions."""

from __future__ import annotations

import binascii

from .errors import VerificationError

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def b64u(data: bytes) -> str:
    """Encode bytes as base64url without padding."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def unb64u(text: str, size: int | None = None) -> bytes:
    """Decode base64url; refuses padding, foreign characters, loose trailing bits and a wrong size.

    Raises:
        VerificationError: `encoding-base64` when the text is not the one encoding of its bytes,
            `encoding-size` when the bytes are not `size` long.
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise VerificationError("encoding-base64", "not base64url without padding") from error
    # The decoder is lenient; only the round trip shows that the text is the one encoding of its bytes.
    if b64u(data) != text:
        raise VerificationError("encoding-base64", "not the shortest base64url of its bytes")
    if size is not None and len(data) != size:
        raise VerificationError("encoding-size", f"{len(data)} bytes where {size} are due")
    return data
