"""What a consumer does with the page of a product, as the stories of the founding papers tell it, in a real Chromium on one book.

Here are stories 1 to 5, 8 and 23; their time limits lie in bench/. Besides: what a first visit costs over the wire.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fakes.page_editor import Editor, editing
from playwright.sync_api import Browser, Page, expect
from stdnum.cn import uscc

from suxin.api import joining, render
from suxin.api.filling import write
from suxin.api.papers import papers_folder
from suxin.client.statement import Draft
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text
from suxin.ledger.statement import parse_statement

SETTLED = "() => !['none', 'wait'].includes(document.documentElement.dataset.proof)"
WIRE_BYTES_MAX = 61_440  # of a first visit, beside the bundle, which is data and has a bound of its own
PHONE = {"width": 390, "height": 844}
BREATHS = "window.breaths = 0; window.MessageChannel = class extends MessageChannel { constructor() { super(); breaths += 1; } };"
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with editing(tmp_path_factory.mktemp("stories")) as made:
        yield made


@pytest.fixture(scope="module")
def visit(world: Editor, browser: Browser) -> Iterator[Visit]:
    """Open a page of the book as a reader whose clock is the book's, and wait for her phone's own check."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(60_000)

    def go(name: str, lang: str = "en") -> Page:
        page.clock.set_fixed_time(world.now_ms / 1000)
        page.goto(f"{world.url}/{lang}{world.paths.get(name, name)}")
        page.wait_for_function(SETTLED)
        return page

    yield go
    context.close()


@pytest.fixture
def tell(world: Editor) -> Callable[..., int]:
    """Let a player of the world say something a minute later; its index in the book."""

    def say(player: str, kind: str, subjects: dict[str, str], body: dict[str, Any], ref: bytes | None = None) -> int:
        world.now_ms += 60_000
        world.clock.set(world.now_ms)
        to = None if ref is None else parse_statement(ref)
        draft = Draft(kind, moment_text(world.now_ms, 480), subjects, body, ref=to)
        signed = world.stage.players[player].pen.sign(draft)
        before = world.service.sequencer.published.size  # type: ignore[union-attr]
        with ThreadPoolExecutor(1) as beside:  # Playwright keeps an event loop running in the test's own thread
            beside.submit(asyncio.run, write(world.service, [signed])).result()
        assert world.service.sequencer.published.size > before  # type: ignore[union-attr]
        return before

    return say


