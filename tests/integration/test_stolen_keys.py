"""Every kind of stolen key, on real processes: what the thief can do, what ends it, and what holds all the same.

The table of docs/guide/keys.md names these tests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.command import Ended, suxin
from fakes.liar import Face, lying
from fakes.world import BOOK, ORIGIN, company
from rig.server import Server
from rig.witness import WitnessProcess

from suxin.api.keyring import load_key, make_key
from suxin.client.errors import Declined
from suxin.client.post import Session
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.checkpoint import Checkpoint, log_key, open_cosigned, parse_checkpoint, sign_checkpoint
from suxin.ledger.cosignature import cosign
from suxin.ledger.epoch import decode_epoch, encode_epoch
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, nodes_of, root_of
from suxin.ledger.moment import moment_text
from suxin.ledger.note import format_signature_lines, format_vkey, parse_note, parse_vkey
from suxin.ledger.policy import parse_policy
from suxin.ledger.statement import parse_statement
from suxin.ledger.witness import format_ask
from suxin.trace.lifecycle import TradeRules

PLACE = {"district": "330702"}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Town:
    """A book that is no sandbox, its operator, and who writes to it.

    Attributes:
        server: The process.
        folder: For key files.
        root: The operator's pen.
    """

    server: Server
    folder: Path
    root: Signer = field(init=False)
    _parcels: int = 0

    def __post_init__(self) -> None:
        self.root = self.pen(ROOT_ACTOR, load_key(self.server.data / "keys" / "root.key"))

    def pen(self, actor: str, key: SigningKey, taken: int = 0) -> Signer:
        return Signer(key, actor, BOOK, MemoryCounter(taken), now_ms)

    def post(self, pen: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: Any) -> Signed:
        signed = pen.sign(Draft(type_name, moment_text(now_ms()), subjects, body, **more))
        with Session(self.server.url) as session:
            session.post(signed)
        return signed

    def refused(self, pen: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any]) -> str:
        """The code it is refused with."""
        with pytest.raises(Declined) as caught:
            self.post(pen, type_name, subjects, body)
        return caught.value.problem.code

    def key_file(self, name: str) -> Path:
        path = self.folder / f"{name}.key"
        make_key(path)
        return path

    def firm(self, number: int, role: str, **body: Any) -> tuple[Signer, Path]:
        """A firm that the operator has approved, and its key file."""
        path = self.key_file(f"firm{number}")
        pen = self.pen(f"uscc:{company(number)}", load_key(path))
        fields = {"event": "register", "role": role, "key": pen.key.public_text} | body
        registered = self.post(pen, "actor", {"party": pen.actor}, fields)
        self.post(self.root, "confirm", {}, {"kind": "approves"}, ref=parse_statement(registered.raw, writing=False))
        return pen, path

    def waybill(self, carrier: str) -> str:
        self._parcels += 1
        return f"{carrier[5:]}/{self._parcels:022d}"

    def scan(self, pen: Signer, waybill: str, code: str = "PICKED_UP") -> Signed:
        return self.post(pen, "scan", {"waybill": waybill}, {"code": code, "place": PLACE})

    def change(self, event: str, *words: str) -> Ended:
        """A change by the command, as it is typed."""
        return suxin("key", event, *words, "--url", self.server.url, "--json")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with Server(folder / "book", "--origin", BOOK, "--entries", "public") as server:
        yield Town(server, folder)


def flags(town: Town, waybill: str) -> int:
    """How many entries the parcel's page marks as signed by a key that was reported."""
    page = httpx.get(f"{town.server.url}/en/w/{waybill}")
    page.raise_for_status()
    return page.text.count("Key reported lost or stolen by then")


def holds(town: Town) -> bool:
    checked = suxin("verify", "--url", town.server.url, "--json")
    return checked.returncode == 0 and json.loads(checked.stdout)["verdict"] == "holds"


