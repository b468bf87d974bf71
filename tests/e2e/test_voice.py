"""The public speaks, in a real Chromium against a served book: claims, reviews and complaints that are signed in the browser.

Named after the stories of domain.md section 6 that they play.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fakes.served import Pen, hash_of
from fakes.shopping import OFFER, Purchase, Shop, shop
from playwright.sync_api import Browser, Page, Request, expect

from suxin.api.allowance import Allowance
from suxin.ledger import canonical
from suxin.ledger.claim_code import format_code
from suxin.ledger.statement import copy_for_ref, parse_statement

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/claim.json").read_bytes())["cases"]
RECORDED = {"zh-CN": "已记录", "en": "Recorded"}
REFUSED = re.compile(r"status of (?:4\d\d|502) ")  # what the browser says by itself of an answer that a test asks for
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("shop")) as found:
        yield found


@pytest.fixture
def buy(town: Shop) -> Purchase:
    town.site.house.service.allowance = Allowance()
    return town.buy()


@pytest.fixture
def reader(browser: Browser, town: Shop) -> Iterator[Open]:
    """Opens pages, each in a browser of its own unless told which; notes every request, so that a code that leaks is seen."""
    contexts = []
    complaints: list[str] = []
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(f"{request.url} {request.headers} {request.post_data or ''}")

    def opened(path: str, *, beside: Page | None = None, lacking: str = "", **more: Any) -> Page:
        if beside is None:
            contexts.append(browser.new_context(viewport={"width": 390, "height": 844}, timezone_id="Asia/Shanghai", **more))
        page = (beside.context if beside else contexts[-1]).new_page()
        if lacking:
            page.add_init_script(lacking)
        page.clock.set_fixed_time(town.site.house.clock.now / 1000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: None if REFUSED.search(said.text) else complaints.append(said.text))
        page.on("request", note)
        page.goto(town.site.url + path)
        return page

    opened.sent = sent  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert not [line for line in sent if re.search(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}", line)], "a code left"


def say(buy: Purchase, lang: str = "en", code: bool = True) -> str:
    return f"/{lang}/say{buy.item}" + (f"#claim={buy.code}" if code else "")


def stars(page: Page, name: str, count: int) -> None:
    page.locator(f"input[name={name}][value='{count}']").check(force=True)


def answer(page: Page, kind: str) -> str:
    found = page.locator(f"#say-answer [data-answer={kind}]")
    expect(found).to_be_visible(timeout=15_000)
    return found.inner_text()


def review(page: Page, text: str, count: int = 4) -> None:
    stars(page, "stars", count)
    page.fill("#say-review-text", text)
    page.click("#say-review-send")


def entries(town: Shop, buy: Purchase, kind: str) -> list[dict[str, Any]]:
    """Statements of a type in the item's story, as the book holds them."""
    bundle = town.site.http.get(f"/v1/products{buy.item}/bundle").json()
    found = [leaf["statement"] for _, leaf in bundle["entries"] if leaf and "statement" in leaf]
    return [statement for statement in found if statement["type"] == kind]


def test_story_6_rate_after_sign_off_with_a_follow_up(town: Shop, buy: Purchase, reader: Open) -> None:
    lang = "zh-CN"
    page = reader(say(buy, lang))
    expect(page.locator("#say-code-state")).to_have_attribute("data-state", "code-fits")
    assert "claim" not in page.url, "the code does not stay in the address"
    review(page, "香气很足 <b>&amp;</b>", 4)
    assert RECORDED[lang] in answer(page, "good")
    (claim,), (first,) = entries(town, buy, "claim"), entries(town, buy, "review")
    assert first["actor"] == f"anon:{claim['body']['owner']}"
    assert "香气" not in json.dumps(first)
    trace = reader(f"/{lang}{buy.item}", beside=page)
    expect(trace.get_by_text("香气很足 <b>&amp;</b>").first).to_be_attached()
    page.reload()  # without the code: the key that was bound lies in this browser
    review(page, "一周后依然满意", 5)
    assert RECORDED[lang] in answer(page, "good")
    told = entries(town, buy, "review")
    assert [one["body"]["kind"] for one in told] == ["first", "follow"]
    assert told[1]["actor"] == first["actor"]
    assert len(page.locator("#say-receipts li").all()) == 3


