"""Accounts of courier companies: in any steps and at any published state they say what a recount of the entries says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fakes.auditing import audit, copy_book, keep_accounts
from fakes.house import CARRIER, OTHER, House, expect_recorded
from fakes.story import tell
from fakes.world import World, company

from suxin.api import account_steps
from suxin.api.account_steps import next_step
from suxin.api.accounts import CompanyAccounts
from suxin.api.app import create_app
from suxin.api.stories import Stories, stories_of
from suxin.courier.account import SHOWN, Account, complaints_of, voices
from suxin.courier.facts import CourierFile
from suxin.courier.file import courier_page
from suxin.courier.page import CourierPage
from suxin.ledger.directory import Directory
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry, read_entry
from suxin.ledger.epoch import decode_epoch
from suxin.ledger.leaf import decode_genesis
from suxin.ledger.store.accounts import Accounts
from suxin.ledger.store.book import Book

DAY = 24 * 3_600_000
COMPANIES = (company(5), company(6))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@pytest.fixture
def book(told: World, tmp_path: Path) -> Iterator[Book]:
    """A copy of the told book, without any account."""
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    with Book.open(f"sqlite:///{path}") as book:
        yield book


async def get(house: House, path: str) -> str:
    transport = httpx.ASGITransport(create_app(house.service))
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
        return (await client.get(path)).raise_for_status().text


def url_of(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'book.db'}"


def directory_at(book: Book, size: int) -> Directory:
    directory = Directory.of(decode_genesis(book.leaf(0)))
    for index, leaf in book.directory_leaves():
        if index < size:
            entry = read_entry(index, leaf)
            directory.fold(entry.statement, index, entry.received_ms)
    return directory


def entries_of(book: Book, uscc: str, size: int) -> list[Entry]:
    return [read_entry(index, leaf) for _, index, leaf in book.stream_leaves(f"c:{uscc}") if index < size]


def recount(book: Book, uscc: str, size: int, at_ms: int, directory: Directory) -> CourierPage:
    file = CourierFile(uscc)
    file.take(entries_of(book, uscc, size), directory)
    return courier_page(file, directory, at_ms, ())


def kept(book: Book, uscc: str, at_ms: int, directory: Directory) -> CourierPage:
    tail = book.find_streams([f"c:{uscc}"])[f"c:{uscc}"]
    found = book.account(tail.stream_no)
    if found is None:
        return courier_page(CourierFile(uscc), directory, at_ms, ())
    counts = book.account_counts(found.company, *SHOWN)
    said = [read_entry(index, book.leaf(index)) for index in voices(counts)]
    complaints = complaints_of(uscc, said, directory)
    account = Account(uscc, found.position, found.first_ms, found.last_ms, counts, complaints, at_ms)
    return courier_page(account, directory, at_ms, ())


@pytest.mark.parametrize("seed", [1, 2])
def test_in_any_steps_an_account_is_the_recount(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """At published states taken by chance, in steps of a few entries, and long after: what only time changes goes with it."""
    chance = random.Random(seed)
    states = [size for _, size, _ in book.checkpoints()]
    last = states[-1]
    ends = [(size, decode_epoch(book.leaf(size - 1)).time) for size in sorted(chance.sample(states, 7))]
    ends += [(last, decode_epoch(book.leaf(last - 1)).time + days * DAY) for days in (0, 3, 40)]
    pages = set()
    with Accounts(url_of(tmp_path)) as store:
        for size, at_ms in ends:
            directory = directory_at(book, size)
            for uscc in COMPANIES:
                monkeypatch.setattr(account_steps, "CHUNK", chance.randrange(1, 9))
                while step := next_step(book, uscc, size, at_ms, directory):
                    assert store.apply(step)
                page = recount(book, uscc, size, at_ms, directory)
                assert kept(book, uscc, at_ms, directory) == page
                pages.add(repr(page))
    assert len(pages) > 6
    assert page.parcels.presumed_lost or page.parcels.unanswered or uscc == company(6)


def test_of_two_who_take_the_same_step_one_does(book: Book, tmp_path: Path) -> None:
    uscc = company(5)
    size = book.head().size
    at_ms, directory = decode_epoch(book.leaf(size - 1)).time, directory_at(book, size)
    step = next_step(book, uscc, size, at_ms, directory)
    assert step is not None
    with Accounts(url_of(tmp_path)) as store:
        assert store.apply(step)
        assert not store.apply(step)
        store.forget()
        assert book.account_companies() == []
    keep_accounts(url_of(tmp_path))
    assert audit(url_of(tmp_path)).holds


def test_who_changes_hands_has_parcels_graded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop that turns out to be of the courier's own house countersigns nothing: grades that rest on it are made anew."""
    monkeypatch.setattr(CompanyAccounts, "start", lambda self: None)
    monkeypatch.setattr(account_steps, "REGRADED", 2)
    with House(tmp_path) as house:
        carrier, shop = house.firm(CARRIER, "courier"), house.firm(OTHER, "merchant", seed=2)
        for number in range(5):
            subjects = {"waybill": f"{CARRIER[5:]}/{number:022d}"}
            contents = {"count": 1, "root": b64u(bytes(32))}
            consign = shop.signer.sign(shop.draft("consign", subjects, contents=contents, origin="330702", destination="310115"))
            expect_recorded(house.post([consign]))
            done = carrier.draft("delivery", subjects, method="locker", place={"district": "310115"}, accepts=b64u(consign.hash))
            expect_recorded(house.post([carrier.signer.sign(done)]))
        service, url = house.service, house.service.settings.url
        accounts, published = service.accounts, service.sequencer.published
        assert published is not None

        def grades() -> tuple[int, ...]:
            page = stories_of(service).courier(CARRIER[5:])
            assert page is not None
            return page.quality.grades

        assert grades() == (5, 0, 0, 0)
        change = shop.draft("actor", {"party": OTHER}, event="change", role="merchant", controllers=[CARRIER])
        expect_recorded(house.post([shop.signer.sign(change), carrier.scan(9)]))
        assert grades() == (5, 0, 0, 0)
        assert audit(url).holds  # while it lasts, grades are no fault
        rounds = 0
        while accounts._round(published):
            rounds += 1
        assert rounds == 4  # three steps with parcels, the last of them with none to follow
        stories_of(service).forget()
        assert grades() == (0, 0, 0, 5)
        assert audit(url).holds


