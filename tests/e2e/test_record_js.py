"""The record rebuilt in a real Chromium: the vectors, the same markup as the server's, codes that are read, and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import list_currencies
from fakes.pages import SITE
from playwright.sync_api import Browser, Page
from rig.static_files import served

from suxin.api import record_terms, render
from suxin.api.formats import Formats
from suxin.ledger.bundle import parse_bundle
from suxin.trace.page import TracePage
from suxin.trace.qr import draw_qr
from suxin.trace.record import Fact
from suxin.trace.retelling import retell

VECTORS = Path(__file__).parents[1] / "vectors"
RECORDS: dict[str, Any] = json.loads((VECTORS / "record.json").read_bytes())
BUNDLES: dict[str, str] = json.loads((VECTORS / "bundle.json").read_bytes())["bundles"] | RECORDS["bundles"]
CASES: list[dict[str, Any]] = RECORDS["cases"]
ADDRESS = "https://trace.example"

TELL = """async (cases) => {
  const { haveForms, parseBundle } = await import("/static/verify.js");
  const { recordOf } = await import("/static/record-model.js");
  for (const { text } of cases) await haveForms(new TextEncoder().encode(text));
  return cases.map(({ text, size, time_ms }) => {
    const bundle = parseBundle(new TextEncoder().encode(text));
    return recordOf(bundle, size ?? Infinity, time_ms ?? bundle.epoch.time);
  });
}"""
WORDS = """
const { complete } = await import("/static/record-formats.js");
const part = async (name) => (await import(`/static/record-${name}-${lang.slice(0, 2)}.js`)).default;
const words = complete(await part("words"), await part("rest"));
"""
DRAW = """async ({ records, lang, site, address }) => {
  const { drawing, placesOf } = await import("/static/record-formats.js");
  const { trace, waybill } = await import("/static/record-view.js");WORDS
  const found = [];
  for (const record of records) {
    const draw_qr = () => ({ size: 0, svg_path: () => "" });
    const more = { page: record, path: record.path, address: address + record.path, site, draw_qr };
    const c = drawing(words, await placesOf(record), more);
    found.push((record.serial === undefined ? waybill : trace)(c));
  }
  return found;
}""".replace("WORDS", WORDS)
READ = """async (codes) => {
  const { readQr } = await import("/static/record-qr.js");
  return codes.map(([path, size]) => readQr(path, size - 8));
}"""
FORMAT = """async ({ lang, facts, sums }) => {
  const { Formats } = await import("/static/record-formats.js");WORDS
  const f = new Formats(words, new Map());
  return [facts.map((fact) => f.fact(fact).map(String)), sums.map(([minor, currency]) => f.money(minor, currency))];
}""".replace("WORDS", WORDS)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with served() as url:
        opened = browser.new_page()
        opened.goto(url)
        yield opened
        opened.close()


def test_every_vector_of_the_record(page: Page) -> None:
    asked = [{"text": BUNDLES[case["bundle"]], "size": case.get("size"), "time_ms": case.get("time_ms")} for case in CASES]
    found = page.evaluate(TELL, asked)
    assert [case["name"] for case, told in zip(CASES, found, strict=True) if told != case["record"]] == []
    assert len(CASES) > 20


def test_the_vectors_show_every_situation() -> None:
    """A twin that forgot one of these would not be found out otherwise."""
    text = json.dumps([case["record"] for case in CASES])
    grades = set(re.findall(r'"grade": "(.)", "reason": "(\w+)"', text))
    assert {grade for grade, _ in grades} == set("ABCD")
    assert {reason for _, reason in grades} == {
        "counter_signed", "two_organisations", "physical", "claim_only", "shared_holder", "no_code", "simulated", "imported",
    }  # fmt: skip
    for word in (
        "late", "very_late", "out_of_order", "ahead", "assumed", "no_consent", "after_delivery", "probable_duplicate", "overdue",
        "insider", "disputed", "not_understood", "sealed", "shown", "corrected_by", "stale", "returned", "attention", "open",
        "upheld", "key_stolen",
    ):  # fmt: skip
        assert f'"{word}"' in text, word
    assert any(case["record"] and case["record"]["withheld"] for case in CASES)
    assert any("rows" in part for case in CASES if case["record"] for part in case["record"]["record"]), "no scans are folded"


def plain(markup: str) -> str:
    """The main part of a page without what the server says for itself, and without the hashes in its pictures' addresses."""
    found = re.search(r'<main id="main" class="wrap page two">\n(.*)</main>', markup, re.DOTALL)
    text = found[1].removesuffix("\n") if found else markup.removesuffix("\n")
    text = re.sub(r'<section (?:class="proof" )?data-stated="proof".*?</section>\n*', "<proof>", text, flags=re.DOTALL)
    text = re.sub(r'(<dd data-stated="count">).*?</dd>', r"\1</dd>", text)
    text = re.sub(r'viewBox="0 0 \d+ \d+"(.*?)<path.*?</svg>', r"\1<code></svg>", text)
    return re.sub(r"\?v=[0-9a-f]{12}", "", text).replace("&#39;", "'").replace("&#34;", '"')


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_what_is_drawn_is_what_the_server_draws(page: Page, lang: str) -> None:
    told = [(case["record"], retell(parse_bundle(BUNDLES[case["bundle"]].encode()))) for case in CASES if "size" not in case]
    models = [model for _, model in told if model is not None]
    site = replace(SITE, base_url=ADDRESS)
    due = []
    for model in models:
        template = "trace.html" if isinstance(model, TracePage) else "waybill.html"
        due.append(plain(render.page(template, model, lang, site=site, path=model.path)))
    more = {"lang": lang, "address": ADDRESS, "site": {"origin": site.origin, "key_id": site.key_id}}
    drawn = page.evaluate(DRAW, {"records": [record for record, model in told if model is not None]} | more)
    for shown, wanted in zip(drawn, due, strict=True):
        assert plain(shown) == wanted


