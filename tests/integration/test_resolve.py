"""A waybill found by its number: for its parties, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fakes.house import BOOK, CARRIER, OTHER, Firm, expect_recorded
from fakes.served import JSON, Served, served
from fakes.world import company

from suxin.client.statement import Draft
from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text
from suxin.ledger.request import sign_request

SHOP, PACKER, STRANGER = (f"uscc:{company(number)}" for number in (1, 2, 3))
NUMBER = "SF1234567890123"
WAYBILL = f"{CARRIER[5:]}/{'x' * 22}"
CONSIGN = {"contents": {"count": 1, "root": "A" * 43}, "destination": "310115", "origin": "330702"}


@dataclass
class Counter:
    """Where somebody asks."""

    site: Served
    firms: dict[str, Firm]

    def ask(self, actor: str, number: str = NUMBER, carrier: str = CARRIER, **members: Any) -> httpx.Response:
        firm = self.firms[actor]
        now = self.site.house.clock()
        request = {
            "ask": "waybill", "at": moment_text(now), "book": BOOK, "carrier": carrier[5:], "day": moment_text(now)[:10],
            "key": b64u(firm.key.key_id), "number": number, "v": 1,
        } | members  # fmt: skip
        raw = canonical.dump(request)
        body = b'{"request":%s,"signature":"%s"}' % (raw, b64u(sign_request(firm.key, raw)).encode())
        return self.site.http.post("/v1/waybills/resolve", content=body, headers=JSON)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with served(tmp_path_factory.mktemp("counter")) as site:
        roles = {CARRIER: "courier", OTHER: "courier", SHOP: "merchant", PACKER: "warehouse", STRANGER: "merchant"}
        firms = {actor: site.house.firm(actor, role, seed) for seed, (actor, role) in enumerate(roles.items(), 1)}
        firms["office"] = site.house.firm("auth:postal:330700", "regulator", 9)
        grant = {"event": "grant", "to": PACKER, "types": ["consign"]}
        expect_recorded(site.house.post([firms[SHOP].signer.sign(firms[SHOP].draft("mandate", {"party": SHOP}, **grant))]))
        now = moment_text(site.house.clock())
        draft = Draft("consign", now, {"waybill": WAYBILL}, CONSIGN, {"/body/number": NUMBER}, None, SHOP)  # type: ignore[arg-type]
        bare = Draft("consign", now, {"waybill": f"{CARRIER[5:]}/{'y' * 22}"}, CONSIGN)  # type: ignore[arg-type]
        expect_recorded(site.house.post([firms[PACKER].signer.sign(draft), firms[STRANGER].signer.sign(bare)]))
        yield Counter(site, firms)


@pytest.mark.parametrize("actor", [CARRIER, SHOP, PACKER, "office"])
def test_parties_find_the_parcel(counter: Counter, actor: str) -> None:
    answer = counter.ask(actor)
    assert (answer.status_code, answer.json()) == (200, {"waybill": WAYBILL, "path": f"/w/{WAYBILL}"})


@pytest.mark.parametrize("actor", [OTHER, STRANGER])
def test_to_others_a_right_number_and_a_wrong_one_look_the_same(counter: Counter, actor: str) -> None:
    right, wrong = counter.ask(actor), counter.ask(actor, "SF0000000000000")
    assert (right.status_code, right.json()) == (wrong.status_code, wrong.json())
    assert right.status_code == 404
    assert NUMBER not in right.text


def test_another_day_or_carrier_finds_nothing(counter: Counter) -> None:
    assert counter.ask(SHOP, day="2020-01-01").status_code == 404
    assert counter.ask(SHOP, carrier=OTHER).status_code == 404


def test_who_forges_or_repeats_is_refused(counter: Counter) -> None:
    assert counter.ask(SHOP, at="2026-01-01T00:00:00+08:00").json()["type"] == "/problems/request-invalid"
    body = b'{"request":{},"signature":""}'
    assert counter.site.http.post("/v1/waybills/resolve", content=body, headers=JSON).status_code == 422
    assert counter.site.http.post("/v1/waybills/resolve", content=b"[]", headers=JSON).status_code == 422
    assert counter.site.http.post("/v1/waybills/resolve", content=body).status_code == 415


def test_a_number_is_nowhere_but_in_the_vault(counter: Counter) -> None:
    book = counter.site.house.service.book
    assert not [index for index, leaf in book.leaves() if NUMBER.encode() in leaf]
    page = counter.site.http.get(f"/en/w/{WAYBILL}", headers={"accept": "text/html"})
    assert (page.status_code, NUMBER in page.text) == (200, False)
    assert NUMBER not in counter.site.log.getvalue()


def test_an_erased_number_finds_nothing(counter: Counter) -> None:
    service = counter.site.house.service
    named = [row.statement for row in service.book.entries() if row.statement is not None]
    (statement,) = [name for name in named if service.vault.get(service.book, name)]
    assert service.vault.forget(service.book, statement, "/body/number")
    assert counter.ask(CARRIER).status_code == 404
