"""The trace page's own panel against a server that edits its pages: every edit turns it red, and the honest page is green."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from fakes.page_editor import Edit, Editor, editing
from fakes.pages import SITE
from playwright.sync_api import Browser, Page

from suxin.api import render
from suxin.ledger.bundle import parse_bundle
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import key_id, parse_public
from suxin.trace.page import TracePage
from suxin.trace.qr import draw_qr
from suxin.trace.retelling import retell

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/bundle.json").read_bytes())
SETTLED = "() => !['none', 'wait'].includes(document.documentElement.dataset.proof)"
# Items of the demo world: reviewed and followed up; recalled and on its way back; complained about; returned, offered again and
# sold again, with many scans; two makers; three parcels; sold after it was sent.
ITEMS = ("good", "recalled", "empty", "relisted", "two makers", "three boxes", "sold late")
# Parcels: one that all went well with, one with a complaint upheld, one handed on, one refused.
PARCELS = ("parcel", "upheld", "handed over", "refused")
ROW = '<li class="ev'


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with editing(tmp_path_factory.mktemp("edited")) as made:
        yield made


@pytest.fixture(scope="module")
def reader(browser: Browser, editor: Editor) -> Iterator[Page]:
    """One reader's page; her clock is the book's, so that its state is that of now."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.clock.set_fixed_time(editor.now_ms / 1000)
    yield page
    context.close()


@pytest.fixture(autouse=True)
def honest(editor: Editor) -> Iterator[None]:
    yield
    editor.edits.clear()
    editor.extra.clear()


def opened(reader: Page, editor: Editor, lang: str, name: str = "good") -> tuple[str, str]:
    """State and words of the panel when it has settled."""
    reader.goto(f"{editor.url}/{lang}{editor.paths.get(name, name)}")
    reader.wait_for_function(SETTLED, timeout=30_000)
    state = reader.evaluate("document.documentElement.dataset.proof")
    return state, reader.locator("section.proof").inner_text()


# -- the honest page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_the_honest_page_is_green(reader: Page, editor: Editor, lang: str) -> None:
    words = {"zh-CN": "已在本机核验：在册且未被改动", "en": "Checked on this device: recorded and unaltered"}[lang]
    for name in ITEMS if lang == "zh-CN" else ("good", "recalled", "relisted"):
        state, said = opened(reader, editor, lang, name)
        assert (name, state) == (name, "ok"), said
        assert words in said
        assert {"zh-CN": "这是沙盒账本", "en": "This is a sandbox book"}[lang] in said, "the band may be taken away, this not"
    reader.goto(f"{editor.url}{editor.paths['good']}")  # an address without a language, as codes have it
    reader.wait_for_function(SETTLED)
    assert reader.evaluate("document.documentElement.dataset.proof") == "ok"
    assert {"zh-CN": "尚无独立审计方核验", "en": "not yet checked by an independent auditor"}[lang] in said


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_the_honest_page_of_a_parcel_is_green(reader: Page, editor: Editor, lang: str) -> None:
    for name in PARCELS if lang == "en" else PARCELS[:1]:
        state, said = opened(reader, editor, lang, name)
        assert (name, state) == (name, "ok"), said


@pytest.mark.parametrize(
    ("name", "lang"),
    [("visible text", "zh-CN"), ("attribute", "en"), ("row", "zh-CN"), ("what was agreed", "en"), ("code", "zh-CN")],
)
def test_an_edit_of_a_parcel_s_page_is_red(reader: Page, editor: Editor, name: str, lang: str) -> None:
    edits: dict[str, Edit] = {
        "visible text": in_row(0, r"(<h3>)", r"\1!"),
        "attribute": in_row(1, r'(<time datetime="20\d\d-\d\d-)\d\d', r"\g<1>01"),
        "row": with_rows(lambda found: found[1:]),
        "what was agreed": replaced(r'(id="agr".*?</dt><dd>)', r"\1x"),
        "code": other_code,
    }
    editor.edits[f"/{lang}{editor.paths['parcel']}"] = edits[name]
    state, said = opened(reader, editor, lang, "parcel")
    assert state == "fail", said


