"""The client against a real server: every way to post, and receipts that hold for what the server itself made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rig.server import Server

from suxin.client.errors import Declined
from suxin.client.olist_names import uscc_of
from suxin.client.post import Session
from suxin.client.queue import Queue
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text

BOOK = "suxin.example/client"
AT = "2026-11-18T14:00:00+08:00"


def _now() -> int:
    return 1_790_000_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("client") / "book", "--sandbox", "--origin", BOOK) as started:
        yield started


@pytest.fixture(scope="module")
def session(server: Server) -> Iterator[Session]:
    with Session(server.url) as opened:
        yield opened


@pytest.fixture
def shop(session: Session, request: pytest.FixtureRequest) -> Signer:
    """A registered shop of the test's own."""
    return _registered(session, request.node.name)


def _registered(session: Session, name: str) -> Signer:
    key = SigningKey(os.urandom(32))
    actor = f"uscc:{uscc_of('test', name)}"
    signer = Signer(key, actor, BOOK, MemoryCounter(), _now)
    body = {"event": "register", "role": "merchant", "key": key.public_text, "name": {"en": name[:40]}}
    session.post(signer.sign(Draft("actor", moment_text(_now()), {"party": actor}, body)))
    return signer


def _item(shop: Signer) -> Draft:
    return Draft("item", moment_text(_now()), {"item": f"/s/{shop.actor[5:]}/tea/21/{os.urandom(8).hex()}"}, {"weight_g": 250})


def _foreign(shop: Signer) -> Draft:
    """An item of another's number range, which this shop may not make."""
    return Draft("item", moment_text(_now()), {"item": f"/s/{uscc_of('test', 'other')}/tea/21/{os.urandom(8).hex()}"}, {})


def test_one_statement_twice(session: Session, shop: Signer) -> None:
    signed = shop.sign(_item(shop))
    first, second = session.post(signed), session.post(signed)
    assert (first.outcome, second.outcome) == ("recorded", "already")
    assert (first.index, first.received, first.epoch) == (second.index, second.received, second.epoch)


def test_a_pinned_key_holds(server: Server, session: Session, shop: Signer) -> None:
    with Session(server.url, vkey=session.site().vkey) as pinned:
        assert pinned.post(shop.sign(_item(shop))).outcome == "recorded"


def test_what_the_book_refuses_comes_with_a_cure_and_leaves_the_number_free(session: Session, shop: Signer) -> None:
    refused = shop.sign(_foreign(shop))
    with pytest.raises(Declined, match="no-authority") as refusal:
        session.post(refused)
    assert refusal.value.status == 403
    assert refusal.value.problem.pointer == "/actor"
    assert refusal.value.problem.cure
    again = shop.sign(_item(shop), n=refused.statement.n)
    assert session.post(again).outcome == "recorded"
    with pytest.raises(Declined, match="counter-used") as conflict:
        session.post(shop.sign(_item(shop), n=refused.statement.n))
    assert conflict.value.status == 409


def test_rows_with_one_refused_and_one_known(session: Session, shop: Signer) -> None:
    known = shop.sign(_item(shop))
    session.post(known)
    rows = [shop.sign(_item(shop)), known, shop.sign(_foreign(shop)), shop.sign(_item(shop))]
    receipt = session.post_rows([*rows, rows[0]])
    assert [row.outcome for row in receipt.rows] == ["recorded", "already", "refused", "recorded", "already"]
    assert receipt.rows[4].index == receipt.rows[0].index


def test_all_or_nothing(session: Session, shop: Signer) -> None:
    rows = [shop.sign(_item(shop)), shop.sign(_foreign(shop))]
    try:
        receipt = session.post_rows(rows, on_error="rollback")
    except Declined:
        pass
    else:
        assert receipt.count("recorded") == 0
    assert session.post_rows(rows[:1]).count("recorded") == 1


def test_a_batch_under_one_signature_with_rows_that_are_not_under_it(session: Session, shop: Signer) -> None:
    batch = shop.sign_batch([_item(shop), _foreign(shop), _item(shop), _item(shop)], AT)
    receipt = session.post_batch(batch)
    assert [row.outcome for row in receipt.rows] == ["recorded", "refused", "recorded", "recorded"]
    assert receipt.first is not None
    assert receipt.rows[0].index == receipt.first + 1
    again = session.post_batch(batch)
    assert [row.outcome for row in again.rows] == ["already", "refused", "already", "already"]
    assert again.first is None


def test_what_was_recorded_stands_in_every_stream_it_names(session: Session, shop: Signer) -> None:
    one = shop.sign(_item(shop))
    assert session.check_streams(session.post(one), [one]) == 1
    rows = [shop.sign(_item(shop)), one, shop.sign(_foreign(shop)), shop.sign(_item(shop))]
    assert session.check_streams(session.post_rows(rows), rows) == 2
    batch = shop.sign_batch([_item(shop), _foreign(shop), _item(shop)], AT)
    assert session.check_streams(session.post_batch(batch), batch) == 2


def test_a_full_batch_and_full_rows(session: Session, shop: Signer) -> None:
    assert session.post_batch(shop.sign_batch([_item(shop) for _ in range(1_000)], AT)).count("recorded") == 1_000
    assert session.post_rows([shop.sign(_item(shop)) for _ in range(1_000)]).count("recorded") == 1_000


def test_a_broken_signature_is_declined(session: Session, shop: Signer) -> None:
    batch = shop.sign_batch([_item(shop)], AT)
    broken = type(batch)(batch.header, batch.header_raw, bytes(64), batch.statements, batch.openings)
    with pytest.raises(Declined, match="signature-invalid"):
        session.post_batch(broken)


def test_a_secret_goes_to_the_vault(session: Session, shop: Signer) -> None:
    item = _item(shop)
    session.post(shop.sign(item))
    key = SigningKey(os.urandom(32))
    buyer = Signer(key, f"anon:{key.public_text}", BOOK, MemoryCounter(), _now)
    body = {"category": "quality", "against": "seller"}
    signed = buyer.sign(Draft("complaint", moment_text(_now()), item.subjects, body, {"/body/text": "茶叶受潮"}))
    assert session.post(signed).outcome == "recorded"


def test_a_queue_uploads_to_a_real_book(tmp_path: Path, session: Session, shop: Signer) -> None:
    second = SigningKey(os.urandom(32))
    added = {"event": "add", "key": second.public_text}
    session.post(shop.sign(Draft("key", moment_text(_now()), {"party": shop.actor}, added)))
    with closing(Queue(tmp_path / "queue.db", second, shop.actor, BOOK, _now)) as queue:
        numbers = [queue.capture(_item(shop)), queue.capture(_foreign(shop)), queue.capture(_item(shop))]
        after = queue.upload(session)
        assert (after.kept, after.refused, after.waiting) == (2, 1, 0)
        queue.mend(numbers[1], _item(shop))
        assert queue.upload(session).kept == 3
