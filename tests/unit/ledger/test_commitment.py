from __future__ import annotations

import hashlib
import hmac

import pytest

from suxin.ledger.commitment import commit, content_hash, content_leaf, verify_commitment
from suxin.ledger.errors import VerificationError

SALT = bytes(range(32))


def test_commitment_is_the_formula_of_the_design() -> None:
    message = "suxin-commit/v1\nreview\n/body/text\n很好\n谢谢".encode()
    assert commit(SALT, "review", "/body/text", "很好\n谢谢") == hmac.new(SALT, message, hashlib.sha256).digest()
    verify_commitment(commit(SALT, "review", "/body/text", ""), SALT, "review", "/body/text", "")


@pytest.mark.parametrize(
    ("salt", "kind", "pointer", "value"),
    [
        (bytes(32), "review", "/body/text", "good"),
        (SALT[:31], "review", "/body/text", "good"),
        (SALT, "complaint", "/body/text", "good"),
        (SALT, "review", "/body/title", "good"),
        (SALT, "review", "/body/text", "Good"),
        (SALT, "review", "/body/text", "good\n"),
    ],
)
def test_each_part_is_bound(salt: bytes, kind: str, pointer: str, value: str) -> None:
    with pytest.raises(VerificationError) as failure:
        verify_commitment(commit(SALT, "review", "/body/text", "good"), salt, kind, pointer, value)
    assert failure.value.code == "commitment-mismatch"


@pytest.mark.parametrize(("kind", "pointer"), [("a\nb", "/c"), ("a", "/b\n/c")])
def test_no_part_can_grow_into_the_next(kind: str, pointer: str) -> None:
    with pytest.raises(ValueError, match="line feed"):
        commit(SALT, kind, pointer, "value")


def test_content_is_the_formula_of_the_design() -> None:
    item = "p:/01/09506000134352/21/abc"
    inner = hashlib.sha256(b"suxin-content/v1\n" + SALT + item.encode()).digest()
    assert content_hash(SALT, item) == inner
    assert content_leaf(SALT, item) == hashlib.sha256(b"\x00" + inner).digest()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_salt_has_its_size(size: int) -> None:
    with pytest.raises(ValueError, match=str(size)):
        commit(bytes(size), "a", "/b", "c")
    with pytest.raises(ValueError, match=str(size)):
        content_leaf(bytes(size), "p:x")
