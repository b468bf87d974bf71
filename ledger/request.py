"""A signed request: what an actor asks for that is shown to parties only. It is answered and never recorded.

Source: DESIGN 6 (`POST /v1/waybills/resolve`); docs/formats/request.md.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from . import canonical
from .directory import Directory
from .encoding import unb64u
from .errors import Refused, VerificationError
from .keys import SIGNATURE_SIZE, SigningKey, verify
from .limits import FUTURE_MS_MAX, ROTATE_GRACE_MS
from .moment import moment_ms
from .statement import ORIGIN
from .terms import Date, Hash, Moment, Row

REQUEST_TAG: Final = b"suxin-request/v1\n"


class WaybillRequest(Row, frozen=True):
    """Which waybill of a carrier has this number, handed in on this day?"""

    ask: Literal["waybill"]
    at: Moment
    book: Annotated[str, Meta(pattern=rf"^{ORIGIN}\Z")]
    carrier: Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}\Z")]
    day: Date
    key: Hash
    number: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{4,40}\Z")]
    v: Literal[1]


_DECODER = msgspec.json.Decoder(WaybillRequest)


def parse_request(raw: bytes) -> WaybillRequest:
    """Parse the bytes of a request as signed.

    Raises:
        Refused: `not-canonical` and the like, or `request-invalid`.
    """
    canonical.check(raw)
    try:
        return _DECODER.decode(raw)
    except msgspec.ValidationError as error:
        raise Refused("request-invalid", "the request is not of its form") from error


def sign_request(key: SigningKey, raw: bytes) -> bytes:
    """Sign the canonical bytes of a request; the signature has 64 bytes."""
    return key.sign(REQUEST_TAG + raw)


def check_request(raw: bytes, signature: str, book: str, directory: Directory, now_ms: int) -> tuple[WaybillRequest, str]:
    """The request, and the actor who made it.

    Args:
        raw: Its canonical bytes.
        signature: 86 characters.
        book: Origin of the place that is asked.
        directory: Who is who now.
        now_ms: Unix milliseconds.

    Raises:
        Refused: `book-wrong`, `request-invalid` for one that is not of these five minutes, `key-unknown`,
            `key-revoked`, `key-expired`, `actor-left`, `actor-not-approved`, `signature-malformed`, `signature-invalid`.
    """
    request = parse_request(raw)
    if request.book != book:
        raise Refused("book-wrong", f"this is the book {book}", "/request/book")
    if abs(moment_ms(request.at, "/request/at") - now_ms) > FUTURE_MS_MAX:
        raise Refused("request-invalid", "a request is answered within five minutes of its time", "/request/at")
    known = directory.keys.get(request.key)
    if known is None:
        raise Refused("key-unknown", "no such key is registered in this book", "/request/key")
    if known.revoked is not None:
        raise Refused("key-revoked", f"this key was revoked at index {known.revoked}", "/request/key")
    if known.rotated_ms is not None and now_ms > known.rotated_ms + ROTATE_GRACE_MS:
        raise Refused("key-expired", "this key was rotated out more than 30 days ago", "/request/key")
    actor = directory.actors[known.actor]
    if actor.left or directory.actors[directory.company(known.actor)].left:
        raise Refused("actor-left", "this actor has left the book", "/request/key")
    if not actor.approved:
        raise Refused("actor-not-approved", "this registration waits for a countersignature", "/request/key")
    try:
        verify(known.public, REQUEST_TAG + raw, unb64u(signature, SIGNATURE_SIZE))
    except VerificationError as error:
        code = "signature-invalid" if error.code == "signature-invalid" else "signature-malformed"
        raise Refused(code, "the signature does not fit the key and the bytes", "/signature") from error
    return request, known.actor