def test_a_server_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompanyAccounts, "start", lambda self: None)  # only what a request brings up
    with House(tmp_path) as house:
        carrier = house.firm(CARRIER, "courier")
        house.post([carrier.scan(number) for number in range(5)])
        page = stories_of(house.service).courier(CARRIER[5:])
        assert page is not None
        assert (page.parcels.moving, page.entries, page.as_of_ms) == (5, 5, None)
        house.post([carrier.scan(7)])
    with House(tmp_path, house.clock) as again:
        read: list[int] = []
        whole = account_steps.whole_streams

        def counted(*arguments: object) -> object:
            found = whole(*arguments)  # type: ignore[arg-type]
            read.append(len(found[1]))
            return found

        monkeypatch.setattr(account_steps, "whole_streams", counted)
        (row,) = stories_of(again.service).couriers()
        assert (row.accepted, row.as_of_ms) == (6, None)
        assert read[0] == 1  # the new entry alone was read, and its parcel's stream
        again.clock.now += 31 * DAY
        again.firm("uscc:91350100M000100Y43", "merchant", seed=3)
        assert stories_of(again.service).couriers()[0].presumed_lost == 6
        assert audit(again.service.settings.url).holds


def test_what_is_behind_says_as_of_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompanyAccounts, "start", lambda self: None)
    monkeypatch.setattr("suxin.api.stories.WAIT_S", -1.0)  # one step, and no more
    monkeypatch.setattr("suxin.api.accounts.WAIT_S", -1.0)
    monkeypatch.setattr(account_steps, "CHUNK", 4)
    with House(tmp_path) as house:
        carrier = house.firm(CARRIER, "courier")
        house.post([carrier.scan(number) for number in range(9)])
        stories: Stories = stories_of(house.service)
        shown = []
        for _ in range(5):
            stories.forget()
            page = stories.courier(CARRIER[5:])
            assert page is not None
            shown.append((page.entries, page.as_of_ms is None))
            if len(shown) == 1:
                stories.forget()
                for lang, words in (("en", "newer entries are being counted"), ("zh-CN", "其后的记录正在计入")):
                    assert words in asyncio.run(get(house, f"/{lang}/couriers/{CARRIER[5:]}"))
        assert "newer entries" not in asyncio.run(get(house, f"/en/couriers/{CARRIER[5:]}"))
    assert shown[0] == (4, False)
    assert shown[-1] == (9, True)
    assert [entries for entries, _ in shown] == sorted(entries for entries, _ in shown)