def test_a_device(town: Town) -> None:
    owner, owner_key = town.firm(11, "courier")
    device = town.pen(f"dev:{'scanner'.ljust(22, '0')}", SigningKey(bytes([7]) * 32))
    subjects = {"party": device.actor, "company": owner.actor}
    town.post(owner, "actor", subjects, {"event": "register", "key": device.key.public_text, "role": "device"})
    waybill = town.waybill(owner.actor)
    town.scan(device, waybill)
    time.sleep(0.02)
    since = moment_text(now_ms())
    time.sleep(0.02)
    town.scan(device, waybill, "HUB_IN")
    words = ("--key", str(owner_key), "--actor", owner.actor, "--n", str(owner.next_n), "--party", device.actor)
    done = town.change("revoke", device.key.public_text, "--since", since, *words)
    assert done.returncode == 0, done.stderr
    assert town.refused(device, "scan", {"waybill": waybill}, {"code": "HUB_OUT", "place": PLACE}) == "key-revoked"
    assert flags(town, waybill) == 1


def test_a_company(town: Town) -> None:
    """The thief is quicker, and locks the company out of its own name; the operator ends that."""
    owner, owner_key = town.firm(12, "courier")
    waybill = town.waybill(owner.actor)
    town.scan(owner, waybill)
    stolen = town.pen(owner.actor, load_key(owner_key), owner.next_n - 1)
    since = moment_text(now_ms())
    time.sleep(0.02)
    theirs = town.pen(owner.actor, SigningKey(bytes([66]) * 32))
    party = {"party": owner.actor}
    town.post(stolen, "key", party, {"event": "add", "key": theirs.key.public_text})
    town.post(theirs, "key", party, {"event": "revoke", "key": owner.key.public_text})
    town.scan(theirs, waybill, "LOST")
    owner = town.pen(owner.actor, owner.key, stolen.next_n - 1)
    assert town.refused(owner, "scan", {"waybill": waybill}, {"code": "FOUND", "place": PLACE}) == "key-revoked"
    root, fresh = town.server.data / "keys" / "root.key", town.folder / "fresh.key"
    words = ("--key", str(root), "--actor", ROOT_ACTOR, "--party", owner.actor, "--new", str(fresh))
    done = town.change("revoke", theirs.key.public_text, "--since", since, "--n", str(town.root.next_n), *words)
    assert done.returncode == 0, done.stderr
    town.root = town.pen(ROOT_ACTOR, town.root.key, town.root.next_n + 1)  # the command took two numbers
    assert town.refused(theirs, "scan", {"waybill": waybill}, {"code": "LOST", "place": PLACE}) == "key-revoked"
    town.scan(town.pen(owner.actor, load_key(fresh)), waybill, "FOUND")
    assert flags(town, waybill) == 1


def test_a_platform_that_holds_keys(town: Town) -> None:
    """Whoever holds the keys of several shops loses all of them at once; a shop that holds its own is not touched."""
    platform, _ = town.firm(13, "platform")
    held = [town.firm(number, "merchant", key_holder=platform.actor) for number in (14, 15)]
    free, _ = town.firm(16, "merchant")
    since = moment_text(now_ms())
    for shop, path in held:
        fresh = path.with_suffix(".own")
        words = ("--key", str(path), "--actor", shop.actor, "--n", str(shop.next_n), "--new", str(fresh), "--since", since)
        done = town.change("revoke", *words)
        assert done.returncode == 0, done.stderr
        shop = town.pen(shop.actor, shop.key, shop.next_n + 1)
        item = {"item": f"/s/{shop.actor[5:]}/ham/21/serial-{shop.actor[-6:]}"}
        assert town.refused(shop, "item", item, {}) == "key-revoked"
        town.post(town.pen(shop.actor, load_key(fresh)), "item", item, {})
    town.post(free, "item", {"item": f"/s/{free.actor[5:]}/ham/21/serial-000000001"}, {})


