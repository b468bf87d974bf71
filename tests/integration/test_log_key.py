"""The log's own key changes: who signs when, what stays verifiable, and what is refused. On a real book, without processes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from fakes.auditing import audit, follower, hashes, unguarded
from fakes.house import BOOK, CARRIER, Clock, House, settings
from fakes.place import Place

from suxin.api.cli_verify import verify
from suxin.api.export import export_tree
from suxin.api.keyring import load_key, load_log_keys, make_log_key
from suxin.api.log_change import Changed, change_log_key
from suxin.ledger.bodies import KeyBody
from suxin.ledger.checkpoint import Checkpoint, log_key, open_checkpoint, open_cosigned, sign_checkpoint
from suxin.ledger.errors import Fenced, Refused, StoreError, VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.limits import ROTATE_GRACE_MS
from suxin.ledger.log_keys import LogKeys, check_signers, open_signed
from suxin.ledger.merkle import Frontier
from suxin.ledger.note import format_vkey
from suxin.ledger.store.book import Book
from suxin.ledger.store.schema import migrate

ORIGIN = f"{BOOK}/1"
DAY = 24 * 3600 * 1000
FIRST, SECOND, THIRD = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))


class Lived:
    """A book that has been written to, closed, and had its log's key changed."""

    def __init__(self, folder: Path, event: str = "rotate", **more: object) -> None:
        self.folder, self.clock, self.more = folder, Clock(), more
        self.keys = folder / "data" / "keys"
        with House(folder, self.clock, **more) as house:
            house.firm(CARRIER, "courier")
            published = house.service.sequencer.published
            assert published is not None
            self.before = published.note
        self.old = load_key(self.keys / "log.key")
        self.clock.now += DAY
        self.changed = self.change(event)
        self.new = load_key(self.changed.file) if self.changed.file else None

    def change(self, event: str, key: str | None = None) -> Changed:
        return change_log_key(settings(self.folder, **self.more), event, key, clock=self.clock)  # type: ignore[arg-type]

    def open(self) -> House:
        return House(self.folder, self.clock, **self.more)

    @property
    def url(self) -> str:
        return settings(self.folder, **self.more).url


def signers(note: str, *keys: SigningKey) -> set[bytes]:
    return {key.public for key in open_cosigned(note, ORIGIN, [log_key(ORIGIN, one.public) for one in keys]).signers}


def vkey_of(key: SigningKey) -> str:
    return format_vkey(log_key(ORIGIN, key.public))


def note_of(house: House) -> str:
    published = house.service.sequencer.published
    assert published is not None
    return published.note


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str | None:
    """URL of a database with the book's tables, or none for SQLite in the data folder."""
    if request.param == "sqlite":
        return None
    owner: str = request.getfixturevalue("postgres_url")
    migrate(owner)
    return Place.postgres(owner, request.getfixturevalue("postgres_role")).app


def test_both_keys_sign_for_thirty_days_and_then_the_new_one(tmp_path: Path, database: str | None) -> None:
    book = Lived(tmp_path, database=database)
    assert book.new is not None
    with book.open() as house:
        note = note_of(house)
        assert open_checkpoint(note, ORIGIN, book.old.public) == open_checkpoint(note, ORIGIN, book.new.public)
        assert house.service.vkeys == book.changed.vkeys == (vkey_of(book.new), vkey_of(book.old))
        export_tree(house.service.book, tmp_path / "export", entries=True)
        house.clock.now += ROTATE_GRACE_MS + 1
        house.firm("uscc:91350100M000100Y43", "courier", seed=2)
        assert signers(note_of(house), book.old, book.new) == {book.new.public}
        assert len(house.service.vkeys) == 1
        export_tree(house.service.book, tmp_path / "export", entries=True)
    (book.keys / "log.key").unlink()
    with book.open() as house:
        assert house.service.log_public == book.new.public
        leaves = [body for _, body in house.service.book.leaves()]
    assert open_checkpoint(book.before, ORIGIN, book.old.public).size > 1, "what was signed before, holds as it did"
    report = audit(book.url)
    assert (report.holds, report.log_key, report.log_keys) == (True, book.old.public_text, (book.new.public_text,))
    policy = tmp_path / "policy"
    for key, code in ((book.new, 0), (book.old, 2)):
        policy.write_text(f"log {vkey_of(key)}\nquorum none\n")
        assert verify(tmp_path / "data", database, policy, True, workers="threads") == code
    for known, signed, first in (
        (book.new, book.new, None),
        (book.old, book.old, "log-key-retired"),
        (THIRD, THIRD, "genesis-key"),
    ):
        with follower(leaves, ORIGIN, known.public) as following:
            following.read(list(enumerate(leaves)))
            right = following.settle([signed.public])
            assert (following.first and following.first.code) == first
            assert (right == len(leaves)) == (first is None)