@pytest.mark.parametrize(
    ("lang", "gone", "shown"), [("en", "erased", "withdrawn by its author"), ("zh-CN", "已在此删除", "已由作者撤回")]
)
def test_story_10_she_takes_her_words_back_where_she_wrote_them(
    town: Shop, buy: Purchase, reader: Open, lang: str, gone: str, shown: str
) -> None:
    page = reader(say(buy, lang))
    review(page, "我后悔写下的话", 2)
    answer(page, "good")
    page.click("[data-withdraw]")
    page.click("[data-withdraw] + button")
    expect(page.locator("#say-answer")).to_contain_text(gone)
    (first,), (erasure,) = entries(town, buy, "review"), entries(town, buy, "erasure")
    assert (erasure["actor"], erasure["body"]) == (first["actor"], {"ground": "request"})
    with page.expect_download() as saved:
        page.locator("#say-answer a[download]").click()
    assert "outcome erased" in json.loads(saved.value.path().read_text())["certificate"]
    assert not page.locator("[data-withdraw]").count()
    trace = reader(f"/{lang}{buy.item}", beside=page).locator("main").inner_text()
    assert "我后悔写下的话" not in trace
    assert shown in trace
    page.reload()
    assert not page.locator("[data-withdraw]").count(), "what is taken back is not offered again"


def test_words_of_a_code_are_taken_back_with_that_code_alone(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy))
    expect(page.locator("#say-code-state")).to_have_attribute("data-state", "code-fits")
    stars(page, "carriage_stars", 1)
    page.fill("#say-carriage-text", "words about the courier")
    page.click("#say-carriage-send")
    answer(page, "good")
    page.reload()  # the code is kept nowhere
    page.click("[data-withdraw]")
    page.click("[data-withdraw] + button")
    assert "enter the code first" in answer(page, "bad")
    page.fill("#say-code", buy.code)
    expect(page.locator("#say-code-state")).to_have_attribute("data-state", "code-fits")
    page.click("[data-withdraw]")
    page.click("[data-withdraw] + button")
    expect(page.locator("#say-answer")).to_contain_text("Your words are erased")
    assert len(entries(town, buy, "erasure")) == 1
    page.click("summary")
    page.fill("#say-complaint-text", "words that a law wants kept")
    page.click("#say-complain")
    expect(page.locator("#say-answer")).to_contain_text("Case number")
    page.click("[data-withdraw]")
    page.click("[data-withdraw] + button")
    expect(page.locator("#say-answer")).to_contain_text("A law wants them kept until 20")


def test_story_1_and_6_from_the_code_on_the_label_to_the_form(buy: Purchase, reader: Open) -> None:
    page = reader(f"{buy.item}#claim={buy.code}", locale="zh-CN")  # what the QR code under the flap says
    page.wait_for_function("() => !['none', 'wait'].includes(document.documentElement.dataset.proof)")
    assert page.locator(".steps li").count() == 6
    assert page.locator("html").get_attribute("data-proof") != "fail"
    page.click("a[data-voice]")
    expect(page.locator("#say-code-state")).to_have_attribute("data-state", "code-fits")


def test_story_6_a_second_first_review_is_refused(town: Shop, buy: Purchase, reader: Open) -> None:
    review(page := reader(say(buy)), "good")
    answer(page, "good")
    before = town.site.written
    other = reader(say(buy))  # the same code in another browser
    expect(other.locator("#say-code-state")).to_have_attribute("data-state", "code-used")
    review(other, "mine too")
    assert "The code was used before" in answer(other, "bad")
    page.evaluate("""() => {
      const place = Object.keys(localStorage).find(name => name.startsWith("suxin.voice."));
      const held = JSON.parse(localStorage.getItem(place));
      held.receipts = held.receipts.filter(one => one.type === "claim");
      localStorage.setItem(place, JSON.stringify(held));
    }""")
    page.reload()  # a browser that forgot its first review
    review(page, "again a first one")
    assert "has its first review already" in answer(page, "bad")
    assert town.site.written == before
    assert len(entries(town, buy, "review")) == 1


