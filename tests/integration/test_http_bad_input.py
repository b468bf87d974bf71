"""Rows that must be refused, through real HTTP: each alone, between good rows, and in an all-or-nothing request.

Each is refused with its own problem type, status, pointer and cure; nothing of it is written, the server stays up, the
other rows of its request land, and neither answer nor log repeats what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.house import CARRIER, OTHER
from fakes.served import Pen, hash_of
from fakes.village import CLASS, ITEM, LEFT, OFFER, PHONE, PLACE, Village, village

from suxin.api.problems import TRANSPORT
from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import SigningKey
from suxin.ledger.limits import FUTURE_MS_MAX, ROTATE_GRACE_MS
from suxin.ledger.moment import moment_text
from suxin.ledger.problems import PROBLEMS

Make = Callable[[Village], bytes]

PARCEL = f"{CARRIER[5:]}/{'z' * 22}"
OTHERS = f"{OTHER[5:]}/{'z' * 22}"
FIVE = {"waybill": PARCEL, "next": PARCEL, "item": ITEM, "party": OTHER, "company": OTHER}
BODY = b'{"code":"PICKED_UP","place":{"district":"330702","facility":"13812345678"}}'
LISTING = {"event": "change", "category": "food", "price_minor": 1, "currency": "CNY"}
STRANGER = f"anon:{SigningKey(bytes([9]) * 32).public_text}"
REFERENCES = b'"re":' + b'{"re":' * 2_000 + b"1" + b"}" * 2_000 + b',"subjects":'
BOMB = b"[" * 20_000 + b"]" * 20_000
SCAN = {"type": "scan", "subjects": {}}
LOST = {"code": "LOST", "place": PLACE}
PHOTO = {"bytes": 1, "kind": "photo", "sha256": "A" * 43}
PROMISES = {"heads": ["price"], "document": "A" * 43}
RATING = {"kind": "first", "stars": 1}
AGAIN = {"event": "register", "role": "courier", "key": STRANGER[5:]}
OPENING = {"pointer": "/body/code", "salt": "A" * 43, "value": PHONE}


# How a bad row is made


def changed(**members: Any) -> Make:
    """A scan with other members; None takes one away."""

    def change(found: dict[str, Any]) -> None:
        found.update(members)
        for name in [name for name, value in found.items() if value is None]:
            del found[name]

    return lambda v: v.carrier.line(v.scan(change))


def spoilt(old: bytes, new: bytes) -> Make:
    """A scan with other bytes, signed as they are."""

    def make(v: Village) -> bytes:
        raw = v.scan()
        assert old in raw
        return v.carrier.line(raw.replace(old, new))

    return make


def body(text: bytes) -> Make:
    """A scan with another body, byte for byte."""
    return spoilt(BODY, text)


def members(**more: Any) -> Make:
    """A scan with more members in its body, or others."""
    return lambda v: v.carrier.line(v.scan(body=more))


def row(**more: Any) -> Make:
    """A good scan with other members beside it in its row."""
    return lambda v: v.carrier.line(v.scan(), **more)


def about(**subjects: str) -> Make:
    """A scan with other subjects."""
    return changed(subjects=subjects)


def by(name: str, type_name: str, subjects: dict[str, str], body: dict[str, Any] | None = None, **more: Any) -> Make:
    """A statement of one of the village's actors."""

    def make(v: Village) -> bytes:
        pen: Pen = getattr(v, name)
        return pen.line(pen.raw(type_name, subjects, body or {}, lambda found: found.update(more)))

    return make


def made(item: str) -> Make:
    return by("seller", "item", {"item": item})


def offered(offer: str) -> Make:
    return by("seller", "listing", {"offer": offer}, LISTING | {"title": {}})


def sold(item: str) -> Make:
    return by("seller", "sale", {"item": item, "offer": OFFER}, {"price_minor": 1, "currency": "CNY"})


def under(actor: str, seed: int, waybill_of: str = CARRIER) -> Make:
    """A scan by an actor under some key."""

    def make(v: Village) -> bytes:
        pen = Pen(actor, seed, v.site.house.clock)
        return pen.line(pen.raw("scan", v.waybill(waybill_of), {"code": "HUB_IN", "place": PLACE}))

    return make


