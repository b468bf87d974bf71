"""The merchant's label page in a real Chromium: what it makes is read back, and nothing it makes leaves it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from fakes.served import Served, served
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from rig.static_files import WITHOUT_ED25519

from suxin.api.render import LABEL_CSP, LABEL_SCRIPTS, static_bytes
from suxin.client.post import Session
from suxin.ledger.claim_code import key_of, parse_code
from suxin.ledger.identifier import check_class, class_of
from suxin.trace.label import make_label

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/claim.json").read_bytes())["cases"]
GTIN, OWN = "/01/09501101530003", "/s/91512081MA62K0260E/tea-250g"
# Line, fault and row of a list with every fault a row can have; the others are whole.
ROWS = [
    (2, "", f"{GTIN}/21/3FJ8S0QW1KZR,L2026-11"),
    (3, "gtin-digit", "/01/09501101530004/21/3FJ8S0QW1KZR,"),
    (4, "item", f"{GTIN}/21/short,"),
    (5, "", f'"{OWN}/21/3FJ8S0QW1KZS",""'),
    (6, "uscc-digit", "/s/91512081MA62K0260F/tea-250g/21/3FJ8S0QW1KZR,"),
    (7, "twice", f"{GTIN}/21/3FJ8S0QW1KZR,L2"),
    (8, "lot", f"{GTIN}/21/3FJ8S0QW1KZT,<b>lot</b>"),
    (9, "missing", ",L2026-11"),
    (10, "over", f"{GTIN}/21/3FJ8S0QW1KZU,L1,more"),
]
LIST = "item,lot\n" + "\n".join(row for _, _, row in ROWS) + "\n"
MAKE = """async (cases) => {
  const { formatCode } = await import("%s");
  const { keyOf, parseCode, seedOf } = await import("%s");
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));
  const half = async (code, use) => (await keyOf(seedOf(code, use))).text;
  return Promise.all(cases.map(async ({ code_hex: hex, text }) => {
    const code = bytes(hex);
    return [formatCode(code), await half(code, "item"), await half(code, "parcel"), formatCode(parseCode(text))];
  }));
}"""
CUT_OFF = """() => [...document.querySelectorAll('.part')]
  .filter(e => e.scrollHeight > e.clientHeight || e.scrollWidth > e.clientWidth).map(e => e.innerText)"""
DRAW = """async (texts) => {
  const { drawQr, svgOf } = await import("%s");
  return texts.map((text) => svgOf(drawQr(text)));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("labels")) as found:
        yield found


@pytest.fixture
def desk(browser: Browser, site: Served) -> Iterator[Any]:
    contexts = []

    def opened(lang: str, lacking: str = "") -> Page:
        contexts.append(browser.new_context(viewport={"width": 900, "height": 1000}, device_scale_factor=2))
        page = contexts[-1].new_page()
        if lacking:
            page.add_init_script(lacking)
        page.set_default_timeout(60_000)
        page.goto(f"{site.url}/{lang}/labels")
        expect(page.locator("#labels[data-ready=yes]")).to_have_count(1)
        return page

    yield opened
    for context in contexts:
        context.close()


def script(site: Served, name: str) -> str:
    return f"{site.url}/static/{name}"


def read(raw: bytes) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(raw)), formats=zxingcpp.BarcodeFormat.QRCode)]


def saved(page: Page, button: str) -> str:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes().decode()


@pytest.mark.parametrize(("lang", "lacking"), [("zh-CN", ""), ("en", WITHOUT_ED25519)])
def test_a_list_becomes_labels_and_nothing_leaves_the_page(desk: Any, site: Served, lang: str, lacking: str) -> None:
    page = desk(lang, lacking)
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(request.url))
    page.fill("#labels-items", LIST)
    page.click("#labels-make")
    expect(page.locator("#labels-made")).to_be_visible()
    faults = page.locator("#labels-faults > li").evaluate_all(
        "all => all.map(one => [Number(one.dataset.line), one.dataset.fault])"
    )
    assert [tuple(one) for one in faults] == [(line, fault) for line, fault, _ in ROWS if fault]
    told = page.locator("#labels-problems").inner_text()
    assert ("校验" if lang == "zh-CN" else "check digit") in told
    assert "<b>lot</b>" in told
    assert page.input_value("#labels-items") == LIST
    rows = list(csv.DictReader(io.StringIO(saved(page, "#labels-list"))))
    base = site.http.get("/en/labels").text.partition('data-base="')[2].partition('"')[0]
    good = [next(csv.reader([row])) for _, fault, row in ROWS if not fault]
    assert [row["link"] for row in rows] == [make_label(item, base, None, lot).link for item, lot in good]
    page.emulate_media(media="print")
    assert page.evaluate(CUT_OFF) == []
    with Session(site.url) as session:
        key = session.log()
    for row, (item, lot), label in zip(rows, good, page.locator(".label").all(), strict=True):
        link, torn = sorted(read(label.screenshot()), key=len)
        assert link == row["link"]
        code = torn.removeprefix(f"{link}#claim=")
        assert (row["claim"], row["parcel_claim"]) == tuple(
            key_of(parse_code(code), use).public_text for use in ("item", "parcel")
        )
        text = label.inner_text()
        assert make_label(item, base, None, lot).words in text
        assert code in text
        assert f"{key.name} {key.key_id.hex()}" in text
    page.emulate_media(media="screen")
    hidden = page.locator(".torn svg").first
    assert hidden.is_hidden()
    page.check("#labels-show")
    assert hidden.is_visible()
    assert 'viewBox="0 0 ' in saved(page, ".label button >> nth=0")
    page.click("#labels-make")  # labels that were printed keep their codes
    expect(page.locator("[data-answer=bad]")).to_be_visible()
    assert list(csv.DictReader(io.StringIO(saved(page, "#labels-list")))) == rows
    assert [url for url in sent if not url.startswith("blob:")] == []
    blocked = "() => fetch('/healthz').then(() => 'sent', () => 'blocked')"
    assert page.evaluate(blocked) == "blocked"