def test_a_wrong_or_a_guessed_code_writes_nothing(town: Shop, buy: Purchase, reader: Open) -> None:
    before = town.site.written
    page = reader(say(buy, code=False))
    wrong = {"4W74-RVYC-67BT-VQJZ-HDPD-ARCD-83J1": "code-wrong", "hello": "code-wrong", format_code(bytes(16)): "code-other"}
    for typed, state in wrong.items():
        page.fill("#say-code", typed)
        expect(page.locator("#say-code-state")).to_have_attribute("data-state", state)
        expect(page.locator("#say-claim")).to_be_hidden()
        review(page, "bought by somebody else")
        assert "enter the code first" in answer(page, "bad")
    assert town.site.written == before


def test_a_claim_by_itself_then_the_delivery(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy))
    page.click("#say-claim")
    assert "Recorded: claim" in answer(page, "good")
    expect(page.locator("#say-claim")).to_be_hidden()
    stars(page, "carriage_stars", 5)
    page.select_option("#say-delivery", "4")
    page.click("#say-carriage-send")
    answer(page, "good")
    expect(page.get_by_text("Recorded: review of the delivery")).to_be_visible()
    (rated,) = [one for one in entries(town, buy, "review") if "waybill" in one["subjects"]]
    assert rated["subjects"] == {"waybill": buy.waybill}
    assert rated["body"] == {"faces": {"delivery": 4}, "kind": "first", "stars": 5}


@pytest.mark.parametrize(("lang", "clock"), [("zh-CN", "案件编号"), ("en", "Case number")])
def test_story_7_not_my_order_in_two_taps_without_a_code(town: Shop, buy: Purchase, reader: Open, lang: str, clock: str) -> None:
    page = reader(say(buy, lang, code=False))
    page.click("[data-ask=stranger]")
    page.click("#say-stranger")
    said = answer(page, "good")
    assert clock in said
    assert "29" in said, "seven days after the 22nd"
    (found,) = entries(town, buy, "complaint")
    assert found["body"] == {"against": "seller", "category": "not_my_order"}


def test_story_9_deny_a_sign_off_i_did_not_make(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))
    page.click("[data-ask=signoff]")
    page.click("#say-signoff")
    assert "the courier company" in answer(page, "good")
    (found,) = entries(town, buy, "complaint")
    assert (found["subjects"], found["body"]["category"]) == ({"waybill": buy.waybill}, "false_signoff")


def test_story_9_from_the_code_on_the_outside_of_a_parcel(town: Shop, buy: Purchase, reader: Open) -> None:
    """Whoever gets what she never ordered has no code of any goods: two taps from the parcel's own page."""
    page = reader(f"/zh-CN/w/{buy.waybill}")
    page.click("a[data-voice]")
    page.click("[data-ask=stranger]")
    page.click("#say-stranger")
    assert "案件编号" in answer(page, "good")
    page.reload()
    page.click("[data-ask=signoff]")
    page.click("#say-signoff")
    answer(page, "good")
    page.fill("#say-code", buy.code)
    expect(page.locator("#say-code-state")).to_have_attribute("data-state", "code-fits-parcel")
    stars(page, "carriage_stars", 2)
    page.click("#say-carriage-send")
    expect(page.locator("#say-answer")).to_contain_text("快递评价")
    found = town.site.http.get(f"/v1/waybills/{buy.waybill}/bundle").json()["entries"]
    said = [leaf["statement"] for _, leaf in found if leaf and "statement" in leaf]
    said = [one for one in said if one["type"] in ("complaint", "review")]
    assert {json.dumps(one["subjects"]) for one in said} == {json.dumps({"waybill": buy.waybill})}
    assert [one["body"].get("category", "rated") for one in said] == ["not_my_order", "false_signoff", "rated"]
    trace = reader(f"/en/w/{buy.waybill}", beside=page)
    assert "Disputed" in trace.locator("main").inner_text()