def referring(re: dict[str, Any] | None, ref: str | None = "", type_name: str = "correction", **body: Any) -> Make:
    """A statement that refers to the recorded scan, or to another hash, or to none."""

    def make(v: Village) -> bytes:
        found = {"re": re, "ref": hash_of(v.recorded) if ref == "" else ref}
        given = {name: value for name, value in found.items() if value is not None}
        return v.carrier.line(v.carrier.raw(type_name, {}, body or {"reason": "wrong_data"}, lambda m: m.update(given)))

    return make


def moved_to_the_front(v: Village) -> bytes:
    return v.carrier.line(b'{"v":1,' + v.scan()[1:].replace(b',"v":1}', b"}"))


def listing(title: bytes) -> Make:
    def make(v: Village) -> bytes:
        raw = v.seller.raw("listing", {"offer": OFFER}, LISTING | {"title": {"en": "Tea"}})
        return v.seller.line(raw.replace(b'"Tea"', title))

    return make


def not_text(v: Village) -> bytes:
    return v.good().replace(b'"signature":"', b'"signature":"\xff')


def signed_by_another(v: Village) -> bytes:
    raw = v.scan()
    return v.carrier.line(raw, signature=b64u(v.other.key.sign_statement(raw)))


def signed_then_changed(v: Village) -> bytes:
    return v.good().replace(b"PICKED_UP", b"LOST")


def signed_without_a_tag(v: Village) -> bytes:
    raw = v.scan()
    return v.carrier.line(raw, signature=b64u(v.carrier.key.sign(raw)))


def same_counter(v: Village) -> bytes:
    n = int(v.recorded.partition(b'"n":')[2].partition(b",")[0])
    return v.carrier.line(v.scan(lambda found: found.update(n=n)))


def same_id(v: Village) -> bytes:
    known = v.recorded.partition(b'"id":"')[2][:36].decode()
    return v.carrier.line(v.scan(lambda found: found.update(id=known)))


def ahead(v: Village) -> bytes:
    at = moment_text(v.site.house.clock() + FUTURE_MS_MAX + 1)
    return v.carrier.line(v.scan(lambda found: found.update(at=at)))


def opened(**opening: Any) -> Make:
    """A scan with an opening of a commitment that it does not carry."""
    return row(open=[OPENING | opening])


@dataclass(frozen=True)
class Bad:
    """One bad row, and how it is refused."""

    name: str
    code: str
    status: int
    pointer: str
    make: Make


FORM = [
    Bad("a space inside", "not-canonical", 422, "", spoilt(b'"n":', b'"n": ')),
    Bad("keys out of order", "not-canonical", 422, "", moved_to_the_front),
    Bad("an escape that is not needed", "not-canonical", 422, "", spoilt(b"PICKED", b"P\\u0049CKED")),
    Bad("a key twice", "duplicate-key", 422, "/type", spoilt(b'"type":"scan"', b'"type":"scan","type":"scan"')),
    Bad("a key twice in the body", "duplicate-key", 422, "/body/code", spoilt(b'"code":', b'"code":"LOST","code":')),
    Bad("a float", "float", 422, "/body/weight_g", spoilt(b'}},"book"', b'},"weight_g":1.5},"book"')),
    Bad("a float that is whole", "float", 422, "/v", spoilt(b'"v":1', b'"v":1.0')),
    Bad("an exponent", "float", 422, "/body/weight_g", spoilt(b'}},"book"', b'},"weight_g":1e3},"book"')),
    Bad("2^53", "integer-range", 422, "/body/weight_g", spoilt(b'}},"book"', b'},"weight_g":9007199254740992},"book"')),
    Bad("400 digits", "integer-range", 422, "/v", spoilt(b'"v":1', b'"v":' + b"9" * 400)),
    Bad("null", "null", 422, "/body/weight_g", spoilt(b'}},"book"', b'},"weight_g":null},"book"')),
    Bad("not NFC", "not-nfc", 422, "/body/title/en", listing(f'"Cafe\u0301 {PHONE}"'.encode())),
    Bad("a key beyond ASCII", "key-not-ascii", 422, "/body", spoilt(b'"code"', '"cödé"'.encode())),
    Bad("half a surrogate pair", "not-json", 400, "", spoilt(b"PICKED_UP", b"\\ud83d")),
    Bad("not UTF-8", "not-json", 400, "", spoilt(b"PICKED_UP", b"PICKED\xff\xfe")),
    Bad("over 16 KiB", "statement-too-large", 413, "", members(carrier_code=PHONE * 1_500)),
    Bad("thirteen levels", "too-deep", 422, "/body" + "/0" * 11, body(b"[" * 12 + b"]" * 12)),
    Bad("a bomb of arrays", "too-deep", 422, "", body(b"[" * 7_000 + b"]" * 7_000)),
    Bad("a bomb of objects", "too-deep", 422, "", body(b'{"a":' * 2_000 + b"1" + b"}" * 2_000)),
    Bad("a bomb of references", "too-deep", 422, "", spoilt(b'"subjects":', REFERENCES)),
    Bad("a bomb that never ends", "not-json", 400, "", body(b"[" * 100)),
    Bad("an array", "field-invalid", 422, "", lambda v: v.carrier.line(b"[1,2]")),
    Bad("a number", "field-invalid", 422, "", lambda v: v.carrier.line(PHONE.encode())),
]  # fmt: skip

