"""What docs/formats/request.md shows."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.keys import SigningKey, verify
from suxin.ledger.request import REQUEST_TAG, parse_request, sign_request

KEY = SigningKey(bytes(range(32)))


def example(text: str, _blocks: Mapping[str, str]) -> None:
    request = parse_request(text.strip().encode())
    assert (request.ask, request.key) == ("waybill", b64u(KEY.key_id))


def signature(text: str, blocks: Mapping[str, str]) -> None:
    raw = blocks["request.example"].strip().encode()
    assert b64u(sign_request(KEY, raw)) == text.strip()
    verify(KEY.public, REQUEST_TAG + raw, unb64u(text.strip()))


CHECKS = {"request.example": example, "request.signature": signature}