def state_of(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.proof"))


@pytest.mark.parametrize("name", ["good", "parcel"])
def test_a_first_visit_costs_at_most_60_kb_beside_the_bundle(world: Editor, browser: Browser, name: str) -> None:
    """Counted where it arrives, headers included; the script's own requests too. The page stays alive while it is checked."""
    for lang in render.LANGUAGES:
        context = browser.new_context(viewport=PHONE)
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        asked: dict[str, str] = {}
        sizes: dict[str, float] = {}
        wire.on(
            "Network.requestWillBeSent", lambda event, asked=asked: asked.update({event["requestId"]: event["request"]["url"]})
        )
        wire.on(
            "Network.loadingFinished", lambda event, sizes=sizes: sizes.update({event["requestId"]: event["encodedDataLength"]})
        )
        page.clock.set_fixed_time(world.now_ms / 1000)
        page.add_init_script(BREATHS)
        page.goto(f"{world.url}/{lang}{world.paths[name]}")
        page.wait_for_function(SETTLED)
        page.wait_for_load_state("networkidle")
        assert state_of(page) == "ok"
        assert page.evaluate("breaths") > 20, "the check lets the browser do something else between its pieces"
        paid = {asked[number].removeprefix(world.url): size for number, size in sizes.items()}
        context.close()
        scripts = [path for path in paid if ".js?" in path]
        assert scripts == [render.static_url(f"page-{lang}.js")], "one script, and no library that this browser does not need"
        bundle = next(size for path, size in paid.items() if path.endswith("/bundle"))
        assert sum(paid.values()) - bundle <= WIRE_BYTES_MAX, (sum(paid.values()) - bundle, paid)


def test_story_1_six_stages_in_order_without_login(visit: Visit) -> None:
    page = visit("good")
    stages = [" ".join(text.split()) for text in page.locator(".steps > li").all_inner_texts()]
    assert [re.sub(r" \d+ \w+$", "", text) for text in stages] == [
        "Listed",
        "Sold",
        "Sent",
        "Transit",
        "Arrived",
        "Review",
    ]
    rows = page.locator(".tl > li:not(.fold)")
    assert rows.count() > 6
    for row in rows.all():
        assert re.search(r"Signed by \S", row.locator(".sig").first.inner_text()), "who"
        assert row.locator(".at time").first.get_attribute("datetime"), "when"
    graded = page.locator(".tl > li:not(.fold) .evd .gr")
    assert graded.count() > 3
    assert {text[-1] for text in graded.all_inner_texts()} <= set("ABCD"), "how well it is supported"
    assert state_of(page) == "ok"
    assert page.context.cookies() == []


def test_openings_of_the_label_are_counted_by_this_server_and_not_in_the_book(visit: Visit, world: Editor) -> None:
    def counted() -> str:
        return visit("relisted").locator("section", has_text="not in the book").last.locator("dd").inner_text()

    assert counted() == "0", "who follows a link in a language has not scanned a label"
    size = world.service.sequencer.published.size  # type: ignore[union-attr]
    for _ in range(2):
        assert visit("relisted").request.get(world.url + world.paths["relisted"], headers={"accept": "text/html"}).ok
    assert counted() == "2"
    assert state_of(visit("relisted")) == "ok", "a count of the server's own is let stand"
    assert visit("good").locator("dd", has_text=re.compile("^2$")).count() == 0
    assert world.service.sequencer.published.size == size  # type: ignore[union-attr]


def test_story_2_one_byte_of_a_record_changed_is_found_and_named(visit: Visit, world: Editor) -> None:
    bundle = f"{world.paths['good']}/bundle"
    found: dict[str, int] = {}

    def flip(text: str) -> str:
        entries = json.loads(text)["entries"]
        found["index"] = next(index for index, leaf in entries if leaf["statement"]["type"] == "sale")
        at = text.index('"price_minor":', text.index('"claim":"')) + len('"price_minor":')
        return text[:at] + str((int(text[at]) + 1) % 10 or 1) + text[at + 1 :]

    world.edits[f"/v1/products{bundle}"] = flip
    try:
        page = visit("good")
        assert state_of(page) == "fail"
        assert f"entry {found['index']}" in page.locator("section.proof").inner_text()
    finally:
        world.edits.clear()
    assert state_of(visit("good")) == "ok"


def test_story_3_the_seller_s_licence_and_an_expired_one_in_red(visit: Visit, world: Editor, tell: Callable[..., int]) -> None:
    seller = world.stage.players["shanyue"].actor
    assert uscc.is_valid(seller[5:])
    granted = {"event": "grant", "first": "2021-01-01", "kind": "business"}
    tell("market", "licence", {"party": seller}, granted | {"number": "JY-1", "last": "2024-01-31"})
    tell("market", "licence", {"party": seller}, granted | {"number": "JY-2"})
    page = visit("recalled", "zh-CN")
    card = page.locator("section[aria-labelledby=sell]")
    assert seller in card.inner_text()
    expired, valid = (card.locator("dd", has_text=number) for number in ("JY-1", "JY-2"))
    assert "已过期" in expired.inner_text()
    assert "有效" in valid.inner_text()
    colour = "e => getComputedStyle(e).color"
    assert expired.locator(".late").evaluate(colour) == "rgb(140, 23, 13)"
    assert valid.locator(".late").count() == 0
    assert state_of(page) == "ok", "what is shown is what the bundle proves"


def papers_page(visit: Visit, world: Editor, lang: str = "en") -> Page:
    """From the page of the good item to the files that its record names."""
    folder = papers_folder(world.service)
    folder.mkdir(exist_ok=True)
    for name, raw in world.stage.papers.items():
        (folder / f"{name}.txt").write_bytes(raw)
    page = visit("good", lang)
    page.click("a[href*='/papers/']")
    page.wait_for_url("**/papers/**")
    expect(page.locator("#papers")).to_be_visible()
    return page


@pytest.mark.parametrize(("lang", "fits", "differs"), [("en", "It fits", "does not fit"), ("zh-CN", "相符：", "不符：")])
def test_story_4_the_inspection_report_is_held_against_its_hash_in_the_book(
    visit: Visit, world: Editor, lang: str, fits: str, differs: str
) -> None:
    page = papers_page(visit, world, lang)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {len(request.post_data_buffer or b'')}"))
    answer = page.locator("#papers-answer [data-answer]:not([data-answer=busy])")
    row = page.locator("#papers-list > li", has_text="HM-").last
    report = world.stage.papers[row.get_attribute("data-sha256") or ""]
    assert report.decode().startswith("检验报告 HM-")
    page.set_input_files("#papers-file", {"name": "mine.txt", "mimeType": "text/plain", "buffer": report})
    expect(answer).to_contain_text(fits)
    assert row.get_attribute("data-index") in answer.inner_text()
    wrong = {"name": "other.txt", "mimeType": "text/plain", "buffer": report[:-1] + b" "}
    page.set_input_files("#papers-file", wrong)
    expect(answer).to_contain_text(differs)
    assert page.locator("[data-foreign]").count() == 0
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    run = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(v => [v.id, v.nodes[0].html].join(' '))"
    assert page.evaluate(run) == []
    page.set_viewport_size({"width": 320, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    row.locator("[data-fetch]").click()
    expect(answer).to_contain_text(fits)
    with page.expect_download() as saved:
        page.locator("#papers-answer a[download]").click()
    assert saved.value.path().read_bytes() == report
    assert set(sent) <= {"GET 0"}, "a file that was chosen is sent nowhere"


def test_story_4_a_report_that_the_server_swapped_is_not_taken_for_the_one_recorded(visit: Visit, world: Editor) -> None:
    page = papers_page(visit, world)
    row = page.locator("#papers-list > li", has_text="HM-").last
    name = row.get_attribute("data-sha256") or ""
    answer = page.locator("#papers-answer [data-answer]:not([data-answer=busy])")
    world.extra[f"/v1/papers/{name}"] = ("application/octet-stream", world.stage.papers[name].replace("合格".encode(), b"OK"))
    try:
        row.locator("[data-fetch]").click()
        expect(answer).to_contain_text("not the file that entry")
        assert page.locator("#papers-answer a[download]").count() == 0
    finally:
        world.extra.clear()
    bundle = page.locator("#papers").get_attribute("data-bundle") or ""
    world.edits[bundle] = lambda text: text.replace('"verdict":"pass"', '"verdict":"fail"', 1)
    try:
        page.reload()
        page.set_input_files("#papers-file", {"name": "a", "mimeType": "text/plain", "buffer": world.stage.papers[name]})
        expect(answer).to_contain_text("proves nothing")
    finally:
        world.edits.clear()


def test_a_file_beside_the_book_is_handed_out_by_its_hash_alone(visit: Visit, world: Editor) -> None:
    page = papers_page(visit, world)
    folder = papers_folder(world.service)
    (folder / f"{'0' * 64}.txt").symlink_to(folder)
    for name in ("0" * 64, "0" * 63, "..%2f..%2fkeys%2flog.key", "*"):
        assert page.request.get(f"{world.url}/v1/papers/{name}").status == 404, name
    answer = page.request.get(f"{world.url}/v1/papers/{next(iter(world.stage.papers))}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_story_5_a_recall_and_a_failed_sample_stand_on_every_page_of_that_lot_alone(
    visit: Visit, world: Editor, tell: Callable[..., int]
) -> None:
    page = visit("recalled")
    assert page.locator(".recall h2").all_inner_texts() == ["Recalled: a safety hazard (level II)", "A sample failed the test"]
    lots = dict(
        re.findall(r'"(item|lot)":"([^"]+)"', page.request.get(f"{world.url}/v1/products{world.paths['good']}/bundle").text())
    )
    assert visit("good").locator(".recall").count() == 0
    notice = {"event": "start", "level": "I", "notice": b64u(bytes(32)), "number": "ZH-1", "reason": "labelling"}
    index = tell("tingquan", "recall", {"lot": lots["lot"]}, notice)
    page = visit("good")
    assert page.locator(".recall h2").all_inner_texts() == ["Recalled: wrong labelling (level I)"]
    assert page.locator(".recall").get_attribute("aria-labelledby") == f"recall-{index}"
    assert state_of(page) == "ok"
    assert "wrong labelling" not in visit("recalled").locator("main").inner_text()


def test_story_23_a_listing_that_was_corrected_says_so_and_the_old_words_stay(
    visit: Visit, world: Editor, tell: Callable[..., int]
) -> None:
    before = visit("good").request.get(f"{world.url}/v1/products{world.paths['good']}/bundle").text()
    index, leaf = next((index, leaf) for index, leaf in json.loads(before)["entries"] if leaf["statement"]["type"] == "listing")
    raw = json.dumps(leaf["statement"], ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    at = tell(
        "tingquan",
        "correction",
        {},
        {"reason": "wrong_data", "changes": [{"pointer": "/body/price_minor", "value": 8_800}]},
        ref=raw,
    )
    page = visit("good")
    old, new = (page.locator(f'li[data-index="{number}"]') for number in (index, at))
    assert "Corrected later" in old.inner_text()
    assert f"entry {at}" in old.inner_text()
    assert "8,800" in new.inner_text() or "88" in new.inner_text()
    assert state_of(page) == "ok"
    after = page.request.get(f"{world.url}/v1/products{world.paths['good']}/bundle").text()
    assert raw.decode() in after, "nothing is edited"


def test_no_name_of_ours_is_one_that_a_browser_has(world: Editor, browser: Browser) -> None:
    """The joined script exchanges names; one of the browser's own that it did not know would be lost."""
    names: set[str] = set()
    for script in (*render.SCRIPTS, *render.RECORD_SCRIPTS, "voice-link.js"):
        module, _ = joining._read(Path(render.__file__).with_name("static").joinpath(script).read_text("utf-8"), frozenset())
        names.update(name for _, name in module.script.names())
    page = browser.new_page()
    assert page.evaluate("names => names.filter(name => name in window)", sorted(names)) == []
    page.close()