def test_texts_that_deceive_write_nothing(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))
    before = town.site.written
    page.click("summary")
    deceiving = {
        "五星\u202e好评": "turn its direction",
        "好" + "\u200b" * 500: "nobody sees",
        "x" * 100_000: "too long",
        "bell\x07": "control",
    }
    for text, word in deceiving.items():
        page.evaluate("text => { document.getElementById('say-complaint-text').value = text; }", text)
        page.click("#say-complain")
        expect(page.locator("#say-answer")).to_contain_text(word)
    assert town.site.written == before
    page.fill("#say-complaint-text", "x")  # one byte is a text
    page.click("#say-complain")
    answer(page, "good")
    assert entries(town, buy, "complaint")[0]["n"] == 1, "the number of what was refused is used again"


def test_a_receipt_that_does_not_hold_is_never_called_recorded(buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))

    def forge(route: Any) -> None:
        told = route.fetch()
        body = told.json()
        route.fulfill(response=told, body=json.dumps(body | {"received": body["received"] + 1}))

    page.route("**/v1/events", forge)
    page.click("[data-ask=stranger]")
    page.click("#say-stranger")
    assert "does not hold" in answer(page, "bad")
    assert page.locator("#say-receipts li").count() == 0


def test_no_answer_means_the_very_same_bytes_again(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))

    def lose(route: Any) -> None:
        route.fetch()  # the book takes it, and its answer is lost
        route.fulfill(status=502, body="")

    page.route("**/v1/events", lose, times=1)
    page.click("[data-ask=stranger]")
    page.click("#say-stranger")
    assert "not known whether" in answer(page, "bad").lower()
    page.click("#say-answer button")
    answer(page, "good")
    assert len(entries(town, buy, "complaint")) == 1


def test_codes_and_keys_are_those_of_the_vectors(buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))
    script = page.locator("script[src*=voice-page]").get_attribute("src") or ""
    source = page.request.get(page.url.split("/en/")[0] + script).text()
    keys = re.search(r'"\.(/voice-keys\.js\?v=[0-9a-f]+|/static/voice-keys\.js\?v=[0-9a-f]+)"', source)
    assert keys is not None
    run = """async ([from, texts]) => {
      const { parseCode, seedOf, keyOf } = await import(from);
      const hex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
      return Promise.all(texts.map(async text => {
        try {
          const code = parseCode(text);
          return [hex(code), (await keyOf(seedOf(code, "item"))).text, (await keyOf(seedOf(code, "parcel"))).text];
        } catch (error) { return error.code; }
      }));
    }"""
    found = page.evaluate(run, ["/static" + keys[1].removeprefix("/static"), [case["text"] for case in VECTORS]])
    for case, made in zip(VECTORS, found, strict=True):
        due = [case[name] for name in ("code_hex", "item", "parcel") if name in case] if case["valid"] else "claim-code"
        assert made[: len(due)] == due, case["name"]


def test_a_browser_whose_own_cryptography_knows_no_ed25519_signs_all_the_same(buy: Purchase, reader: Open) -> None:
    page = reader(say(buy), lacking="SubtleCrypto.prototype.importKey = () => Promise.reject(new Error('none'))")
    page.click("#say-claim")
    assert "Recorded: claim" in answer(page, "good")


def test_without_scripts_it_says_what_is_needed(buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, "zh-CN", code=False), java_script_enabled=False)
    assert "12315" in page.locator("noscript .note").inner_text()
    expect(page.locator("#say")).to_be_hidden()


def test_an_unknown_item_is_a_page_in_words(reader: Open) -> None:
    page = reader("/en/say/01/09501101530003/21/nobodyhasit1")
    expect(page.locator("h1")).to_contain_text("Nothing is recorded about this product")