FIELDS = [
    Bad("a type nobody knows", "type-unregistered", 422, "/type", changed(type="telegram")),
    Bad("an unknown field", "field-unknown", 422, "", changed(telephone=PHONE)),
    Bad("an unknown field in the body", "field-unknown", 422, "/body", members(telephone=PHONE)),
    Bad("an unknown field named by a number", "field-unknown", 422, "/body", members(**{PHONE: "x"})),
    Bad("an unknown subject", "field-unknown", 422, "/subjects", about(waybill=PARCEL, person=PHONE)),
    Bad("a missing field", "field-missing", 422, "", changed(id=None)),
    Bad("a missing field of the body", "field-missing", 422, "/body", body(b'{"code":"PICKED_UP"}')),
    Bad("a code outside the list", "field-invalid", 422, "/body/code", members(code=PHONE)),
    Bad("a source outside the list", "field-invalid", 422, "/source/mode", changed(source={"mode": PHONE})),
    Bad("another version", "field-invalid", 422, "/v", changed(v=2)),
    Bad("a district of another shape", "field-invalid", 422, "/body/place/district", members(place={"district": PHONE})),
    Bad("an id of version 4", "field-invalid", 422, "/id", changed(id="0196c0a0-0000-4000-8000-000000000001")),
    Bad("a number below the first", "field-invalid", 422, "/n", changed(n=0)),
    Bad("a weight as text", "field-invalid", 422, "/body/weight_g", members(weight_g=PHONE)),
    Bad("seventeen files", "field-invalid", 422, "/evidence", changed(evidence=[PHOTO] * 17)),
    Bad("a time without offset", "time-malformed", 422, "/at", changed(at="2026-11-22T08:00:00")),
    Bad("a day that the calendar lacks", "time-malformed", 422, "/at", changed(at="2026-02-30T08:00:00Z")),
    Bad("a time ahead of the receipt", "time-ahead", 422, "/at", ahead),
    Bad("another book", "book-wrong", 422, "/book", changed(book="suxin.example/other")),
]  # fmt: skip