def test_a_reader_with_colours_or_a_width_of_her_own_sees_green_too(browser: Browser, editor: Editor) -> None:
    for options in ({"forced_colors": "active"}, {"viewport": {"width": 320, "height": 600}, "color_scheme": "dark"}):
        with browser.new_context(**options) as context:  # type: ignore[arg-type]
            page = context.new_page()
            page.clock.set_fixed_time(editor.now_ms / 1000)
            state, said = opened(page, editor, "en")
            assert state == "ok", said


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_entries_withheld_by_law_are_shown_and_green(browser: Browser, editor: Editor, lang: str) -> None:
    raw: str = VECTORS["bundles"]["erased"]
    bundle = parse_bundle(raw.encode())
    told = retell(bundle)
    assert isinstance(told, TracePage)
    assert told.withheld
    size = bundle.epoch.last + 2
    more = {"epoch": bundle.epoch.number, "size": size, "epoch_ms": bundle.epoch.time}
    vkey = json.loads(raw)["hints"]["vkey"]
    site = replace(SITE, base_url=editor.url, origin="suxin.example/paper/1", vkey=vkey, key_id=key_id_of(raw), **more)
    html = render.page("trace.html", told, lang, site=site, path=told.path)
    editor.extra[f"/{lang}{told.path}"] = ("text/html; charset=utf-8", html.encode())
    editor.extra[f"/v1/products{told.path}/bundle"] = ("application/json", raw.encode())
    editor.extra["/checkpoint"] = ("text/plain", bundle.note.encode())
    with browser.new_context() as context:
        page = context.new_page()
        page.clock.set_fixed_time(bundle.epoch.time / 1000)
        state, said = opened(page, editor, lang, told.path)
        assert state == "ok", said
        editor.extra[f"/{lang}{told.path}"] = (
            "text/html; charset=utf-8",
            re.sub(r'<section class="card" aria-labelledby="wh">.*?</section>', "", html, flags=re.S).encode(),
        )
        state, said = opened(page, editor, lang, told.path)
        assert state == "fail", "what is withheld is kept silent"


