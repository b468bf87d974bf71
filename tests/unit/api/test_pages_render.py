"""Every page in both languages: well-formed, safe, small, linked, and wearing the band where it must."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from fakes.pages import SANDBOX, SITE
from fakes.site_map import PAGES

from suxin.api import render

PAGE_BYTES_MAX = 60_000
VOID = {"meta", "link", "input", "br", "path", "use", "rect", "line", "circle"}
COMMANDS = "CC BY-NC-SA|CSV UTF|item,lot|suxin label|suxin evidence|suxin courier bulletin --check"  # and names, in no language
EVERY = pytest.mark.parametrize(("name", "lang"), [(name, lang) for name in PAGES for lang in render.LANGUAGES])
# What no page may claim (DESIGN section 4), in both languages.
NEVER = [
    "genuine",
    "authentic",
    "none hidden",
    "guarantee",
    "tamper-proof",
    "正品",
    "保真",
    "无隐藏",
    "绝不",
    "不可篡改",
    "百分之百",
]


class Reader(HTMLParser):
    """Checks nesting; collects attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def shown(name: str, lang: str, site: render.Site = SITE) -> str:
    template, model, path = PAGES[name]
    return render.page(template, model(), lang, site=site, path=path)


def read(document: str) -> Reader:
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert reader.open == []
    return reader


def style_sheet(names: tuple[str, ...] = (*render.STYLES, render.LABEL_STYLE)) -> str:
    """The rules without their comments."""
    return re.sub(r"/\*.*?\*/", "", "".join(render.static_bytes(name).decode() for name in names), flags=re.DOTALL)


@EVERY
def test_well_formed_and_small(name: str, lang: str) -> None:
    document = shown(name, lang)
    assert document.startswith("<!doctype html>")
    assert len(document.encode()) <= PAGE_BYTES_MAX
    reader = read(document)
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {attrs["aria-labelledby"] for _, attrs in reader.tags if "aria-labelledby" in attrs}
    assert named <= set(ids)
    assert [tag for tag, _ in reader.tags].count("h1") == 1


@EVERY
def test_nothing_inline_that_the_policy_forbids(name: str, lang: str) -> None:
    for tag, attrs in read(shown(name, lang)).tags:
        assert tag not in {"style", "iframe", "object", "base"}
        if tag == "script":
            script = {"verify": "verify-page.js", "courier": "courier-page.js", "labels": "label-page.js"}.get(
                name, f"page-{lang}.js"
            )
            due = {"type": "module", "src": render.static_url(script)}
            assert attrs == (due if name in ("verify", "courier", "labels") else due | {"integrity": render.integrity(script)})
        assert not [attr for attr in attrs if attr == "style" or attr.startswith("on")]
        assert not any(value.lower().startswith("javascript:") for value in attrs.values())


@EVERY
def test_the_server_says_not_checked(name: str, lang: str) -> None:
    reader = read(shown(name, lang))
    html = next(attrs for tag, attrs in reader.tags if tag == "html")
    assert html == {"lang": lang, "data-proof": "none"}


@EVERY
def test_no_word_promises_more_than_is_proved(name: str, lang: str) -> None:
    text = "".join(read(shown(name, lang)).text).lower()
    assert not [word for word in NEVER if word in text]


REGISTERS = ("https://www.gsxt.gov.cn/", "https://www.creditchina.gov.cn/")  # the official ones


@EVERY
def test_links_keep_the_language_and_lead_to_known_places(name: str, lang: str) -> None:
    other = next(one for one in render.LANGUAGES if one != lang)
    for tag, attrs in read(shown(name, lang)).tags:
        target = attrs.get("href") or attrs.get("action")
        if tag in {"a", "form"} and target and not target.startswith("#"):
            assert target.startswith((f"/{lang}/", "/v1/", "/checkpoint", "/.well-known/", "/regulator/cases/", *REGISTERS)) or (
                target.startswith(f"/{other}/") and attrs.get("hreflang") == other
            ), target


@EVERY
def test_addresses_in_the_other_language(name: str, lang: str) -> None:
    path = PAGES[name][2]
    links = {attrs.get("hreflang"): attrs["href"] for tag, attrs in read(shown(name, lang)).tags if tag == "link"}
    switch = {attrs["hreflang"]: attrs for tag, attrs in read(shown(name, lang)).tags if tag == "a" and "hreflang" in attrs}
    for one in render.LANGUAGES:
        assert switch[one]["href"] == f"/{one}{path}"
        assert ("aria-current" in switch[one]) == (one == lang)
        if name != "error":
            assert links[one] == f"https://suxin.example/{one}{path}"
    if name != "error":
        assert links["x-default"] == f"https://suxin.example{path}"


