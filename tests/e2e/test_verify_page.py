"""The check on /verify in a real Chromium: a bundle chosen or dropped, both languages, the site's own policy pinned."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import pytest
from fakes.pages import SITE
from playwright.sync_api import Browser, Page

from suxin.api import render
from suxin.api.site import Site, VerifyPage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/bundle.json").read_bytes())
POLICIES: dict[str, str] = VECTORS["policies"]
PLAIN: str = VECTORS["bundles"]["plain"]
NOW_MS: int = json.loads(PLAIN)["epoch"]["leaf"]["time"]
DROP = """text => {
  const held = new DataTransfer();
  held.items.add(new File([text], "bundle.json"));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
}"""
STATES = "() => Object.fromEntries([...document.querySelectorAll('[data-result]')].map(e => [e.dataset.result, e.dataset.state]))"


def vkey_of(policy: str) -> str:
    return POLICIES[policy].split()[1]


class _Verify(BaseHTTPRequestHandler):
    """/zh-CN/verify and /en/verify of a book whose log the vectors' policies know, and the static files."""

    site: Site = SITE

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        lang, rest = render.split_language(path)
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            headers, body = {"content-type": render.STATIC_TYPES[name]}, render.static_bytes(name)
        elif path == "/checkpoint":
            headers, body = {"content-type": "text/plain; charset=utf-8"}, json.loads(PLAIN)["checkpoint"].encode()
        else:
            headers = render.headers(lang)
            body = render.page("verify.html", VerifyPage(), lang, site=self.site, path=rest).encode()
        self.send_response(200)
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[str]:
    _Verify.site = replace(SITE, origin="suxin.example/paper/1", vkey=vkey_of("log"))
    with ThreadingHTTPServer(("127.0.0.1", 0), _Verify) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A reader's own page with its own memory; at the end, nothing may have been refused or reported."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.clock.set_fixed_time(NOW_MS / 1000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []
    context.close()


def choose(page: Page, text: str, field: str = "bundle") -> None:
    page.set_input_files(f"#check-{field}", {"name": "file", "mimeType": "application/json", "buffer": text.encode()})


def verdict(page: Page) -> tuple[str, str]:
    shown = page.locator("#check-answer .verdict")
    return shown.get_attribute("data-state") or "", shown.inner_text()


@pytest.mark.parametrize(
    ("lang", "words", "stated"), [("zh-CN", "✓ 成立", "尚无独立审计方核验"), ("en", "✓ Holds", "no independent auditor")]
)
def test_a_bundle_that_holds(page: Page, served: str, lang: str, words: str, stated: str) -> None:
    page.goto(f"{served}/{lang}/verify")
    choose(page, PLAIN)
    assert verdict(page) == ("holds", words)
    assert set(page.evaluate(STATES).values()) == {"holds"}
    for name in ("order", "on_record", "complete", "withheld"):
        assert stated in page.locator(f"[data-result={name}]").inner_text()
    assert stated not in page.locator("[data-result=signatures]").inner_text()


def test_a_full_witness_says_more(page: Page, served: str) -> None:
    page.goto(f"{served}/en/verify")
    choose(page, POLICIES["full witness"], "policy")
    choose(page, VECTORS["bundles"]["cosigned"])
    assert verdict(page) == ("holds", "✓ Holds")
    assert "no independent auditor" not in page.locator("#check-answer").inner_text()
    assert "policy file that you chose" in page.locator("#check-answer").inner_text()


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_a_changed_price_is_red_and_names_the_entry(page: Page, served: str, lang: str) -> None:
    page.goto(f"{served}/{lang}/verify")
    bad = PLAIN.replace('"price_minor":', '"price_minor":1', 1)
    page.evaluate(DROP, bad)
    assert verdict(page)[0] == "fails"
    row = page.locator("[data-result=signatures]")
    assert row.get_attribute("data-state") == "fails"
    assert "signature-invalid" in row.inner_text()
    index = next(index for index, leaf in json.loads(bad)["entries"] if "price_minor" in leaf["statement"]["body"])
    assert str(index) in row.inner_text()


def test_an_old_state_is_not_green(page: Page, served: str) -> None:
    page.clock.set_fixed_time(NOW_MS / 1000 + 3600)
    page.goto(f"{served}/en/verify")
    choose(page, PLAIN)
    state, words = verdict(page)
    assert state == "open"
    assert "Holds, as of" in words


def test_an_unknown_log_is_never_green(page: Page, served: str) -> None:
    page.goto(f"{served}/en/verify")
    choose(page, POLICIES["stranger"], "policy")
    choose(page, PLAIN)
    assert verdict(page)[0] == "open"
    states = page.evaluate(STATES)
    # That it could be read and was made lately says nothing good of it.
    assert {name for name, state in states.items() if state == "holds"} <= {"form", "current", "witnesses"}
    assert "does not know this book" in page.locator("#check-answer").inner_text()


def test_a_file_that_is_no_bundle_and_one_that_is_no_policy(page: Page, served: str) -> None:
    page.goto(f"{served}/en/verify")
    choose(page, "<b>no bundle</b>")
    assert verdict(page)[0] == "fails"
    choose(page, "quorum nobody\n", "policy")
    page.get_by_text("The policy could not be read").wait_for()
    assert verdict(page)[0] == "open"


def test_the_first_policy_stays_until_the_reader_takes_the_new_one(page: Page, served: str) -> None:
    page.goto(f"{served}/en/verify")
    _Verify.site = replace(_Verify.site, vkey=vkey_of("other key"))
    page.reload()
    changed = page.locator("#check-changed")
    changed.wait_for()
    choose(page, PLAIN)
    assert verdict(page)[0] == "holds", "the book's true key was pinned before"
    changed.get_by_role("button").click()
    page.locator("#check-answer .verdict[data-state=fails]").wait_for()
    assert changed.is_hidden()
    assert "note-unsigned" in page.locator("[data-result=on_record]").inner_text()


def test_without_scripts_nothing_is_offered(browser: Browser, served: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/en/verify")
    assert page.locator("#check").is_hidden()
    assert page.locator("h1").is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("good", [True, False])
def test_the_answer_is_accessible(browser: Browser, served: str, scheme: str, good: bool) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{served}/zh-CN/verify")
    choose(page, PLAIN if good else PLAIN.replace('"price_minor":', '"price_minor":1', 1))
    page.locator("#check-answer .verdict").wait_for()
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    run = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(v => [v.id, v.nodes[0].html].join(' '))"
    assert page.evaluate(run) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    context.close()
