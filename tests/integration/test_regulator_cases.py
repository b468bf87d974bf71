"""Complaints that were passed to the regulator: the list, who may read it, and an evidence package that holds."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fakes.served import Pen, served
from fakes.shopping import Shop

from suxin.api.allowance import Allowance
from suxin.api.cases import Cases
from suxin.api.package import PackageReader
from suxin.api.package_check import check_package
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import SigningKey
from suxin.ledger.policy import parse_policy
from suxin.ledger.statement import copy_for_ref, parse_statement

DAY = 86_400_000
TOKEN = "a token that only the auditor has"


class Bureau(Shop):
    """A shop, and people who complain."""

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        site.house.service.allowance = Allowance()
        self._people = 0

    def complain(self, subjects: dict[str, str], against: str, *, escalate: bool) -> tuple[Pen, bytes]:
        self._people += 1
        key = SigningKey(bytes([100 + self._people]) * 32)
        pen = Pen(f"anon:{key.public_text}", 0, self.site.house.clock)
        pen.key = key
        raw = pen.raw("complaint", subjects, {"against": against, "category": "other"})
        self.site.post_event(pen.line(raw)).raise_for_status()
        if escalate:
            self.step(pen, raw, "ESCALATED")
        return pen, raw

    def step(self, pen: Pen, complaint: bytes, state: str, **more: str) -> None:
        referred = parse_statement(complaint)
        made = pen.raw(
            "case", {}, {"state": state} | more, lambda m: m.update(ref=b64u(referred.hash), re=copy_for_ref(referred))
        )
        self.site.post_event(pen.line(made)).raise_for_status()

    def cases(self, **headers: str) -> list[dict[str, Any]]:
        answer = self.site.http.get("/regulator/cases", headers={"accept": "application/json"} | headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["looked_through"] == told["size"]
        found: list[dict[str, Any]] = told["cases"]
        return found


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    folder = tmp_path_factory.mktemp("bureau")
    with served(folder, entries_public=False) as site:
        auditors = site.house.service.settings.data / "keys" / "auditors"
        auditors.parent.mkdir(parents=True, exist_ok=True)
        auditors.write_text(f"{sha256(TOKEN.encode()).hexdigest()} the market office\n")
        yield Bureau(site)


BEARER = {"authorization": f"Bearer {TOKEN}"}


def test_the_list_is_for_those_with_the_credential(bureau: Bureau) -> None:
    for path in ("/regulator/cases", "/en/regulator/cases", "/regulator/cases/7/evidence.zip"):
        for headers in ({}, {"authorization": "Bearer wrong"}):
            assert bureau.site.http.get(path, headers=headers).status_code == 403, path
    answer = bureau.site.http.get("/en/regulator/cases", headers=BEARER)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert bureau.site.http.get("/regulator/cases/7/evidence.zip", headers=BEARER).status_code == 404


def test_a_case_appears_when_it_is_passed_on_and_goes_when_it_is_decided(bureau: Bureau) -> None:
    bought = bureau.buy()
    _, waiting = bureau.complain({"item": bought.item}, "seller", escalate=False)
    assert bureau.cases(**BEARER) == [], "not passed on"
    _, of_item = bureau.complain({"item": bought.item}, "seller", escalate=True)
    _, of_parcel = bureau.complain({"waybill": bought.waybill}, "carrier", escalate=True)
    parcel, item = bureau.cases(**BEARER)
    assert [case["case"] for case in (parcel, item)] == [b64u(parse_statement(raw).hash) for raw in (of_parcel, of_item)], (
        "due first"
    )
    assert (item["asked"]["actor"], parcel["asked"]["actor"]) == (bureau.seller.actor, bureau.carrier.actor)
    assert (item["state"], item["overdue"]) == ("ESCALATED", False)
    for lang, words in (("en", "Evidence package"), ("zh-CN", "证据材料包")):
        page = bureau.site.http.get(f"/{lang}/regulator/cases", headers=BEARER).text
        assert page.count("data-index=") == page.count(words) == 2
    office = Pen("auth:postal:330700", 55, bureau.site.house.clock)
    bureau.site.post_event(office.register("regulator")).raise_for_status()
    bureau.step(office, of_parcel, "DECIDED", outcome="upheld")
    assert [case["case"] for case in bureau.cases(**BEARER)] == [item["case"]]
    bureau.site.house.clock.now += 80 * DAY
    bureau.buy()
    assert [case["overdue"] for case in bureau.cases(**BEARER)] == [True]
    assert waiting != of_item


def test_the_evidence_package_of_a_case_holds(bureau: Bureau, tmp_path: Path) -> None:
    bought = bureau.buy()
    bureau.complain({"waybill": bought.waybill}, "carrier", escalate=True)
    for case in bureau.cases(**BEARER):
        answer = bureau.site.http.get(case["evidence"], headers=BEARER)
        assert answer.headers["content-type"] == "application/zip"
        path = tmp_path / f"{case['index']}.zip"
        path.write_bytes(answer.content)
        reader = PackageReader(path)
        policy = parse_policy(f"log {bureau.site.house.service.vkey}\nquorum none\n".encode())
        report = check_package(reader, policy, bureau.site.house.clock.now)
        reader.close()
        assert report.bundle
        assert report.entries > 5
        again = bureau.site.http.get(case["evidence"], headers=BEARER)
        assert again.content == answer.content, "the same question at the same checkpoint gives the same bytes"


def test_a_large_book_is_looked_through_over_several_requests(bureau: Bureau) -> None:
    service = bureau.site.house.service
    size = service.sequencer.published.size  # type: ignore[union-attr]
    times = iter(range(0, 1_000, 3))
    cases = Cases(service)
    assert cases.look(size, lambda: float(next(times))) == 1, "its time was over before it began a stretch"
    assert cases.look(size) == size