SUBJECTS = [
    Bad("a waybill's USCC", "check-digit", 422, "/subjects/waybill", about(waybill=PARCEL.replace("260E", "260F"))),
    Bad("an actor's USCC", "check-digit", 422, "/actor", changed(actor="uscc:91512081MA62K0260F")),
    Bad("an item's GTIN", "check-digit", 422, "/subjects/item", made(ITEM.replace("530003", "530004"))),
    Bad("an offer's GTIN", "check-digit", 422, "/subjects/offer", offered(OFFER[:-1] + "4")),
    Bad("an offer's GLN", "check-digit", 422, "/subjects/offer", offered(f"gln:6901234567893{CLASS}")),
    Bad("an actor's GLN", "check-digit", 422, "/actor", changed(actor="gln:6901234567893")),
    Bad("a number range's USCC", "check-digit", 422, "/subjects/item", made("/s/91110000600037341M/tea/21/aaaaaaaaaaa")),
    Bad("an anonymous actor without a key", "actor-malformed", 422, "/actor", changed(actor="anon:" + "A" * 44)),
    Bad("no subject", "subject-shape", 422, "/subjects", about()),
    Bad("the wrong subject", "subject-shape", 422, "/subjects", about(item=ITEM)),
    Bad("five subjects", "subject-count", 422, "/subjects", about(**FIVE)),
    Bad("a serial beyond every stream id", "stream-too-long", 422, "/subjects/item", made(f"{CLASS}/21/{'a' * 300}")),
    Bad("a waybill of another shape", "subject-malformed", 422, "/subjects/waybill", about(waybill=PHONE)),
    Bad("an item nobody made", "subject-unknown", 422, "/subjects/item", sold(f"{CLASS}/21/bbbbbbbbbbb")),
    Bad("a hand-over to nobody", "handover-next", 422, "/subjects/next", members(code="HANDOVER")),
    Bad("a reference that is missing", "ref-missing", 422, "/ref", referring(None, None)),
    Bad("a reference without a copy", "ref-without-re", 422, "/ref", referring(None)),
    Bad("a reference that is not due", "ref-not-allowed", 422, "/ref", changed(ref="A" * 43, re=SCAN)),
    Bad("a reference to a wrong type", "ref-type", 422, "/re/type", referring(SCAN, type_name="case", state="TRIAGED")),
    Bad("a reference to nothing", "ref-unknown", 422, "/ref", referring(SCAN | {"subjects": {"waybill": PARCEL}}, "A" * 43)),
]  # fmt: skip

RIGHTS = [
    Bad("a key nobody registered", "key-unknown", 403, "/key", under(CARRIER, 99)),
    Bad("a key of another actor", "key-foreign", 403, "/key", under(CARRIER, 2)),
    Bad("a revoked key", "key-revoked", 403, "/key", under(OTHER, 6, OTHER)),
    Bad("an actor that has left", "actor-left", 403, "/actor", by("left", "commitment", {"party": LEFT}, PROMISES)),
    Bad("an anonymous actor with another key", "key-foreign", 403, "/key", under(STRANGER, 1)),
    Bad("signed by another", "signature-invalid", 403, "/signature", signed_by_another),
    Bad("changed after it was signed", "signature-invalid", 403, "/signature", signed_then_changed),
    Bad("signed without a tag", "signature-invalid", 403, "/signature", signed_without_a_tag),
    Bad("a signature of 63 bytes", "signature-malformed", 400, "/signature", row(signature="A" * 84)),
    Bad("a signature that is a telephone number", "signature-malformed", 400, "/signature", row(signature=PHONE)),
    Bad("another carrier's parcel", "no-authority", 403, "/actor", by("carrier", "scan", {"waybill": OTHERS}, LOST)),
    Bad("a seller who scans", "no-authority", 403, "/actor", by("seller", "scan", {"waybill": PARCEL}, LOST)),
    Bad("a buyer who is none", "no-authority", 403, "/actor", by("stranger", "review", {"item": ITEM, "offer": OFFER}, RATING)),
    Bad("for another, without a mandate", "mandate-missing", 403, "/for", changed(**{"for": OTHER})),
    Bad("the number of another statement", "counter-used", 409, "/n", same_counter),
    Bad("the id of another statement", "id-used", 409, "/id", same_id),
    Bad("an actor that is known", "actor-known", 409, "/body/event", by("carrier", "actor", {"party": CARRIER}, AGAIN)),
    Bad("a value that opens nothing", "opening-mismatch", 422, "/open/0/value", opened()),
    Bad("a salt with loose bits", "opening-mismatch", 422, "/open/0/value", opened(salt="A" * 42 + "B")),
]  # fmt: skip