def test_a_list_that_is_none_is_refused_and_left_as_it_is(desk: Any) -> None:
    page = desk("en")
    for text, shown in (
        ("", "no row"),
        ("item,lot\n", "no row"),
        ("name,lot\nx,y\n", "no column named item"),
        ('item\n"x\n', "line 2 is never closed"),
        ("item\n" + "x\n" * 1_001, "1001 rows"),
    ):
        page.fill("#labels-items", text)
        page.click("#labels-make")
        expect(page.locator("#labels-answer")).to_contain_text(shown)
        assert page.input_value("#labels-items") == text
    page.fill("#labels-items", "item;lot\n")
    files = "#labels-file"
    page.set_input_files(files, {"name": "a.csv", "mimeType": "text/csv", "buffer": b"\xff\xfe"})
    expect(page.locator("#labels-answer")).to_contain_text("UTF-8")
    page.fill("#labels-items", "")
    chinese = "item,lot,备注\n/01/1,B,龙井\n".encode("gb18030")  # as a spreadsheet in China saves it
    page.set_input_files(files, {"name": "g.csv", "mimeType": "text/csv", "buffer": chinese})
    page.wait_for_function("() => document.getElementById('labels-items').value.includes('龙井')")
    page.fill("#labels-items", "item;lot\n")
    page.set_input_files(files, {"name": "b.csv", "mimeType": "text/csv", "buffer": b"item,lot\nx,y\n"})
    expect(page.locator("#labels-answer")).to_contain_text("first line")
    assert page.input_value("#labels-items") == "item;lot\n"
    page.set_input_files(
        files, {"name": "c.csv", "mimeType": "text/csv", "buffer": f"\ufeffitem;lot\r\n{OWN}/21/3FJ8S0QW1KZS;\r\n".encode()}
    )
    page.wait_for_function("() => document.getElementById('labels-items').value.includes('tea-250g')")
    page.uncheck("#labels-tear")
    page.click("#labels-make")
    expect(page.locator(".label")).to_have_count(1)
    assert page.locator(".torn").count() == 0


def test_new_items_have_serials_of_their_own(desk: Any) -> None:
    page = desk("en")
    page.click("summary")
    page.fill("#labels-class", "/01/09501101530004")
    page.click("#labels-add")
    expect(page.locator("#labels-answer")).to_contain_text("check digit")
    page.fill("#labels-class", GTIN)
    page.fill("#labels-count", "50")
    page.click("#labels-add")
    page.wait_for_function("() => document.getElementById('labels-items').value.length > 1000")
    head, *rows = page.input_value("#labels-items").split()
    assert (head, len(set(rows))) == ("item,lot", 50)
    for row in rows:
        check_class(class_of(make_label(row.rstrip(","), "https://suxin.example", None).item), "")


def test_codes_and_drawings_are_those_of_the_vectors(desk: Any, site: Served) -> None:
    page = desk("en")
    cases = [case for case in VECTORS if "item" in case]
    made = page.evaluate(MAKE % (script(site, "label-make.js"), script(site, "voice-keys.js")), cases)
    assert made == [[case["text"], case["item"], case["parcel"], case["text"]] for case in cases]
    assert len(cases) > 2
    texts = [("https://suxin.example/" + "aB3-" * 100)[:size] for size in (10, 20, 38, 60, 80, 100, 120, 150, 178, 200, 250, 330)]
    drawn = page.evaluate(DRAW % script(site, "label-qr.js"), texts)
    sheet = page.context.new_page()
    sheet.set_content("<style>svg{width:280px;margin:10px}</style>" + "".join(drawn))
    assert sorted(read(sheet.screenshot(full_page=True))) == sorted(texts)


def test_the_page_may_ask_nothing_and_no_page_of_a_record_loads_it(site: Served) -> None:
    answer = site.http.get("/zh-CN/labels")
    assert answer.headers["content-security-policy"] == LABEL_CSP
    assert "connect-src 'none'" in LABEL_CSP
    assert "form-action 'none'" in LABEL_CSP
    for name in ("page-zh-CN.js", "page-en.js"):
        script = static_bytes(name)
        assert not [one for one in (*LABEL_SCRIPTS, "labels-words") if one.encode() in script]
