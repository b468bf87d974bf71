"""Print statement.json: statements that are well-formed, with hash and streams, and statements that are not. Deterministic.

Made without our own parser: canonical bytes by the standard library, hashes by hashlib, streams written down by hand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # as `make_statement.py` is called with a bare interpreter

from fakes.credit_bodies import (
    BREACH,
    DECISION,
    GREY,
    LICENCE,
    LIST,
    NOTICE,
    OBJECTION,
    ORDER,
    OVERDUE,
    PENALTY,
    PUBLICATION,
    REPAIR,
)

# Key ids and public texts of the keys of RFC 8032 section 7.1, tests 1 and 2; see keys.json. Never use them elsewhere.
KEY = "Fz0YGQFZZGiUzGWXvxTmN3wL5-Hpad2nerT9QWbvL0E"
PUBLIC = "AddamAGCsQq31Uv-08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
OTHER_PUBLIC = "AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"

COURIER, NEXT_COURIER = "91512081MA62K0260E", "91350100M000100Y43"
SELLER = "uscc:91110000600037341L"
REGULATOR = "auth:market:330700"
CLASS, OWN_CLASS = "/01/09501101530003", "/s/91110000600037341L/tea-1"
ITEM, LOT = f"{CLASS}/21/abcdefghijk", f"{CLASS}/10/L-7"
OFFER = SELLER + CLASS
WAYBILL, NEXT = f"{COURIER}/Q2VmZ3ZkTWlwbzVhS3Rsbg", f"{NEXT_COURIER}/Q2VmZ3ZkTWlwbzVhS3Rsbg"
DEVICE = "dev:AAAAAAAAAAAAAAAAAAAAAA"
HASH = "A" * 43
PLACE = {"district": "330702", "facility": "JH-HUB-01"}
PRICE = {"price_minor": 12_900, "currency": "CNY"}
PARCEL_STREAMS = [f"w:{WAYBILL}", f"c:{COURIER}"]
SCAN = {"subjects": {"waybill": WAYBILL}, "type": "scan"}
COMPLAINT = {"subjects": {"item": ITEM}, "type": "complaint"}
APPEAL = {"number": "12305-77", "category": "lost", "finding": "valid"}
CASE = {"re": COMPLAINT, "subjects": {}, "type": "case"}


def base(type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Members of a statement; `for_` stands for `for`, a member that is None is left out."""
    members = {
        "actor": f"uscc:{COURIER}",
        "at": "2026-11-22T08:00:00+08:00",
        "body": body,
        "book": "suxin.example/demo",
        "id": "019aa5f0-1c00-7000-8000-000000000001",
        "key": KEY,
        "n": 1,
        "subjects": subjects,
        "type": type_name,
        "v": 1,
    } | {name.rstrip("_"): value for name, value in more.items()}
    return {name: value for name, value in members.items() if value is not None}


def raw(members: Any) -> bytes:
    """Canonical bytes: inside our domain, sorted keys without blanks are RFC 8785."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def scan(**more: Any) -> bytes:
    """The usual statement with other members."""
    return raw(base("scan", {"waybill": WAYBILL}, {"code": "PICKED_UP", "place": PLACE}, **more))


def body(**more: Any) -> bytes:
    """The usual statement with more members in its body, or others."""
    return raw(base("scan", {"waybill": WAYBILL}, {"code": "PICKED_UP", "place": PLACE} | more))


def about(type_name: str, members: dict[str, Any] | None = None, **subjects: str) -> bytes:
    """A statement with other subjects."""
    return raw(base(type_name, {name.rstrip("_"): value for name, value in subjects.items()}, members or {}))


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    """Members but one."""
    return {member: value for member, value in members.items() if member != name}


def referring(type_name: str, members: dict[str, Any], re: dict[str, Any], **subjects: str) -> bytes:
    """A statement about another."""
    return raw(base(type_name, subjects, members, re=re, ref=HASH))


def credit() -> list[tuple[str, bytes, list[str]]]:
    """Statements of a company's credit file."""
    party = {"party": f"uscc:{COURIER}"}
    s, c = f"s:uscc:{COURIER}", f"c:{COURIER}"
    penalty = {"subjects": party, "type": "penalty"}
    objection = {"re": penalty, "subjects": party, "type": "objection"}
    late = {"subjects": {"waybill": WAYBILL}, "type": "complaint"}
    return [
        ("publication", about("publication", PUBLICATION, **party), [s]),
        ("publication without a grade", about("publication", GREY, **party), [s]),
        ("penalty", about("penalty", PENALTY, **party), [s]),
        ("penalty that may turn a file red", about("penalty", ORDER, **party), [s]),
        ("breach", about("breach", BREACH, company=f"uscc:{COURIER}"), [c, s]),
        ("licence", about("licence", LICENCE, **party), [f"a:uscc:{COURIER}"]),
        ("list", about("list", LIST, **party), [s]),
        ("warning", about("warning", NOTICE, **party), [s]),
        ("objection to a complaint", referring("objection", OBJECTION, late), PARCEL_STREAMS),
        ("decision on an objection", referring("objection", DECISION, objection, **party), [s]),
        ("a clock that ran out", referring("warning", OVERDUE, objection, **party), [s]),
        ("repair", referring("repair", REPAIR, penalty, **party), [s]),
    ]


