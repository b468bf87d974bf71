"""Turn a view model into a page: `page("trace.html", model, "zh-CN", site=site, path=model.path)`.

Server-rendered Jinja2 with autoescape, two languages, no script needed. Knows no database and no request; it holds the
headers every page is sent with and the rules by which an address says its language.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Final, cast

from babel.support import NullTranslations, Translations
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.ext import i18n

from ..courier.page import CourierList, CourierPage
from ..trace.page import TracePage, WaybillPage
from ..trace.papers import PapersPage
from ..trace.qr import draw_qr
from ..trace.voice import SayPage
from . import chart, chart_rating
from .formats import Formats
from .joining import joined
from .site import BulletinsPage, CasesPage, ErrorPage, HomePage, LabelsPage, ReviewsPage, Site, VerifyPage

LANGUAGES: Final = ("zh-CN", "en")  # the first is the default
DOMAIN: Final = "messages"

# No inline style and no inline script anywhere, so that nothing a statement contains can run.
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPTS: Final = (
    "remember.js", "verify.js", "verify-bundle.js", "verify-bytes.js", "verify-directory.js", "verify-ed25519.js",
    "verify-file.js", "verify-map.js", "verify-note.js", "verify-page.js", "verify-reasons.js", "verify-result.js",
    "verify-signatures.js", "verify-statement.js", "verify-story.js",
    "verify-terms-rest.js", "verify-terms.js", "verify-tile.js", "verify-tree.js", "verify-view.js",
)  # fmt: skip
# They draw a page again from its bundle; record-*.js of words, tables and templates are written by record_terms.py.
RECORD_SCRIPTS: Final = (
    "proof-panel.js", "record-compare.js", "record-draw.js", "record-formats.js", "record-model.js", "record-qr.js",
    "record-rest-en.js", "record-rest-zh.js", "record-story.js", "record-tables.js", "record-view.js", "record-words-en.js",
    "record-words-zh.js",
)  # fmt: skip
VOICE_SCRIPTS: Final = (
    "voice-book.js", "voice-keys.js", "voice-link.js", "voice-page.js", "voice-papers.js", "voice-statement.js", "voice-store.js",
)  # fmt: skip
LABEL_SCRIPTS: Final = ("label-make.js", "label-page.js", "label-qr.js")
COURIER_SCRIPTS: Final = ("courier-number.js", "courier-page.js", "courier-score.js", "courier-table.js")
# The label page makes secrets: no address of its own server even may be asked from its script.
LABEL_CSP: Final = CSP.replace("connect-src 'self'", "connect-src 'none'").replace("form-action 'self'", "form-action 'none'")
# What a product's or parcel's page loads: these two and all that they need, as one file a language (joining.py).
PAGE_HEAD: Final = (
    "//# allFunctionsCalledOnLoad\n"  # to the browser, which must find it in the first line
    "// Made by `suxin verifier --page` from /static/proof-panel.js and what it imports; those are to be read.\n"
)
PAGE_ENTRIES: Final = ("voice-link.js", "proof-panel.js")
PAGE_SCRIPTS: Final = {f"page-{lang}.js": f"record-words-{lang[:2]}.js" for lang in LANGUAGES}
# Served as their authors wrote them; NOTICE says which versions these are.
VENDORED: Final = (
    "vendor/noble-ed25519-3.2.0/index.js",
    *(f"vendor/noble-hashes-2.4.0/{name}.js" for name in ("sha2", "_md", "_u64", "utils")),
)
STYLES: Final = ("style.css", "more.css", "courier.css")  # the first is all that a product's and a parcel's page need
LABEL_STYLE: Final = "label.css"
STATIC_TYPES: Final = {
    **dict.fromkeys((*STYLES, LABEL_STYLE), "text/css; charset=utf-8"),
    "icons.svg": "image/svg+xml",
    **dict.fromkeys(
        (*SCRIPTS, *RECORD_SCRIPTS, *VOICE_SCRIPTS, *COURIER_SCRIPTS, *LABEL_SCRIPTS, *PAGE_SCRIPTS, *VENDORED),
        "text/javascript; charset=utf-8",
    ),
}

_IMPORT: Final = re.compile(rb'( from |import\()"\./([\w/.-]+\.js)"')

Model = (
    TracePage | WaybillPage | CourierPage | CourierList | HomePage | VerifyPage | LabelsPage | SayPage | ReviewsPage | CasesPage
    | PapersPage | BulletinsPage | ErrorPage
)  # fmt: skip


def page(template: str, model: Model, lang: str, *, site: Site, path: str, query: str = "", opened: str = "0") -> str:
    """Render one page.

    Args:
        template: File in `api/templates`: home, trace, waybill, courier, couriers, verify or error, with ".html".
        model: The view model that template takes.
        lang: One of `LANGUAGES`.
        site: The book the page belongs to.
        path: Unprefixed, percent-encoded path of the page ("/01/…"), from which the addresses in both languages are made.
        query: Query string to keep in those addresses, without "?".
        opened: How often the address on the label was opened.

    Returns:
        The whole document. Send it with `headers(lang)`.
    """
    suffix = f"?{query}" if query else ""
    return (
        _environment(lang)
        .get_template(template)
        .render(
            page=model,
            site=site,
            path=path,
            here=f"/{lang}{path}{suffix}",
            others={other: f"/{other}{path}{suffix}" for other in LANGUAGES},
            address=f"{site.base_url}{path}",
            opened=opened,
        )
    )


def template(name: str, lang: str) -> Template:
    """A template in one language, for what is no page of a site."""
    return _environment(lang).get_template(name)


def headers(lang: str, *, negotiated: bool = False) -> dict[str, str]:
    """Response headers of a page.

    Args:
        lang: Language it was rendered in.
        negotiated: Whether Accept-Language chose it, so that caches must tell languages apart.
    """
    sent = {
        "content-type": "text/html; charset=utf-8",
        "content-language": lang,
        "content-security-policy": CSP,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
    }
    sent["vary"] = "Accept, Accept-Language" if negotiated else "Accept"  # most addresses answer programs with JSON
    return sent


def split_language(path: str) -> tuple[str, str]:
    """Split "/en/01/…" into ("en", "/01/…"). The language is "" for an unprefixed path; "/en" becomes ("en", "/")."""
    first, _, rest = path.removeprefix("/").partition("/")
    return (first, f"/{rest}") if first in LANGUAGES else ("", path)


def choose_language(accept_language: str) -> str:
    """The language of an unprefixed address, from the Accept-Language header; Chinese when nothing says otherwise."""
    best, best_weight = LANGUAGES[0], 0.0
    for part in accept_language[:1000].split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().split("-")[0]
        for lang in LANGUAGES:
            if primary == lang.split("-")[0].lower() and weight > best_weight:
                best, best_weight = lang, weight
    return best


@lru_cache(maxsize=128)
def static_bytes(name: str) -> bytes:
    """A static file. Raises KeyError for a name that is not in `STATIC_TYPES`, so that no path can be built from it.

    A script names those it imports with a piece of their hash, as pages do: else a browser could join new ones and old.
    """
    if name not in STATIC_TYPES:
        raise KeyError(name)
    raw = _page_script(name) if name in PAGE_SCRIPTS else files("suxin.api").joinpath("static", name).read_bytes()
    if name not in (*SCRIPTS, *RECORD_SCRIPTS, *VOICE_SCRIPTS, *COURIER_SCRIPTS, *LABEL_SCRIPTS, *PAGE_SCRIPTS):
        return raw
    return _IMPORT.sub(lambda found: found[1] + f'".{static_url(found[2].decode())[7:]}"'.encode(), raw)


def _page_script(name: str) -> bytes:
    static = files("suxin.api").joinpath("static")
    text = joined(PAGE_ENTRIES, lambda part: static.joinpath(part).read_text(encoding="utf-8"), frozenset((PAGE_SCRIPTS[name],)))
    return f"{PAGE_HEAD}{text}".encode()


@lru_cache(maxsize=128)
def integrity(name: str) -> str:
    """What a page says of a script: a browser runs these very bytes or none."""
    return f"sha256-{base64.b64encode(sha256(static_bytes(name)).digest()).decode()}"


@lru_cache(maxsize=128)
def static_url(name: str) -> str:
    """Address of a static file, with a piece of its hash, so that it may be cached for ever."""
    return f"/static/{name}?v={sha256(static_bytes(name)).hexdigest()[:12]}"


def make_page_scripts() -> None:
    """Make what takes a second to make, before a reader asks for it."""
    for name in PAGE_SCRIPTS:
        static_bytes(name)


@lru_cache(maxsize=len(LANGUAGES))
def _environment(lang: str) -> Environment:
    if lang not in LANGUAGES:
        raise ValueError(f"no such language: {lang}")
    translations = _translations(lang)
    formats = Formats(lang, translations)
    environment = Environment(
        loader=PackageLoader("suxin.api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[i18n],
    )
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        f=formats,
        word=formats.word,
        lang=lang,
        languages=LANGUAGES,
        static_url=static_url,
        integrity=integrity,
        draw_qr=lru_cache(maxsize=256)(draw_qr),
        chart=chart,
        credit_chart=chart_rating,
    )
    return environment


def _translations(lang: str) -> NullTranslations:
    """The catalogue of a language. English needs none: the messages in the source are the English text."""
    if lang == "en":
        return NullTranslations()
    folder = files("suxin.api").joinpath("locale", lang.replace("-", "_"), "LC_MESSAGES", f"{DOMAIN}.mo")
    with folder.open("rb") as catalogue:
        return cast("NullTranslations", Translations(catalogue, domain=DOMAIN))