ROWS = [
    Bad("no JSON", "not-json", 400, "", lambda v: b"telephone 13812345678"),
    Bad("half a row", "not-json", 400, "", lambda v: v.good()[:-10]),
    Bad("an array for a row", "row-malformed", 400, "", lambda v: b'["13812345678"]'),
    Bad("a row without a signature", "row-malformed", 400, "", lambda v: b'{"statement":%s}' % v.scan()),
    Bad("a row with a member too many", "row-malformed", 400, "", row(**{PHONE: PHONE})),
    Bad("a row that is a bomb", "too-deep", 422, "", lambda v: b'{"statement":%s,"signature":"x"}' % BOMB),
    Bad("a bomb without end for a row", "too-deep", 422, "", lambda v: b'{"statement":' + b'{"a":' * 10_000),
    Bad("a signature that is no text", "row-malformed", 400, "/signature", row(signature=int(PHONE))),
    Bad("a signature that is not UTF-8", "not-json", 400, "", not_text),
    Bad("an opening of another shape", "row-malformed", 400, "/open/0/pointer", opened(pointer=PHONE)),
    Bad("an opening that is too long", "row-malformed", 400, "/open/0/value", opened(value="x" * 20_001)),
    Bad("nine openings", "row-malformed", 400, "/open", row(open=[OPENING] * 9)),
]  # fmt: skip

CASES = [*FORM, *FIELDS, *SUBJECTS, *RIGHTS, *ROWS]


def cases(rows: list[Bad]) -> list[Any]:
    return [pytest.param(bad, id=bad.name) for bad in rows]


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_leaks(v: Village) -> Iterator[None]:
    """After every test the server is up, and its log holds neither a traceback nor what a row held."""
    yield
    assert v.site.http.get("/readyz").json() == {"ready": True, "doubts": []}
    log = v.site.log.getvalue()
    assert "Traceback" not in log
    assert PHONE not in log


def check_problem(found: dict[str, Any], bad: Bad) -> None:
    """The whole problem: its type, what the table of problems says of it, its pointer, and a cause of its own."""
    row = PROBLEMS.get(bad.code) or TRANSPORT[bad.code]
    assert (found["type"], found.get("pointer", "")) == (f"/problems/{bad.code}", bad.pointer), found
    assert (found["title"], found["cure"], found["status"]) == (row.title, row.cure, bad.status)
    assert found["detail"]
    assert set(found) <= {"type", "title", "cure", "status", "detail", "pointer", "canonical", "index"}


def check_answer(answer: httpx.Response, bad: Bad) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == bad.status, answer.text
    check_problem(answer.json(), bad)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("bad", cases(CASES))
def test_alone(v: Village, bad: Bad) -> None:
    before = v.site.written
    answer = v.site.post_event(bad.make(v))
    check_answer(answer, bad)
    assert (PHONE in answer.text) is (bad.code == "not-canonical")
    assert v.site.written == before


@pytest.mark.parametrize("bad", cases(CASES))
def test_between_good_rows(v: Village, bad: Bad) -> None:
    before = v.site.written
    answer = v.site.post_lines(v.good(), bad.make(v), v.good())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [row["outcome"] for row in found["rows"]] == ["recorded", "refused", "recorded"]
    assert (found["recorded"], found["already"], found["refused"]) == (2, 0, 1)
    assert found["last"] == found["first"] + 1 == found["rows"][2]["index"]
    check_problem(found["rows"][1]["problem"], bad)
    assert (PHONE in answer.text) is (bad.code == "not-canonical")
    assert v.site.written == before + 2


@pytest.mark.parametrize("bad", cases([*FORM[::5], *FIELDS[::5], *SUBJECTS[::5], *RIGHTS[::5], *ROWS]))
def test_all_or_nothing(v: Village, bad: Bad) -> None:
    before = v.site.written
    answer = v.site.post_lines(v.good(), bad.make(v), v.good(), query="?on_error=rollback")
    assert PHONE not in answer.text or bad.code == "not-canonical"
    assert v.site.written == before
    if answer.status_code == 200:
        rows = answer.json()["rows"]
        assert [row["outcome"] for row in rows] == ["refused"] * 3
        assert [row["problem"]["type"] for row in rows][::2] == ["/problems/rolled-back"] * 2
        check_problem(rows[1]["problem"], bad)
    else:
        # A row that cannot even be read is told at once: nothing was judged.
        check_answer(answer, bad)
        assert answer.json()["detail"].startswith("row 1: ")