def valid() -> list[tuple[str, bytes, list[str]]]:
    """Name, bytes and streams: at least one statement of each type that may be written."""
    c = f"c:{COURIER}"
    p, offer_stream, a, k = f"p:{ITEM}", f"l:{OFFER}", f"a:{SELLER}", f"k:{SELLER}"
    device = {"event": "register", "role": "device", "key": OTHER_PUBLIC}
    return [
        ("item", about("item", {"made_on": "2026-10-01", "weight_g": 250}, item=ITEM), [p]),
        ("item of a lot: the lot's stream is not its own", about("item", {}, item=ITEM, lot=LOT), [p]),
        (
            "item of a seller's own number",
            about("item", {}, item=f"{OWN_CLASS}/21/abcdefghijk"),
            [f"p:{OWN_CLASS}/21/abcdefghijk"],
        ),
        (
            "listing",
            about("listing", {"event": "open", "title": {"zh": "龙井茶"}, "category": "food", **PRICE}, offer=OFFER),
            [offer_stream],
        ),
        ("sale", about("sale", {**PRICE, "claim": OTHER_PUBLIC}, item=ITEM, offer=OFFER), [p]),
        (
            "dispatch",
            about(
                "dispatch",
                {"consign": HASH, "piece": 1, "pieces": 1, "position": 0, "salt": HASH, "path": []},
                item=ITEM,
                waybill=WAYBILL,
            ),
            [p],
        ),
        ("return", about("return", {"reason": "damaged"}, item=ITEM), [p]),
        ("relist", about("relist", {"condition": "opened"}, item=ITEM, offer=OFFER), [p]),
        ("claim", about("claim", {"owner": OTHER_PUBLIC}, item=ITEM), [p]),
        ("review of an item", about("review", {"kind": "first", "stars": 5}, item=ITEM, offer=OFFER), [p, f"r:{OFFER}"]),
        ("review of a carriage", about("review", {"kind": "first", "faces": {"delivery": 4}}, waybill=WAYBILL), PARCEL_STREAMS),
        (
            "follow-up review: its own streams and those of the first are the same, each once",
            raw(
                base(
                    "review",
                    {"waybill": WAYBILL},
                    {"kind": "follow", "text": HASH},
                    re={"subjects": {"waybill": WAYBILL}, "type": "review"},
                    ref=HASH,
                )
            ),
            PARCEL_STREAMS,
        ),
        ("complaint about an item", about("complaint", {"category": "quality", "against": "seller"}, item=ITEM), [p]),
        (
            "complaint about a carriage",
            about("complaint", {"category": "delay", "against": "carrier"}, waybill=WAYBILL),
            PARCEL_STREAMS,
        ),
        (
            "consign",
            about(
                "consign", {"contents": {"count": 1, "root": HASH}, "origin": "330702", "destination": "310101"}, waybill=WAYBILL
            ),
            PARCEL_STREAMS,
        ),
        ("scan", scan(), PARCEL_STREAMS),
        (
            "scan that hands over: streams of both waybills, in the order of the table",
            about("scan", {"code": "HANDOVER", "place": PLACE}, waybill=WAYBILL, next=NEXT),
            [*PARCEL_STREAMS, f"w:{NEXT}", f"c:{NEXT_COURIER}"],
        ),
        (
            "delivery",
            about("delivery", {"method": "locker", "place": PLACE, "consent": "standing"}, waybill=WAYBILL),
            PARCEL_STREAMS,
        ),
        ("confirm", referring("confirm", {"kind": "received"}, SCAN), PARCEL_STREAMS),
        ("erasure", referring("erasure", {"ground": "request"}, SCAN), PARCEL_STREAMS),
        (
            "an erasure that seals, and withholds the entry",
            referring("erasure", {"basis": "PIPL-47", "ground": "law", "index": 6, "leaf": HASH, "until": "2029-11-22"}, SCAN),
            PARCEL_STREAMS,
        ),
        ("case", referring("case", {"state": "DECIDED", "outcome": "upheld"}, COMPLAINT), [p]),
        ("reply to a case: streams from two steps away", referring("reply", {"text": HASH}, CASE), [p]),
        (
            "correction",
            referring("correction", {"reason": "wrong_data", "changes": [{"pointer": "/body/weight_g", "value": 9}]}, SCAN),
            PARCEL_STREAMS,
        ),
        (
            "four references in a row",
            referring(
                "reply",
                {"text": HASH},
                {"re": {"re": CASE, "subjects": {}, "type": "reply"}, "subjects": {}, "type": "correction"},
            ),
            [p],
        ),
        (
            "inspection of a class",
            about("inspection", {"kind": "sampling", "verdict": "pass", "report": "R-1"}, class_=CLASS),
            [f"p:{CLASS}"],
        ),
        (
            "recall of a lot",
            about("recall", {"number": "N-1", "level": "I", "event": "start", "reason": "safety", "notice": HASH}, lot=LOT),
            [f"p:{LOT}"],
        ),
        *credit(),
        ("appeal about a parcel", about("appeal", APPEAL, waybill=WAYBILL), PARCEL_STREAMS),
        (
            "appeal about a company",
            about("appeal", APPEAL | {"finding": "pending"}, company=f"uscc:{COURIER}"),
            [c, f"s:uscc:{COURIER}"],
        ),
        (
            "check",
            about(
                "check",
                {"number": "C-1", "kind": "double_random", "day": "2026-11-20", "checked": 40, "passed": 37},
                company=f"uscc:{COURIER}",
            ),
            [c, f"s:uscc:{COURIER}"],
        ),
        (
            "traffic",
            about("traffic", {"number": "T-1", "day": "2026-11-20", "found": 2, "months": 720}, company=f"uscc:{COURIER}"),
            [c, f"s:uscc:{COURIER}"],
        ),
        (
            "exclusion",
            about(
                "exclusion",
                {"number": "E-1", "area": ["3307"], "first": "2026-11-01", "last": "2026-11-03", "reason": "weather"},
                company=f"uscc:{COURIER}",
            ),
            [c, f"s:uscc:{COURIER}"],
        ),
        ("commitment", about("commitment", {"heads": ["price"], "document": HASH}, party=SELLER), [a]),
        ("mandate", about("mandate", {"event": "grant", "to": f"uscc:{COURIER}", "types": ["scan"]}, party=SELLER), [a]),
        ("registration", about("actor", {"event": "register", "role": "merchant", "key": OTHER_PUBLIC}, party=SELLER), [a, k]),
        (
            "registration of a device",
            about("actor", device, party=DEVICE, company=SELLER),
            [f"a:{DEVICE}", f"k:{DEVICE}", f"d:{SELLER}"],
        ),
        ("key", about("key", {"event": "revoke", "key": OTHER_PUBLIC, "since": "2026-11-20T00:00:00Z"}, party=SELLER), [k]),
        ("void", about("void", {"key": HASH, "n": 7, "reason": "queue_lost"}, party=SELLER), [k]),
        ("under a mandate", scan(for_=f"uscc:{NEXT_COURIER}"), PARCEL_STREAMS),
        (
            "by a regulator, imported, with evidence",
            scan(
                actor=REGULATOR, source={"mode": "import", "doc": HASH}, evidence=[{"bytes": 1, "kind": "photo", "sha256": HASH}]
            ),
            PARCEL_STREAMS,
        ),
        ("by an anonymous actor", scan(actor=f"anon:{PUBLIC}"), PARCEL_STREAMS),
        ("by a GLN", scan(actor="gln:6901234567892"), PARCEL_STREAMS),
        ("time with milliseconds, in UTC, on a leap day", scan(at="2028-02-29T23:59:59.999Z"), PARCEL_STREAMS),
        ("the greatest number", scan(n=2**53 - 1), PARCEL_STREAMS),
    ]


