"""Bundles that were changed by one bit, or put together from wild statements: refused or unchanged, and never a traceback."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from fakes.paper_tales import CARRIER, HOUSE, ITEM, LAB, MAKER, STREAM, Tale, carried, erased, plain
from fakes.world import Signer
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.bundle_report import BundleReport
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.policy import Policy
from suxin.trace.lifecycle import TradeRules

RULES = TradeRules()


@cache
def bundles() -> list[tuple[bytes, Policy, int]]:
    return [(tale.bundle().encode(), tale.book.policy(), tale.book.now) for tale in (plain(), carried(), erased())]


def check(raw: bytes, policy: Policy, now: int) -> BundleReport:
    return verify_bundle(raw, policy, now, RULES)


def hint_of(raw: bytes) -> range:
    """Where the hint stands: the only bytes that may be changed."""
    value = json.loads(raw)["hints"]["vkey"].encode()
    return range(raw.index(value), raw.index(value) + len(value))


@given(st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    raw, policy, now = data.draw(st.sampled_from(bundles()))
    position = data.draw(st.integers(0, len(raw) - 1))
    changed = bytearray(raw)
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    report = check(bytes(changed), policy, now)
    if position in hint_of(raw) and report.results.form.state == "holds":
        assert report == check(raw, policy, now)
    else:
        assert report.verdict == "fails" or report.log_unknown  # another origin in the checkpoint is another log


@given(st.data())
def test_whatever_is_cut_out_of_a_bundle_is_missed(data: st.DataObject) -> None:
    raw, policy, now = data.draw(st.sampled_from(bundles()))
    first = data.draw(st.integers(0, len(raw) - 1))
    last = data.draw(st.integers(first + 1, len(raw)))
    report = check(raw[:first] + raw[last:], policy, now)
    if report.verdict == "holds":
        whole, rest = json.loads(raw), json.loads(raw[:first] + raw[last:])
        assert {name for name in whole if whole[name] != rest.get(name)} <= OPTIONAL
    else:
        assert report.verdict == "fails" or report.log_unknown


# What may be missing: a hint, and values that may be shown or not.
OPTIONAL = {"hints", "open"}


def places(value: Any, pointer: str = "") -> list[str]:
    """Every member of objects and lists, by pointer."""
    if isinstance(value, dict):
        members = [(key.replace("~", "~0").replace("/", "~1"), below) for key, below in value.items()]
    else:
        members = [(str(at), below) for at, below in enumerate(value)] if isinstance(value, list) else []
    return [found for name, below in members for found in (f"{pointer}/{name}", *places(below, f"{pointer}/{name}"))]


@given(st.data())
def test_each_member_of_a_bundle_is_needed(data: st.DataObject) -> None:
    raw, policy, now = data.draw(st.sampled_from(bundles()))
    value = json.loads(raw)
    pointer = data.draw(st.sampled_from(places(value)))
    *above, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    inner = value
    for step in above:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner.pop(int(last) if isinstance(inner, list) else last)
    report = check(json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode(), policy, now)
    if pointer[1:] in OPTIONAL:
        assert report.verdict == "holds"
    else:
        assert report.verdict == "fails", pointer


# -- wild books --------------------------------------------------------------------------------------------------------

PEOPLE = (MAKER, HOUSE, CARRIER, LAB, "auth:postal:330700", f"dev:{'scanner'.ljust(22, '0')}")
COMPANIES = (MAKER, HOUSE, CARRIER)
ROLES = ("merchant", "warehouse", "courier", "device", "lab", "regulator", "operator", "consumer")
PUBLICS = (*(Signer.new(actor, name).public for actor in PEOPLE for name in (actor, "second")), "A" * 44, "AQ" + "A" * 42)
DAYS = ("2026-11-22T00:00:00Z", "2026-02-30T00:00:00Z", "2027-02-29T00:00:00+14:00")


@st.composite
def wild_statements(draw: st.DrawFn) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Type, subjects and body of a statement that says who is who, or withholds; well-formed, and no more."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    kind = one("actor", "actor", "key", "key", "mandate", "confirm", "item", "erasure")
    party = {"party": one(*PEOPLE)}
    if kind == "actor":
        body = {"event": one("register", "register", "change", "leave"), "role": one(*ROLES)}
        company = one({}, {"company": one(*COMPANIES)})
        return kind, party | company, body | one({}, {"key": one(*PUBLICS)})
    if kind == "key":
        return kind, party, {"event": one("add", "rotate", "revoke"), "key": one(*PUBLICS), "since": one(*DAYS)}
    if kind == "mandate":
        types = ["item", "key", "actor", "confirm"]
        return kind, party, {"event": one("grant", "revoke"), "to": one(*PEOPLE), "types": types}
    if kind == "item":
        return kind, {"item": ITEM}, {}
    return kind, {}, {"kind": "approves"} if kind == "confirm" else {"ground": "law", "index": one(1, 2, 3), "leaf": "A" * 43}


@given(st.data())
def test_wild_statements_of_wild_signers_never_raise(data: st.DataObject) -> None:
    """The operator lets everything in; what no rule allows is named, and nothing else happens."""
    tale = Tale().begin()
    book = tale.book
    for _ in range(data.draw(st.integers(0, 12))):
        who = data.draw(st.sampled_from([book.root.actor, *PEOPLE]))
        signer = book.root if who == book.root.actor else Signer.new(who, data.draw(st.sampled_from([who, "second"])))
        signer.n = len(book.leaves)
        kind, subjects, body = data.draw(wild_statements())
        more: dict[str, Any] = {"for": data.draw(st.sampled_from(PEOPLE))} if data.draw(st.booleans()) else {}
        if not subjects:
            plain_ones = [index for index, leaf in enumerate(book.leaves) if index and b'"re":' not in leaf]
            more["ref"] = book.at(data.draw(st.sampled_from(plain_ones)))  # a reference to a reference ends at four
        book.enter(book.sign(signer, kind, subjects, body, **more))
    tale.item()
    report = verify_bundle(tale.bundle(STREAM).encode(), book.policy(), book.now, RULES)
    assert report.results.form.state == "holds"
    assert report.results.order.state == "holds"
