from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from suxin.client.signer import Signer
from suxin.client.statement import Draft, compose
from suxin.ledger import canonical
from suxin.ledger.commitment import verify_commitment
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import Refused
from suxin.ledger.keys import SigningKey, verify_batch, verify_statement
from suxin.ledger.leaf import decode_header
from suxin.ledger.merkle import root_of
from suxin.ledger.statement import copy_for_ref

ITEM = "/01/06901234567892/21/AAAAAAAAAAAA"
SALT = bytes(range(32))


def _compose(draft: Draft, n: int = 1) -> tuple[object, ...]:
    key = SigningKey(bytes(32))
    return compose(
        draft, book="suxin.example/demo", actor=f"anon:{key.public_text}", key=key.key_id, n=n,
        statement_id="017f22e2-79b0-7cc3-98c4-dc0c0c07398f", salts=lambda _pointer: SALT,
    )  # fmt: skip


def _complaint(**more: object) -> Draft:
    body = {"category": "delay", "against": "carrier"}
    return Draft("complaint", "2026-11-18T14:00:00+08:00", {"item": ITEM}, body, **more)  # type: ignore[arg-type]


def test_a_signed_statement_is_canonical_and_its_signature_holds(signer: Signer, draft: Callable[[int], Draft]) -> None:
    signed = signer.sign(draft(100))
    canonical.check(signed.raw)
    verify_statement(signer.key.public, signed.raw, signed.signature)
    statement = signed.statement
    assert (statement.actor, statement.book, statement.n, statement.mode) == (signer.actor, signer.book, 1, "own")
    assert statement.hash == signed.hash
    row = json.loads(signed.line())
    assert set(row) == {"statement", "signature"}
    assert canonical.dump(row["statement"]) == signed.raw


def test_a_secret_stands_as_a_commitment_and_opens() -> None:
    statement, openings = _compose(_complaint(secrets={"/body/text": "包裹破了"}))
    assert "包裹破了".encode() not in statement.raw
    committed = json.loads(statement.raw)["body"]["text"]
    [opening] = openings
    verify_commitment(unb64u(committed, 32), opening.salt, "complaint", "/body/text", "包裹破了")
    assert opening.row() == {"pointer": "/body/text", "salt": b64u(SALT), "value": "包裹破了"}


def test_the_line_of_a_statement_with_a_secret_carries_its_opening(signer: Signer) -> None:
    line = signer.sign(_complaint(secrets={"/body/text": "late"})).line()
    assert json.loads(line)["open"] == [{"pointer": "/body/text", "salt": json.loads(line)["open"][0]["salt"], "value": "late"}]


@pytest.mark.parametrize("pointer", ["/subjects/item", "/body", "body/text"])
def test_a_secret_outside_the_body_is_a_mistake(pointer: str) -> None:
    with pytest.raises(ValueError, match="stands in the body"):
        _compose(_complaint(secrets={pointer: "x"}))


def test_a_field_given_as_value_and_as_secret_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        _compose(_complaint(secrets={"/body/category": "delay"}))


def test_a_reference_copies_type_and_subjects(signer: Signer, draft: Callable[[int], Draft]) -> None:
    listing = signer.sign(draft(100)).statement
    changed = Draft("correction", "2026-11-18T15:00:00+08:00", {}, {"reason": "wrong_data"}, ref=listing)
    statement = signer.sign(changed).statement
    assert statement.ref == b64u(listing.hash)
    assert statement.re == copy_for_ref(listing)


def test_mode_mandate_and_evidence_are_said(signer: Signer) -> None:
    photo = {"bytes": 12, "kind": "photo", "sha256": b64u(SALT)}
    draft = _complaint(mode="simulated", for_="uscc:91110000600037341L", evidence=(photo,))
    statement = signer.sign(draft).statement
    assert (statement.mode, statement.party) == ("simulated", "uscc:91110000600037341L")
    assert statement.evidence[0].kind == "photo"


def test_what_the_book_would_refuse_is_refused_here() -> None:
    with pytest.raises(Refused) as refusal:
        _compose(Draft("complaint", "2026-11-18T14:00:00+08:00", {"item": ITEM}, {"category": "delay"}))
    assert (refusal.value.code, refusal.value.pointer) == ("field-missing", "/body")


def test_a_draft_is_not_changed_by_its_secrets() -> None:
    body = {"category": "delay", "against": "carrier"}
    _compose(Draft("complaint", "2026-11-18T14:00:00+08:00", {"item": ITEM}, body, {"/body/text": "x"}))
    assert body == {"category": "delay", "against": "carrier"}


def test_a_batch_has_consecutive_numbers_and_a_root_over_its_statements(signer: Signer, draft: Callable[[int], Draft]) -> None:
    signer.sign(draft(1))
    batch = signer.sign_batch([draft(2), draft(3), draft(4)], "2026-11-18T14:00:00+08:00")
    assert [statement.n for statement in batch.statements] == [2, 3, 4]
    header = decode_header(batch.header_raw)
    assert (header.n, header.size, header.key) == (2, 3, b64u(signer.key.key_id))
    assert unb64u(header.root) == root_of([statement.hash for statement in batch.statements])
    verify_batch(signer.key.public, batch.header_raw, batch.signature)
    lines = batch.lines()
    assert lines[0].startswith(b'{"header":' + batch.header_raw)
    assert [json.loads(line)["statement"]["n"] for line in lines[1:]] == [2, 3, 4]


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_covers_1_to_1000_rows(signer: Signer, draft: Callable[[int], Draft], count: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        signer.sign_batch([draft(1)] * count, "2026-11-18T14:00:00+08:00")