def test_the_canonical_form_that_is_shown_can_be_signed_and_sent(v: Village) -> None:
    raw = v.scan()
    shown = v.site.post_event(v.carrier.line(raw.replace(b',"', b', "'))).json()["canonical"]
    assert shown.encode() == raw
    assert v.site.post_event(v.carrier.line(shown.encode())).status_code == 201


def test_five_minutes_ahead_is_not_too_far(v: Village) -> None:
    at = moment_text(v.site.house.clock() + FUTURE_MS_MAX)
    assert v.site.post_event(v.carrier.line(v.scan(lambda found: found.update(at=at)))).status_code == 201


def test_a_refused_number_and_id_may_be_used_again(v: Village) -> None:
    bad = v.scan(lambda found: found["body"].update(code="NOWHERE"))
    assert v.site.post_event(v.carrier.line(bad)).status_code == 422
    assert v.site.post_event(v.carrier.line(bad.replace(b"NOWHERE", b"HUB_OUT"))).status_code == 201


def test_two_statements_of_one_identity_are_kept_as_evidence(v: Village) -> None:
    row = same_counter(v)
    answer = v.site.post_event(row)
    assert answer.status_code == 409
    conflict = v.site.house.service.book.conflicts()[-1]
    assert b'"statement":' + conflict[1] in row
    assert conflict[3] == answer.json()["index"]


def test_the_same_statement_again_is_no_fault(v: Village) -> None:
    before = v.site.written
    again = v.site.post_event(v.carrier.line(v.recorded))
    assert (again.status_code, again.json()["outcome"]) == (200, "already")
    assert v.site.written == before


def test_a_registration_counts_only_once_it_is_countersigned(v: Village) -> None:
    """The sandbox countersigns by itself, yet only after the request: a scan beside the registration comes too early."""
    pen = Pen("uscc:91330782MA28A0002Q", 31, v.site.house.clock)
    raw = pen.raw("scan", v.waybill(pen.actor), LOST)
    found = v.site.post_lines(pen.register("courier"), pen.line(raw)).json()
    assert [row["outcome"] for row in found["rows"]] == ["recorded", "refused"]
    check_problem(found["rows"][1]["problem"], Bad("", "actor-not-approved", 403, "/actor", Village.good))
    assert v.site.post_event(pen.line(raw)).status_code == 201


def test_a_rotated_key_signs_for_thirty_days_more(tmp_path: Path) -> None:
    with village(tmp_path) as v:
        new = Pen(CARRIER, 32, v.site.house.clock)
        for event, key in (("add", new.key), ("rotate", v.carrier.key)):
            body = {"event": event, "key": key.public_text}
            assert v.site.post_event(v.carrier.line(v.carrier.raw("key", {"party": CARRIER}, body))).status_code == 201
        v.site.house.clock.now += ROTATE_GRACE_MS
        assert v.site.post_event(v.good()).status_code == 201
        v.site.house.clock.now += 1
        check_answer(v.site.post_event(v.good()), Bad("", "key-expired", 403, "/key", Village.good))
        assert v.site.post_event(new.line(new.raw("scan", v.waybill(), LOST))).status_code == 201


@pytest.mark.parametrize("field", ["ref", "root"])
def test_a_hash_with_loose_bits_is_refused(tmp_path: Path, field: str) -> None:
    """43 characters of base64url hold two bits more than 32 bytes; only one spelling of a hash is good."""
    loose = "A" * 42 + "B"
    with village(tmp_path) as v:
        if field == "ref":
            answer = v.site.post_event(referring(SCAN | {"subjects": {"waybill": PARCEL}}, loose)(v))
        else:
            raw = v.scan()
            header = canonical.dump(v.header([raw], {"root": loose}))
            first = b'{"header":%s,"signature":"%s"}' % (header, b64u(v.carrier.key.sign_batch(header)).encode())
            answer = v.site.post_lines(first, b'{"statement":%s}' % raw)
        assert answer.status_code == 422
        assert v.site.post_event(v.good()).status_code == 201


def test_every_name_is_told_once() -> None:
    assert len({bad.name for bad in CASES}) == len(CASES)
