"""The lies of "who notices what": one honest book, and for each lie what its operator then shows, and what is on his disk.

Everything he shows agrees with itself as far as he can make it, with the log's own key, and is of now wherever he can help it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import orjson
from fakes.auditing import copy_book, unguarded
from fakes.bundle_edit import Value, edited
from fakes.forger import TABLES, Forger, statement_of
from fakes.story import HAM, item
from fakes.world import ORIGIN, Said, Signer, World, company, seed

from suxin.api.service import wall_clock
from suxin.ledger.bundle_make import make_bundle
from suxin.ledger.chain import head_of
from suxin.ledger.checkpoint import Checkpoint, sign_checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.epoch import decode_epoch, encode_epoch
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import encode_entry, kind_of
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key
from suxin.ledger.merkle import frontier_of, inclusion_path, nodes_of, root_of
from suxin.ledger.store.book import Book
from suxin.ledger.store.bundle_source import EpochSource, Extras
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.stored_epoch import StoredEpoch
from suxin.ledger.streams import streams
from suxin.ledger.update_make import make_update

PRODUCT: Final = item(HAM, 1)
STRANGERS_KEY: Final = SigningKey(seed("another log"))
AFTER: Final = 2  # epochs that go on after a lie, so that it is longer than what was seen before


@dataclass(frozen=True)
class Shown:
    """What an address shows.

    Attributes:
        leaves: The log.
        note: Its checkpoint.
        size: Leaves under the note.
        log: Key that the site names.
        bundle: Of `PRODUCT`.
        hashes: Leaf hashes for the tiles, where they are not those of `leaves`.
        scripts: Static files that are not the honest ones.
        receipt: Answer to a post.
        notes: Checkpoints by size.
        stands: Streams that an entry leaf was put into.
    """

    leaves: list[bytes]
    note: str
    size: int
    log: SigningKey
    bundle: bytes
    hashes: list[bytes] | None = None
    scripts: Mapping[str, bytes] = field(default_factory=dict)
    receipt: bytes = b""
    notes: Mapping[int, str] = field(default_factory=dict)
    stands: Callable[[bytes], list[str]] = lambda _raw: []

    def update(self, asked: Mapping[str, int]) -> bytes:
        """The update that is asked for: `from` an epoch or `since` a size, and `to` an epoch or the newest."""
        sizes = [0, *(at + 1 for at, raw in enumerate(self.leaves[: self.size]) if kind_of(raw) == "epoch")]
        since = asked["since"] if "since" in asked else sizes[asked["from"]]
        return make_update(_Between(self, since - 1, sizes[asked.get("to", -1)]), self.stands)


@dataclass(frozen=True)
class Lie:
    """One lie.

    Attributes:
        shown: To the reader who is lied to.
        others: To everybody else; the same, or None for the honest book.
        data: Data folder of the operator's server.
        posted: What somebody posts now, and what then is shown to her, with the receipt; None where the book takes it honestly.
        marks: Whether the high-water mark that he has is that of this log.
        grows: Whether it continues what was seen before.
    """

    shown: Shown
    others: Shown | None
    data: Path
    posted: tuple[Said, Shown] | None = None
    marks: bool = True
    grows: bool = False


class Past:
    """The honest book as everybody has seen it.

    Args:
        world: Who signs in it; its keys are in the hands of whoever owns them.
        database: A copy of the book, which nobody writes to any more.
        folder: For what the operator makes.

    Attributes:
        leaves: Its log.
        seen: Time of its newest epoch, Unix milliseconds.
        now: When the lie is told.
    """

    def __init__(self, world: World, database: Path, folder: Path) -> None:
        self.world, self.database, self.folder = world, database, folder
        with closing(Book.open(f"sqlite:///{database}")) as book:
            kept = list(book.leaves())
        self._read = SimpleNamespace(
            book=SimpleNamespace(leaves=lambda: iter(kept)), signers=world.signers, log_key=world.log_key
        )
        self.leaves = [raw for _, raw in kept]
        self.seen = self.now = decode_epoch(self.leaves[-1]).time
        self._taken: tuple[Said, Shown] | None = None

    def tell(self, name: str) -> Lie:
        """One of the lies, as of now."""
        self.now = wall_clock()
        return LIES[name](self)

    def forger(self) -> Forger:
        """The book in its operator's hands."""
        return Forger(cast(World, self._read), self.database)

    def before_complaint(self) -> int:
        """Leaves of the last state that did not have the buyer's complaint."""
        at = self.forger().find("complaint")
        return max(i for i, raw in enumerate(self.leaves[:at]) if kind_of(raw) == "epoch") + 1

    # -- what he does ----------------------------------------------------------------------------------------------

    def close_epoch(self, forger: Forger) -> None:
        """Close an epoch of now."""
        last = next(raw for raw in reversed(self.leaves) if kind_of(raw) == "epoch")
        forger.leaves.append(encode_epoch(replace(decode_epoch(last), time=self.now)))

    def go_on(self, forger: Forger, epochs: int = AFTER) -> None:
        """Let the book go on, at least to one leaf more than was seen before."""
        for _ in range(max(epochs, len(self.leaves) + 1 - len(forger.leaves))):
            self.close_epoch(forger)

    def enter(self, forger: Forger, said: Said, signature: bytes | None = None) -> int:
        """Write a statement at the end."""
        forger.leaves.append(encode_entry(said.statement.raw, self.now, signature or said.signature))
        return len(forger.leaves) - 1

    def say(self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: Any) -> Said:
        """Sign something now; the signer's counter is not moved, since every lie begins at the same book."""
        kept = signer.n
        self.world.now = self.now
        said = self.world.sign(signer, type_name, subjects, body, **more)
        signer.n = kept
        return said

    # -- what comes of it ------------------------------------------------------------------------------------------

    def publish(self, name: str, forger: Forger, key: SigningKey | None = None) -> tuple[Shown, Path]:
        """The book that he shows, and his data folder with it."""
        folder = self.folder / name
        folder.mkdir()
        url = forger.publish(folder)
        database = folder / "forged.db"
        leaves, notes = forger.made()
        size = len(leaves)
        bundle = bundle_of(url)
        data = data_folder(folder / "data", database, key or self.world.log_key)
        stands = partial(standing, forger)
        shown = Shown(leaves, notes[size], size, key or self.world.log_key, bundle, notes=notes, stands=stands)
        return shown, data

    def taken(self) -> tuple[Said, Shown]:
        """A complaint that the honest book takes, and what it shows then."""
        if self._taken is None:
            forger = self.forger()
            said = complaint(self)
            index = self.enter(forger, said)
            self.close_epoch(forger)
            self._taken = said, answered(self.publish("taken", forger)[0], said, index)
        return self._taken

    def honest(self, name: str) -> Path:
        """A data folder with the honest book."""
        (self.folder / name).mkdir()
        return data_folder(self.folder / name / "data", self.database, self.world.log_key)


