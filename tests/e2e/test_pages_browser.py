"""The sample pages in a real browser, over HTTP with their real headers: accessible, nothing cut off, the code scans.

Only /verify and the pages with a proof panel have a script; axe-core is put in by the test, past the content security policy.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

import pytest
import zxingcpp
from fakes.pages import SANDBOX, SITE
from fakes.site_map import PAGES
from PIL import Image
from playwright.sync_api import Browser, Page, Response

from suxin.api import render

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Text that does not fit its box: elements with own text whose content is wider than they are, hidden labels aside.
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(e =>
  !e.closest('svg') && !e.closest('.vh') && e.clientWidth > 0 && e.scrollWidth > e.clientWidth &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(e => e.outerHTML.slice(0, 200))"""
RUN_AXE = """async tags => {
  const result = await axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
  return {passes: result.passes.length,
    violations: result.violations.map(v => [v.id, ...v.nodes.slice(0, 3).map(n => n.html)].join('  '))};
}"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach(e => { e.open = true })"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Pages(BaseHTTPRequestHandler):
    """Serves `/{lang}{path}` of every sample page, the sandbox's under `/sandbox`, and the static files."""

    def do_GET(self) -> None:
        found = self.find(self.path.split("?")[0])
        self.send_response(200 if found else 404)
        for name, value in (found[0] if found else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found[1] if found else b"")

    def find(self, path: str) -> tuple[dict[str, str], bytes] | None:
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            return {"content-type": render.STATIC_TYPES[name]}, render.static_bytes(name)
        site = SANDBOX if path.startswith("/sandbox/") else SITE
        lang, rest = render.split_language(path.removeprefix("/sandbox"))
        for template, model, own in PAGES.values():
            if lang and own == rest:
                document = render.page(template, model(), lang, site=site, path=own)
                return render.headers(lang), document.encode()
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest's output is for failures."""


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def is_bad(answer: Response) -> bool:
    return answer.status >= 400 and not answer.url.endswith("/bundle")


@contextmanager
def opened(browser: Browser, address: str, width: int, scheme: str = "light", **options: Any) -> Iterator[Page]:
    """A page in a context of its own; at the end, nothing may have been refused, missing or reported."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, **options)
    page = context.new_page()
    complaints: list[str] = []
    # These sample pages have no book behind them, so their panel asks for a bundle in vain.
    page.on("console", lambda message: "/bundle" in message.location["url"] or complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("response", lambda answer: complaints.append(f"{answer.status}: {answer.url}") if is_bad(answer) else None)
    page.goto(address)
    yield page
    assert complaints == []
    context.close()


@pytest.mark.parametrize("lang", render.LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_accessible_and_nothing_cut_off(browser: Browser, served: str, name: str, lang: str) -> None:
    found = {}
    # A sandbox's page has all that another has, and a band above it.
    with opened(browser, f"{served}/sandbox/{lang}{PAGES[name][2]}", 390) as page:
        page.evaluate(OPEN_ALL)
        page.evaluate(AXE)  # through the debugger, which the page's policy does not bind
        for width, scheme in ((320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            result = page.evaluate(RUN_AXE, RULES)
            assert result["passes"] > 15, "axe looked at nothing"
            found[width, scheme] = [*result["violations"], *page.evaluate(CUT_OFF), *["sideways"] * page.evaluate(SIDEWAYS)]
    assert {place: complaints for place, complaints in found.items() if complaints} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("trace", 390), ("bare", 320), ("waybill", 1280)])
def test_code_on_a_screenshot_scans_to_the_page_s_own_address(
    browser: Browser, served: str, name: str, width: int, scheme: str
) -> None:
    with opened(browser, f"{served}/zh-CN{PAGES[name][2]}", width, scheme) as page:
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    codes = zxingcpp.read_barcodes(picture)
    assert [code.text for code in codes] == [SITE.base_url + PAGES[name][2]]


def test_all_is_readable_without_scripts(browser: Browser, served: str) -> None:
    with opened(browser, f"{served}/en{PAGES['trace'][2]}", 390, java_script_enabled=False) as page:
        text = page.locator("main").inner_text()
        assert "Not checked on this device" in text
        assert "Jinhua ham gift box" in text
        assert "Out for delivery" not in text, "scans on the way are folded"
        page.locator("summary", has_text="more scans on the way").click()
        assert page.get_by_text("Out for delivery").is_visible()


def test_the_language_link_leads_to_the_same_page(browser: Browser, served: str) -> None:
    with opened(browser, f"{served}/zh-CN{PAGES['trace'][2]}", 390) as page:
        page.get_by_role("link", name="EN", exact=True).click()
        page.wait_for_url(f"{served}/en{PAGES['trace'][2]}")
        assert page.locator("h1").inner_text() == "Jinhua ham gift box, 2 kg"
        assert page.locator("html").get_attribute("lang") == "en"


def test_touch_targets_are_large_enough(browser: Browser, served: str) -> None:
    """Buttons and summaries 44 px high, as fingers need; WCAG asks for 24."""
    with opened(browser, f"{served}/zh-CN{PAGES['trace'][2]}", 390) as page:
        sizes = page.evaluate(
            "() => [...document.querySelectorAll('.btn, summary, nav a')].map(e => e.getBoundingClientRect().height)"
        )
        assert len(sizes) > 5
        assert min(sizes) >= 44


def test_dark_follows_the_device(browser: Browser, served: str) -> None:
    shades = []
    for scheme in ("light", "dark"):
        with opened(browser, f"{served}/zh-CN/", 390, scheme) as page:
            shades.append(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert shades == ["rgb(242, 240, 234)", "rgb(15, 19, 17)"]


def test_print_has_the_record_and_the_code_and_no_buttons(browser: Browser, served: str) -> None:
    with opened(browser, f"{served}/zh-CN{PAGES['trace'][2]}", 800, "dark") as page:
        page.emulate_media(media="print", color_scheme="light")
        assert page.locator(".acts").first.is_hidden()
        assert page.locator(".top nav").is_hidden()
        assert page.locator("svg.code").is_visible()
        assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_icons_are_drawn(browser: Browser, served: str) -> None:
    """A sprite that the policy refused would leave empty boxes and no message."""
    with opened(browser, f"{served}/zh-CN{PAGES['trace'][2]}", 390) as page:
        page.locator(".prod .pic").scroll_into_view_if_needed()
        picture = Image.open(io.BytesIO(page.locator(".prod .pic").screenshot())).convert("RGB")
    assert len({picture.getpixel((x, y)) for x in range(14, 42) for y in range(14, 42)}) > 5
