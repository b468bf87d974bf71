"""Who may read entry bodies: everybody where the book is public, else auditors who hold a token.

The folder of keys has a file `auditors` with the SHA-256 of one token a line, in hex; what follows on the line is a
remark, so that `printf %s "$TOKEN" | sha256sum >> keys/auditors` is a way to add one. The file is read at each request:
a line that is taken out no longer opens anything. Source: DESIGN 3.3; docs/formats/tile.md.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

from fastapi import Request

from ..ledger.errors import Refused, StoreError
from .service import Service

AUDITORS_BYTES_MAX: Final = 64 * 1024  # some 900 auditors; one request compares with all of them
TOKEN_CHARS_MAX: Final = 512  # a longer one was not made here
_SCHEME: Final = "bearer "


def is_auditor(path: Path, authorization: str) -> bool:
    """Whether a header `Authorization: Bearer <token>` holds a token whose hash stands in the file.

    Args:
        path: File of the hashes; without it there are no auditors.
        authorization: Value of the header; "" without one.

    Raises:
        StoreError: The file cannot be read, or is too large.
    """
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        return False
    token = authorization[len(_SCHEME) :].strip()
    if not 0 < len(token) <= TOKEN_CHARS_MAX:
        return False
    given = sha256(token.encode()).hexdigest().encode()
    # Every line is compared, and each in constant time, so that the time taken tells nothing about the hashes.
    found = [compare_digest(given, line.split()[0].lower()) for line in _read(path).splitlines() if line.strip()]
    return any(found)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(AUDITORS_BYTES_MAX + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreError(f"the file of auditors cannot be read: {error.strerror}") from error
    if len(data) > AUDITORS_BYTES_MAX:
        raise StoreError(f"the file of auditors is larger than {AUDITORS_BYTES_MAX} bytes")
    return data


def require_entries(request: Request, service: Service) -> str:
    """Let a request pass that may read entry bodies.

    Returns:
        Who may keep the answer, for `Cache-Control`: "public", or "private" where a credential was needed, so that no
        cache on the way shows it to somebody without one.

    Raises:
        Refused: `entries-private`.
    """
    if service.settings.entries_public:
        return "public"
    if is_auditor(service.settings.data / "keys" / "auditors", request.headers.get("authorization", "")):
        return "private"
    raise Refused("entries-private", "this book shows entry bodies to auditors only; a bundle shows those of one product")
