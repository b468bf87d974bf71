from __future__ import annotations

import hashlib

import pytest

from suxin.ledger import keys
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.problems import PROBLEMS

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493

# All encodings of the eight points of small order, canonical or not, that fit 32 bytes.
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7
SMALL_ORDER = [
    *(y | sign << 255 for y in (0, 1, P - 1, P, P + 1, _Y8, P - _Y8) for sign in (0, 1)),
]
NOT_CANONICAL = [P + y for y in (2, 3, 4, 5, 9, 18)]
# B + T, base point B (y = 4/5) and T = (0, -1) of order 2: the point (-x, -y), on the curve but outside the prime-order group.
MIXED_ORDER = (P - 4 * pow(5, -1, P) | 1 << 255).to_bytes(32, "little").hex()
NOT_ON_CURVE = "02" + "00" * 31


@pytest.mark.parametrize("encoded", SMALL_ORDER + NOT_CANONICAL, ids=hex)
def test_small_order_and_non_canonical_points_are_refused(encoded: int) -> None:
    public = encoded.to_bytes(32, "little")
    with pytest.raises(Refused) as refusal:
        keys.parse_public(b64u(b"\x01" + public))
    assert refusal.value.code == "key-weak"


@pytest.mark.parametrize("public", [MIXED_ORDER, NOT_ON_CURVE])
def test_points_outside_the_group_are_refused(public: str) -> None:
    with pytest.raises(Refused) as refusal:
        keys.parse_public(b64u(b"\x01" + bytes.fromhex(public)))
    assert refusal.value.code == "key-weak"


def good() -> keys.SigningKey:
    return keys.SigningKey(bytes(range(32)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b64u(b"\x02" + bytes(1312)), "algorithm-reserved"),
        (b64u(b"\x02" + bytes(32)), "algorithm-reserved"),
        (b64u(b"\x03" + bytes(64)), "algorithm-reserved"),
        (b64u(b"\x00" + good().public), "algorithm-unknown"),
        (b64u(b"\x04" + good().public), "algorithm-unknown"),
        ("", "algorithm-unknown"),
        (b64u(b"\x01" + good().public[:-1]), "key-malformed"),
        (b64u(b"\x01" + good().public + b"\x00"), "key-malformed"),
        (b64u(b"\x01" + good().public) + "=", "key-malformed"),
        ("AQ+/" + "A" * 40, "key-malformed"),
        (" " + b64u(b"\x01" + good().public), "key-malformed"),
    ],
)
def test_other_texts_are_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        keys.parse_public(text)
    assert refusal.value.code == code
    assert code in PROBLEMS


def test_text_and_back() -> None:
    text = keys.public_text(good().public)
    assert (len(text), text[0]) == (44, "A")
    assert keys.parse_public(text) == good().public
    assert good().public_text == text


def test_key_id_binds_the_algorithm() -> None:
    assert keys.key_id(good().public) == hashlib.sha256(b"suxin-key/v1\n\x01" + good().public).digest()
    assert good().key_id == keys.key_id(good().public)


def test_seed_is_not_shown() -> None:
    key = good()
    assert key.seed == bytes(range(32))
    assert key.seed.hex() not in repr(key)
    assert b64u(key.seed) not in repr(key)


def test_tags_keep_statement_and_batch_apart() -> None:
    key = good()
    keys.verify_statement(key.public, b"{}", key.sign_statement(b"{}"))
    keys.verify_batch(key.public, b"{}", key.sign_batch(b"{}"))
    keys.verify(key.public, b"suxin-statement/v1\n{}", key.sign_statement(b"{}"))
    for check, signature in ((keys.verify_statement, key.sign_batch(b"{}")), (keys.verify_batch, key.sign_statement(b"{}"))):
        with pytest.raises(VerificationError, match="signature-invalid"):
            check(key.public, b"{}", signature)


# RFC 8032 section 7.1: seed, public, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    key = keys.SigningKey(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert keys.sign(bytes.fromhex(seed), bytes.fromhex(message)).hex() == signature
    keys.verify(key.public, bytes.fromhex(message), bytes.fromhex(signature))


def bad_signatures() -> list[tuple[str, bytes, bytes, bytes]]:
    key, message = good(), b"message"
    right = key.sign(message)
    s = int.from_bytes(right[32:], "little")
    rows = [(f"S + {k} L", key.public, message, right[:32] + (s + k * L).to_bytes(32, "little")) for k in range(1, 15)]
    neutral = (1).to_bytes(32, "little")
    rows += [
        ("other message", key.public, b"massage", right),
        ("other key", keys.SigningKey(bytes(32)).public, message, right),
        ("short", key.public, message, right[:-1]),
        ("long", key.public, message, right + b"\x00"),
        ("signature that borrows from the message", key.public, message[1:], right + message[:1]),
        ("empty", key.public, message, b""),
        ("zero", key.public, message, bytes(64)),
        ("neutral key, R and S = 0: fits every message", neutral, message, neutral + bytes(32)),
        ("R of small order", key.public, message, neutral + right[32:]),
        ("short key", key.public[:-1], message, right),
    ]
    return rows


@pytest.mark.parametrize(
    ("public", "message", "signature"), [r[1:] for r in bad_signatures()], ids=[r[0] for r in bad_signatures()]
)
def test_bad_signatures_are_refused(public: bytes, message: bytes, signature: bytes) -> None:
    with pytest.raises(VerificationError) as failure:
        keys.verify(public, message, signature)
    assert failure.value.code == "signature-invalid"


def test_every_flipped_bit_of_a_signature_is_refused() -> None:
    key = good()
    right = key.sign(b"m")
    for bit in range(512):
        wrong = bytearray(right)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            keys.verify(key.public, b"m", bytes(wrong))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_seed_and_public_have_their_size(size: int) -> None:
    with pytest.raises(ValueError, match=str(size)):
        keys.SigningKey(bytes(size))
    with pytest.raises(ValueError, match=str(size)):
        keys.public_text(bytes(size))