def test_a_routine_change_leaves_thirty_days(town: Town) -> None:
    owner, owner_key = town.firm(17, "courier")
    waybill = town.waybill(owner.actor)
    fresh = town.folder / "routine.key"
    words = ("--key", str(owner_key), "--actor", owner.actor, "--n", str(owner.next_n))
    done = town.change("rotate", str(fresh), *words)
    assert [row["event"] for row in json.loads(done.stdout)["rows"]] == ["add", "rotate"]
    again = town.change("rotate", str(fresh), *words[:-1], str(owner.next_n + 2))
    assert (again.returncode, "key-known" in again.stderr) == (1, True)
    town.scan(town.pen(owner.actor, load_key(fresh)), waybill)
    town.scan(town.pen(owner.actor, owner.key, owner.next_n + 3), waybill, "HUB_IN")
    assert flags(town, waybill) == 0


def test_the_root_key(town: Town) -> None:
    """It makes actors and ends keys; it cannot touch the log's keys from outside. A spare one, kept elsewhere, ends it."""
    spare = town.key_file("spare")
    town.post(town.root, "key", {"party": ROOT_ACTOR}, {"event": "add", "key": load_key(spare).public_text})
    since = moment_text(now_ms())
    thief = town.root
    for body in (
        {"event": "add", "key": SigningKey(bytes([67]) * 32).public_text, "use": "log"},
        {"event": "revoke", "key": load_key(town.server.data / "keys" / "log.key").public_text, "use": "log"},
    ):
        assert town.refused(thief, "key", {"party": ROOT_ACTOR}, body) == "log-key-remote"
    ghost, _ = town.firm(18, "courier")
    words = ("--key", str(spare), "--actor", ROOT_ACTOR, "--n", "1", "--since", since)
    done = town.change("revoke", thief.key.public_text, *words)
    assert done.returncode == 0, done.stderr
    leave = {"event": "leave", "role": "courier"}
    assert town.refused(thief, "actor", {"party": ghost.actor}, leave) == "key-revoked"
    assert holds(town), "whatever was stolen here, the book with all of it holds"


# The log's own key, and a witness'


@dataclass
class Reader:
    """Somebody with a policy of her own."""

    folder: Path
    vkeys: list[str]

    def verify(self, url: str) -> tuple[int, dict[str, Any]]:
        policy = self.folder / "policy"
        policy.write_text("".join(f"log {vkey}\n" for vkey in self.vkeys) + "quorum none\n")
        done = suxin("verify", "--url", url, "--policy", str(policy), "--json")
        return done.returncode, json.loads(done.stdout)


def leaves_of(server: Server) -> list[bytes]:
    size = parse_checkpoint(parse_note(httpx.get(f"{server.url}/checkpoint").text).text).size
    return [httpx.get(f"{server.url}/v1/entries/{index}").content for index in range(size)]


def idle_epoch(leaves: list[bytes]) -> list[bytes]:
    """The log with one more epoch, in which nothing happened: right but for who signs it."""
    last, index = decode_epoch(leaves[-1]), len(leaves) - 1
    return [*leaves, encode_epoch(replace(last, number=last.number + 1, first=index + 1, last=index, previous=index))]


def signed(leaves: list[bytes], key: SigningKey) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root_of([leaf_hash(leaf) for leaf in leaves])), key)


def bundle_of(server: Server) -> bytes:
    """The bundle that proves that a product is not in the book."""
    answer = httpx.get(f"{server.url}/v1/products/01/06901234567892/21/serial-00000001/bundle")
    answer.raise_for_status()
    return answer.content


