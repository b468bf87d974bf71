"""Ratings of an offer in a served book: the page, its JSON and a holder of every leaf come to the same figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from fakes.served import Pen, served
from fakes.shopping import CLASS, OFFER, SELLER, Purchase, Shop
from fakes.world import company

from suxin.api.allowance import Allowance
from suxin.api.opinions import REST, Opinions
from suxin.ledger.claim_code import key_of, parse_code
from suxin.ledger.closure import close_story
from suxin.ledger.commitment import commit
from suxin.ledger.directory import Directory
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry, read_entry
from suxin.ledger.leaf import kind_of
from suxin.ledger.statement import copy_for_ref, parse_statement
from suxin.trace.material import Material
from suxin.trace.reviews import Average, Averages, OfferReviews, recount

PLATFORM = f"uscc:{company(77)}"
UNLAWFUL = "call me at my shop for a better price"


class Market(Shop):
    """A shop whose buyers review, and a platform."""

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        site.house.service.allowance = Allowance()
        self.platform = Pen(PLATFORM, 9, site.house.clock)
        site.post_event(self.platform.register("platform")).raise_for_status()

    def buyer(self, purchase: Purchase, of: str = "item") -> Pen:
        key = key_of(parse_code(purchase.code), of)
        pen = Pen(f"anon:{key.public_text}", 0, self.site.house.clock)
        pen.key = key
        return pen

    def send(
        self, pen: Pen, kind: str, subjects: dict[str, Any], body: dict[str, Any], *, ref: bytes | None = None, text: str = ""
    ) -> bytes:
        opened: dict[str, Any] = {}
        if text:
            salt = bytes(32)
            body = body | {"text": b64u(commit(salt, kind, "/body/text", text))}
            opened = {"open": [{"pointer": "/body/text", "salt": b64u(salt), "value": text}]}

        def refer(members: dict[str, Any]) -> None:
            if ref is not None:
                referred = parse_statement(ref)
                members |= {"ref": b64u(referred.hash), "re": copy_for_ref(referred)}

        raw = pen.raw(kind, subjects, body, refer)
        self.site.post_event(pen.line(raw, **opened)).raise_for_status()
        return raw

    def rate(self, stars: int, text: str = "") -> bytes:
        """Bought, delivered, countersigned and reviewed, hours after the one before."""
        self.site.house.clock.now += 3 * 3_600_000
        bought = self.buy()
        index = self.site.http.get(f"/v1/waybills/{bought.waybill}").json()["waybill"]["record"][0]["ref"]["index"]
        (leaf,) = [body for _, body in self.site.house.service.book.leaves(index, index)]
        raw = leaf[leaf.index(b'"statement":') + 12 : -1]
        self.send(self.buyer(bought, "parcel"), "confirm", {}, {"kind": "received"}, ref=raw)
        subjects = {"item": bought.item, "offer": OFFER}
        return self.send(self.buyer(bought), "review", subjects, {"kind": "first", "seller_stars": 3, "stars": stars}, text=text)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with served(tmp_path_factory.mktemp("reviews")) as site:
        yield Market(site)


def recounted(market: Market) -> OfferReviews:
    """What a full witness makes of the leaves alone."""
    service = market.site.house.service
    published = service.sequencer.published
    assert published is not None
    entries: list[Entry] = []
    for index, body in service.book.leaves(1, published.size - 1):
        if kind_of(body) == "entry":
            entries.append(read_entry(index, body))

    def read(names: Any) -> dict[str, list[Entry]]:
        return {name: [e for e in entries if name in e.statement.streams] for name in names}

    def story(item: str) -> Material:
        closure = close_story(f"p:{item}", read)
        return Material(closure.streams, closure.directory(Directory.of(service.genesis)), published.at_ms)

    return recount(OFFER, read([f"r:{OFFER}"])[f"r:{OFFER}"], story)


def test_story_27_hide_an_unlawful_review(market: Market) -> None:
    """It needs a reason code and keeps the original; the averages stand with and without; a full witness counts the same."""
    for stars in (5, 4, 5):
        market.rate(stars)
    review = market.rate(1, UNLAWFUL)
    item = parse_statement(review).subjects["item"]
    site = market.site.http
    before = site.get(f"/v1/reviews/{OFFER}").json()["reviews"]
    assert (before["counted"]["product"]["n"], before["left_out"]) == (4, [])
    for path in (f"/en{item}", f"/v1/products{item}", f"/v1/products{item}/bundle"):
        assert UNLAWFUL in site.get(path).text, path
    body = {"state": "HIDDEN", "rule": "unlawful"}
    refused = market.site.post_event(_hide(market, market.platform, review, {"state": "HIDDEN"}))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/case-rule")
    refused = market.site.post_event(_hide(market, market.seller, review, body))
    assert refused.status_code == 403 or refused.json()["type"] == "/problems/case-move"
    market.send(market.platform, "case", {}, body, ref=review)
    for path in (f"/en{item}", f"/zh-CN{item}", f"/v1/products{item}", f"/v1/products{item}/bundle"):
        answer = site.get(path)
        assert answer.status_code == 200
        assert UNLAWFUL not in answer.text, path
    after = site.get(f"/v1/reviews/{OFFER}").json()["reviews"]
    assert after["with_hidden"] == before["counted"]
    assert after["counted"]["product"]["n"] == 3
    assert after["counted"]["product"]["mean"] > before["counted"]["product"]["mean"]
    assert after["left_out"] == [["hidden", 1]]
    page = site.get(f"/en/reviews/{OFFER}").text
    assert page.count("data-index=") == 4, "the original stays"
    assert "Words hidden" in site.get(f"/en{item}").text
    assert "unlawful" in site.get(f"/en{item}").text
    assert orjson.loads(orjson.dumps(asdict(recounted(market)))) == after


def _hide(market: Market, pen: Pen, review: bytes, body: dict[str, Any]) -> bytes:
    referred = parse_statement(review)
    raw = pen.raw("case", {}, body, lambda m: m.update(ref=b64u(referred.hash), re=copy_for_ref(referred)))
    return pen.line(raw)


@pytest.mark.parametrize(("lang", "word"), [("en", "With what is hidden"), ("zh-CN", "含已隐藏的")])
def test_the_page_of_an_offers_reviews(market: Market, lang: str, word: str) -> None:
    answer = market.site.http.get(f"/{lang}/reviews/{OFFER}")
    assert answer.status_code == 200
    assert word in answer.text
    shown = [float(text) for text in re.findall(r"<b>(\d\.\d\d)</b>", answer.text)]
    found = recounted(market)
    sets = (found.counted, found.with_hidden, found.recorded)
    assert shown == [one.mean / 100 for averages in sets for one in (averages.product, averages.seller)]


def test_the_page_of_an_item_states_the_averages_and_leads_to_them(market: Market) -> None:
    bought = market.buy()
    page = market.site.http.get(f"/en{bought.item}").text
    found = recounted(market).counted
    assert f'<dd data-stated="count">{found.product.mean / 100:.2f} <small class="mut">{found.product.n}</small></dd>' in page
    link = re.search(r'href="/en(/reviews/[^"]+)"', page)
    assert link is not None
    assert market.site.http.get(link[1], headers={"accept": "text/html"}).status_code == 200
    as_json = market.site.http.get(link[1], headers={"accept": "application/json"}).json()
    assert as_json["reviews"]["offer"] == OFFER


@pytest.mark.parametrize(
    ("offer", "status"),
    [(f"{SELLER}/01/09501101530010", 404), ("nobody/01/09501101530003", 422), (f"{SELLER}/01/09501101530004", 422),
     (f"uscc:911100006000373410{CLASS}", 422), ("../../etc/passwd", 404)],
)  # fmt: skip
def test_offers_that_are_none_are_refused_in_words(market: Market, offer: str, status: int) -> None:
    before = market.site.written
    for path in (f"/v1/reviews/{offer}", f"/en/reviews/{offer}"):
        answer = market.site.http.get(path)
        assert answer.status_code in (status, 404), path
        assert "Traceback" not in answer.text
    assert market.site.written == before


def test_counting_that_takes_long_is_kept_for_a_while_and_no_longer() -> None:
    now = [0.0]
    none = Average(0, 413, 376, 450)
    made: list[float] = []

    def slow() -> OfferReviews:
        made.append(now[0])
        now[0] += 1.0
        sets = Averages(none, none)
        return OfferReviews(OFFER, "RV-2026.1", sets, sets, sets, (), (), len(made))

    opinions = Opinions(lambda: now[0])
    assert [opinions.of(OFFER, slow).followups for _ in range(3)] == [1, 1, 1]
    now[0] += REST
    assert opinions.of(OFFER, slow).followups == 2
    assert opinions.of(OFFER, slow, 2.0).followups == 3, "what is not slow by this measure is counted anew"
    made.clear()
    made += [0.0, 0.0]
    quick = Opinions(lambda: 0.0)
    assert [quick.of(OFFER, slow).followups for _ in range(2)] == [3, 4], "what is quick is always counted anew"


class Thread:
    """A purchase with its first review, and whoever speaks under it."""

    def __init__(self, market: Market) -> None:
        self.review = market.rate(4, "good")
        self.item = parse_statement(self.review).subjects["item"]


@pytest.fixture(scope="module")
def thread(market: Market) -> Thread:
    return Thread(market)


def offered(market: Market, kind: str, text: str, thread: Thread) -> Any:
    """Offer a review of a new purchase, or an answer of the seller or the platform under a review; gives the response."""
    market.site.house.service.allowance = Allowance()
    salt = bytes(range(32))
    words = {"text": b64u(commit(salt, kind, "/body/text", text))}
    opened = [{"pointer": "/body/text", "salt": b64u(salt), "value": text}]
    referred = parse_statement(thread.review)
    refer = {"ref": b64u(referred.hash), "re": copy_for_ref(referred)}
    if kind == "review":
        bought = market.buy()
        pen, subjects = market.buyer(bought), {"item": bought.item, "offer": OFFER}
        raw = pen.raw(kind, subjects, {"kind": "first", "stars": 5} | words)
        thread.item = bought.item
    elif kind == "reply":
        pen = market.seller
        raw = pen.raw(kind, {}, words, lambda members: members.update(refer))
    else:
        pen = market.platform
        raw = pen.raw(kind, {}, {"state": "RESTORED"} | words, lambda members: members.update(refer))
    before = market.site.written
    answer = market.site.post_event(pen.line(raw, open=opened))
    assert market.site.written == before + (answer.status_code == 201), "a refusal writes nothing"
    return answer


@pytest.mark.parametrize("kind", ["review", "reply", "case"])
@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("\u3000\u200b", 422, "text-empty"),
        ("five\u202erats evif", 422, "text-direction"),
        ("\u2066好评\u2069\u202a", 422, "text-direction"),
        ("好" + "\u200b" * 500, 422, "text-invisible"),
        ("ring\x07", 422, "text-control"),
        ("x" * 100_000, 413, "body-too-large"),
    ],
)
def test_words_that_deceive_are_refused_whoever_writes_them(
    market: Market, thread: Thread, kind: str, text: str, status: int, code: str
) -> None:
    answer = offered(market, kind, text, thread)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    assert text.strip() not in answer.text


def test_one_letter_is_a_review_and_markup_is_only_words(market: Market, thread: Thread) -> None:
    assert offered(market, "review", "好", thread).status_code == 201
    markup = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    assert offered(market, "review", markup, thread).status_code == 201
    page = market.site.http.get(f"/zh-CN{thread.item}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_second_first_review_and_one_of_the_rated_house_are_refused(market: Market) -> None:
    market.site.house.service.allowance = Allowance()
    bought = market.buy()
    pen, subjects, body = market.buyer(bought), {"item": bought.item, "offer": OFFER}, {"kind": "first", "stars": 5}
    market.send(pen, "review", subjects, body)
    again = market.site.post_event(pen.line(pen.raw("review", subjects, body)))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/reviewed-already")
    for firm in (market.seller, market.carrier):
        item = f"{CLASS}/21/own{firm.actor[-6:]}00001"
        market.write(market.seller, "item", {"item": item}, {})
        sale = {"price_minor": 1, "currency": "CNY", "claim": firm.key.public_text}
        market.write(market.seller, "sale", {"item": item, "offer": OFFER}, sale)
        disguised = Pen(f"anon:{firm.key.public_text}", 0, market.site.house.clock)
        disguised.key = firm.key
        before = market.site.written
        row = disguised.line(disguised.raw("review", {"item": item, "offer": OFFER}, body, lambda m: m.update(n=900)))
        answer = market.site.post_event(row)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/review-own-house")
        assert answer.json()["cure"]
        assert market.site.written == before