def bundle_of(url: str) -> bytes:
    """The bundle of the product from a stored book."""
    with closing(Book.open(url)) as book, book.snapshot() as reads:
        epoch = StoredEpoch(reads)
        return make_bundle(f"p:{PRODUCT}", EpochSource(reads, epoch.published, epoch, Extras("", lambda _statement: ())))


def data_folder(folder: Path, database: Path, log: SigningKey) -> Path:
    """A data folder whose database is what a server would have made: its tables and guards, and these rows."""
    (folder / "keys").mkdir(parents=True)
    for name, secret in (("log", log), ("root", SigningKey(seed("root")))):
        (folder / "keys" / f"{name}.key").write_text(b64u(_seed_of(secret)) + "\n")
    migrate(f"sqlite:///{folder / 'book.db'}")
    with closing(sqlite3.connect(folder / "book.db", isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS forged", (str(database),))
        connection.execute("BEGIN")
        for table in (*TABLES, "conflict"):
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
            listed = ", ".join(columns)
            connection.execute(f"INSERT INTO main.{table} ({listed}) SELECT {listed} FROM forged.{table}")
        connection.execute("COMMIT")
    return folder


def _seed_of(key: SigningKey) -> bytes:
    return next(text for text in (seed("log"), seed("root"), seed("another log")) if SigningKey(text).public == key.public)


def with_note(shown: Shown, note: str) -> Shown:
    """The same, under another text or other lines of the checkpoint."""
    bundle = edited(shown.bundle.decode(), lambda value: value.update(checkpoint=note)).encode()
    return replace(shown, note=note, bundle=bundle, notes={**shown.notes, shown.size: note})


# -- answers to a submitter -----------------------------------------------------------------------------------------------


class _Between:
    """Two epochs of what is shown, as a source of updates."""

    def __init__(self, shown: Shown, first: int, size: int) -> None:
        self._leaves, self.note, self.first, self.size = shown.leaves[:size], shown.notes[size], first, size
        self._rows: dict[str, list[int]] = {}
        for index, raw in enumerate(self._leaves):
            for name in shown.stands(raw):
                self._rows.setdefault(name, []).append(index)
        self._hashes = (shown.hashes or [leaf_hash(raw) for raw in shown.leaves])[:size]
        records = [(map_key(name), len(rows), self._head(rows)) for name, rows in self._rows.items()]
        self.newer = Map.from_records(int(orjson.loads(shown.leaves[0])["depth"]), records)

    def _head(self, rows: Sequence[int]) -> bytes:
        return head_of((index, self._hashes[index]) for index in rows)

    def leaf(self, index: int) -> bytes:
        return self._leaves[index]

    def leaves(self) -> Iterable[tuple[int, bytes]]:
        return enumerate(self._leaves[self.first :], self.first)

    def path(self) -> Sequence[bytes]:
        return frontier_of(self.first, nodes_of(self._hashes)).hashes

    def heads(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, bytes]:
        return {name: self._head(self._rows[name][:count]) for name, count in wanted}


def standing(forger: Forger, raw: bytes) -> list[str]:
    """Streams that he has put an entry into."""
    if kind_of(raw) != "entry":
        return []
    said = statement_of(raw)
    return [name for name in streams(said["type"], said["subjects"], said.get("re")) if not forger.hides(said, name)]


def answered(shown: Shown, said: Said, index: int) -> Shown:
    """The same with what is answered to whoever posted that statement: the receipt that looks best."""
    size = min(one for one in shown.notes if one > index)
    leaf = shown.leaves[index]
    path = inclusion_path(index, size, nodes_of([leaf_hash(raw) for raw in shown.leaves[:size]]))
    receipt = orjson.dumps({
        "outcome": "recorded", "index": index, "epoch": decode_epoch(shown.leaves[size - 1]).number, "statement": said.ref,
        "received": orjson.loads(leaf)["received"], "leaf": b64u(leaf_hash(leaf)), "size": size,
        "proof": [b64u(one) for one in path], "checkpoint": shown.notes[size],
    })  # fmt: skip
    return replace(shown, receipt=receipt)


# -- the lies -------------------------------------------------------------------------------------------------------------

Maker = Callable[[Past], Lie]
LIES: dict[str, Maker] = {}


def lie(maker: Maker) -> Maker:
    """Enter a lie under its function's name."""
    LIES[maker.__name__] = maker
    return maker


def complaint(past: Past, name: str = "first stranger") -> Said:
    """Somebody complains about the product now."""
    return past.say(Signer.nobody(name), "complaint", {"item": PRODUCT}, {"against": "seller", "category": "quality"})


def posted(past: Past, name: str, forger: Forger) -> tuple[Said, Shown]:
    """What somebody posts to a forged book, and what it shows her then."""
    said = complaint(past)
    past.go_on(forger, 1)
    index = past.enter(forger, said)
    past.close_epoch(forger)
    return said, answered(past.publish(f"{name}, posted to", forger)[0], said, index)


def without_complaint(shown: Shown) -> bytes:
    """The bundle without the complaint that was posted last."""

    def drop(value: Value) -> None:
        index = max(at for at, leaf in value["entries"] if leaf["statement"]["type"] == "complaint")
        value["entries"] = [one for one in value["entries"] if one[0] != index]
        value["streams"] = {name: [at for at in found if at != index] for name, found in value["streams"].items()}

    return edited(shown.bundle.decode(), drop).encode()


@lie
def nothing(past: Past) -> Lie:
    forger = past.forger()
    past.go_on(forger)
    shown, data = past.publish("nothing", forger)
    return Lie(shown, shown, data, grows=True)


@lie
def byte_changed(past: Past) -> Lie:
    shown, _ = past.publish("byte", past.forger())
    index = next(i for i, raw in enumerate(shown.leaves) if b'"type":"sale"' in raw and PRODUCT.encode() in raw)
    raw = shown.leaves[index].replace(b'"price_minor":39900', b'"price_minor":19900')
    assert raw != shown.leaves[index]
    leaves = [raw if at == index else one for at, one in enumerate(shown.leaves)]

    def change(value: Value) -> None:
        value["entries"] = [[at, orjson.loads(raw) if at == index else leaf] for at, leaf in value["entries"]]

    bundle = edited(shown.bundle.decode(), change).encode()
    changed = past.folder / "byte" / "changed.db"
    copy_book(past.database, changed)
    with closing(unguarded(changed)) as connection:
        connection.execute("UPDATE leaf SET body = ? WHERE idx = ?", (raw, index))
    data = data_folder(past.folder / "byte" / "disk", changed, past.world.log_key)
    seen = replace(shown, leaves=leaves, bundle=bundle, hashes=[leaf_hash(one) for one in shown.leaves])
    return Lie(seen, seen, data)


@lie
def signature_swapped(past: Past) -> Lie:
    forger = past.forger()
    said = complaint(past)
    other = complaint(past, "second stranger")
    index = past.enter(forger, said, other.signature)
    past.go_on(forger)
    shown, data = past.publish("signature", forger)
    return Lie(shown, shown, data, (said, answered(shown, said, index)), grows=True)


def dropped(past: Past, name: str) -> tuple[Shown, Path, Forger]:
    forger = past.forger()
    del forger.leaves[forger.find("inspection")]
    past.go_on(forger)
    return *past.publish(name, forger), forger


@lie
def entry_dropped(past: Past) -> Lie:
    shown, data, forger = dropped(past, "dropped")
    return Lie(shown, shown, data, posted(past, "dropped", forger))


@lie
def complaint_withheld(past: Past) -> Lie:
    shown, data = past.publish("withheld", past.forger())
    return Lie(replace(shown, bundle=without_complaint(shown)), None, data)


def cut(past: Past, name: str) -> tuple[Shown, Path]:
    forger = past.forger()
    del forger.leaves[past.before_complaint() :]
    return past.publish(name, forger)


@lie
def tail_cut(past: Past) -> Lie:
    shown, data = cut(past, "cut")
    return Lie(shown, shown, data)


@lie
def entries_swapped(past: Past) -> Lie:
    forger = past.forger()
    first, second = forger.find("commitment"), forger.find("listing")
    a, b = forger.leaves[first], forger.leaves[second]
    forger.leaves[first], forger.leaves[second] = b, a
    forger.remark(first, received=orjson.loads(a)["received"])
    forger.remark(second, received=orjson.loads(b)["received"])
    past.go_on(forger)
    shown, data = past.publish("swapped", forger)
    return Lie(shown, shown, data, posted(past, "swapped", forger))


@lie
def backup_served(past: Past) -> Lie:
    """A backup put back: on the disk it is the old state, and what is served goes on from there."""
    _, data = cut(past, "backup")
    forger = past.forger()
    del forger.leaves[past.before_complaint() :]
    past.go_on(forger)
    shown, _ = past.publish("backup goes on", forger)
    return Lie(shown, shown, data, posted(past, "backup", forger))


@lie
def epoch_of_old(past: Past) -> Lie:
    shown, _ = cut(past, "old")
    return Lie(shown, shown, past.honest("old, on the disk"))


@lie
def fork(past: Past) -> Lie:
    shown, _, _ = dropped(past, "fork")
    return Lie(shown, None, past.honest("fork, on the disk"))


@lie
def map_root_wrong_once(past: Past) -> Lie:
    forger = past.forger()
    said = complaint(past)
    index = past.enter(forger, said)
    forger.epochs[forger.epoch_of(index)] = lambda epoch: replace(epoch, map_root=bytes(32))
    past.close_epoch(forger)
    past.enter(forger, complaint(past, "second stranger"))  # so that the map has a reason to change back
    past.go_on(forger)
    shown, data = past.publish("map", forger)
    return Lie(shown, shown, data, (said, answered(shown, said, index)), grows=True)


@lie
def device_by_operator(past: Past) -> Lie:
    forger = past.forger()
    device = Signer.new(f"dev:{'ghost'.ljust(22, '0')}")
    carrier = f"uscc:{company(5)}"
    body = {"event": "register", "key": device.public, "role": "device"}
    past.enter(forger, past.say(past.world.root, "actor", {"party": device.actor, "company": carrier}, body))
    scan = {"code": "HUB_OUT", "place": {"district": "330702"}}
    past.enter(forger, past.say(device, "scan", {"waybill": waybill(past, company(5))}, scan))
    past.go_on(forger)
    shown, data = past.publish("device", forger)
    return Lie(shown, shown, data, grows=True)


def waybill(past: Past, carrier: str) -> str:
    """The waybill of the product at a carrier."""
    said = [statement_of(raw) for raw in past.leaves if kind_of(raw) == "entry"]
    found = [one["subjects"]["waybill"] for one in said if one["type"] == "consign"]
    return str(next(one for one in found if one.startswith(carrier)))


@lie
def revocation_hidden(past: Past) -> Lie:
    """A carrier revokes a stolen key; the book keeps it out of the key's stream, and the thief signs on."""
    forger = past.forger()
    carrier = f"uscc:{company(6)}"
    stolen = next(one for one in past.world.signers() if one.public == Signer.new(carrier, "second key").public)
    body = {"event": "revoke", "key": stolen.public, "reason": "stolen"}
    said = past.say(stolen, "key", {"party": carrier}, body)
    index = past.enter(forger, said)
    past.close_epoch(forger)
    scan = {"code": "HUB_OUT", "place": {"district": "330702"}}
    thief = replace(stolen, n=stolen.n + 1)
    past.enter(forger, past.say(thief, "scan", {"waybill": waybill(past, company(6))}, scan))
    forger.hides = lambda one, stream: one["id"] == statement_of(forger.leaves[index])["id"] and stream.startswith("k:")
    past.go_on(forger)
    shown, data = past.publish("revocation", forger)
    return Lie(shown, shown, data, (said, answered(shown, said, index)), grows=True)


@lie
def checkpoint_by_another_key(past: Past) -> Lie:
    forger = past.forger()
    said = complaint(past)
    index = past.enter(forger, said)
    past.go_on(forger, 1)
    shown, _ = past.publish("key", forger)
    note = sign_checkpoint(Checkpoint(ORIGIN, shown.size, root_of([leaf_hash(raw) for raw in shown.leaves])), STRANGERS_KEY)
    shown = with_note(shown, note)
    with closing(unguarded(past.folder / "key" / "forged.db")) as connection:
        connection.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (note, shown.size))
    data = data_folder(past.folder / "key" / "disk", past.folder / "key" / "forged.db", past.world.log_key)
    return Lie(shown, shown, data, (said, answered(shown, said, index)), grows=True)


@lie
def book_of_a_forger(past: Past) -> Lie:
    """Somebody copies what others have signed into a book of his own, leaves out what he does not like, and names it alike."""
    forger = past.forger()
    forger.log_key = STRANGERS_KEY
    forger.remark(0, log=STRANGERS_KEY.public_text)
    del forger.leaves[forger.find("inspection")]
    said = complaint(past)
    index = past.enter(forger, said)
    past.go_on(forger)
    shown, data = past.publish("forger", forger, STRANGERS_KEY)
    return Lie(shown, shown, data, (said, answered(shown, said, index)), marks=False)


GREEN: Final = b"""const page = document.documentElement;
const panel = document.querySelector("section.proof");
panel.querySelector("h2").textContent = "Checked on this device: recorded and unaltered";
page.dataset.proof = "ok";
"""


@lie
def script_changed(past: Past) -> Lie:
    """As `complaint_withheld`, and the script says that all is well."""
    shown, data = past.publish("script", past.forger())
    bundle = without_complaint(shown)
    return Lie(replace(shown, bundle=bundle, scripts=dict.fromkeys(("page-en.js", "page-zh-CN.js"), GREEN)), None, data)