def key_id_of(raw: str) -> str:
    return b64u(key_id(parse_public(parse_bundle(raw.encode()).genesis.log)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("due", ["ok", "fail"])
def test_the_panel_is_accessible_and_spoken(browser: Browser, editor: Editor, due: str, scheme: Literal["light", "dark"]) -> None:
    if due == "fail":
        editor.edits[f"/zh-CN{editor.paths['good']}"] = EDITS["a rate"][0]
    with browser.new_context(viewport={"width": 320, "height": 844}, color_scheme=scheme, reduced_motion="reduce") as context:
        page = context.new_page()
        page.clock.set_fixed_time(editor.now_ms / 1000)
        state, said = opened(page, editor, "zh-CN")
        assert state == due, said
        assert page.locator("section.proof [role=status] h2").inner_text() in said
        page.evaluate("() => document.querySelectorAll('details').forEach(e => { e.open = true })")
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        run = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(v => [v.id, v.nodes[0].html].join(' '))"
        assert page.evaluate(run) == []
        assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_without_scripts_the_page_says_not_checked(browser: Browser, editor: Editor) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{editor.url}/en{editor.paths['good']}")
        assert "Not checked on this device" in page.locator("section.proof").inner_text()
        assert page.locator("html").get_attribute("data-proof") == "none"


# -- edits of the page -------------------------------------------------------------------------------------------------


def rows(html: str) -> tuple[str, list[str], str]:
    """What is before the rows of the record, the rows, and what is after them."""
    before, _, rest = html.partition('<ol class="tl">')
    body, end, after = rest.partition('</ol>\n<p class="s mut end">')
    first, *others = body.split(ROW)
    return before + '<ol class="tl">' + first, others, end + after


def with_rows(change: Callable[[list[str]], list[str]]) -> Edit:
    def edit(html: str) -> str:
        before, found, after = rows(html)
        assert len(found) > 2
        return before + "".join(ROW + row for row in change(list(found))) + after

    return edit


def in_row(number: int, old: str, new: str) -> Edit:
    """Replace the first match of a pattern in one row."""

    def change(found: list[str]) -> list[str]:
        found[number] = re.sub(old, new, found[number], count=1)
        return found

    return with_rows(change)


def replaced(old: str, new: str) -> Edit:
    return lambda html: re.sub(old, new, html, count=1, flags=re.S)


def added(found: list[str]) -> list[str]:
    """A second review like the first, by an entry that exists elsewhere in the book."""
    twin = re.sub(r'data-index="\d+"', 'data-index="77"', found[0], count=1)
    return [twin, *found]


def other_code(html: str) -> str:
    code = draw_qr("https://suxin.example/01/09520003000018/21/somewhereelse")
    html = re.sub(r'<path fill="#000" d="[^"]*"/>', f'<path fill="#000" d="{code.svg_path()}"/>', html, count=1)
    html = re.sub(r'(class="code" viewBox="0 0) \d+ \d+', rf"\1 {code.size} {code.size}", html, count=1)
    return re.sub(r'd="M0 0h\d+v\d+H0z"', f'd="M0 0h{code.size}v{code.size}H0z"', html, count=1)


EDITS: dict[str, tuple[Edit, str]] = {
    "visible text": (in_row(0, r"(<blockquote[^>]*>)", r"\1!"), "row-changed"),
    "a name in text": (replaced(r'(<h1 id="pn">)', r"\1★ "), "part-changed"),
    "an attribute: time": (in_row(1, r'(<time datetime="20\d\d-\d\d-)\d\d', r"\g<1>01"), "row-changed"),
    "an attribute: link": (in_row(0, r'href="/v1/entries/\d+"', 'href="/v1/entries/1"'), "row-changed"),
    "an attribute: icon": (in_row(0, r"#star", "#warn"), "row-changed"),
    "an attribute: class": (in_row(0, r'class="at"', 'class="vh"'), "row-changed"),
    "an attribute: hidden": (in_row(2, r'<div class="h">', '<div class="h" hidden>'), "row-changed"),
    "a row added": (with_rows(added), "row-added"),
    "a row removed": (with_rows(lambda found: found[:2] + found[3:]), "row-missing"),
    "two rows swapped": (with_rows(lambda found: [found[0], found[2], found[1], *found[3:]]), "row-moved"),
    "a grade": (in_row(0, r'gr-B"(.*?)B</b>', r'gr-A"\1A</b>'), "row-changed"),
    "a rate": (in_row(0, r"★★★★★", "★★★★☆"), "row-changed"),
    "a count": (replaced(r'(<h2 id="rec">[^<]*<small class="mut">)\d', r"\g<1>9"), "part-changed"),
    "the QR target": (other_code, "qr"),
    "the QR target and its words": (
        lambda html: other_code(replaced(r"(<dd class=\"mono\">)http[^<]*", r"\1https://suxin.example/x")(html)),
        "qr",
    ),
    "a step": (replaced(r'<li class="s-none">|<li>(?=<span><svg)', '<li class="s-now">'), "part-changed"),
    "a part added": (replaced(r'(<div class="side">)', r'\1<section class="card"><h2>A+</h2></section>'), "part-changed"),
    "words where a count may stand": (replaced(r'(<dd data-stated="count">)\d+', r"\1genuine"), "part-changed"),
    "the panel taken away": (replaced(r'<section class="proof".*?</section>', ""), "part-changed"),
    "another language": (replaced(r'<html lang="[^"]*"', '<html lang="xx"'), "language"),
    "a part after the record": (replaced(r"(<footer )", r'<section class="card">A+</section>\1'), "frame"),
    "a second main part": (replaced(r"(<footer )", r"<main>A+</main>\1"), "frame"),
    "the title": (replaced(r"<title>", "<title>X"), "title"),
}  # fmt: skip
# These are shown to readers of both languages, the others to one, in the long run.
IN_BOTH = {
    "visible text", "an attribute: time", "an attribute: link", "a row added", "a row removed", "two rows swapped", "a grade",
    "a rate", "a count", "the QR target",
}  # fmt: skip
CASES = [pytest.param(name, lang) for name in EDITS if name in IN_BOTH for lang in render.LANGUAGES]
CASES += [pytest.param(name, render.LANGUAGES[len(name) % 2], marks=pytest.mark.soak) for name in EDITS if name not in IN_BOTH]


def panel_words(lang: str) -> dict[str, str]:
    parts = [render.static_bytes(f"record-{part}-{lang[:2]}.js").decode() for part in ("words", "rest")]
    usual, rest = (json.loads(part.partition("export default ")[2][:-2])["panel"] for part in parts)
    return usual | rest


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_an_edit_of_the_page_is_red(reader: Page, editor: Editor, name: str, lang: str) -> None:
    edit, code = EDITS[name]
    editor.edits[f"/{lang}{editor.paths['good']}"] = edit
    state, said = opened(reader, editor, lang)
    assert state == "fail", said
    words = panel_words(lang)
    pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(words[code]))
    assert re.search(pattern, said), said
    assert words["fail-lead"] in said
    if code.startswith("row-"):
        assert re.search(r"\d", re.search(pattern, said)[0]), "the entry is named"  # type: ignore[index]


# -- edits of the style ------------------------------------------------------------------------------------------------

AT = "main .tl>li:nth-child(2)"
STYLES = {
    "not displayed": f"{AT}{{display:none}}",
    "invisible": f"{AT}{{visibility:hidden}}",
    "transparent": f"{AT}{{opacity:0}}",
    "no size": f"{AT} h3{{font-size:0}}",
    "clipped": f"{AT}{{clip-path:inset(50%)}}",
    "cut off": f"{AT}{{max-height:2px;overflow:hidden}}",
    "off the screen": f"{AT}{{position:absolute;left:-9999px}}",
    "colour of the ground": f"{AT} h3,{AT} p{{color:var(--card)}}",
    "shrunk": f"{AT}{{transform:scale(0)}}",
    "words before": f"{AT} h3::before{{content:'not '}}",
    "a picture instead": f"{AT} h3{{content:url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)}}",
    "a picture behind": f"{AT} h3{{background-image:linear-gradient(red,red)}}",
    "covered": ".top{position:relative}.top::after,.top nav{position:absolute;top:0;left:0;width:100%;height:3000px}",
    "turned round": ".tl{display:flex;flex-direction:column-reverse}",
}  # fmt: skip


OFTEN = {"not displayed", "transparent", "cut off", "off the screen", "colour of the ground"}


@pytest.mark.parametrize("name", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.soak) for name in STYLES])
def test_a_row_hidden_by_style_is_red(reader: Page, editor: Editor, name: str) -> None:
    editor.edits["/static/style.css"] = lambda css: f"{css}\n{STYLES[name]}"
    editor.edits[editor.paths["good"]] = lambda html: html.replace("/static/style.css?v=", f"/static/style.css?{len(name)}=")
    for lang in render.LANGUAGES if name == "not displayed" else ("en",):
        state, said = opened(reader, editor, lang)
        assert state == "fail", said


