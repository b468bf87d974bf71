"""Pages and stories as JSON through a real server: a small invented world, every page of it opened in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from fakes.house import Clock, expect_recorded
from fakes.served import Served, served
from PIL import Image

from suxin.client.demo_stage import Stage
from suxin.client.demo_world import build_world, start_of
from suxin.client.statement import Draft, Signed
from suxin.ledger import closure
from suxin.ledger.bundle_verify import log_policy, verify_bundle
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text
from suxin.trace.lifecycle import TradeRules

NOW = 1_795_305_600_000
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@dataclass
class Town:
    """The world in a served book."""

    site: Served
    said: list[Signed]
    stage: Stage

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.site.http.get(path, headers=HTML | headers)

    def json(self, path: str) -> dict[str, Any]:
        answer = self.site.http.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def subjects(self, field: str, kind: str = "") -> list[str]:
        said = [s.statement for s in self.said if kind in ("", s.statement.type)]
        return sorted({statement.subjects[field] for statement in said if field in statement.subjects})

    def complain(self) -> str:
        """Somebody complains about the first parcel that was scanned; gives its waybill."""
        waybill = self.subjects("waybill", "scan")[0]
        body = {"against": "carrier", "category": "other"}
        draft = Draft("complaint", moment_text(self.site.house.clock()), {"waybill": waybill}, body)
        expect_recorded(self.site.house.post([self.stage.consumer().sign(draft)]))
        return waybill


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = Clock(start_of(NOW))
    with served(tmp_path_factory.mktemp("town"), clock=clock) as site:
        stage = build_world(site.house.service.genesis.book, NOW, scale=0.05)
        said: list[Signed] = []
        group: list[Signed] = []
        for due, signed in stage.until(NOW):
            clock.now = max(clock.now, due)
            group.append(signed)
            if signed.statement.type == "actor" or len(group) == 50:
                expect_recorded(site.house.post(group))
                said, group = said + group, []
        expect_recorded(site.house.post(group))
        yield Town(site, said + group, stage)


@pytest.fixture(scope="module")
def items(town: Town) -> list[str]:
    return town.subjects("item")


def test_every_page_opens_in_both_languages(town: Town, items: list[str]) -> None:
    waybills = town.subjects("waybill")
    paths = ["/", "/verify", "/couriers", *items, *(f"/w/{waybill}" for waybill in waybills)]
    paths += [f"/couriers/{uscc}" for uscc in sorted({waybill[:18] for waybill in waybills})]
    for path in paths:
        for lang in ("zh-CN", "en"):
            answer = town.get(f"/{lang}{path}")
            assert answer.status_code == 200, (path, answer.text)
            assert f'<html lang="{lang}"' in answer.text
            assert answer.headers["content-language"] == lang
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert "anon:" not in answer.text
    assert len(items) > 20


def test_the_sandbox_band_is_on_every_page_also_on_errors(town: Town, items: list[str]) -> None:
    for path in ("/en/", f"/en{items[0]}", "/en/nothing", "/en/couriers"):
        assert "Sandbox book" in town.get(path).text


def test_an_address_without_a_language_asks_the_reader(town: Town, items: list[str]) -> None:
    for accept, lang in (("en-GB,en;q=0.9", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("", "zh-CN"), ("fr", "zh-CN")):
        answer = town.get(items[0], **{"accept-language": accept})
        assert (answer.headers["content-language"], answer.headers["vary"]) == (lang, "Accept, Accept-Language, Accept-Encoding")


def test_a_digital_link_gives_json_to_who_asks_for_it(town: Town, items: list[str]) -> None:
    waybill = town.subjects("waybill", "delivery")[0]
    for page, v1 in (
        (items[0], f"/v1/products{items[0]}"), (f"/w/{waybill}", f"/v1/waybills/{waybill}"),
        (f"/couriers/{waybill[:18]}", f"/v1/couriers/{waybill[:18]}"), ("/couriers", "/v1/couriers"),
    ):  # fmt: skip
        asked = town.site.http.get(page, headers={"accept": "application/json"})
        assert asked.headers["content-type"] == "application/json"
        assert asked.headers["vary"] == "Accept"
        assert asked.json() == town.json(v1)


def test_what_is_told_is_what_was_said(town: Town, items: list[str]) -> None:
    """Every entry about an item, and none about another, stands in its story with hash and index."""
    size = town.json("/v1/couriers")["as_of"]["size"]
    for item in items[:12]:
        story = town.json(f"/v1/products{item}")["product"]
        rows = [row for part in story["record"] for row in part.get("rows", [part])]
        told = {row["ref"]["statement"] for top in rows for row in [top, *top["replies"]]}
        named = {b64u(s.statement.hash) for s in town.said if s.statement.subjects.get("item") == item}
        assert named <= told
        assert story["record_count"] == len(told)
        assert all(top["ref"]["index"] < size for top in rows)
    proof = story["proof"]
    assert proof["entries"] > story["record_count"]
    assert proof["state"] == "none"


def test_the_bundle_that_a_page_names_is_of_as_many_entries_as_it_says(town: Town, items: list[str]) -> None:
    proof = town.json(f"/v1/products{items[0]}")["product"]["proof"]
    bundle = town.json(proof["bundle_path"])
    assert len(bundle["entries"]) == proof["entries"]
    assert len(bundle["streams"]) == proof["streams"]


def test_texts_are_shown_from_the_vault_and_only_while_they_are_there(town: Town) -> None:
    said = next(s for s in town.said if s.statement.type == "review" and "item" in s.statement.subjects and s.openings)
    path = f"/en{said.statement.subjects['item']}"
    text = said.openings[0].value
    assert text in town.get(path).text
    service = town.site.house.service
    assert service.vault.forget(service.book, said.statement.hash, "/body/text")
    town.complain()  # a page is kept for an epoch
    page = town.get(path).text
    assert text not in page
    assert "Text kept under seal" in page


def test_a_page_shows_what_was_published_since(town: Town, items: list[str]) -> None:
    waybill = town.subjects("waybill", "scan")[0]
    before = town.json(f"/v1/waybills/{waybill}")["waybill"]["record_count"]
    assert town.complain() == waybill
    assert town.json(f"/v1/waybills/{waybill}")["waybill"]["record_count"] == before + 1
    assert town.get(f"/en/w/{waybill}").status_code == 200


def test_a_parcels_page_says_nothing_of_what_is_in_it(town: Town) -> None:
    for signed in town.said:
        if signed.statement.type == "dispatch":
            page = town.get(f"/en/w/{signed.statement.subjects['waybill']}").text
            assert signed.statement.subjects["item"] not in page
            assert signed.statement.subjects["item"].rpartition("/")[2] not in page


@pytest.mark.parametrize(("path", "status", "words"), [
    ("/en/01/09520001000010/21/nothing-here-1", 404, "Nothing is recorded about this product"),
    ("/en/01/09520001000011/21/nothing-here-1", 422, "A digit is wrong"),
    ("/en/01/09520001000010/21/short", 422, "This is not a code we can read"),
    ("/en/w/91330702MA2JY01001/aaaaaaaaaaaaaaaaaaaaaa", 404, "Nothing is recorded about this parcel"),
    ("/en/w/91330702MA2JY01001/a", 422, "This is not a code we can read"),
    ("/en/couriers/91350100M000100Y43", 404, "No file for this company"),
    ("/en/couriers/91350100M000100Y44", 422, "A digit is wrong"),
    ("/en/nothing", 404, "There is no such page"),
    ("/en/find?q=%3Cscript%3E", 422, "This is not a code we can read"),
    ("/en/find?q=http://[", 422, "This is not a code we can read"),
])  # fmt: skip
def test_errors_are_pages_in_words_and_problems_to_programs(town: Town, path: str, status: int, words: str) -> None:
    answer = town.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in answer.text
    assert "<script>" not in answer.text
    proof = re.search(r'href="(/v1/[^"]+/bundle)"', answer.text)
    assert bool(proof) == words.startswith("Nothing is recorded"), "the proof that nothing stands in the book"
    if proof:
        told, genesis = town.site.http.get(proof[1]).content, town.site.house.service.genesis
        policy = log_policy(genesis.origin, [town.site.house.service.log_public])
        report = verify_bundle(told, policy, town.site.house.clock(), TradeRules())
        assert (report.verdict, report.recorded) == ("holds", False)
    answer = town.site.http.get(path, headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail", "cure"} <= set(answer.json())


def test_looking_up_leads_to_the_page(town: Town, items: list[str]) -> None:
    gs1 = next(item for item in items if item.startswith("/01/"))
    own = next(item for item in items if item.startswith("/s/"))
    gtin, serial = gs1[4:18], gs1.rpartition("/")[2]
    waybill = town.subjects("waybill", "delivery")[0]
    company = town.json("/v1/couriers")["couriers"]["rows"][0]
    asked = {
        gs1: gs1, own: own, f"https://elsewhere.example{gs1}?x=1": gs1, f"/en{gs1}": gs1, f"(01) {gtin} (21) {serial}": gs1,
        f"(01){gtin}(10)LOT-1(21){serial}": gs1, f"/01/{gtin}/10/LOT-1/21/{serial}": gs1, f"/w/{waybill}": f"/w/{waybill}",
        waybill: f"/w/{waybill}", waybill[19:]: f"/w/{waybill}", company["uscc"]: f"/couriers/{company['uscc']}",
        company["uscc"].lower(): f"/couriers/{company['uscc']}",
    }  # fmt: skip
    if gtin.startswith("0"):
        asked[f"/01/{gtin[1:]}/21/{serial}"] = gs1
    for query, path in asked.items():
        answer = town.site.http.get("/en/find", params={"q": query}, headers=HTML)
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/en{path}"), query
    answer = town.site.http.get("/find", params={"q": company["party"]["name"]["text"]}, headers=HTML, follow_redirects=True)
    assert company["uscc"] in answer.text
    assert town.get("/en/find").headers["location"] == "/en"


def test_other_forms_of_a_digital_link_lead_to_the_one_address(town: Town, items: list[str]) -> None:
    gs1 = next(item for item in items if item.startswith("/01/0"))
    gtin, serial = gs1[4:18], gs1.rpartition("/")[2]
    for form in (f"/01/{gtin[1:]}/21/{serial}", f"/01/{gtin}/10/LOT-1/21/{serial}"):
        for lang in ("", "/en"):
            answer = town.get(lang + form)
            assert (answer.status_code, answer.headers["location"]) == (301, lang + gs1)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_printed_code_holds_the_address_of_its_page(town: Town, items: list[str], kind: str, tmp_path: Path) -> None:
    waybill = town.subjects("waybill")[0]
    for path in (items[0], f"/w/{waybill}", f"/couriers/{waybill[:18]}"):
        answer = town.site.http.get(f"/v1/qr{path}.{kind}")
        assert answer.status_code == 200
        if kind == "png":
            (tmp_path / "code.png").write_bytes(answer.content)
            (read,) = zxingcpp.read_barcodes(Image.open(tmp_path / "code.png"))
            assert read.text == f"{town.site.url}{path}"
        else:
            assert answer.text.startswith("<svg")
    assert town.site.http.get(f"/v1/qr/nonsense.{kind}").status_code == 422
    assert town.site.http.get(f"/v1/qr{items[0]}.gif").status_code == 404


def test_addresses_in_codes_are_not_the_callers_to_choose(town: Town, items: list[str]) -> None:
    page = town.get(items[0], host='evil.example/"><script>').text
    assert "evil.example" not in page


def test_couriers_are_listed_by_name_or_parcels_and_searched(town: Town) -> None:
    all_of_them = town.json("/v1/couriers")["couriers"]
    assert all_of_them["total"] == len(all_of_them["rows"]) >= 3
    by_parcels = [row["accepted"] for row in town.json("/v1/couriers?order=parcels")["couriers"]["rows"]]
    assert by_parcels == sorted(by_parcels, reverse=True)
    english = all_of_them["rows"][0]["party"]["name"]["english"]
    assert [r["uscc"] for r in town.json(f"/v1/couriers?q={english}")["couriers"]["rows"]] == [all_of_them["rows"][0]["uscc"]]
    assert town.site.http.get("/v1/couriers?order=merit").status_code == 422
    assert re.search(r"0 companies", town.get("/en/couriers?q=nobody").text)


def test_a_row_of_the_list_is_what_its_file_says(town: Town) -> None:
    for row in town.json("/v1/couriers")["couriers"]["rows"]:
        file = town.json(f"/v1/couriers/{row['uscc']}")["courier"]
        for name in ("accepted", "delivered", "late", "presumed_lost"):
            assert row[name] == file["parcels"][name]
        assert row["complaints_received"] == file["complaints"]["received"]
        assert file["entries"] == sum(f"c:{row['uscc']}" in s.statement.streams for s in town.said) or row["accepted"]


def test_the_box_beside_a_story_has_the_figures_of_the_file(town: Town, items: list[str]) -> None:
    boxes = [box for item in items[:20] for box in town.json(f"/v1/products{item}")["product"]["couriers"]]
    assert boxes
    for box in boxes:
        file = town.json(f"/v1{box['carrier']['path']}")["courier"]
        assert (box["parcels"], box["late"]) == (file["parcels"]["accepted"], file["parcels"]["late"])


def test_the_start_page_counts_what_is_in_the_book(town: Town) -> None:
    published = town.site.house.service.sequencer.published
    assert published is not None
    book = town.site.house.service.book
    entries = sum(row.kind == 1 for row in book.entries(0, published.size - 1))
    page = town.get("/en/").text
    assert f"<dd>{entries:,}</dd>" in page


def test_static_files_may_be_kept_for_ever_and_no_other_file_is_served(town: Town) -> None:
    page = town.get("/en/").text
    (style,) = set(re.findall(r'href="(/static/style\.css\?v=[^"]+)"', page))
    answer = town.site.http.get(style)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    for name in ("nothing.css", "..%2Fservice.py", "%2e%2e/service.py"):
        assert town.site.http.get(f"/static/{name}").status_code == 404


def test_every_link_of_a_page_leads_somewhere(town: Town, items: list[str]) -> None:
    waybill = town.subjects("waybill", "delivery")[0]
    seen = set()
    for path in ("/en/", f"/en{items[0]}", f"/en/w/{waybill}", f"/en/couriers/{waybill[:18]}", "/en/verify", "/en/couriers"):
        for link in re.findall(r'<(?:a|link)[^>]* href="(/[^"#]*)"', town.get(path).text):
            if link.startswith("/v1/entries/"):
                continue  # this book's entries are private
            if link not in seen:
                seen.add(link)
                assert town.get(link.replace("&amp;", "&")).status_code in (200, 303), link
    assert len(seen) > 20


def test_a_head_request_is_answered_without_a_body(town: Town, items: list[str]) -> None:
    answer = town.site.http.head(f"/en{items[0]}", headers=HTML)
    assert (answer.status_code, answer.content) == (200, b"")


def test_nothing_is_shown_that_is_not_published(town: Town, items: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A committed entry whose checkpoint is not out yet is not on any page."""
    sequencer = town.site.house.service.sequencer
    published = sequencer.published
    assert published is not None
    item = items[0]
    rows = [part for part in town.json(f"/v1/products{item}")["product"]["record"] if "ref" in part]
    newest = max(row["ref"]["index"] for row in rows)
    monkeypatch.setattr(sequencer.edge, "published", replace(published, epoch=published.epoch + 1_000, size=newest))
    told = town.json(f"/v1/products{item}")["product"]["record"]
    assert newest not in [part["ref"]["index"] for part in told if "ref" in part]


def test_a_story_beyond_its_bound_is_refused_and_the_server_stays_up(
    town: Town, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(closure, "ENTRIES_MAX", 1)
        answer = town.site.http.get(f"/v1/products{items[-1]}")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bundle-too-large")
    town.complain()
    assert town.site.http.get(f"/v1/products{items[-1]}").status_code == 200