def invalid() -> list[tuple[str, bytes, str, str]]:
    """Name, bytes, problem code and pointer."""
    good = scan()
    deep: Any = 1
    for _ in range(12):
        deep = [deep]
    return [
        ("no JSON", b"scan", "not-json", ""),
        ("a space", good.replace(b'"n":', b'"n": '), "not-canonical", ""),
        ("a key twice", good.replace(b'"n":1', b'"n":1,"n":1'), "duplicate-key", "/n"),
        ("a float", good.replace(b'"n":1', b'"n":1.0'), "float", "/n"),
        ("2^53", good.replace(b'"n":1', b'"n":9007199254740992'), "integer-range", "/n"),
        ("null", good.replace(b'"n":1', b'"n":null'), "null", "/n"),
        (
            "not NFC",
            about("listing", {"event": "open", "title": {"en": "Cafe\u0301"}, "category": "food", **PRICE}, offer=OFFER),
            "not-nfc",
            "/body/title/en",
        ),
        ("thirteen levels", body(code=deep), "too-deep", "/body/code" + "/0" * 10),
        ("16 KiB and a byte", b'{"a":"' + b"a" * (16 * 1024 - 7) + b'"}', "statement-too-large", ""),
        ("unregistered type", scan(type="telegram"), "type-unregistered", "/type"),
        *(
            (
                f"an official list without {name}",
                about("list", without(LIST, name), party=f"uscc:{COURIER}"),
                "field-missing",
                "/body",
            )
            for name in ("basis", "number", "notice", "defence", "last", "remedy")
        ),
        (
            "a list whose basis is a sentence",
            about("list", LIST | {"basis": "he is a bad man"}, party=f"uscc:{COURIER}"),
            "field-invalid",
            "/body/basis",
        ),
        (
            "a penalty without a legal basis",
            about("penalty", without(PENALTY, "basis"), party=f"uscc:{COURIER}"),
            "field-missing",
            "/body",
        ),
        ("unknown field", scan(phone="1"), "field-unknown", ""),
        ("unknown field of the body", body(phone="1"), "field-unknown", "/body"),
        ("unknown subject", about("scan", {}, waybill=WAYBILL, person="1"), "field-unknown", "/subjects"),
        ("missing field", scan(book=None), "field-missing", ""),
        ("missing field of the body", about("scan", {"code": "LOST"}, waybill=WAYBILL), "field-missing", "/body"),
        ("version 2", scan(v=2), "field-invalid", "/v"),
        ("number 0", scan(n=0), "field-invalid", "/n"),
        ("UUID of version 4", scan(id="019aa5f0-1c00-4000-8000-000000000001"), "field-invalid", "/id"),
        ("UUID in capital letters", scan(id="019AA5F0-1C00-7000-8000-000000000001"), "field-invalid", "/id"),
        ("key id of 42 characters", scan(key="A" * 42), "field-invalid", "/key"),
        ("key id with loose bits", scan(key="A" * 42 + "B"), "field-invalid", "/key"),
        (
            "ref with loose bits",
            raw(base("confirm", {}, {"kind": "received"}, re=SCAN, ref="A" * 42 + "B")),
            "field-invalid",
            "/ref",
        ),
        ("book in capital letters", scan(book="Suxin.example"), "field-invalid", "/book"),
        ("code outside the list", body(code="TELEPORTED"), "field-invalid", "/body/code"),
        ("reason outside the list", body(reason="carrier.asleep"), "field-invalid", "/body/reason"),
        ("text in place of a number", body(weight_g="9"), "field-invalid", "/body/weight_g"),
        ("weight below zero", body(weight_g=-1), "field-invalid", "/body/weight_g"),
        ("evidence of no file", scan(evidence=[]), "field-invalid", "/evidence"),
        ("a time without offset", scan(at="2026-11-22T08:00:00"), "time-malformed", "/at"),
        ("a time in the year 2100", scan(at="2100-01-01T00:00:00Z"), "time-malformed", "/at"),
        ("a day that the calendar lacks", scan(at="2026-02-29T08:00:00Z"), "time-malformed", "/at"),
        ("USCC of an actor", scan(actor="uscc:91512081MA62K0260F"), "check-digit", "/actor"),
        ("GLN of an actor", scan(actor="gln:6901234567893"), "check-digit", "/actor"),
        (
            "USCC of a waybill",
            about("delivery", {"method": "locker", "place": PLACE}, waybill=WAYBILL.replace("0E/", "0F/")),
            "check-digit",
            "/subjects/waybill",
        ),
        ("GTIN of an item", about("item", {}, item=ITEM.replace("0003/", "0004/")), "check-digit", "/subjects/item"),
        (
            "GTIN of an offer",
            about("relist", {"condition": "opened"}, item=ITEM, offer=OFFER[:-1] + "4"),
            "check-digit",
            "/subjects/offer",
        ),
        (
            "USCC of an own number",
            about("item", {}, item="/s/91110000600037341M/t/21/abcdefghijk"),
            "check-digit",
            "/subjects/item",
        ),
        ("anonymous key of algorithm 0", scan(actor="anon:" + "A" * 44), "actor-malformed", "/actor"),
        ("a waybill of 21 characters", about("scan", {}, waybill=WAYBILL[:-1]), "subject-malformed", "/subjects/waybill"),
        ("an item of a short serial", about("item", {}, item=ITEM[:-1]), "subject-malformed", "/subjects/item"),
        ("a subject of 199 characters", about("item", {}, item=ITEM.ljust(199, "x")), "stream-too-long", "/subjects/item"),
        ("no subject", about("scan", {"code": "LOST", "place": PLACE}), "subject-shape", "/subjects"),
        (
            "a subject too many",
            about("delivery", {"method": "locker", "place": PLACE}, waybill=WAYBILL, item=ITEM),
            "subject-shape",
            "/subjects",
        ),
        (
            "item and waybill in one review",
            about("review", {"kind": "first"}, item=ITEM, offer=OFFER, waybill=WAYBILL),
            "subject-shape",
            "/subjects",
        ),
        (
            "five subjects",
            about("scan", {"code": "LOST", "place": PLACE}, waybill=WAYBILL, next=NEXT, item=ITEM, lot=LOT, offer=OFFER),
            "subject-count",
            "/subjects",
        ),
        ("a reference that is missing", about("confirm", {"kind": "received"}), "ref-missing", "/ref"),
        ("a reference that is not due", scan(ref=HASH, re=SCAN), "ref-not-allowed", "/ref"),
        ("ref without re", raw(base("confirm", {}, {"kind": "received"}, ref=HASH)), "ref-without-re", "/ref"),
        ("re without ref", raw(base("confirm", {}, {"kind": "received"}, re=SCAN)), "ref-without-re", "/ref"),
        ("a case about a scan", referring("case", {"state": "TRIAGED"}, SCAN), "ref-type", "/re/type"),
        (
            "five references in a row",
            referring(
                "reply",
                {"text": HASH},
                {
                    "re": {"re": {"re": CASE, "subjects": {}, "type": "reply"}, "subjects": {}, "type": "reply"},
                    "subjects": {},
                    "type": "reply",
                },
            ),
            "re-too-deep",
            "/re",
        ),
    ]


def unknown() -> list[tuple[str, bytes, list[str]]]:
    """Types that may not be written; met in a book they are not understood, yet stand in their streams."""
    return [
        ("registered by nobody", about("telegram", {}, item=ITEM), []),
        ("registered by nobody, with a reference", referring("telegram", {}, SCAN), PARCEL_STREAMS),
    ]


def make() -> dict[str, Any]:
    """The whole file."""
    return {
        "page": "statement.md",
        "cases": [_good(*row) for row in valid()]
        + [{"name": name, "raw_hex": b.hex(), "valid": False, "code": c, "pointer": p} for name, b, c, p in invalid()],
        "not_understood": [_good(*row) for row in unknown()],
    }


def _good(name: str, statement: bytes, streams: list[str]) -> dict[str, Any]:
    hashed = base64.urlsafe_b64encode(hashlib.sha256(b"\x00" + statement).digest()).rstrip(b"=").decode()
    return {"name": name, "raw": statement.decode(), "valid": True, "hash": hashed, "streams": streams}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
