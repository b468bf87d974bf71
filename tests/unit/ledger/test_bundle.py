"""The bundle's bounds, its maker, what withholds an entry, and its report; the vectors have the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.bundle_edit import edited, set_in
from fakes.paper import Paper
from fakes.paper_tales import ITEM, STREAM, Tale, carried, erased, plain, recalled, short

from suxin.ledger import bundle_make
from suxin.ledger.authority import ROLES
from suxin.ledger.bundle import parse_bundle
from suxin.ledger.bundle_report import BundleReport, Result, Results, report_json
from suxin.ledger.bundle_verify import log_policy, verify_bundle
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.limits import BUNDLE_BYTES_MAX, BUNDLE_ENTRIES_MAX, BUNDLE_LISTED_MAX, BUNDLE_STREAMS_MAX
from suxin.ledger.policy import Log
from suxin.ledger.registry import TYPES
from suxin.ledger.withholding import MAY_WITHHOLD, withholding_of
from suxin.trace.lifecycle import TradeRules


def check(tale: Tale, text: str | None = None) -> BundleReport:
    raw = (text or tale.bundle()).encode()
    return verify_bundle(raw, tale.book.policy(), tale.book.now, TradeRules())


# -- bounds ------------------------------------------------------------------------------------------------------------


def refusal(raw: bytes) -> str:
    with pytest.raises(VerificationError) as failure:
        parse_bundle(raw)
    return failure.value.code


def test_a_bundle_has_bounds() -> None:
    text = short().bundle()
    assert refusal(text.encode() + b" " * BUNDLE_BYTES_MAX) == "bundle-too-large"
    many = [[index, {}] for index in range(1, BUNDLE_ENTRIES_MAX + 2)]
    assert refusal(edited(text, set_in("entries", to=many)).encode()) == "bundle-too-large"
    leaf = b64u(bytes(32))
    some = [[index, leaf] for index in range(4, BUNDLE_ENTRIES_MAX + 2)]
    assert refusal(edited(text, set_in("withheld", to=some)).encode()) == "bundle-too-large"
    long = list(range(1, BUNDLE_LISTED_MAX + 1))
    assert refusal(edited(text, set_in("streams", f"p:{ITEM[:18]}", to=long)).encode()) == "bundle-too-large"
    names = {f"p:/01/{number:014d}": [] for number in range(BUNDLE_STREAMS_MAX)} | {STREAM: [3]}
    assert refusal(edited(text, set_in("streams", to=names)).encode()) == "bundle-too-large"


def test_a_maker_keeps_the_bounds_that_its_readers_have(monkeypatch: pytest.MonkeyPatch) -> None:
    book = plain().book.publish()
    for bound, value in (("BUNDLE_ENTRIES_MAX", 5), ("BUNDLE_STREAMS_MAX", 6), ("BUNDLE_BYTES_MAX", 4_000)):
        with monkeypatch.context() as patch:
            patch.setattr(bundle_make, bound, value)
            with pytest.raises(VerificationError, match="bundle-too-large"):
                book.bundle(STREAM)
            patch.setattr(bundle_make, bound, 10_000)
            book.bundle(STREAM)


# -- making ------------------------------------------------------------------------------------------------------------


def test_what_is_made_is_read_as_it_was_meant() -> None:
    tale = carried()
    bundle = parse_bundle(tale.bundle().encode())
    book = tale.book
    assert bundle.subject == STREAM
    assert bundle.note == book.note
    assert bundle.genesis == book.genesis
    assert all(shown.statement.raw in book.leaves[index] for index, shown in bundle.entries.items())
    assert bundle.streams == {name: tuple(book.rows.get(name, ())) for name in bundle.streams}
    assert [len(section.paths) for section in bundle.batches] == [2, 1]
    assert bundle.hint.startswith(f"{book.genesis.origin}+")


def test_the_same_state_gives_the_same_bytes() -> None:
    assert plain().bundle() == plain().bundle()


@pytest.mark.parametrize(("text", "is_there"), [("n\u00e4chstes Mal", True), ("na\u0308chstes Mal", False), ("a\ud800b", False)])
def test_a_text_that_canonical_json_cannot_hold_is_left_out(text: str, is_there: bool) -> None:
    tale = plain()
    name = tale.book.at(6).statement.hash
    (pointer, salt, _), = tale.book.opened[name]  # fmt: skip
    tale.book.opened[name] = [(pointer, salt, text)]
    assert ("open" in json.loads(tale.bundle())) is is_there


def test_texts_of_withheld_entries_are_not_in_the_bundle() -> None:
    text = erased().bundle()
    assert "Too salty" not in text
    assert "We are sorry" in text


def test_what_only_the_withheld_entry_names_is_not_in_the_story() -> None:
    bundle = parse_bundle(erased().bundle().encode())
    assert list(bundle.withheld) == [6]
    assert set(bundle.streams) == set(parse_bundle(plain().bundle().encode()).streams)


# -- what withholds ----------------------------------------------------------------------------------------------------


def test_who_may_withhold_stands_in_terms_of_the_book() -> None:
    for kind, grounds in MAY_WITHHOLD.items():
        assert kind in TYPES
        assert all(role in ROLES for roles in grounds.values() for role in roles)
        assert set(grounds) <= {"law", "request", "repair", "term"}


@pytest.mark.parametrize(
    ("type_name", "body"),
    [
        ("erasure", {"ground": "law"}),
        ("erasure", {"ground": "law", "index": 6}),
        ("erasure", {"ground": "law", "leaf": "A" * 43}),
    ],
)
def test_what_does_not_name_an_entry_withholds_none(type_name: str, body: dict[str, Any]) -> None:
    tale = plain()
    said = tale.book.sign(tale.book.root, type_name, {}, body, ref=tale.book.at(6))
    assert withholding_of(said.statement) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ground": "whim"},
        {"ground": "law", "index": 0, "leaf": "A" * 43},
        {"ground": "law", "index": "6", "leaf": "A" * 43},
        {"ground": "law", "index": 6, "leaf": "A" * 42 + "9"},
        {"ground": "law", "until": "soon"},
        {"ground": "law", "why": "words about a person"},
    ],
)
def test_an_erasure_with_another_body_is_none(body: dict[str, Any]) -> None:
    tale = plain()
    with pytest.raises(Refused):
        tale.book.sign(tale.book.root, "erasure", {}, body, ref=tale.book.at(6))


def test_an_erasure_may_say_more() -> None:
    tale = plain()
    body = {"ground": "law", "index": 6, "leaf": "A" * 43, "until": "2029-01-01"}
    found = withholding_of(tale.book.sign(tale.book.root, "erasure", {}, body, ref=tale.book.at(6)).statement)
    assert found is not None
    assert (found.kind, found.ground, found.index, found.leaf) == ("review", "law", 6, bytes(32))
    assert found.streams == tale.book.at(6).statement.streams
    assert found.is_allowed
    assert not replace(found, kind="recall").is_allowed
    assert not replace(found, kind="key").is_allowed
    assert not replace(found, kind="unheard").is_allowed
    assert withholding_of(tale.book.at(6).statement) is None


# -- the report --------------------------------------------------------------------------------------------------------


def test_the_report_says_what_it_counted() -> None:
    report = check(carried())
    assert (report.verdict, report.recorded, report.lot_known, report.audited) == ("holds", True, False, False)
    assert (report.entries, report.streams, report.absent, report.withheld_entries) == (19, 11, 4, 0)
    assert report.signers == 6  # operator, maker, warehouse, the carrier's two keys, device
    assert check(recalled()).lot_known
    assert check(erased()).withheld_entries == 1
    tale = plain()
    tale.book.publish()
    absent = check(tale, tale.book.bundle(f"p:{ITEM[:-1]}2").decode())
    assert (absent.verdict, absent.recorded) == ("holds", False)


def test_a_verdict_is_the_worst_result_and_time_is_no_fault() -> None:
    opened, failed = Result("open", "state-old"), Result("fails", "map-root")
    assert BundleReport(Results()).verdict == "holds"
    assert BundleReport(Results(current=opened)).verdict == "holds"
    assert BundleReport(Results(complete=opened)).verdict == "open"
    assert BundleReport(Results(complete=opened, order=failed)).verdict == "fails"


def test_a_report_as_json_names_every_result() -> None:
    tale = plain()
    value = report_json(check(tale, edited(tale.bundle(), set_in("entries", 4, 1, "received", to=1))))
    assert value["verdict"] == "fails"
    assert value["order"] == {
        "state": "fails", "code": "received-fell", "reason": "A received time is before the one before it.",
        "detail": "1 ms after 1795305840000 ms", "index": 5,
    }  # fmt: skip
    assert value["on_record"] == {"state": "holds"}
    assert value["size"] == 8
    assert json.dumps(value)


# -- policies ----------------------------------------------------------------------------------------------------------


def test_a_log_may_have_several_keys() -> None:
    tale, other = short(), Paper(name="another book")
    raw, now, rules = tale.bundle().encode(), tale.book.now, TradeRules()
    old, new = Log(tale.book.vkey), Log(replace(other.vkey, name=tale.book.vkey.name))
    policy = tale.book.policy()
    assert verify_bundle(raw, replace(policy, logs=(new, old)), now, rules).verdict == "holds"
    assert verify_bundle(raw, replace(policy, logs=(new,)), now, rules).results.on_record.code == "note-unsigned"


def test_a_reader_may_know_a_log_by_its_key_alone() -> None:
    tale = short()
    origin, public = tale.book.genesis.origin, tale.book.log_key.public
    assert log_policy(origin, [public]) == tale.book.policy()
    report = verify_bundle(tale.bundle().encode(), log_policy("other.example/1", [public]), tale.book.now, TradeRules())
    assert (report.verdict, report.log_unknown) == ("open", True)
