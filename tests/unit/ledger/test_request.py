"""Signed requests: who may ask, and when."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.tale import DAY, MINUTE, Tale
from fakes.world import BOOK, Signer

from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused
from suxin.ledger.moment import moment_text
from suxin.ledger.request import check_request, sign_request


@pytest.fixture
def tale() -> Tale:
    return Tale()


def ask(tale: Tale, signer: Signer, **members: Any) -> tuple[bytes, str]:
    request = {
        "ask": "waybill", "at": moment_text(tale.now), "book": BOOK, "carrier": "91350100M000100Y43", "day": "2026-11-22",
        "key": signer.key_text, "number": "SF1234", "v": 1,
    }  # fmt: skip
    raw = canonical.dump(request | members)
    return raw, b64u(sign_request(signer.key, raw))


def refusal(tale: Tale, raw: bytes, signature: str, later_ms: int = 0) -> str:
    with pytest.raises(Refused) as caught:
        check_request(raw, signature, BOOK, tale.directory, tale.now + later_ms)
    return caught.value.code


def test_a_registered_key_asks(tale: Tale) -> None:
    shop = tale.firm("merchant")
    request, actor = check_request(*ask(tale, shop), BOOK, tale.directory, tale.now)
    assert (actor, request.number) == (shop.actor, "SF1234")


@pytest.mark.parametrize(("members", "code"), [
    ({"book": "suxin.example/other"}, "book-wrong"), ({"number": "a b"}, "request-invalid"),
    ({"day": "22.11.2026"}, "request-invalid"),
    ({"ask": "everything"}, "request-invalid"), ({"more": 1}, "request-invalid"), ({"v": 2}, "request-invalid"),
])  # fmt: skip
def test_a_request_that_is_none_is_refused(tale: Tale, members: dict[str, Any], code: str) -> None:
    assert refusal(tale, *ask(tale, tale.firm("merchant"), **members)) == code


def test_bytes_that_are_not_canonical_are_refused(tale: Tale) -> None:
    raw, signature = ask(tale, tale.firm("merchant"))
    assert refusal(tale, raw.replace(b'"v":1', b'"v": 1'), signature) == "not-canonical"


@pytest.mark.parametrize("later_ms", [6 * MINUTE, -6 * MINUTE])
def test_a_request_that_was_overheard_is_soon_worth_nothing(tale: Tale, later_ms: int) -> None:
    raw, signature = ask(tale, tale.firm("merchant"))
    check_request(raw, signature, BOOK, tale.directory, tale.now + later_ms * 4 // 6)
    assert refusal(tale, raw, signature, later_ms) == "request-invalid"


def test_a_wrong_signature_is_refused(tale: Tale) -> None:
    shop, other = tale.firm("merchant"), tale.firm("merchant")
    raw, _ = ask(tale, shop)
    assert refusal(tale, raw, b64u(sign_request(other.key, raw))) == "signature-invalid"
    assert refusal(tale, raw, b64u(shop.key.sign_statement(raw))) == "signature-invalid"  # not made for this
    assert refusal(tale, raw, "nonsense") == "signature-malformed"


def test_keys_that_may_not_sign_may_not_ask(tale: Tale) -> None:
    assert refusal(tale, *ask(tale, Signer.nobody("n"))) == "key-unknown"
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    device = tale.device(courier)
    tale.say(courier, "key", {"party": device.actor}, {"event": "revoke", "key": device.public})
    assert refusal(tale, *ask(tale, device)) == "key-revoked"
    fresh = Signer.new(shop.actor, "fresh")
    tale.say(shop, "key", {"party": shop.actor}, {"event": "add", "key": fresh.public})
    tale.say(fresh, "key", {"party": shop.actor}, {"event": "rotate", "key": shop.public})
    check_request(*ask(tale, shop), BOOK, tale.directory, tale.now)
    tale.now += 31 * DAY
    assert refusal(tale, *ask(tale, shop)) == "key-expired"
    tale.say(fresh, "actor", {"party": shop.actor}, {"event": "leave", "role": "merchant"})
    assert refusal(tale, *ask(tale, fresh)) == "actor-left"


def test_a_registration_that_nobody_approved_may_not_ask(tale: Tale) -> None:
    stranger = Signer.new("uscc:91350100M000100Y43")
    fields = {"event": "register", "key": stranger.public, "role": "merchant"}
    tale.say(stranger, "actor", {"party": stranger.actor}, fields)
    assert refusal(tale, *ask(tale, stranger)) == "actor-not-approved"
