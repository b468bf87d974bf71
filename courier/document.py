"""A rating document: a published rating as one file that is checked without the book it came from. Pure.

Source: docs/formats/rating-document.md, whose order of steps this file keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from ..ledger.bundle import parse_bundle
from ..ledger.bundle_report import BundleReport
from ..ledger.bundle_verify import verify_bundle
from ..ledger.canonical import check, dump
from ..ledger.credit import PublicationBody
from ..ledger.encoding import b64u
from ..ledger.errors import Refused, VerificationError
from ..ledger.limits import BUNDLE_BYTES_MAX, BUNDLE_DEPTH_MAX
from ..ledger.policy import Policy
from ..ledger.rules import Rules
from .errors import CreditError
from .factfile import Facts, check_facts, facts_value
from .publication import publication_body
from .ruleset import Ruleset
from .score import Score, score
from .table import facts_of, read_table, table_root

DOCUMENT_BYTES_MAX: Final = BUNDLE_BYTES_MAX + 1024 * 1024  # one bundle, and the facts beside it
_FILE: Final = "rating document"


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    bundle: Raw
    company: Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}\Z")]
    facts: Facts
    index: Annotated[list[Annotated[str, Meta(max_length=1_000)]], Meta(min_length=1, max_length=20)]
    v: Literal[1]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a rating document.

    Attributes:
        report: The bundle's report; what is on record rests on it.
        publication: The newest publication in it, None where the bundle could not be read or has none.
        statement: Its hash, "" without one.
        score: The facts scored again, None where there are no rules for them.
        fault: What does not fit, "" when all does.
        table: Whether the facts were added up from the sections of the fact table; they had to be given.
        others: Entries of the company's standing besides publications, by type.
    """

    report: BundleReport
    publication: PublicationBody | None
    statement: str
    score: Score | None
    fault: str
    table: bool
    others: Mapping[str, int]


def make_document(company: str, bundle: bytes, facts: Facts, index: bytes) -> bytes:
    """Put a rating document together.

    Args:
        company: Social credit code.
        bundle: Bundle of its standing.
        facts: Facts of the newest publication in it.
        index: Index of its fact table, lines with line feeds.
    """
    value: dict[str, Any] = {
        "bundle": msgspec.json.decode(bundle),
        "company": company,
        "facts": facts_value(facts),
        "index": index.decode().splitlines(),
        "v": 1,
    }
    return dump(value, BUNDLE_DEPTH_MAX + 1)


def rules_named(raw: bytes) -> tuple[str, str]:
    """Version and digest of the rules that a document's fact table was made by, as its index says; ("", "") for none."""
    try:
        head = msgspec.json.decode(msgspec.json.decode(raw, type=_Form).index[0])
        return str(head["rules"]), str(head["digest"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "", ""


def check_document(
    raw: bytes,
    policy: Policy,
    now_ms: int,
    trade: Rules[Any],
    rules: Ruleset | None,
    sections: Mapping[str, bytes] | None = None,
) -> Checked:
    """Check a rating document. What does not fit is said in the result.

    Args:
        raw: The file.
        policy: Whom the reader trusts.
        now_ms: The reader's clock, Unix milliseconds.
        trade: Rules of the trade, for the history of keys.
        rules: The rule set that the facts are to be scored by; None where the reader has none.
        sections: Sections of the fact table by name, where the reader has them.

    Raises:
        CreditError: It is no such document.
    """
    form = _read(raw)
    bundle = bytes(form.bundle)
    report = verify_bundle(bundle, policy, now_ms, trade)
    if report.results.form.state != "holds":
        return Checked(report, None, "", None, "the bundle could not be read", False, {})
    newest, others = _standing(bundle)
    if report.subject != f"s:uscc:{form.company}":
        return Checked(report, None, "", None, f"the bundle is of {report.subject}, not of this company", False, others)
    if newest is None:
        return Checked(report, None, "", None, "the bundle has no publication", False, others)
    name, body = newest
    found, fault = None, ""
    try:
        found = _scored(form, body, rules)
        if sections is not None and rules is not None:
            _added_up(form, rules, sections)
    except CreditError as error:
        fault = error.cause
    if not fault and rules is None:
        fault = "no rule set of this digest is here; nothing was scored"
    return Checked(report, body, name, found, fault, sections is not None and not fault, others)


def _read(raw: bytes) -> _Form:
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise CreditError(f"a file of this kind has at most {DOCUMENT_BYTES_MAX} bytes", "", _FILE)
    try:
        check(raw, BUNDLE_DEPTH_MAX + 1)
        form = msgspec.json.decode(raw, type=_Form)
    except Refused as error:
        raise CreditError(f"{error.code} at {error.pointer or 'the top'}: {error.cause}", "", _FILE) from error
    except msgspec.DecodeError as error:
        raise CreditError(str(error), "", _FILE) from error
    check_facts(form.facts)
    return form


def _standing(raw: bytes) -> tuple[tuple[str, PublicationBody] | None, dict[str, int]]:
    """The newest publication of the subject with its hash, and how many other entries of which type stand beside it."""
    try:
        bundle = parse_bundle(raw)
    except VerificationError as error:  # its form was found to hold a moment ago
        raise CreditError(error.detail, "/bundle", _FILE) from error
    newest: tuple[str, int, str, PublicationBody] | None = None
    others: dict[str, int] = {}
    for index in bundle.streams[bundle.subject]:
        shown = bundle.entries.get(index)
        if shown is None:
            continue
        body = shown.statement.body
        if isinstance(body, PublicationBody):
            if newest is None or (newest[0], newest[1]) < (body.as_of, index):
                newest = (body.as_of, index, b64u(shown.statement.hash), body)
        else:
            others[shown.statement.type] = others.get(shown.statement.type, 0) + 1
    return (None if newest is None else newest[2:]), others


def _scored(form: _Form, body: PublicationBody, rules: Ruleset | None) -> Score | None:
    facts = form.facts
    book = facts.book
    named = None if book is None else (book.origin, book.size, book.root)
    if (facts.company, facts.as_of, facts.table) != (form.company, body.as_of, body.table):
        raise CreditError("the facts are not those of the newest publication")
    if named != (body.book.origin, body.book.size, body.book.root):
        raise CreditError("the facts were read from another state of the book than the publication names")
    if table_root(line.encode() for line in form.index) != body.table:
        raise CreditError("the index has another root than the publication carries")
    if rules is None:
        return None
    if rules.digest != body.rules.digest:
        raise CreditError(f"the publication names the rules {body.rules.digest}, and these are {rules.digest}")
    found = score(facts, rules)
    due = publication_body(found)
    stated = msgspec.to_builtins(body)
    wrong = [name for name in due if stated.get(name) != due[name]]
    if wrong:
        raise CreditError(f"the facts do not give the {', '.join(wrong)} that was published")
    return found


def _added_up(form: _Form, rules: Ruleset, sections: Mapping[str, bytes]) -> None:
    index = b"".join(line.encode() + b"\n" for line in form.index)
    table = read_table(index, sections, form.facts.table)
    if facts_of(table, rules, form.facts.book) != form.facts:
        raise CreditError("the fact table does not add up to the facts")