def test_the_log_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork is refused by a witness and found by a monitor; after the revocation the old key's word is nothing worth."""
    with Server(tmp_path / "book", "--origin", BOOK, "--entries", "public", "--sandbox") as server:
        carrier = Signer(SigningKey(bytes([3]) * 32), f"uscc:{company(1)}", BOOK, MemoryCounter(), now_ms)
        body = {"event": "register", "role": "courier", "key": carrier.key.public_text}
        with Session(server.url) as session:
            session.post(carrier.sign(Draft("actor", moment_text(now_ms()), {"party": carrier.actor}, body)))
        monkeypatch.setenv("SUXIN_HIGHWATER", server.environment["SUXIN_HIGHWATER"])
        stolen = load_key(server.data / "keys" / "log.key")
        old = format_vkey(log_key(ORIGIN, stolen.public))
        before, kept = leaves_of(server), bundle_of(server)
        fork = idle_epoch([*before[:-1], encode_epoch(replace(decode_epoch(before[-1]), time=now_ms()))])
        with WitnessProcess(tmp_path / "w", "--log", old) as witness:
            assert witness.ask(format_ask(0, [], signed(before, stolen))).status_code == 200
            path = consistency_path(len(before), len(fork), nodes_of([leaf_hash(leaf) for leaf in fork]))
            assert witness.ask(format_ask(len(before), path, signed(fork, stolen))).status_code == 422
        watched = ("--data", str(tmp_path / "m"), "--once", "--json")
        assert suxin("monitor", "--url", server.url, *watched).returncode == 0
        with lying(a=Face(fork, signed(fork, stolen), len(fork), stolen)) as liar:
            seen = suxin("monitor", "--url", f"{liar.url}/a", *watched)
        (evidence,) = json.loads(seen.stdout)["contradictions"]
        assert (seen.returncode, len(evidence["notes"])) == (1, 2)

        assert suxin("key", "revoke", "--log", "--data", str(server.data)).returncode == 1, "it is running"
        server.stop()
        done = suxin("key", "revoke", "--log", "--data", str(server.data), "--json")
        assert done.returncode == 0, done.stderr
        (new,) = json.loads(done.stdout)["vkeys"]
        (server.data / "keys" / "log.key").unlink()
        server.start()
        assert httpx.get(f"{server.url}/.well-known/suxin.json").json()["vkeys"] == [new]
        reader = Reader(tmp_path, [new])
        assert reader.verify(server.url)[0] == 0
        assert replace(reader, vkeys=[old]).verify(server.url)[1]["first"]["code"] == "note-unsigned"
        after = idle_epoch(leaves_of(server))
        with lying(a=Face(after, signed(after, stolen), len(after), stolen)) as liar:
            code, value = replace(reader, vkeys=[old, new]).verify(f"{liar.url}/a")
            assert (code, value["first"]["code"]) == (1, "log-key-retired")
        server.stop()
        stored = suxin("verify", "--data", str(server.data), "--json")
        assert stored.returncode == 0, stored.stdout
    policy = parse_policy(f"log {old}\nquorum none\n".encode())
    assert verify_bundle(kept, policy, now_ms(), TradeRules()).results.on_record.state == "holds"


def test_a_witness_key(tmp_path: Path) -> None:
    """It cosigns whatever it likes, and that is worth nothing without the log's key, or where two witnesses are asked for."""
    with Server(tmp_path / "book", "--origin", BOOK, "--sandbox") as server:
        log = load_key(server.data / "keys" / "log.key")
        vkey = log_key(ORIGIN, log.public)
        with WitnessProcess(tmp_path / "w", "--name", "w1.example", "--log", format_vkey(vkey)) as witness:
            stolen, w1 = load_key(tmp_path / "w" / "witness.key"), parse_vkey(witness.vkey)
        bundle = json.loads(bundle_of(server))
    note = parse_note(bundle["checkpoint"])
    lines = format_signature_lines([cosign(note.text, w1.name, stolen, now_ms() // 1_000)])
    made_up = note.text.replace(f"\n{parse_checkpoint(note.text).size}\n", "\n999\n")
    forged = made_up + "\n" + format_signature_lines([cosign(made_up, w1.name, stolen, now_ms() // 1_000)])
    with pytest.raises(VerificationError, match="note-unsigned"):
        open_cosigned(forged, ORIGIN, [vkey], [w1])
    raw = json.dumps(bundle | {"checkpoint": bundle["checkpoint"] + lines}, ensure_ascii=False, separators=(",", ":")).encode()
    both = f"log {format_vkey(vkey)}\nwitness w1 {format_vkey(w1)}\n"
    both += "witness w2 x2.example+d91a44e4+BP50QxVgPz3mrhLly7Ql9GbFalIRKRk/N98+ffK4riD8\n"
    for quorum, state in (("quorum w1\n", "holds"), ("group two all w1 w2\nquorum two\n", "open")):
        report = verify_bundle(raw, parse_policy((both + quorum).encode()), now_ms(), TradeRules())
        assert report.results.witnesses.state == state
