"""Every refusal the book can give: stable code, title, cure. HTTP status codes are the API's business, not ours.

A code is for ever: it is the last part of the `type` of an RFC 9457 problem. The cause of the single case comes with
`errors.Refused`; here stands only what holds for all cases.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of refusal.

    Args:
        title: What is wrong, in one short English sentence.
        cure: What the submitter can do about it, in one English sentence.
    """

    title: str
    cure: str


PROBLEMS: dict[str, Problem] = {
    # canonical.py
    "not-json": Problem("The bytes are not one JSON text in UTF-8.", "Send one JSON value, UTF-8, without a byte order mark."),
    "not-canonical": Problem(
        "The bytes are not their own canonical form (RFC 8785).",
        "Sign and send exactly the bytes given as `canonical`.",
    ),
    "duplicate-key": Problem("An object has the same key twice.", "Keep one of the two members."),
    "float": Problem("A number has a fraction or an exponent.", "Use a scaled integer with the unit in the key, as `weight_g`."),
    "integer-range": Problem("An integer is beyond ±(2^53−1).", "Use a larger unit, or a string of digits."),
    "not-nfc": Problem("A string is not in Unicode normal form C.", "Normalise strings to NFC before signing."),
    "key-not-ascii": Problem("A key of an object is not ASCII.", "Use the key as the format page spells it."),
    "too-deep": Problem("Arrays and objects are nested too deep.", "Flatten the value."),
    "null": Problem("A value is null.", "Leave the member out."),
    # keys.py
    "key-malformed": Problem(
        "The text is not a public key.", "Send base64url of the algorithm byte and 32 bytes: 44 characters."
    ),
    "algorithm-reserved": Problem(
        "The key's algorithm is reserved, not yet accepted.", "Use an Ed25519 key (algorithm byte 01)."
    ),
    "algorithm-unknown": Problem("The key's algorithm is not known.", "Use an Ed25519 key (algorithm byte 01)."),
    "key-weak": Problem(
        "The public key is no point of the Ed25519 group that can sign.",
        "Make a new key with `suxin key new`; this one gives no security.",
    ),
}
