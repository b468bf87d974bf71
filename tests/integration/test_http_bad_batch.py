"""Batches under one signature that must be refused as a whole, and rows of good ones that are refused alone; real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fakes.served import Pen, hash_of
from fakes.village import PHONE, PLACE, Village, village

from suxin.api.problems import TRANSPORT
from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.leaf import decode_batch, decode_entry
from suxin.ledger.problems import PROBLEMS

Raws = list[bytes]
NO_ROOT = "A" * 43


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village"), entries_public=True) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_leaks(v: Village) -> Iterator[None]:
    yield
    assert v.site.http.get("/readyz").json() == {"ready": True, "doubts": []}
    log = v.site.log.getvalue()
    assert "Traceback" not in log
    assert PHONE not in log


def head(v: Village, header: bytes, signature: bytes | None = None) -> bytes:
    """The first line, signed by the carrier unless a signature is given."""
    signed = v.carrier.key.sign_batch(header) if signature is None else signature
    return b'{"header":%s,"signature":"%s"}' % (header, b64u(signed).encode())


def lines(v: Village, raws: Raws, header: dict[str, Any] | None = None) -> list[bytes]:
    """A batch of these rows, its header right unless told otherwise."""
    return [head(v, canonical.dump(v.header(raws, header))), *(b'{"statement":%s}' % raw for raw in raws)]


def send(v: Village, rows: list[bytes], query: str = "") -> httpx.Response:
    return v.site.post_lines(*rows, query=query)


# The whole batch


@dataclass(frozen=True)
class Bad:
    """One bad batch of two good rows."""

    name: str
    code: str
    status: int
    pointer: str
    make: Callable[[Village, Raws], list[bytes]]


def header(**members: Any) -> Callable[[Village, Raws], list[bytes]]:
    return lambda v, raws: lines(v, raws, members)


def spoilt(old: bytes, new: bytes) -> Callable[[Village, Raws], list[bytes]]:
    """A header of other bytes, signed as they are."""
    return lambda v, raws: [head(v, canonical.dump(v.header(raws)).replace(old, new)), *lines(v, raws)[1:]]


def signed(make: Callable[[Village, bytes], bytes]) -> Callable[[Village, Raws], list[bytes]]:
    def rows(v: Village, raws: Raws) -> list[bytes]:
        raw = canonical.dump(v.header(raws))
        return [head(v, raw, make(v, raw)), *lines(v, raws)[1:]]

    return rows


BATCHES = [
    Bad("another root", "batch-root", 422, "/root", header(root=NO_ROOT)),
    Bad("rows in another order", "batch-root", 422, "/root", lambda v, raws: [lines(v, raws)[0], *lines(v, raws[::-1])[1:]]),
    Bad("a row changed", "batch-root", 422, "/root", lambda v, raws: [r.replace(b"PICKED_UP", b"LOST") for r in lines(v, raws)]),
    Bad("a row too few", "batch-size", 422, "/size", lambda v, raws: lines(v, raws)[:-1]),
    Bad("a row too many", "batch-size", 422, "/size", lambda v, raws: [*lines(v, raws), b'{"statement":%s}' % v.scan()]),
    Bad("no row at all", "batch-size", 422, "/size", lambda v, raws: lines(v, raws)[:1]),
    Bad("a size beyond the bound", "batch-header", 422, "", header(size=1_001)),
    Bad("a header without a root", "batch-header", 422, "", header(root=None)),
    Bad("a header with a telephone", "batch-header", 422, "", header(telephone=PHONE)),
    Bad("a header of another version", "batch-header", 422, "", header(v=int(PHONE))),
    Bad("a number below the first", "batch-header", 422, "", header(n=0)),
    Bad("a space in the header", "not-canonical", 422, "", spoilt(b'"n":', b'"n": ')),
    Bad("a key twice in the header", "duplicate-key", 422, "/n", spoilt(b'"n":', b'"n":1,"n":')),
    Bad("signed by another", "signature-invalid", 403, "/signature", signed(lambda v, raw: v.other.key.sign_batch(raw))),
    Bad(
        "signed as a statement", "signature-invalid", 403, "/signature", signed(lambda v, raw: v.carrier.key.sign_statement(raw))
    ),
    Bad("a signature of nothing", "signature-invalid", 403, "/signature", signed(lambda v, raw: bytes(64))),
    Bad("a signature of 63 bytes", "signature-malformed", 400, "/signature", signed(lambda v, raw: bytes(63))),
    Bad("no signature", "batch-malformed", 400, "", lambda v, raws: [b'{"header":{}}', *lines(v, raws)[1:]]),
    Bad("half a header line", "batch-malformed", 400, "", lambda v, raws: [lines(v, raws)[0][:-9], *lines(v, raws)[1:]]),
    Bad("a row that is no JSON", "batch-malformed", 400, "", lambda v, raws: [*lines(v, raws)[:-1], PHONE.encode() + b"}"]),
    Bad("a row with a signature", "batch-malformed", 400, "", lambda v, raws: [*lines(v, raws)[:-1], v.carrier.line(raws[1])]),
    Bad("a row that is a bomb", "too-deep", 422, "", lambda v, raws: [*lines(v, raws)[:-1], b'{"statement":' + b"[" * 30_000]),
]


@pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.name) for bad in BATCHES])
def test_the_whole_batch_is_refused(v: Village, bad: Bad) -> None:
    before = v.site.written
    answer = send(v, bad.make(v, [v.scan(), v.scan()]))
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found, row = answer.json(), PROBLEMS.get(bad.code) or TRANSPORT[bad.code]
    assert (found["type"], found.get("pointer", "")) == (f"/problems/{bad.code}", bad.pointer), found
    assert (answer.status_code, found["title"], found["cure"]) == (bad.status, row.title, row.cure)
    assert PHONE not in answer.text
    assert v.site.written == before


# Single rows


@dataclass(frozen=True)
class BadRow:
    """The middle row of a batch of three; the others are good, and so are header and signature."""

    name: str
    code: str
    pointer: str
    change: Callable[[dict[str, Any]], None]
    spoil: tuple[bytes, bytes] = (b"", b"")


ROWS = [
    BadRow("a float", "float", "/v", lambda m: None, (b'"v":1', b'"v":1.5')),
    BadRow("not canonical", "not-canonical", "", lambda m: None, (b'"v":1', b'"v": 1')),
    BadRow("an unknown field", "field-unknown", "/body", lambda m: m["body"].update(telephone=PHONE)),
    BadRow("over 16 KiB", "statement-too-large", "", lambda m: m["body"].update(carrier_code="x" * 17_000)),
    BadRow("a wrong check digit", "check-digit", "/actor", lambda m: m.update(actor=m["actor"][:-1] + "F")),
    BadRow("another book", "book-wrong", "/book", lambda m: m.update(book="suxin.example/other")),
    BadRow("another key", "batch-key", "/key", lambda m: m.update(key=NO_ROOT)),
    BadRow("a number that does not follow", "batch-counter", "/n", lambda m: m.update(n=m["n"] + 1)),
    BadRow(
        "another's parcel", "no-authority", "/actor", lambda m: m["subjects"].update(waybill=f"91350100M000100Y43/{'y' * 22}")
    ),
    BadRow("a type that nobody knows", "type-unregistered", "/type", lambda m: m.update(type="telegram")),
]


@pytest.mark.parametrize("bad", ROWS, ids=lambda bad: bad.name)
def test_a_row_is_refused_alone_and_the_batch_leaf_names_it(v: Village, bad: BadRow) -> None:
    before = v.site.written
    first = v.scan()
    middle = v.scan(bad.change).replace(*bad.spoil) if bad.spoil[0] else v.scan(bad.change)
    last = v.scan()
    answer = send(v, lines(v, [first, middle, last]))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [row["outcome"] for row in found["rows"]] == ["recorded", "refused", "recorded"]
    problem = found["rows"][1]["problem"]
    assert (problem["type"], problem.get("pointer", "")) == (f"/problems/{bad.code}", bad.pointer), problem
    assert PHONE not in answer.text or bad.code == "not-canonical"
    leaf = decode_batch(v.site.http.get(f"/v1/entries/{found['first']}").content)
    assert leaf.absent == [(1, hash_of(middle))]
    assert found["last"] == found["first"] + 2
    assert v.site.written == before + 3  # the batch leaf and two entries
    entry = decode_entry(v.site.http.get(f"/v1/entries/{found['last']}").content)
    assert bytes(entry.statement) == last
    assert isinstance(entry.batch, tuple)
    assert entry.batch[1] == 2


def test_all_or_nothing_leaves_not_even_the_batch_leaf(v: Village) -> None:
    before = v.site.written
    raws = [v.scan(), v.scan(lambda m: m["body"].update(code="NOWHERE")), v.scan()]
    found = send(v, lines(v, raws), "?on_error=rollback").json()
    codes = [row["problem"]["type"] for row in found["rows"]]
    assert codes == ["/problems/rolled-back", "/problems/field-invalid", "/problems/rolled-back"]
    assert (found["recorded"], found["first"], found["last"], found["proof"]) == (0, None, None, [])
    assert v.site.written == before


def test_a_batch_whose_rows_are_all_refused_writes_nothing(v: Village) -> None:
    before = v.site.written
    raws = [v.scan(lambda m: m["body"].update(code="NOWHERE")) for _ in range(3)]
    found = send(v, lines(v, raws)).json()
    assert found["refused"] == 3
    assert v.site.written == before


def test_the_same_batch_again_adds_nothing(v: Village) -> None:
    rows = lines(v, [v.scan(), v.scan()])
    first = send(v, rows).json()
    before = v.site.written
    again = send(v, rows).json()
    assert (again["recorded"], again["already"], again["first"]) == (0, 2, None)
    assert [row["index"] for row in again["rows"]] == [row["index"] for row in first["rows"]]
    assert v.site.written == before


def test_members_of_the_header_line_may_stand_in_any_order(v: Village) -> None:
    raws = [v.scan()]
    header_line = head(v, canonical.dump(v.header(raws)))
    text, signature = header_line[len(b'{"header":') : -1].rsplit(b',"signature":', 1)
    turned = b' { "signature" : %s , "header" : %s }' % (signature, text)
    assert send(v, [turned, b'{"statement":%s}' % raws[0]]).json()["recorded"] == 1


def test_a_first_row_that_speaks_of_a_header_is_a_row(v: Village) -> None:
    row = v.seller.raw(
        "listing",
        {"offer": f"{v.seller.actor}/s/91110000600037341L/header"},
        {"event": "open", "title": {"en": '"header"'}, "category": "general", "price_minor": 1, "currency": "CNY"},
    )
    assert b"header" in row
    assert v.site.post_lines(v.seller.line(row)).json()["recorded"] == 1


def test_an_unknown_key_is_found_by_the_book(v: Village) -> None:
    stranger = Pen(v.carrier.actor, 77, v.site.house.clock)
    raw = stranger.raw("scan", v.waybill(), {"code": "HUB_IN", "place": PLACE})
    header_raw = canonical.dump(v.header([raw]))
    before = v.site.written
    found = send(v, [head(v, header_raw, stranger.key.sign_batch(header_raw)), b'{"statement":%s}' % raw]).json()
    assert found["rows"][0]["problem"]["type"] == "/problems/key-unknown"
    assert v.site.written == before


def test_a_registration_may_come_in_a_batch_signed_with_the_key_it_brings(v: Village) -> None:
    pen = Pen("uscc:91330782MA28A0002Q", 78, v.site.house.clock)
    body = {"event": "register", "role": "courier", "key": pen.key.public_text}
    raws = [pen.raw("actor", {"party": pen.actor}, body)]
    header_raw = canonical.dump(v.header(raws))
    rows = [head(v, header_raw, pen.key.sign_batch(header_raw)), b'{"statement":%s}' % raws[0]]
    assert send(v, rows).json()["recorded"] == 1
    assert v.site.http.get(f"/v1/events/{hash_of(raws[0])}").status_code == 200
