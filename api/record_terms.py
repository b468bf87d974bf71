"""The record's tables and words as JavaScript modules, for the script that rebuilds a page: `static/record-*.js`.

Written out from the very definitions that the server's pages are made with, so that no second list can fall
behind. They are committed; a test fails when one is not what this module writes: `python -m suxin.api.record_terms`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson
from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol, list_currencies
from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import PATTERN_POSITION_TABLE

from ..ledger import carriage, deadlines, evidence, grievance, oddity
from ..trace import details, flags, order, promises, rows, standing, steps
from ..trace import evidence as support
from . import credit_words, facts, formats, labels, render, words
from .panel import PANEL
from .script_template import Script, compile_pages
from .verify_terms import reasons_js, terms_rest_js

HEAD: Final = "// Written by `python -m suxin.api.record_terms` from the server's own tables; never edit by hand.\n"
LANGUAGE_FILES: Final = {"zh-CN": "record-words-zh.js", "en": "record-words-en.js"}
REST_FILES: Final = {"zh-CN": "record-rest-zh.js", "en": "record-rest-en.js"}
# What most records do not have is in files of their own, loaded when it is asked for: tables, labels of facts, the panel's
# words for what does not hold. CNY is the only currency whose sign every page has.
SELDOM: Final = frozenset((
    "ERASURES", "RECALLS", "COMPLAINTS", "CASES", "GROUNDS", "SCOPES", "REMEDIES", "RECALL_REASONS", "CONDITIONS",
    "AGAINST", "PERMITS", "PERMIT_STATES", "WHYS", "PARTIES_AT_CAUSE", "CAUSES", "SERVICES",
))  # fmt: skip
SELDOM_FACTS: Final = frozenset((
    "amount_minor", "answer_by", "approved_at", "since", "until", "reason", "at_fault", "hiding_rule", "answered_min", "level",
    "document", "sha256", "platform", "key", "types", "to", "next", "paid_minor", "carrier_code", "by_air",
    "acceptance_due", "answer_due", "brand", "carrier", "decision_due", "maker", "number", "proved_after", "proved_by", "service",
))  # fmt: skip
# Of the other tables, the codes that an uneventful story has; a table that is not named here is there whole.
USUAL: Final = {
    "CATEGORIES": ("general", "food", "farm_food"),
    "COLOURS": ("blue", "yellow", "grey"),
    "COUNTS": ("yes", "own_word"),
    "EVENTS": ("open",),
    "FLAGS": (),
    "GRADE_REASONS": ("counter_signed", "two_organisations", "physical", "claim_only", "simulated"),
    "HIDING_RULES": (),
    "INSPECTION_KINDS": ("lot_test", "sampling"),
    "KINDS": (
        "listing",
        "item",
        "sale",
        "consign",
        "dispatch",
        "scan",
        "delivery",
        "confirm",
        "review",
        "reply",
        "inspection",
        "claim",
    ),
    "METHODS": ("in_person", "station", "locker"),
    "ODDITIES": ("assumed",),
    "PROMISE_STATES": ("kept", "open", "unused"),
    "SCANS": (
        "CREATED",
        "PICKED_UP",
        "HUB_IN",
        "HUB_OUT",
        "AT_DELIVERY_DEPOT",
        "OUT_FOR_DELIVERY",
        "READY_FOR_PICKUP",
        "DELIVERED",
    ),
    "SOURCES": ("simulated",),
    "STANDINGS": ("listed", "sold", "dispatched", "picked_up", "in_transit", "out_for_delivery", "delivered", "received"),
    "STEP_NOTES": (),
}
PLAIN_PANEL: Final = frozenset((
    "wait", "wait-lead", "ok", "ok-lead", "fail", "none", "no-bundle", "unsupported", "bad-policy", "trouble", "policy",
    "sandbox", "stated", "complete", "lot", "outside", "stated-short", "r-book", "book-first", "book-same", "book-grown",
    "r-page", "r-signatures", "r-order", "r-on_record", "r-complete", "r-withheld", "r-current", "r-witnesses", "holds", "not",
    "same", "n-signed", "n-withheld", "n-witnesses", "bundle", "how", "details", "state", "state-of", "book", "results", "limits",
))  # fmt: skip
# Of the templates' messages, those that an uneventful story does not need.
SELDOM_MESSAGES: Final = frozenset((
    "%(n)s entry withheld by law",
    "Their text is gone from this page and from the bundle. Their hashes stay in the chain, so it is seen that they exist.",
    "withheld by", "%(n)s open complaint", "%(n)s closed complaint", "Corrected later", "corrected by",
    "Text erased by law. Its hash stays in the book.", "Text withdrawn by its author. Its hash stays in the book.",
    "Text sealed by law, and erased after", "Text kept under seal, not public.", "Nothing is recorded yet.",
    "%(n)s entry is of a type this page does not understand. It is listed below by its own name.", "A sample failed the test",
    "Named by the sender. The courier has not accepted or scanned this parcel, so it does not stand in its file.",
    "Recall, ended", "Recalled", "level %(level)s", "covers", "no.", "What to do", "ended by",
    "%(n)s firms claim to have made this one item. At most one of them can be right:",
    "Handed over to another courier: next parcel page", "nobody promised a time",
))  # fmt: skip
# Tables of words that the record's templates, titles and facts name.
TABLES: Final = (
    "KINDS", "SCANS", "CONFIRMS", "REVIEWS", "LISTINGS", "RECALLS", "INSPECTIONS", "COMPLAINTS", "CASES", "ERASURES", "STEPS",
    "STEP_NOTES", "STANDINGS", "METHODS", "CONSENTS", "GRADES", "GRADE_REASONS", "FLAGS", "ODDITIES", "SOURCES", "ROLES",
    "GROUNDS", "SCOPES",
    "REMEDIES", "SERVICES", "ABOUTS", "RECALL_REASONS", "CATEGORIES", "CHANNELS", "EVENTS", "INSPECTION_KINDS", "CONDITIONS",
    "AGAINST", "HIDING_RULES", "PROVED", "COUNTS", "PERMITS", "PERMIT_STATES", "WHYS", "PARTIES_AT_CAUSE", "CAUSES",
    "PROMISES", "PROMISE_STATES", "HEADS", "RATED", "COLOURS",
)  # fmt: skip
QR_VERSIONS: Final = 20  # holds the 512 bytes that a code may have
PLURALS: Final = (("%(n)s minute", "%(n)s minutes"), ("%(n)s hour", "%(n)s hours"), ("%(n)s day", "%(n)s days"),
                  ("%(num)d day later", "%(num)d days later"))  # fmt: skip


def modules() -> dict[str, str]:
    """Name and text of each generated module."""
    script = compile_pages()
    found = {"record-tables.js": _module(_tables()), "record-view.js": HEAD + script.source, "verify-reasons.js": reasons_js()}
    found["verify-terms-rest.js"] = terms_rest_js()
    seldom = frozenset(number for number, (_, one, many) in enumerate(script.messages) if one in SELDOM_MESSAGES)
    for lang, name in LANGUAGE_FILES.items():
        usual, rest = _parted(_words(lang, script), seldom)
        found |= {name: _module(usual), REST_FILES[lang]: _module(rest)}
    return found


def _module(value: object) -> str:
    return f"{HEAD}export default {orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()};\n"


def _tables() -> dict[str, Any]:
    return {
        "about": rows._ABOUT,
        "afterMaking": sorted(order._AFTER_MAKING),
        "afterSale": sorted(order._AFTER_SALE),
        "afterwards": sorted(flags._AFTERWARDS),
        "answers": sorted(grievance._ANSWERS),
        "borrowed": evidence._BORROWED,
        "closed": sorted(grievance._CLOSED),
        "deadlines": _deadlines(),
        "custody": sorted(carriage.CUSTODY),
        "disputes": sorted(flags._DISPUTES),
        "faces": details.FACES,
        "itemAt": steps._ITEM_AT,
        "limits": {
            "LATE_MS": oddity.LATE_MS,
            "SKEW_MS": oddity.SKEW_MS,
            "STALE_MS": standing.STALE_MS,
            "VERY_LATE_MS": oddity.VERY_LATE_MS,
        },
        "nested": sorted(rows.NESTED),
        "notes": steps._NOTES,
        "onTheWay": sorted(rows.ON_THE_WAY),
        "physical": sorted(evidence.PHYSICAL),
        "qr": {"blocks": _qr_blocks(), "alignment": PATTERN_POSITION_TABLE[:QR_VERSIONS]},
        "rank": carriage._RANK,
        "reopensCase": sorted(grievance._REOPENS),
        "reopens": {state: sorted(codes) for state, codes in carriage._REOPENS.items()},
        "sentBack": sorted(promises._SENT_BACK),
        "shown": details._SHOWN,
        "states": carriage.STATES,
        "steps": sorted(support.STEPS),
        "terminal": sorted(carriage.TERMINAL),
        "titles": formats.TITLES,
        "waiting": sorted(grievance._WAITING),
        "underWay": sorted(standing._UNDER_WAY),
        "waybillAt": steps._WAYBILL_AT,
        "worst": standing._FIRST,
    }


def _deadlines() -> dict[str, dict[str, dict[str, int]]]:
    """Terms of complaints in milliseconds, by jurisdiction and by whom the complaint is against."""
    return {
        place: {
            against: {name: getattr(terms, name).days * deadlines.DAY_MS for name in ("accept", "answer", "decide")}
            for against, terms in table.items()
        }
        for place, table in deadlines.deadlines().items()
    }


def _qr_blocks() -> list[list[list[int]]]:
    """Of each version at level M, the only one drawn: [blocks, codewords, data codewords] of each group of blocks."""
    return [
        [[block.total_count, block.data_count] for block in rs_blocks(version, ERROR_CORRECT_M)]
        for version in range(1, QR_VERSIONS + 1)
    ]


def _words(lang: str, script: Script) -> dict[str, Any]:
    """What a reader of one language sees: messages of the templates, words for codes, labels of facts, forms of numbers."""
    made = formats.Formats(lang, render._translations(lang))
    locale = Locale.parse(made.locale)
    translate = made.translations

    def both(one: str, many: str) -> list[str]:
        return list(dict.fromkeys(translate.ungettext(one, many, n) for n in (1, 2)))

    messages: list[Any] = []
    for context, one, many in script.messages:
        if many:
            messages.append(both(one, many))
        else:
            messages.append(translate.upgettext(context, one) if context else translate.ugettext(one))
    return {
        "lang": lang,
        "messages": messages,
        "tables": {name: {code: made.say(pair) for code, pair in _table(name).items()} for name in TABLES},
        "facts": {name: [made.say(label), kind] for name, (label, kind) in facts.FACTS.items()},
        "spans": [both(*pair) for pair in PLURALS],
        "yes": [translate.ugettext("no"), translate.ugettext("yes")],
        "months": [locale.months["format"]["abbreviated"][number] for number in range(1, 13)],
        "symbols": _symbols(made.locale),
        "digits": {code: digits for code in sorted(list_currencies()) if (digits := get_currency_precision(code)) != 2},
        "panel": {name: made.say(pair) for name, pair in PANEL.items()},
    }


def _parted(words: dict[str, Any], seldom_messages: frozenset[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What every page needs, and the rest."""
    seldom = {
        "tables": SELDOM,
        "facts": {name for name, (_, kind) in words["facts"].items() if kind in SELDOM or kind == "cause"} | SELDOM_FACTS,
        "panel": words["panel"].keys() - PLAIN_PANEL,
        "symbols": words["symbols"].keys() - {"CNY"},
        "digits": words["digits"].keys(),
    }
    usual: dict[str, Any] = dict(words)
    rest: dict[str, Any] = {}
    for part, names in seldom.items():
        usual[part] = {name: one for name, one in words[part].items() if name not in names}
        rest[part] = {name: one for name, one in words[part].items() if name in names}
    numbered = {str(number): text for number, text in enumerate(words["messages"]) if number in seldom_messages}
    usual["messages"] = [None if number in seldom_messages else text for number, text in enumerate(words["messages"])]
    rest["messages"] = numbered
    for table, codes in USUAL.items():
        usual["tables"][table] = {code: word for code, word in words["tables"][table].items() if code in codes}
        rest["tables"][table] = words["tables"][table]
    return usual, rest


def _symbols(locale: str) -> dict[str, str]:
    found = {code: get_currency_symbol(code, locale) for code in sorted(list_currencies())}
    return {
        code: symbol for code, symbol in found.items() if symbol not in (code, "¤")
    }  # "¤": no currency, which the script knows


def _table(name: str) -> dict[str, tuple[str, str]]:
    place = next(place for place in (words, labels, credit_words) if hasattr(place, name))
    found: dict[str, tuple[str, str]] = getattr(place, name)
    return found


def write(folder: Path) -> None:
    """Write the modules out."""
    for name, text in modules().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(str(files("suxin.api").joinpath("static"))))