@EVERY
def test_band_on_every_page_of_a_sandbox_and_on_no_other(name: str, lang: str) -> None:
    words = {"zh-CN": ("试验账本", "模拟数据", "Olist"), "en": ("Sandbox book", "Simulated data", "Olist")}[lang]
    assert not [word for word in words if word in shown(name, lang)]
    assert all(word in shown(name, lang, SANDBOX) for word in words)


@EVERY
def test_icons_and_classes_exist(name: str, lang: str) -> None:
    sprite = set(re.findall(r'<symbol id="(\w+)"', render.static_bytes("icons.svg").decode()))
    styled = set(re.findall(r"\.([a-zA-Z][\w-]*)", style_sheet()))
    for tag, attrs in read(shown(name, lang)).tags:
        if tag == "use":
            assert attrs["href"].startswith(render.static_url("icons.svg") + "#")
            assert urlsplit(attrs["href"]).fragment in sprite
        assert set(attrs.get("class", "").split()) <= styled


@pytest.mark.parametrize("name", PAGES)
def test_no_english_is_left_on_a_chinese_page(name: str) -> None:
    """Words outside gettext would be shown in English. Data, ids, units and commands are as they are in any language."""
    document = re.sub(r"<pre>.*?</pre>", "", shown(name, "zh-CN", SANDBOX), flags=re.DOTALL)
    text = re.sub(r"https?://\S+|[A-Za-z0-9._:/%+-]{9,}", "", "".join(read(document).text))
    assert (
        re.findall(
            r"[A-Za-z]{3,}(?:[ ,]+[A-Za-z]{2,})+",
            re.sub(COMMANDS, "", text),
        )
        == []
    )


def test_a_page_in_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="language"):
        render.page("home.html", PAGES["home"][1](), "fr", site=SITE, path="/")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/en/01/1/21/2", ("en", "/01/1/21/2")),
        ("/zh-CN/", ("zh-CN", "/")),
        ("/en", ("en", "/")),
        ("/01/1/21/2", ("", "/01/1/21/2")),
        ("/fr/01/1", ("", "/fr/01/1")),
        ("/", ("", "/")),
        ("/english/x", ("", "/english/x")),
    ],
)
def test_language_of_an_address(path: str, found: tuple[str, str]) -> None:
    assert render.split_language(path) == found


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.5, zh;q=0.7", "zh-CN"),
        ("fr,en;q=0.3", "en"),
        ("fr,de", "zh-CN"),
        ("en;q=nonsense,zh", "zh-CN"),
        ("en;q=0", "zh-CN"),
        (",;q=,=", "zh-CN"),
    ],
)
def test_language_by_header(header: str, lang: str) -> None:
    assert render.choose_language(header) == lang


def test_headers_carry_the_policy() -> None:
    sent = render.headers("en")
    assert sent["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert sent["content-language"] == "en"
    assert sent["x-content-type-options"] == "nosniff"
    assert sent["vary"] == "Accept"
    assert render.headers("en", negotiated=True)["vary"] == "Accept, Accept-Language"


def test_static_files_are_named_by_their_content() -> None:
    for name in render.STATIC_TYPES:
        assert re.fullmatch(rf"/static/{re.escape(name)}\?v=[0-9a-f]{{12}}", render.static_url(name))
    with pytest.raises(KeyError):
        render.static_bytes("../render.py")


def test_style_sheet_keeps_to_old_browsers() -> None:
    css = style_sheet()
    assert ":has(" not in css
    assert "light-dark(" not in css
    assert "@import" not in css
    assert not re.search(r"url\((?!data:)", css)
    around: list[str] = []
    for prelude, brace in re.findall(r"([^{};]*)([{};])", css):
        if brace == "{":
            assert all(outer.startswith("@media") for outer in around), f"nested rule: {prelude.strip()}"
            around.append(prelude.strip())
        elif brace == "}":
            around.pop()
    assert around == []
    assert len(style_sheet(render.STYLES).encode()) < 25_000
    assert len(style_sheet((render.LABEL_STYLE,)).encode()) < 5_000, "of one page, which loads it beside the others"
