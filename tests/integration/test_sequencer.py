"""The sequencer over a real SQLite book: identity, batches, all-or-nothing, halving, and what it signs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.house import BOOK, CARRIER, OTHER, Firm, House, codes, expect_recorded
from msgspec.structs import replace
from sqlalchemy import event

from suxin.api.cli_verify import run as verify
from suxin.api.receipts import batch_answer, receipt
from suxin.api.submission import parse_lines
from suxin.client.receipt import check_batch, check_rows
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed
from suxin.ledger.canonical import JsonValue
from suxin.ledger.checkpoint import log_key
from suxin.ledger.encoding import unb64u
from suxin.ledger.errors import Fenced, StoreError
from suxin.ledger.hashing import statement_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import decode_batch, decode_entry
from suxin.ledger.moment import moment_text
from suxin.ledger.proof import verify_inclusion
from suxin.ledger.store import memory
from suxin.ledger.store.audit_source import open_source
from suxin.ledger.store.group import Group, RowsRefused
from suxin.ledger.store.job import Recorded
from suxin.ledger.store.memory import Memory
from suxin.trace.lifecycle import TradeRules


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as found:
        yield found


@pytest.fixture
def carrier(house: House) -> Firm:
    return house.firm(CARRIER, "courier")


def test_the_same_statement_again_gets_the_same_place(house: House, carrier: Firm) -> None:
    row = carrier.scan(1)
    first = expect_recorded(house.post([row]))[0]
    house.clock.now += 5_000
    again = house.post([row, row])
    assert codes(again) == ["already", "already"]
    assert all(
        isinstance(o, Recorded) and (o.index, o.epoch, o.received) == (first.index, first.epoch, first.received) for o in again
    )
    one = receipt(house.service.book, house.service.sequencer, row.hash, first)
    two = receipt(house.service.book, house.service.sequencer, row.hash, replace(first, fresh=False))
    assert one["checkpoint"] == two["checkpoint"]


def test_twice_in_one_request_is_recorded_once(house: House, carrier: Firm) -> None:
    row = carrier.scan(1)
    assert codes(house.post([row, row])) == ["recorded", "already"]


def test_one_identity_with_other_bytes_is_refused_and_kept_as_evidence(house: House, carrier: Firm) -> None:
    row = carrier.scan(1)
    first = expect_recorded(house.post([row]))[0]
    other = carrier.signer.sign(
        carrier.draft("scan", {"waybill": f"{CARRIER[5:]}/{7:022d}"}, code="HUB_IN", place={"district": "330702"}), n=2
    )
    size = house.service.sequencer.published.size  # type: ignore[union-attr]
    assert codes(house.post([other])) == ["counter-used"]
    assert house.service.sequencer.published.size == size  # type: ignore[union-attr]
    kept = house.service.book.conflicts()
    assert [(statement, index) for _, statement, _, index, _ in kept] == [(other.raw, first.index)]
    third = carrier.signer.sign(
        carrier.draft("scan", {"waybill": f"{CARRIER[5:]}/{8:022d}"}, code="HUB_IN", place={"district": "330702"}), n=2
    )
    assert codes(house.post([other, third, third])) == ["counter-used"] * 3
    assert [(no, statement) for no, statement, *_ in house.service.book.conflicts()] == [(1, other.raw), (2, third.raw)]


def test_a_refused_number_may_be_used_again(house: House, carrier: Firm) -> None:
    stranger = carrier.draft("scan", {"waybill": f"{OTHER[5:]}/{1:022d}"}, code="PICKED_UP", place={"district": "330702"})
    assert codes(house.post([carrier.signer.sign(stranger, n=2)])) == ["no-authority"]
    assert house.service.book.missing_counters(carrier.key.key_id) == []
    assert codes(house.post([carrier.scan(1)])) == ["recorded"]


def test_good_rows_land_beside_a_bad_one_and_the_answer_proves_them(house: House, carrier: Firm) -> None:
    bad = carrier.signer.sign(
        carrier.draft("scan", {"waybill": f"{OTHER[5:]}/{1:022d}"}, code="PICKED_UP", place={"district": "330702"}), n=99
    )
    rows = [carrier.scan(1), bad, carrier.scan(2)]
    submission = parse_lines(b"\n".join(row.line() for row in rows), rollback=False)
    outcomes = asyncio.run(house.service.write(submission))
    assert codes(outcomes) == ["recorded", "no-authority", "recorded"]
    answer = orjson.dumps(batch_answer(house.service.book, house.service.sequencer, submission, outcomes))
    log = log_key(house.service.genesis.origin, house.service.log_public)
    assert check_rows(answer, rows, log).count("recorded") == 2


def test_all_or_nothing_leaves_no_trace(house: House, carrier: Firm) -> None:
    good = carrier.scan(1)
    bad = carrier.signer.sign(
        carrier.draft("delivery", {"waybill": f"{OTHER[5:]}/{1:022d}"}, method="locker", place={"district": "330702"})
    )
    before = house.service.sequencer.published
    assert codes(house.post([good, bad], rollback=True)) == ["rolled-back", "no-authority"]
    assert house.service.sequencer.published == before
    assert house.service.book.by_statement(good.hash) is None
    # The states that the undone row had touched are those of the book again.
    assert codes(house.post([good], rollback=True)) == ["recorded"]


def test_all_or_nothing_undoes_a_registration(house: House) -> None:
    firm = Firm(house, CARRIER)
    register = firm.signer.sign(
        firm.draft("actor", {"party": CARRIER}, event="register", role="courier", key=firm.key.public_text)
    )
    bad = firm.signer.sign(
        firm.draft("scan", {"waybill": f"{OTHER[5:]}/{1:022d}"}, code="PICKED_UP", place={"district": "330702"})
    )
    assert codes(house.post([register, bad], rollback=True))[0] == "rolled-back"
    assert CARRIER not in house.service.sequencer.admission.directory.actors
    assert codes(house.post([register])) == ["recorded"]


def test_a_batch_names_what_was_not_appended_under_it(house: House, carrier: Firm) -> None:
    place = {"district": "330702"}
    drafts = [
        carrier.draft("scan", {"waybill": f"{code[5:]}/{i:022d}"}, code="HUB_IN", place=place)
        for i, code in enumerate((CARRIER, OTHER, CARRIER))
    ]
    batch = carrier.signer.sign_batch(drafts, "2026-11-22T08:00:00+08:00")
    submission = parse_lines(b"\n".join(batch.lines()), rollback=False)
    outcomes = asyncio.run(house.service.write(submission))
    assert codes(outcomes) == ["recorded", "no-authority", "recorded"]
    first = outcomes[0]
    assert isinstance(first, Recorded)
    leaf = decode_batch(house.service.book.leaf(first.index - 1))
    assert [position for position, _ in leaf.absent] == [1]
    assert unb64u(leaf.absent[0][1], 32) == batch.statements[1].hash
    entry = decode_entry(house.service.book.leaf(first.index))
    assert entry.batch is not None
    answer = orjson.dumps(batch_answer(house.service.book, house.service.sequencer, submission, outcomes))
    assert check_batch(answer, batch, log_key(house.service.genesis.origin, house.service.log_public)).count("recorded") == 2


def test_a_receipt_proves_its_entry(house: House, carrier: Firm) -> None:
    rows = [carrier.scan(i) for i in range(30)]
    for row, outcome in zip(rows, expect_recorded(house.post(rows)), strict=True):
        found: dict[str, Any] = receipt(house.service.book, house.service.sequencer, row.hash, outcome)
        root = unb64u(found["checkpoint"].split("\n")[2].translate(str.maketrans("+/", "-_")).rstrip("="), 32)
        path = [unb64u(node, 32) for node in found["proof"]]
        verify_inclusion(unb64u(found["leaf"], 32), found["index"], found["size"], path, root)


def test_a_row_the_database_refuses_is_refused_alone(house: House, carrier: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [carrier.scan(i) for i in range(8)]
    poison = rows[5].raw
    append = house.service.book.append

    def refuse(group: Group) -> None:
        if any(poison in body for _, body in group.leaves):
            raise RowsRefused("a bound that only the database knows")
        append(group)

    monkeypatch.setattr(house.service.book, "append", refuse)
    submission = parse_lines(b"\n".join(row.line() for row in rows), rollback=False)
    outcomes = asyncio.run(house.service.write(submission))
    assert codes(outcomes) == ["recorded"] * 5 + ["store-refused"] + ["recorded"] * 2
    answer = orjson.dumps(batch_answer(house.service.book, house.service.sequencer, submission, outcomes))
    checked = check_rows(answer, rows, log_key(house.service.genesis.origin, house.service.log_public))
    assert (checked.count("recorded"), checked.count("already"), checked.count("refused")) == (1, 6, 1)
    monkeypatch.undo()
    assert codes(house.post(rows[5:6])) == ["recorded"]
    assert house.service.sequencer.failure is None


def test_what_reads_back_differently_is_never_signed(house: House, carrier: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    size = house.service.sequencer.published.size  # type: ignore[union-attr]
    leaves = house.service.book.leaves
    monkeypatch.setattr(
        house.service.book, "leaves", lambda *a: ((i, body.replace(b"330702", b"330703")) for i, body in leaves(*a))
    )
    with pytest.raises(Fenced, match="reads back differently"):
        house.post([carrier.scan(1)])
    assert house.service.sequencer.published.size == size  # type: ignore[union-attr]
    with pytest.raises(Fenced):
        house.post([carrier.scan(2)])


def test_guards_that_were_taken_off_stop_the_next_receipt(house: House, carrier: Firm) -> None:
    expect_recorded(house.post([carrier.scan(1)]))
    with sqlite3.connect(house.folder / "data" / "book.db") as stranger:
        (name,) = stranger.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'leaf' LIMIT 1"
        ).fetchone()
        stranger.execute(f'DROP TRIGGER "{name}"')
    stranger.close()
    house.service.sequencer._next_check = 0.0  # a minute has passed
    with pytest.raises(StoreError):
        house.post([carrier.scan(2)])
    assert house.service.sequencer.failure is not None


def test_a_registration_that_a_crash_left_unapproved_is_approved_when_it_comes_again(house: House) -> None:
    firm = Firm(house, CARRIER)
    register = firm.signer.sign(
        firm.draft("actor", {"party": CARRIER}, event="register", role="courier", key=firm.key.public_text)
    )
    registrar, house.service.registrar = house.service.registrar, None  # the crash: recorded, and nothing after it
    assert codes(house.post([register])) == ["recorded"]
    assert codes(house.post([firm.scan(1)])) == ["actor-not-approved"]
    house.service.registrar = registrar
    assert codes(house.post([register])) == ["already"]
    assert codes(house.post([firm.scan(1)])) == ["recorded"]
    size = house.service.book.head().size
    assert codes(house.post([register])) == ["already"]
    assert house.service.book.head().size == size  # approved once


def test_a_busy_key_uses_no_identity_twice(house: House, carrier: Firm) -> None:
    """So many rows that new ones are told from old by memory: also then nothing is recorded twice."""
    rows = [carrier.scan(i) for i in range(200)]
    late = rows.pop(60)  # on its way while the ones after it came in
    first = expect_recorded(house.post(rows[:100]))
    assert codes(house.post(rows[50:])) == ["already"] * 50 + ["recorded"] * 99
    assert codes(house.post([*rows[:40], late, *rows[180:]])) == ["already"] * 40 + ["recorded"] + ["already"] * 19
    place = {"waybill": f"{CARRIER[5:]}/{7:022d}"}
    body = {"code": "HUB_IN", "place": {"district": "330702"}}
    used = [carrier.signer.sign(carrier.draft("scan", place, **body), n=row.statement.n) for row in rows[150:190]]
    assert codes(house.post(used)) == ["counter-used"] * 40
    signer = Signer(carrier.key, CARRIER, BOOK, MemoryCounter(1_000), house.clock)
    twins = [signer.sign(carrier.draft("scan", place, **body)) for _ in range(40)]
    same_id = [_with_id_of(old, twin, carrier) for old, twin in zip(rows[100:140], twins, strict=True)]
    assert codes(house.post(same_id)) == ["id-used"] * 40
    expect_recorded(house.post(twins))
    assert codes(house.post(twins)) == ["already"] * 40
    assert house.service.book.by_statement(rows[0].hash) == first[0].index


def _with_id_of(old: Signed, new: Signed, firm: Firm) -> Signed:
    raw = new.raw.replace(new.statement.id.encode(), old.statement.id.encode())
    return Signed(new.type, raw, statement_hash(raw), firm.key.sign_statement(raw))


def test_parcels_that_were_forgotten_are_read_again_by_few_look_ups(
    house: House, carrier: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "STATES_MAX", 60)
    monkeypatch.setattr(memory, "TAILS_MAX", 60)
    admission, asked = house.service.sequencer.admission, []
    rows = [[carrier.scan(parcel) for parcel in range(200)] for _ in range(2)]
    expect_recorded(house.post(rows[0]))
    assert all(size < 150 for size in admission.memory.sizes().values())
    reader = house.service.book._reader
    event.listen(reader, "before_cursor_execute", lambda *words: asked.append(words[2]))
    expect_recorded(house.post(rows[1]))
    assert len(asked) < 40
    again = Memory(house.service.book, TradeRules())
    names = [f"w:{CARRIER[5:]}/{parcel:022d}" for parcel in range(200)]
    assert admission.memory.states(names) == again.states(names)
    assert {tail.count for tail in house.service.book.find_streams(names).values()} == {2}


def test_of_consumers_who_were_forgotten_the_book_still_knows_every_word(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book has as many keys as consumers who said a word: memory holds some of them, the book all."""
    monkeypatch.setattr(memory, "NUMBERS_MAX", 20)
    signers = []
    for seed in range(40):
        key = SigningKey(seed.to_bytes(32, "big"))
        signers.append(Signer(key, f"anon:{key.public_text}", BOOK, MemoryCounter(), house.clock))

    def complaints() -> list[Signed]:
        body: dict[str, JsonValue] = {"category": "delay", "against": "carrier"}
        at, subjects = moment_text(house.clock()), {"waybill": f"{CARRIER[5:]}/{0:022d}"}
        return [signer.sign(Draft("complaint", at, subjects, body)) for signer in signers]

    first, second = complaints(), complaints()
    expect_recorded(house.post(first))
    assert house.service.sequencer.admission.memory.sizes()["numbers"] <= 42
    expect_recorded(house.post(second))
    assert codes(house.post([*first, *second])) == ["already"] * 80
    with open_source(house.service.settings.url) as source:
        report = verify(source, "threads", quiet=True, cores=1)
    assert report.holds, report.findings
