"""Erasure, from the request to the last byte: files searched, backups put back, terms that end, and what stays provable.

A real server, a book on a disk and one in PostgreSQL. Source: issue 6, part 7; docs/formats/erasure.md.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from fakes.house import House
from fakes.spoken import ANGER, ITEM, WAYBILL, WORDS, Spoken, backup, bytes_under, fresh_copy, let_go, put_back, spoken
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from suxin.api.bundles import make_bundle
from suxin.api.cli import app
from suxin.api.cli_verify import verify
from suxin.api.service import Service
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.certificate import verify_certificate
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.note import VerifierKey, parse_vkey
from suxin.ledger.policy import Log, Policy
from suxin.ledger.store.access_log import DAY_MS
from suxin.ledger.store.book import Book
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.scrub import sweep
from suxin.ledger.store.vault import Vault
from suxin.trace.lifecycle import TradeRules
from suxin.trace.retention import day_of, retention

TERM_DAYS = retention().of("complaint", "/body/text").keep_days


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spoken]:
    with spoken(tmp_path_factory.mktemp("spoken")) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an administrator; "" for SQLite in the data folder."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    migrate(url)
    return url


def keys_of(service: Service) -> tuple[VerifierKey, ...]:
    return tuple(parse_vkey(text) for text in service.vkeys)


def holds(service: Service) -> None:
    """The item's bundle and the whole book verify."""
    policy = Policy(tuple(Log(key) for key in keys_of(service)), (), (), "none")
    report = verify_bundle(make_bundle(service, ITEM), policy, service.clock(), TradeRules())
    assert report.verdict == "holds", report
    url = service.settings.database
    assert verify(None if url else service.settings.data, url, None, False) == 0


