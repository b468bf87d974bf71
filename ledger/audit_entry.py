"""Reading one entry leaf as the verifier does: exact bytes of the leaf around exact bytes of a statement.

Written apart from `leaf.decode_entry`, which the writer uses: a fault of one is not a fault of both. What the leaf's
canonical form allows fits one pattern, since everything but the statement has a fixed shape. Source: DESIGN 3.2,
docs/formats/leaf.md.
"""

from __future__ import annotations

import re
from binascii import a2b_base64

import msgspec

from .errors import Refused, VerificationError
from .limits import INTEGER_MAX
from .statement import Statement
from .usual import read_statement

# The last character of each text may only carry bits that belong to it: 64 and 32 bytes leave 4 and 2 loose ones.
_RECEIVED = rb'"leaf":"entry","received":(0|[1-9][0-9]{0,15})'
_SIGNED = re.compile(rb"\{" + _RECEIVED + rb',"signature":"(.{85}[AQgw])","statement":(?=\{)', re.DOTALL)
_BATCHED = re.compile(
    rb'\{"batch":\["([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])",(0|[1-9][0-9]{0,2})\],' + _RECEIVED + rb',"statement":(?=\{)'
)
_BRACE = ord("}")
_STANDARD = bytes.maketrans(b"-_+/", b"+/!!")  # what does not belong into base64url does not belong into base64 either then


class ReadEntry(msgspec.Struct, frozen=True, gc=False):
    """One entry leaf, taken apart."""

    statement: Statement
    received: int  # Unix milliseconds
    signature: bytes | None  # 64 bytes; None for an entry of a batch
    batch: tuple[bytes, int] | None  # leaf hash of the batch leaf, and position in the batch


def read_entry(leaf: bytes) -> ReadEntry:
    """Take an entry leaf apart.

    Raises:
        VerificationError: `leaf-malformed`, or `statement-malformed` with the refusal's code in the words.
    """
    match = _SIGNED.match(leaf)
    if match is not None:
        received, text = match.groups()
        batch = None
        try:
            signature = a2b_base64(text.translate(_STANDARD) + b"==", strict_mode=True)
        except ValueError as error:
            raise VerificationError("leaf-malformed", "not the canonical form of an entry leaf") from error
    else:
        match = _BATCHED.match(leaf)
        if match is None:
            raise VerificationError("leaf-malformed", "not the canonical form of an entry leaf")
        text, position, received = match.groups()
        signature, batch = None, (a2b_base64(text.translate(_STANDARD) + b"="), int(position))
    time = int(received)
    if time > INTEGER_MAX or leaf[-1] != _BRACE:
        raise VerificationError("leaf-malformed", "not the canonical form of an entry leaf")
    try:
        # A statement is a whole JSON object or it is refused, so the leaf's own brace is the last byte and no other.
        return ReadEntry(read_statement(leaf[match.end() : -1]), time, signature, batch)
    except (Refused, VerificationError) as error:
        raise VerificationError("statement-malformed", str(error)) from error