def answered(town: Shop, pen: Pen, kind: str, body: dict[str, Any], referred: dict[str, Any]) -> None:
    """A firm says something under what the browser recorded."""
    raw = canonical.dump(referred)
    copied = copy_for_ref(parse_statement(raw))
    made = pen.raw(kind, {}, body, lambda members: members.update(ref=hash_of(raw), re=copied))
    town.site.post_event(pen.line(made)).raise_for_status()


def test_story_7_the_clock_of_a_complaint_runs_out_for_all_to_see(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))
    page.click("summary")
    page.click("#say-complain")
    answer(page, "good")
    trace = reader(f"/en{buy.item}", beside=page)
    row = trace.locator(".tl li", has_text="Complaint").first
    assert "Answer due by 29 Nov 2026" in row.inner_text()
    assert "Answer overdue" not in row.inner_text()
    town.site.house.clock.now += 8 * 86_400_000
    town.buy()  # an epoch eight days later
    for lang, word in (("en", "Answer overdue"), ("zh-CN", "逾期未答复")):
        stranger = reader(f"/{lang}{buy.item}")
        assert word in stranger.locator("main").inner_text()


def test_story_26_a_merchant_answers_and_pays_and_cannot_close(town: Shop, buy: Purchase, reader: Open) -> None:
    page = reader(say(buy, code=False))
    page.click("summary")
    page.click("#say-complain")
    answer(page, "good")
    (complaint,) = entries(town, buy, "complaint")
    answered(town, town.seller, "case", {"state": "WITH_PARTY"}, complaint)
    answered(town, town.seller, "case", {"paid_minor": 12_900, "state": "REMEDIED"}, complaint)
    trace = reader(f"/en{buy.item}", beside=page)
    said = trace.locator("main").inner_text()
    assert "Paid CN¥129.00" in said
    assert "1 open complaint" in said, "neither passing on nor calling it remedied closes it"
    assert "Closes unless turned down by" in said


def test_story_27_a_hidden_review_names_its_rule_and_the_averages_stand_both_ways(
    town: Shop, buy: Purchase, reader: Open
) -> None:
    page = reader(say(buy))
    review(page, "off the topic altogether", 1)
    answer(page, "good")
    (first,) = entries(town, buy, "review")
    office = Pen("auth:market:330700", 66, town.site.house.clock)
    town.site.post_event(office.register("regulator")).raise_for_status()
    answered(town, office, "case", {"rule": "off_topic", "state": "HIDDEN"}, first)
    trace = reader(f"/en{buy.item}", beside=page)
    said = trace.locator("main").inner_text()
    assert "off the topic altogether" not in said
    assert "Words of the review hidden" in said
    assert "For off the topic" in said
    trace.click("a[href*='/reviews/']")
    trace.wait_for_url("**/reviews/**")
    for words in ("What counts", "With what is hidden", "Everything recorded", "hidden under a rule"):
        expect(trace.locator("main")).to_contain_text(words)


@pytest.mark.parametrize("path", ["/reviews/{offer}", "/say/w/{waybill}", "/regulator/cases"])
def test_other_pages_of_the_voice_are_accessible_and_narrow(town: Shop, buy: Purchase, reader: Open, path: str) -> None:
    place = path.format(offer=OFFER, waybill=buy.waybill)
    for lang, scheme in (("zh-CN", "dark"), ("en", "light")):
        page = reader(f"/{lang}{place}", color_scheme=scheme)
        page.set_viewport_size({"width": 320, "height": 844})
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        run = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(v => [v.id, v.nodes[0].html].join(' '))"
        assert page.evaluate(run) == []
        assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize(("lang", "scheme"), [("zh-CN", "dark"), ("en", "light")])
def test_the_page_is_accessible_and_narrow(buy: Purchase, reader: Open, lang: str, scheme: str) -> None:
    page = reader(say(buy, lang), color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 844})
    page.click("[data-ask=stranger]")
    page.click("[data-ask=signoff]")
    page.click("summary")
    page.click("#say-review-send")
    answer(page, "bad")
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    run = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(v => [v.id, v.nodes[0].html].join(' '))"
    assert page.evaluate(run) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