# -- states of the book ------------------------------------------------------------------------------------------------


def test_a_page_of_an_earlier_state_is_compared_as_of_then_and_made_anew(reader: Page, editor: Editor) -> None:
    """What an honest page from before the last epochs shows; its record is then made again from the newer state."""

    def older(html: str) -> str:
        epoch = re.search(r'data-epoch="(\d+)" data-size="(\d+)"', html)
        assert epoch is not None
        return html.replace(epoch[0], f'data-epoch="{int(epoch[1]) - 1}" data-size="{int(epoch[2]) - 1}"')

    editor.edits[f"/en{editor.paths['good']}"] = older
    state, said = opened(reader, editor, "en")
    assert state == "ok", said
    assert "The book has moved on" in said
    # The same claim does not save a page that is edited as well.
    editor.edits[f"/en{editor.paths['good']}"] = lambda html: in_row(0, r"★★★★★", "★★★★☆")(older(html))
    assert opened(reader, editor, "en")[0] == "fail"


def test_a_page_from_before_the_newest_scan_is_made_anew(reader: Page, editor: Editor) -> None:
    path = f"/en{editor.paths['moving']}"
    before = reader.request.get(f"{editor.url}{path}").body()
    editor.go_on()
    reader.clock.set_fixed_time(editor.now_ms / 1000)
    editor.extra[path] = ("text/html; charset=utf-8", before)
    state, said = opened(reader, editor, "en", "moving")
    assert state == "ok", said
    assert "The book has moved on" in said
    del editor.extra[path]
    rows_of = "() => document.querySelectorAll('main [data-index]').length"
    shown = reader.evaluate(rows_of)
    assert before.decode().count("data-index") == shown - 1, "the newest scan stands on the page now"
    assert opened(reader, editor, "en", "moving")[0] == "ok"
    assert reader.evaluate(rows_of) == shown


