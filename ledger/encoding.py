"""Base64url without padding, the only text form of bytes in JSON. Strict in both directions."""

from __future__ import annotations

import base64
import binascii

from .errors import VerificationError


def b64u(data: bytes) -> str:
    """Encode bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str, size: int | None = None) -> bytes:
    """Decode base64url; refuses padding, foreign characters, loose trailing bits and a wrong size.

    Raises:
        VerificationError: `encoding-base64` when the text is not the one encoding of its bytes,
            `encoding-size` when the bytes are not `size` long.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise VerificationError("encoding-base64", "not base64url without padding") from error
    if b64u(data) != text:
        raise VerificationError("encoding-base64", "not the shortest base64url of its bytes")
    if size is not None and len(data) != size:
        raise VerificationError("encoding-size", f"{len(data)} bytes where {size} are due")
    return data