def test_a_start_without_the_leading_key_names_its_file(tmp_path: Path) -> None:
    book = Lived(tmp_path)
    assert book.changed.file is not None
    kept = book.changed.file.rename(tmp_path / "elsewhere")
    with pytest.raises(Fenced, match=book.changed.file.name):
        book.open()
    kept.rename(book.changed.file)
    (book.keys / "log.key").rename(tmp_path / "lost")
    with book.open() as house:  # an older key that is in its thirty days may be lost
        assert book.new is not None
        house.firm("uscc:91350100M000100Y43", "courier", seed=2)
        assert signers(note_of(house), book.old, book.new) == {book.new.public}


def test_a_file_that_a_crash_left_is_taken(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        left = make_log_key(tmp_path / "data" / "keys")
        with pytest.raises(StoreError):
            change_log_key(settings(tmp_path), "rotate", clock=house.clock)
    changed = change_log_key(settings(tmp_path), "rotate", clock=house.clock)
    assert changed.file is not None
    assert load_key(changed.file).public == left.public
    assert len(load_log_keys(tmp_path / "data" / "keys")) == 2


def test_a_revoked_key_signs_nothing_and_an_older_one_goes_without_a_new_one(tmp_path: Path) -> None:
    book = Lived(tmp_path)
    assert book.new is not None
    done = book.change("revoke", book.old.public_text)
    assert (done.file, done.until_ms, len(done.vkeys)) == (None, None, 1)
    with book.open() as house:
        assert signers(note_of(house), book.old, book.new) == {book.new.public}
    with pytest.raises(StoreError, match="key-revoked"):
        book.change("revoke", book.old.public_text)
    with pytest.raises(StoreError, match="key-unknown"):
        book.change("revoke", THIRD.public_text)
    assert audit(book.url).holds
    assert hashes(book.url).holds, "the newer keys sign the checkpoints"


def test_a_stored_checkpoint_by_an_older_key_alone_is_a_fault(tmp_path: Path) -> None:
    book = Lived(tmp_path)
    with closing(Book.open(book.url)) as stored:
        epoch, size, _ = stored.checkpoints()[-1]
        frontier = Frontier()
        frontier.extend(stored.leaf_hashes(0, size - 1))
    forged = sign_checkpoint(Checkpoint(ORIGIN, size, frontier.root()), book.old)
    with closing(unguarded(Path(book.url.removeprefix("sqlite:///")))) as sql:
        sql.execute("UPDATE checkpoint SET note = ? WHERE epoch = ?", (forged, epoch))
    first = audit(book.url).first
    assert first is not None
    assert (first.code, first.table, first.key) == ("log-key-retired", "checkpoint", str(epoch))
    with pytest.raises(StoreError):
        book.open()


# The rule by itself


def log() -> LogKeys:
    """First from leaf 0, second from index 5, first rotated at 6 and second revoked at 20 after a third came at 19."""
    keys = LogKeys(FIRST.public)
    for event, key, index in (
        ("add", SECOND, 5),
        ("rotate", FIRST, 6),
        ("add", THIRD, 19),
        ("revoke", SECOND, 20),
    ):
        body = KeyBody(event=event, key=key.public_text, use="log")  # type: ignore[arg-type]
        keys.fold(body, index, index * DAY)
    return keys


@pytest.mark.parametrize(
    ("size", "time", "due"),
    [
        (1, 0, [FIRST]),
        (5, 5 * DAY, [FIRST]),
        (6, 5 * DAY, [SECOND, FIRST]),
        (7, 6 * DAY, [SECOND, FIRST]),
        (7, 36 * DAY, [SECOND, FIRST]),
        (7, 36 * DAY + 1, [SECOND]),
        (20, 19 * DAY, [THIRD, SECOND, FIRST]),
        (21, 20 * DAY, [THIRD, FIRST]),
        (21, 50 * DAY, [THIRD]),
    ],
)
def test_who_signs_at_a_size(size: int, time: int, due: list[SigningKey]) -> None:
    keys = log()
    assert keys.signing(size, time) == tuple(key.public for key in due)
    note = sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), *due)
    assert open_signed(note, ORIGIN, keys).size == size
    for key in (FIRST, SECOND, THIRD):
        alone = sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), key)
        if key is not due[0]:
            with pytest.raises(VerificationError, match="log-key-retired"):
                open_signed(alone, ORIGIN, keys)
        if key in due:
            check_signers(keys, [key.public], size, time)
        else:
            with pytest.raises(VerificationError, match="log-key-retired"):
                check_signers(keys, [key.public], size, time)


@pytest.mark.parametrize(
    ("event", "key", "code"),
    [
        ("rotate", THIRD, "log-key-last"),
        ("revoke", THIRD, "log-key-last"),
        ("rotate", FIRST, "log-key-rotated"),
        ("revoke", FIRST, None),
        ("revoke", SECOND, "key-revoked"),
        ("rotate", SigningKey(bytes([4]) * 32), "key-unknown"),
    ],
)
def test_what_may_become_of_a_key(event: str, key: SigningKey, code: str | None) -> None:
    body = KeyBody(event=event, key=key.public_text, use="log")  # type: ignore[arg-type]
    if code is None:
        log().check_change(body)
        return
    with pytest.raises(Refused) as caught:
        log().check_change(body)
    assert caught.value.code == code
