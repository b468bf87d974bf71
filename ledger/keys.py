"""Ed25519 keys and signatures: text forms, key ids, signing, strict verification.

Source: RFC 8032, DESIGN 3.1, docs/formats/keys.md. The arithmetic is libsodium's, through PyNaCl.
"""

from __future__ import annotations

from functools import lru_cache

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from .encoding import b64u, unb64u
from .errors import Refused, VerificationError
from .hashing import BATCH_TAG, KEY_TAG, STATEMENT_TAG, digest

SEED_SIZE = 32  # bytes
PUBLIC_SIZE = 32  # bytes
SIGNATURE_SIZE = 64  # bytes

ED25519 = b"\x01"
ALGORITHMS_RESERVED = {b"\x02": "ML-DSA-44", b"\x03": "SM2"}


def public_text(public: bytes) -> str:
    """Text of a public key in JSON: base64url of algorithm byte and key, 44 characters."""
    if len(public) != PUBLIC_SIZE:
        raise ValueError(f"a public key of {len(public)} bytes")
    return b64u(ED25519 + public)


@lru_cache(maxsize=8_192)  # the point check costs as much as a signature, and the same keys come again
def parse_public(text: str) -> bytes:
    """Read `public_text`; accepts only keys under which a signature means something.

    Returns:
        The 32 bytes of the key.

    Raises:
        Refused: `algorithm-reserved`, `algorithm-unknown`, `key-malformed` (not 33 bytes of base64url), or `key-weak`
            (not the shortest encoding, not on the curve, outside the prime-order group, or of small order).
    """
    try:
        coded = unb64u(text)
    except VerificationError as error:
        raise Refused("key-malformed", error.detail) from None
    algorithm, public = coded[:1], coded[1:]
    if algorithm in ALGORITHMS_RESERVED:
        raise Refused("algorithm-reserved", f"{ALGORITHMS_RESERVED[algorithm]} is reserved")
    if algorithm != ED25519:
        raise Refused("algorithm-unknown", f"algorithm byte {algorithm.hex() or 'missing'}")
    if len(public) != PUBLIC_SIZE:
        raise Refused("key-malformed", f"{len(public)} bytes after the algorithm byte where {PUBLIC_SIZE} are due")
    check_point(public)
    return public


def check_point(public: bytes) -> None:
    """Refuse a key that is no canonical point of the prime-order group, or its neutral element.

    Under a key of small order one signature fits many messages; under one with a small-order part two verifiers may
    disagree. Neither ever comes out of key generation.

    Raises:
        Refused: `key-weak`.
    """
    if not crypto_core_ed25519_is_valid_point(public):
        raise Refused("key-weak", "not a canonical point of the prime-order group")


def key_id(public: bytes) -> bytes:
    r"""Name of a key: SHA-256("suxin-key/v1\n" ‖ algorithm byte ‖ key)."""
    return digest(KEY_TAG, ED25519, public)


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign with the key that grows from `seed` (32 bytes); the signature has 64 bytes."""
    return SigningKey(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature; strict: S < L, R canonical and not of small order, key canonical and not of small order.

    Args:
        public: 32 bytes; from `parse_public`, so that weak keys are already out.
        message: The bytes that were signed, tag included.
        signature: 64 bytes.

    Raises:
        VerificationError: `signature-invalid`.
    """
    # crypto_sign_open reads signature ‖ message, so a signature of another length would shift into the message.
    if len(signature) != SIGNATURE_SIZE or len(public) != PUBLIC_SIZE:
        raise VerificationError("signature-invalid", f"{len(signature)} bytes of signature, {len(public)} of key")
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        raise VerificationError("signature-invalid", "the signature does not fit the key and the bytes") from None


def verify_statement(public: bytes, statement: bytes, signature: bytes) -> None:
    """Check the signature of a statement's canonical bytes.

    Raises:
        VerificationError: `signature-invalid`.
    """
    verify(public, STATEMENT_TAG + statement, signature)


def verify_batch(public: bytes, header: bytes, signature: bytes) -> None:
    """Check the signature of a batch header's canonical bytes.

    Raises:
        VerificationError: `signature-invalid`.
    """
    verify(public, BATCH_TAG + header, signature)


class SigningKey:
    """A private key. Its randomness is handed in, and its seed is never printed.

    Args:
        seed: 32 random bytes, from the caller's source of randomness.
    """

    __slots__ = ("_secret", "key_id", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_SIZE:
            raise ValueError(f"a seed of {len(seed)} bytes")
        self.public, self._secret = crypto_sign_seed_keypair(seed)
        self.key_id = key_id(self.public)

    def __repr__(self) -> str:
        return f"SigningKey(public={public_text(self.public)})"

    @property
    def seed(self) -> bytes:
        """The 32 bytes the key grows from; who has them can sign."""
        return self._secret[:SEED_SIZE]

    @property
    def public_text(self) -> str:
        """`public_text` of this key, 44 characters."""
        return public_text(self.public)

    def sign(self, message: bytes) -> bytes:
        """Sign bytes as they stand, without a tag: for notes, whose format has none."""
        return crypto_sign(message, self._secret)[:crypto_sign_BYTES]

    def sign_statement(self, statement: bytes) -> bytes:
        """Sign the canonical bytes of a statement."""
        return self.sign(STATEMENT_TAG + statement)

    def sign_batch(self, header: bytes) -> bytes:
        """Sign the canonical bytes of a batch header."""
        return self.sign(BATCH_TAG + header)