def test_codes_are_read_or_refused(page: Page) -> None:
    texts = [f"{ADDRESS}/01/09520003000018/21/{'abc123XYZ_-'[: n % 11]}{'0123456789' * (n // 10)}" for n in range(0, 440, 17)]
    texts += [f"HTTPS://TRACE.EXAMPLE/{'A1' * 20}", "0123456789" * 5]
    codes = [draw_qr(text) for text in texts]
    assert page.evaluate(READ, [[code.svg_path(), code.size] for code in codes]) == texts
    bad = []
    for code in codes[::5]:
        rows = [list(row) for row in code.rows]
        side = len(rows)
        rows[side - 1][side - 1] = not rows[side - 1][side - 1]  # a phone would mend this; what it would read is not asked
        bad += [[replace(code, rows=tuple(map(tuple, rows))).svg_path(), code.size], [code.svg_path() + " ", code.size]]
    assert page.evaluate(READ, bad) == [None] * len(bad)


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_values_read_alike(page: Page, lang: str) -> None:
    formats = Formats(lang, render._translations(lang))
    values: list[Any] = [
        0,
        1,
        2,
        5,
        47,
        48,
        119,
        120,
        999,
        1000,
        1005,
        1015,
        2345,
        12_345_678,
        -3,
        2**53 - 1,
        True,
        False,
        "food",
    ]
    values += [
        "2026-11-22",
        "2026-02-30",
        "2026-11-22T08:00:00-03:30",
        "2026-11-22T08:00:00.500Z",
        "carrier.lost",
        "unknown",
        "330702",
    ]
    names = "number weight_g deliver_hours return_days deliver_by made_on reason origin seller_stars contents after_days category"
    names += " waybill answered_min /body/by_air strange"
    facts = [Fact(name, value) for name in names.split() for value in values]
    sums = [(minor, currency) for currency in [*sorted(list_currencies()), "QQQ"] for minor in (0, 5, 123_456_789, -40)]
    asked = [{field.name: getattr(fact, field.name) for field in fields(fact)} for fact in facts]
    found, money = page.evaluate(FORMAT, {"lang": lang, "facts": asked, "sums": sums})
    # Names of districts are loaded apart; without them a code is shown.
    due = [list(map(str, formats.fact(fact))) for fact in facts]
    wrong = [(fact, shown, wanted) for fact, shown, wanted in zip(facts, found, due, strict=True)
             if shown != wanted and (fact.name, fact.value) != ("origin", "330702")]  # fmt: skip
    assert wrong == []
    assert money == [formats.money(minor, currency) for minor, currency in sums]


def test_the_modules_are_what_their_tables_make() -> None:
    folder = files("suxin.api").joinpath("static")
    for name, text in record_terms.modules().items():
        assert folder.joinpath(name).read_text(encoding="utf-8") == text, "run python -m suxin.api.record_terms"