def test_after_an_erasure_nothing_is_found_anywhere_and_everything_holds(
    place: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    role = request.getfixturevalue("postgres_role") if place else None
    served_as = None if role is None else role(place, f"{make_url(place).database}_app")
    with spoken(tmp_path / "site", **({"database": served_as} if served_as else {})) as book:
        service, data = book.service, book.service.settings.data
        url = place or service.settings.url
        forms = book.forms(book.review)
        assert WORDS in book.shown().decode()  # every cache has seen it
        before = backup(url, data, tmp_path / "backup")
        files = bytes_under(data) | (bytes_under(Path(str(make_url(place).query["host"])) / "data") if place else {})
        everything = b"".join(files.values())
        assert forms["key"] in everything, "the search would not find a key"
        assert forms["sealed"] in everything, "the search would not find what is sealed"
        answer = book.ask(book.her, book.review)
        assert answer.status_code == 201, answer.text
        certificate = verify_certificate(answer.content, service.genesis.origin, keys_of(service))
        assert (certificate.outcome, certificate.values, certificate.of) == ("erased", ("/body/text",), b64u(book.review.hash))

        if place:
            sweep(place)
            let_go(place)
        after = backup(url, data, tmp_path / "dump")
        searched = bytes_under(data) | {
            "log": book.site.log.getvalue().encode(),
            "shown": book.shown(),
            "dump": after.read_bytes(),
        }
        if place:
            searched |= bytes_under(Path(str(make_url(place).query["host"])) / "data")
        for name, content in searched.items():
            for form, value in forms.items():
                assert value not in content, f"the {form} is still in {name}"
                assert value.hex().encode() not in content, f"the {form} is still in {name}"
                assert b64u(value).encode() not in content, f"the {form} is still in {name}"
        holds(service)
        assert "文字已由作者撤回" in book.page(ITEM)
        assert "withdrawn by its author" in book.page(f"/en{ITEM}")
        marks, origin = service.settings.data, service.genesis.origin
    capsys.readouterr()
    if place:
        restored_dump(before, request.getfixturevalue("postgres").create, place, marks, forms)
    else:
        restored(before, marks, tmp_path / "restored", origin, forms)


def restored(before: Path, data: Path, folder: Path, origin: str, forms: dict[str, bytes]) -> None:
    """The newest backup that has the sealed words, put back with the keys of today: its book holds, its words are gone."""
    copy = fresh_copy(data, folder / "data")
    for name in ("book.db", "book.db-wal", "book.db-shm"):
        (copy / name).unlink(missing_ok=True)
    (copy / "book.db").write_bytes(before.read_bytes())
    assert forms["sealed"] in (copy / "book.db").read_bytes(), "this backup has the sealed words"
    assert verify(copy, None, None, False) == 0
    with Book.open(f"sqlite:///{copy / 'book.db'}") as book, Vault(copy / "keys" / "vault.keys") as vault:
        size = book.head().size
        with book.snapshot() as reads:
            rows = list(reads.leaves())
        (review,) = [body for _, body in rows if b'"type":"review"' in body]
        statement = orjson.loads(review)["statement"]
        assert statement["body"]["stars"] == 2
        assert not any(vault.get(book, named) for named in book.statement_hashes(0, size - 1) if vault.keys.values(named) == [])
    # Even if somebody signs on from there against all advice, nobody reads the words.
    with House(folder, accept_size=size) as house:
        assert WORDS.encode() not in make_bundle(house.service, ITEM)


def restored_dump(before: Path, create: Callable[[], str], place: str, data: Path, forms: dict[str, bytes]) -> None:
    """The same of a dump: the sealed words come back, and nobody opens them."""
    assert forms["sealed"].hex().encode() in before.read_bytes(), "this backup has the sealed words"
    url = place.replace(f"/{make_url(place).database}?", f"/{create()}?")
    put_back(before, url)
    assert verify(None, url, None, False) == 0
    with Book.open(url) as book, Vault(data / "keys" / "vault.keys") as vault:
        hashes = book.statement_hashes(0, book.head().size - 1)
        sealed = [name for name in hashes if forms["sealed"] in book.sealed(name).values()]
        assert len(sealed) == 1
        assert vault.get(book, sealed[0]) == {}


def test_who_restores_values_and_keys_restores_nothing(tmp_path: Path) -> None:
    """An administrator puts the old key file and the old row back: the book's own erasures are carried out at the start."""
    site = tmp_path / "site"
    with spoken(site) as book:
        old = book.service.settings.data / "keys" / "vault.keys"
        kept_keys = old.read_bytes()
        (row,) = [(book.review.hash, pointer, sealed) for pointer, sealed in book.service.book.sealed(book.review.hash).items()]
        assert book.ask(book.her, book.review, "/v1/events").status_code == 201
        assert not book.service.vault.keys.values(book.review.hash)
        clock = book.site.house.clock
    old.write_bytes(kept_keys)
    with closing(sqlite3.connect(site / "data" / "book.db")) as database:
        database.execute("INSERT INTO vault VALUES (1, ?, ?, ?)", row)
        database.commit()
    with House(site, clock) as house:
        assert not house.service.vault.keys.values(book.review.hash)
        assert not house.service.book.sealed(book.review.hash)
        assert house.service.eraser.replay() == 0, "it remembers how far it is"


def test_within_a_legal_term_it_is_sealed_and_erased_when_the_term_ends(tmp_path: Path) -> None:
    with spoken(tmp_path) as book:
        service, clock = book.service, book.site.house.clock
        assert ANGER in book.shown().decode()
        until = day_of(clock() + TERM_DAYS * DAY_MS)
        answer = book.ask(book.other, book.complaint)
        certificate = verify_certificate(answer.content, service.genesis.origin, keys_of(service))
        assert (certificate.outcome, certificate.until) == ("sealed", until)
        assert ANGER not in book.shown().decode()
        assert until in book.page(f"/w/{WAYBILL}")
        assert service.vault.keys.values(book.complaint.hash), "the law wants it kept"
        said = [body for _, _, body in service.book.stream_leaves(f"w:{WAYBILL}") if b'"type":"erasure"' in body]
        assert [orjson.loads(body)["statement"]["body"].get("until") for body in said] == [None, until]
        assert service.eraser.tick() == 0

        clock.now += TERM_DAYS * DAY_MS
        assert service.eraser.tick() == 1 + len(("sale", "consign")), "trade and parcel have had their time too"
        for of in (book.complaint, book.sale, book.consign):
            assert not service.vault.keys.values(of.hash)
            assert not service.book.sealed(of.hash)
        assert service.vault.keys.values(book.review.hash), "no clock erases a review"
        last = orjson.loads(service.book.stream_leaves(f"w:{WAYBILL}")[-1][2])["statement"]
        assert (last["type"], last["body"], last["actor"]) == ("erasure", {"ground": "term"}, "auth:operator:000000")
        again = book.site.http.get(f"/v1/erasures/{certificate.by}")
        assert verify_certificate(again.content, service.genesis.origin, keys_of(service)).outcome == "erased"
        holds(service)


def test_a_term_runs_from_the_last_step(tmp_path: Path) -> None:
    with spoken(tmp_path) as book:
        service, clock = book.service, book.site.house.clock
        clock.now += 400 * DAY_MS
        book.site.house.post(
            [
                book.carrier.signer.sign(
                    book.carrier.draft("scan", {"waybill": WAYBILL}, code="LOST", place={"district": "330702"})
                )
            ]
        )
        asked = verify_certificate(book.ask(book.box, book.consign).content, service.genesis.origin, keys_of(service))
        assert asked.until == day_of(clock() + TERM_DAYS * DAY_MS)
        bought = verify_certificate(book.ask(book.her, book.sale).content, service.genesis.origin, keys_of(service))
        assert bought.until == day_of(clock() + (TERM_DAYS - 400) * DAY_MS)


def test_an_order_of_the_law_erases_at_once(book: Spoken) -> None:
    answer = book.ask(book.office, book.complaint, ground="law", basis="PIPL-47")
    assert answer.status_code == 201
    assert not book.service.vault.keys.values(book.complaint.hash)
    assert "文字已依法删除" in book.page(f"/w/{WAYBILL}")
    assert "erased by law" in book.page(f"/en/w/{WAYBILL}")


def test_what_a_page_masks_its_bundle_does_not_contain(tmp_path: Path) -> None:
    with spoken(tmp_path) as book:
        told = "客服很好，电话13957912345。"
        about = {"item": ITEM, "offer": book.review.subjects["offer"]}
        book.say(book.her, "review", about, {"kind": "follow"}, {"/body/text": told}, ref=book.review)
        shown = book.shown().decode()
        assert WORDS in shown
        assert told not in shown
        assert "13957912345" not in shown
        holds(book.service)


def test_the_same_request_again_is_certified_again(book: Spoken) -> None:
    signed = book.sign(book.her, "erasure", {}, {"ground": "request"}, ref=book.review)
    codes = [book.site.post_event(signed.line()).status_code for _ in range(2)]
    assert codes == [201, 200]
    again = book.site.http.post("/v1/erasures", content=signed.line(), headers={"content-type": "application/json"})
    assert again.status_code == 200
    assert verify_certificate(again.content, book.service.genesis.origin, keys_of(book.service)).by == b64u(signed.hash)


def test_requests_that_are_none_are_told_so(book: Spoken) -> None:
    assert book.ask(book.other, book.review).json()["type"] == "/problems/no-authority"
    book.other.signer._counter._taken -= 1  # type: ignore[attr-defined]
    complaint = book.sign(book.her, "complaint", {"item": ITEM}, {"category": "other", "against": "seller"})
    other = book.site.http.post("/v1/erasures", content=complaint.line(), headers={"content-type": "application/json"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/erasure-type")
    for name in ("A" * 43, "nothing", b64u(book.review.hash)):
        assert book.site.http.get(f"/v1/erasures/{name}").status_code == 404


def test_a_certificate_is_checked_to_the_last_byte(book: Spoken) -> None:
    good = book.ask(book.her, book.review).json()
    origin, keys = book.service.genesis.origin, keys_of(book.service)
    verify_certificate(orjson.dumps(good), origin, keys)

    def code(**members: object) -> str:
        with pytest.raises(VerificationError) as error:
            verify_certificate(orjson.dumps(good | members), origin, keys)
        return error.value.code

    text = good["certificate"]
    assert code(certificate=text.replace("outcome erased", "outcome sealed until 2029-01-01")) == "note-signature-invalid"
    assert code(certificate=text.replace("values /body/text", "values none")) == "note-signature-invalid"
    assert code(certificate=book.service.checkpoint_note()) == "certificate-malformed"
    assert code(certificate="no note") == "note-malformed"
    assert code(proof=good["proof"].replace("index ", "index 1")) in ("inclusion-invalid", "tlog-proof-malformed")
    assert code(v=2) == "certificate-malformed"
    assert code(more=1) == "certificate-malformed"
    leaf = orjson.loads(book.service.book.leaf(book.service.book.by_statement(book.sale.hash)))
    assert code(leaf=leaf) == "inclusion-invalid"
    index = book.service.book.by_statement(book.sale.hash)
    path = book.site.http.get(f"/v1/entries/{index}/tlog-proof").text
    assert code(leaf=leaf, proof=path) == "certificate-entry"
    with pytest.raises(VerificationError, match="note-unsigned"):
        verify_certificate(orjson.dumps(good), origin, (parse_vkey("suxin.example/other/1+" + other_vkey()),))


def other_vkey() -> str:
    from suxin.ledger.checkpoint import log_key
    from suxin.ledger.keys import SigningKey
    from suxin.ledger.note import format_vkey

    return format_vkey(log_key("suxin.example/other/1", SigningKey(bytes([7]) * 32).public)).partition("+")[2]


# -- who read what -----------------------------------------------------------------------------------------------------


def test_readings_are_logged_once_a_day_and_name_no_person(tmp_path: Path) -> None:
    with spoken(tmp_path) as book:
        clock, folder = book.site.house.clock, book.service.settings.data / "access"
        for _ in range(3):
            book.shown()
        (file,) = folder.iterdir()
        assert file.stat().st_mode & 0o077 == 0
        lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
        assert all(set(line) == {"at", "by", "pointer", "statement"} for line in lines)
        review = [line for line in lines if line["statement"] == b64u(book.review.hash)]
        assert sorted(line["by"] for line in review) == ["bundle", "page"]
        raw = file.read_bytes()
        for value, salt in book.secrets.values():
            assert value not in raw
            assert b64u(salt).encode() not in raw
        assert b"127.0.0.1" not in raw
        assert b"anon:" not in raw
        clock.now += DAY_MS
        book.service.vault.get(book.service.book, book.review.hash, "page")
        assert len(file.read_bytes().splitlines()) == len(lines) + 1
        clock.now += (retention().access_days + 62) * DAY_MS
        assert book.service.vault.log is not None
        assert book.service.vault.log.prune(retention().access_days) == [file]
        assert not list(folder.iterdir())


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_would_do_does_it_and_keeps_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUXIN_HIGHWATER", str(tmp_path / "marks"))
    with spoken(tmp_path) as book:
        vkey, url = book.service.vkey, book.site.url
        index = book.service.book.by_statement(book.review.hash)
        data = book.service.settings.data
        # The server's clock stands in the future; this machine's must too, or its statements are of before the others.
        monkeypatch.setattr("suxin.api.erase.wall_clock", book.site.house.clock)
        told = run("erase", "--data", str(data), "--dry-run", "--json", "--", b64u(book.review.hash))
        assert orjson.loads(told.stdout) == {
            "index": index, "statement": b64u(book.review.hash), "type": "review", "values": ["/body/text"],
            "committed": ["/body/text"], "would": "erase", "until": None,
        }  # fmt: skip
        assert WORDS not in told.stdout
        assert book.service.vault.keys.values(book.review.hash), "a dry run changes nothing"
        sold = book.service.book.by_statement(book.sale.hash)
        assert sold is not None
        bare = str(sold - 2)  # the item; an epoch leaf is between
        assert orjson.loads(run("erase", bare, "--data", str(data), "--dry-run", "--json").stdout)["would"] == "nothing"
        none = run("erase", bare, "--data", str(data), "--url", url)
        assert (none.exit_code, "there is nothing to erase" in str(none.exception)) == (1, True)
        out = tmp_path / "certificate.json"
        done = run("erase", str(index), "--data", str(data), "--url", url, "--out", str(out), "--withhold")
        assert done.exit_code == 0, done.output
        assert "erased" in done.stdout
        assert not book.service.vault.keys.values(book.review.hash)
        policy = Policy(tuple(Log(key) for key in keys_of(book.service)), (), (), "none")
        report = verify_bundle(make_bundle(book.service, ITEM), policy, book.service.clock(), TradeRules())
        assert (report.verdict, report.withheld_entries) == ("holds", 1)
        refused = run("erase", "--data", str(data), "--url", url, "--withhold", "--", b64u(book.sale.hash))
        assert (refused.exit_code, "erased or withheld" in str(refused.exception)) == (1, True)
    (tmp_path / "policy").write_text(f"log {vkey}\nquorum none\n")
    (tmp_path / "strange").write_text(f"log suxin.example/other/1+{other_vkey()}\nquorum none\n")
    checks = {"policy": 0, "strange": 2}
    for policy_file, code in checks.items():
        assert run("erase", "--check", str(out), "--policy", str(tmp_path / policy_file)).exit_code == code
    out.write_bytes(out.read_bytes().replace(b"outcome erased", b"outcome sealed until 2030-01-01"))
    assert run("erase", "--check", str(out), "--policy", str(tmp_path / "policy")).exit_code == 1
    assert run("erase", "--check", str(out)).exit_code == 2
    assert run("erase", "--sweep", "--data", str(data)).exit_code == 0
    assert run("erase", "--data", str(data)).exit_code == 2


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))