def test_a_site_that_goes_back_behind_what_was_seen_is_red(reader: Page, editor: Editor) -> None:
    """An old state is served to a reader who has seen a newer one; the notes that show it are kept for her to save."""
    path = f"/en{editor.paths['moving']}"
    old = {name: reader.request.get(f"{editor.url}{name}") for name in ("/checkpoint", path, f"/v1/waybills{path[5:]}/bundle")}
    editor.extra = {name: (answer.headers["content-type"], answer.body()) for name, answer in old.items()}
    kept, editor.extra = editor.extra, {}
    editor.go_on()
    reader.clock.set_fixed_time(editor.now_ms / 1000)
    assert opened(reader, editor, "en", "moving")[0] == "ok"
    editor.extra = kept
    state, said = opened(reader, editor, "en", "moving")
    assert state == "fail"
    assert "entries are missing at its end" in said
    assert reader.get_by_text("Save the evidence").get_attribute("download") == "suxin-evidence-suxin.example_test_1.json"
    reader.evaluate("localStorage.clear()")


def test_a_page_ahead_of_its_proof_is_not_green(reader: Page, editor: Editor) -> None:
    editor.edits[f"/en{editor.paths['good']}"] = replaced(r'data-epoch="\d+"', 'data-epoch="99999"')
    state, said = opened(reader, editor, "en")
    assert state == "open"
    assert "newer state of the book" in said


def test_another_item_s_bundle_is_red(reader: Page, editor: Editor) -> None:
    other = reader.request.get(f"{editor.url}/v1/products{editor.paths['recalled']}/bundle").body()
    editor.extra[f"/v1/products{editor.paths['good']}/bundle"] = ("application/json", other)
    state, said = opened(reader, editor, "en")
    assert state == "fail"
    assert "something else" in said


def test_a_changed_entry_is_red_and_named(reader: Page, editor: Editor) -> None:
    editor.edits[f"{editor.paths['good']}/bundle"] = lambda text: re.sub(r'"price_minor":', '"price_minor":1', text, count=1)
    state, said = opened(reader, editor, "en")
    assert state == "fail"
    assert "signature-invalid" in said


def test_a_book_of_the_forger_s_own_is_not_green(reader: Page, editor: Editor) -> None:
    """The page comes with another policy than the one pinned before, and with another origin beside it."""
    opened(reader, editor, "en")
    for old, new in (
        (r'data-policy="log [^\n]*\n', 'data-policy="'),
        (r'data-origin="[^"]*"', 'data-origin="suxin.example/other/1"'),
    ):
        editor.edits[f"/en{editor.paths['good']}"] = replaced(old, new)
        state, said = opened(reader, editor, "en")
        assert state == "ok", "the pinned policy still knows the true book"
        assert "policy has changed" in said


def test_a_bundle_that_is_not_handed_out_leaves_the_page_unchecked(reader: Page, editor: Editor) -> None:
    reader.route("**/bundle", lambda route: route.abort())
    reader.goto(f"{editor.url}/en{editor.paths['good']}")
    reader.get_by_text("did not hand out").wait_for()
    assert reader.evaluate("document.documentElement.dataset.proof") == "none"
    reader.unroute("**/bundle")
    editor.extra[f"/v1/products{editor.paths['good']}/bundle"] = ("application/json", b"{}")
    state, said = opened(reader, editor, "en")
    assert state == "fail"
    assert "bundle-malformed" in said
