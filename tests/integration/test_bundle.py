"""Bundles of real books: every item and parcel of a told world, the state before the newest, HTTP, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.auditing import copy_book, unguarded
from fakes.paper import witness_of
from fakes.place import Place
from fakes.story import tell
from fakes.village import ITEM, OFFER, SELLER, Village, village
from fakes.world import ORIGIN, Signer, World, company, seed
from sqlalchemy import Connection, create_engine

from suxin.api.bundles import make_bundle
from suxin.api.cli_bundle import verify_bundle_file
from suxin.api.cosigned import Cosignatures
from suxin.ledger import bundle_make
from suxin.ledger.bundle import parse_bundle
from suxin.ledger.bundle_verify import log_policy, verify_bundle
from suxin.ledger.checkpoint import open_checkpoint
from suxin.ledger.closure import close_story
from suxin.ledger.commitment import commit
from suxin.ledger.cosignature import cosign
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry, read_entry
from suxin.ledger.errors import Refused, StoreError, VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import parse_note
from suxin.ledger.policy import format_policy
from suxin.ledger.store import bundle_source
from suxin.ledger.store.bundle_source import EpochSource, Extras, KeptBatches, bundle_at
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.streams import Reads
from suxin.trace.lifecycle import TradeRules


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


def subjects(world: World) -> list[str]:
    return [name for _, name in world.book.all_streams() if name[0] == "w" or (name[0] == "p" and "/21/" in name)]


def bundle(world: World, subject: str) -> bytes:
    def openings(statement: bytes) -> Sequence[tuple[str, bytes, str]]:
        found = world.vault.get(world.book, statement)
        return [(pointer, one.salt, one.value) for pointer, one in sorted(found.items()) if pointer == "/body/text"]

    return bundle_at(world.book, world.sequencer, subject, Extras("", openings))


def entries(world: World, names: Sequence[str], size: int) -> dict[str, list[Entry]]:
    rows = {name: world.book.stream_leaves(name) for name in names}
    return {name: [read_entry(idx, leaf) for _, idx, leaf in found if idx < size] for name, found in rows.items()}


def test_every_story_of_a_book_proves_whole(told: World) -> None:
    policy = log_policy(ORIGIN, [told.log_key.public])
    assert len(subjects(told)) > 10
    batched = texts = 0
    for subject in subjects(told):
        raw = bundle(told, subject)
        report = verify_bundle(raw, policy, told.now, TradeRules())
        assert report.verdict == "holds", (subject, report.results)
        assert report.results.current.state == "holds"
        parsed = parse_bundle(raw)
        story = close_story(subject, lambda names: entries(told, names, 2**40))
        assert {name: list(indexes) for name, indexes in parsed.streams.items()} == {
            name: [entry.index for entry in found] for name, found in story.streams.items()
        }
        batched += bool(parsed.batches)
        texts += len(parsed.opened)
    assert batched
    assert texts


def test_no_such_product_in_this_book(told: World) -> None:
    raw = bundle(told, "p:/01/06901234567892/21/no-such-serial")
    report = verify_bundle(raw, log_policy(ORIGIN, [told.log_key.public]), told.now, TradeRules())
    assert (report.verdict, report.recorded, report.entries, report.absent) == ("holds", False, 0, 2)


def test_a_book_that_has_gone_on_still_proves_what_is_published(tmp_path: Path) -> None:
    """The database is ahead of the newest checkpoint between commit and publication."""
    with World(tmp_path) as world:
        tell(world)
        sequencer = world.sequencer
        subject = subjects(world)[0]
        newest = sequencer.published
        assert newest is not None
        for back in (1, 20, 60):
            epoch, size, note = world.book.checkpoints()[-1 - back]
            root = open_checkpoint(note, ORIGIN, world.log_key.public).root
            sequencer.edge.published = replace(newest, epoch=epoch, size=size, root=root, note=note)
            raw = bundle(world, subject)
            report = verify_bundle(raw, log_policy(ORIGIN, [world.log_key.public]), world.now, TradeRules())
            assert report.results.form.state == report.results.complete.state == report.results.signatures.state == "holds"
            assert (report.epoch, report.size) == (epoch, size)
            assert all(index < size for index in parse_bundle(raw).entries)


def test_an_epoch_that_the_map_no_longer_keeps_is_said(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    published = told.sequencer.published
    assert published is not None
    monkeypatch.setattr(told.sequencer.edge, "published", replace(published, epoch=0))
    monkeypatch.setattr(told.sequencer.history, "_undo", type(told.sequencer.history._undo)())
    with pytest.raises(StoreError, match="epochs pass faster"):
        bundle(told, subjects(told)[0])


def test_on_postgres(postgres_url: str, postgres_role: Callable[[str, str], str], tmp_path: Path, told: World) -> None:
    migrate(postgres_url)
    with World(tmp_path, url=Place.postgres(postgres_url, postgres_role).app) as world:
        tell(world)
        for subject in subjects(world):
            assert bundle(world, subject) == bundle(told, subject)


def test_a_story_too_long_is_not_even_read(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_source, "BUNDLE_LISTED_MAX", 20)
    with pytest.raises(VerificationError, match="bundle-too-large"):
        bundle(told, subjects(told)[0])


def source_of(world: World, reads: Reads) -> EpochSource:
    published = world.sequencer.published
    assert published is not None
    return EpochSource(reads, published, world.sequencer, Extras("", lambda _statement: []))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DELETE FROM stream_row WHERE position = 0", "has a hole"),
        ("DELETE FROM leaf WHERE idx IN (SELECT idx FROM entry WHERE kind = 1)", "has a hole"),
        ("DELETE FROM entry WHERE kind = 2", "is not before it"),
        (
            "UPDATE leaf SET body = (SELECT body FROM leaf WHERE idx = 0) WHERE idx IN (SELECT idx FROM entry WHERE kind = 2)",
            "not before",
        ),
        ("DELETE FROM entry WHERE idx IN (SELECT idx + 1 FROM entry WHERE kind = 2)", "has a hole"),
    ],
)
def test_a_damaged_book_gives_no_bundle(told: World, tmp_path: Path, damage: str, words: str) -> None:
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    with closing(unguarded(path)) as connection:
        connection.execute(damage)
    bundle_source.KEPT.clear()
    with closing(create_engine(f"sqlite:///{path}").connect()) as connection:

        @contextmanager
        def same() -> Iterator[Connection]:
            yield connection

        source = source_of(told, Reads(1, same))
        with pytest.raises(StoreError, match=words):
            _ = [bundle_make.make_bundle(subject, source) for subject in subjects(told)]


def test_a_log_of_many_tiles(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        maker = world.register(Signer.new(f"uscc:{company(1)}"), "merchant")
        carrier = world.register(Signer.new(f"uscc:{company(2)}"), "courier")
        item, place = f"/s/{company(1)}/TOY/21/serial-00000001", {"district": "330702"}
        world.say(maker, "item", {"item": item}, {})
        for count in (1, 300, 500):
            scans = [{"waybill": f"{company(2)}/{count:011d}{number:011d}"} for number in range(count)]
            world.batch(carrier, [world.sign(carrier, "scan", scan, {"code": "PICKED_UP", "place": place}) for scan in scans])
            for subject in (f"p:{item}", f"w:{scans[-1]['waybill']}"):
                report = verify_bundle(
                    bundle(world, subject), log_policy(ORIGIN, [world.log_key.public]), world.now, TradeRules()
                )
                assert (report.verdict, report.recorded) == ("holds", True)


def test_batches_are_kept_up_to_a_bound() -> None:
    kept = KeptBatches(2)
    one, two, three = (bundle_make.BatchLeaf(bytes([number]), 1, lambda _level, _index: b"") for number in range(3))
    kept.put(b"1", one)
    kept.put(b"2", two)
    assert kept.get(b"1") is one
    kept.put(b"3", three)
    assert (kept.get(b"1"), kept.get(b"2"), kept.get(b"3")) == (one, None, three)
    kept.clear()
    assert kept.get(b"1") is None


# -- through HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


def test_a_product_gives_its_bundle(door: Village) -> None:
    answer = door.site.http.get(f"/v1/products{ITEM}/bundle")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache"
    assert 'filename="aaaaaaaaaaa.suxin.json"' in answer.headers["content-disposition"]
    service = door.site.house.service
    policy = log_policy(service.genesis.origin, [service.log_public])
    report = verify_bundle(answer.content, policy, door.site.house.clock(), TradeRules())
    assert (report.verdict, report.recorded) == ("holds", True)
    assert {shown.statement.actor for shown in parse_bundle(answer.content).entries.values()} >= {SELLER}
    assert json.loads(answer.content)["hints"] == {"vkey": service.vkey}


def test_a_text_that_the_page_shows_is_in_the_bundle(door: Village) -> None:
    text, salt = "好茶。Good tea.", seed("salt")
    body = {"kind": "first", "stars": 5, "text": b64u(commit(salt, "review", "/body/text", text))}
    opened = [{"pointer": "/body/text", "salt": b64u(salt), "value": text}]
    review = door.buyer.line(door.buyer.raw("review", {"item": ITEM, "offer": OFFER}, body), open=opened)
    door.site.post_event(review).raise_for_status()
    raw = door.site.http.get(f"/v1/products{ITEM}/bundle").content
    assert [opened.value for opened in parse_bundle(raw).opened] == [text]
    service = door.site.house.service
    policy = log_policy(service.genesis.origin, [service.log_public])
    assert verify_bundle(raw, policy, door.site.house.clock(), TradeRules()).verdict == "holds"


def test_a_product_that_nobody_recorded_gives_the_proof_of_that(door: Village) -> None:
    answer = door.site.http.get(f"/v1/products{ITEM[:-1]}b/bundle")
    service = door.site.house.service
    policy = log_policy(service.genesis.origin, [service.log_public])
    report = verify_bundle(answer.content, policy, door.site.house.clock(), TradeRules())
    assert (answer.status_code, report.verdict, report.recorded) == (200, "holds", False)


def test_cosignatures_that_came_in_stand_on_the_checkpoint(
    door: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, now = door.site.house.service, door.site.house.clock()
    witness = witness_of("w1", full=True)
    published = service.sequencer.published
    assert published is not None
    text = parse_note(published.note).text
    kept = Cosignatures(tmp_path / "cosignatures", service.genesis.origin, [witness.key])
    kept.add(text, [cosign(text, witness.key.name, SigningKey(seed(witness.key.name)), now // 1_000)])
    monkeypatch.setattr(service, "cosignatures", kept)
    log = log_policy(service.genesis.origin, [service.log_public])
    report = verify_bundle(make_bundle(service, ITEM), replace(log, witnesses=(witness,), quorum="w1"), now, TradeRules())
    assert (report.verdict, report.audited, len(report.cosigned)) == ("holds", True, 1)


@pytest.mark.parametrize(
    ("key", "code"), [("01/09501101530004/21/aaaaaaaaaaa", "check-digit"), ("01/1/21/a", "subject-malformed")]
)
def test_a_key_that_is_none_is_refused(door: Village, key: str, code: str) -> None:
    answer = door.site.http.get(f"/v1/products/{key}/bundle")
    assert answer.status_code == 422
    assert answer.json()["type"] == f"/problems/{code}"


def test_a_story_too_large_for_a_bundle_is_refused(door: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_make, "BUNDLE_ENTRIES_MAX", 2)
    with pytest.raises(Refused, match="bundle-too-large"):
        make_bundle(door.site.house.service, ITEM)
    assert door.site.http.get(f"/v1/products{ITEM}/bundle").json()["type"] == "/problems/bundle-too-large"


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(told: World, tmp_path: Path) -> tuple[Path, Path]:
    found, policy = tmp_path / "item.json", tmp_path / "policy"
    found.write_bytes(bundle(told, subjects(told)[0]))
    policy.write_bytes(format_policy(log_policy(ORIGIN, [told.log_key.public])))
    return found, policy


def test_the_command_says_what_holds_and_no_more(
    told: World, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_bundle_file(*files, False, told.now) == 0
    out = capsys.readouterr().out
    assert "every entry about it is here; it does not show what nobody entered" in out
    assert "not yet checked by an independent auditor" in out
    assert out.endswith("\nholds\n")
    assert verify_bundle_file(*files, False, told.now + 3_600_000) == 0
    out = capsys.readouterr().out
    assert "\nholds, as of 2026-" in out


def test_the_command_says_what_does_not_hold(told: World, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    found, policy = files
    found.write_bytes(found.read_bytes().replace(b'"weight_g":', b'"weight_h":', 1))
    assert verify_bundle_file(found, policy, False, told.now) == 1
    assert "does not hold: statement-malformed at index" in capsys.readouterr().out
    assert verify_bundle_file(found, policy, True, told.now) == 1
    assert json.loads(capsys.readouterr().out)["form"]["code"] == "statement-malformed"


def test_the_command_never_trusts_an_unknown_log(
    told: World, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found, policy = files
    assert verify_bundle_file(found, None, False, told.now) == 2
    out = capsys.readouterr().out
    assert "could not be checked: log-unknown" in out
    assert out.count("holds") == 1, "form alone"
    policy.write_bytes(policy.read_bytes().replace(b"quorum none", b"quorum n"))
    assert verify_bundle_file(found, policy, True, told.now) == 2
    assert "policy-name" in json.loads(capsys.readouterr().out)["error"]


def test_the_command_reads_the_clock_of_the_machine(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_bundle_file(*files, True) == 0
    assert json.loads(capsys.readouterr().out)["current"]["state"] == "open"


def test_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_bundle_file(tmp_path / "none", None, False) == 2
    assert "could not be checked" in capsys.readouterr().err
