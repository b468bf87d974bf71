"""A book on paper: leaves, chains, map and checkpoints in memory, without store, queue or judge.

Nobody refuses anything here, so it also makes books of dishonest operators. What it publishes it can give as bundles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fakes.world import Said, Signer, seed

from suxin.ledger import canonical
from suxin.ledger.bundle import read_shown
from suxin.ledger.bundle_make import BatchLeaf, PublishedState, make_bundle
from suxin.ledger.chain import head_of
from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.commitment import commit
from suxin.ledger.cosignature import cosign, witness_key
from suxin.ledger.encoding import b64u
from suxin.ledger.epoch import Epoch, encode_epoch
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import Batch, Genesis, Header, Period, Root, encode, encode_entry
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key
from suxin.ledger.map_proof import prove
from suxin.ledger.map_verify import MapProof
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.moment import moment_text
from suxin.ledger.note import VerifierKey, format_note, format_vkey, parse_note
from suxin.ledger.policy import Log, Policy, Witness
from suxin.ledger.statement import Statement, copy_for_ref, parse_statement

BOOK = "suxin.example/paper"
START = 1_795_305_600_000  # 2026-11-22T00:00:00Z
MINUTE = 60_000


class Paper:
    """One book.

    Attributes:
        now: Its clock, Unix milliseconds; each entry takes a minute.
        hides: Whether the operator leaves a statement out of one of its streams.
        relabels: What the operator does to an epoch leaf before it is written.
        overrides: Records that the operator has put into the map in place of, or besides, those of the streams.
    """

    def __init__(self, *, depth: int = 2, name: str = "paper") -> None:
        self.now = START
        self.log_key = SigningKey(seed(f"log of {name}"))
        self.signing = (self.log_key,)  # keys that sign checkpoints
        self.root = Signer.new(ROOT_ACTOR, f"root of {name}")
        self.hides: Callable[[Statement, str], bool] = lambda _statement, _stream: False
        self.relabels: Callable[[Epoch], Epoch] = lambda epoch: epoch
        self.overrides: dict[bytes, tuple[int, bytes]] = {}
        self.leaves: list[bytes] = []
        self.rows: dict[str, list[int]] = {}
        self.note = ""
        self.size = 0  # leaves under the note
        self.opened: dict[bytes, list[tuple[str, bytes, str]]] = {}
        self._previous = 0
        self._epochs = 0
        self._ids = 0
        self._batches: dict[bytes, BatchLeaf] = {}
        self.genesis = Genesis(
            algorithms=["ed25519"], book=BOOK, created=START, depth=depth, hash="sha-256", leaf="genesis",
            log=self.log_key.public_text, origin=f"{BOOK}/1", period=Period("2026-10-01", "2027-01-01"),
            root=Root(ROOT_ACTOR, self.root.public), sandbox=True, v=1,
        )  # fmt: skip
        self.leaves.append(encode(self.genesis))

    # -- who says what ---------------------------------------------------------------------------------------------

    def sign(
        self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], *, ref: Said | str | None = None,
        **more: Any,
    ) -> Said:  # fmt: skip
        """Sign one statement with the signer's next number; `more` are further members of the envelope.

        Where `ref` is a bare hash, `re` is among these.
        """
        signer.n += 1
        self._ids += 1
        value = {
            "actor": signer.actor, "at": moment_text(self.now), "body": body, "book": BOOK, "key": signer.key_text,
            "id": f"019aa5f0-1c00-7000-8000-{self._ids:012d}", "n": signer.n, "subjects": subjects, "type": type_name, "v": 1,
        } | more  # fmt: skip
        if isinstance(ref, str):
            value |= {"ref": ref}
        elif ref is not None:
            value = {"ref": ref.ref, "re": copy_for_ref(ref.statement)} | value
        raw = canonical.dump(value)
        return Said(parse_statement(raw, writing=False), signer.key.sign_statement(raw))

    def enter(self, said: Said) -> int:
        """Write one signed statement into the book; gives its index."""
        self.now += MINUTE
        return self._enter(said.statement, encode_entry(said.statement.raw, self.now, said.signature))

    def say(self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: Any) -> Said:
        """Sign and write."""
        said = self.sign(signer, type_name, subjects, body, **more)
        self.enter(said)
        return said

    def say_text(
        self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], text: str, **more: Any
    ) -> Said:
        """Say something with a text that lies beside the book and is shown."""
        salt = seed(text)
        committed = b64u(commit(salt, type_name, "/body/text", text))
        said = self.say(signer, type_name, subjects, body | {"text": committed}, **more)
        self.opened[said.statement.hash] = [("/body/text", salt, text)]
        return said

    def batch(self, signer: Signer, said: Sequence[Said], *, absent: Iterable[int] = (), **header: Any) -> list[int]:
        """Write statements under one signature, those at `absent` left out; `header` changes its members."""
        self.now += MINUTE
        hashes = [one.statement.hash for one in said]
        members = {"at": moment_text(self.now), "book": BOOK, "key": signer.key_text, "n": said[0].statement.n,
                   "root": b64u(root_of(hashes)), "size": len(said), "v": 1} | header  # fmt: skip
        signed = Header(**members)
        left_out = sorted(absent)
        missing = [(position, b64u(hashes[position])) for position in left_out]
        leaf = encode(Batch(missing, signed, "batch", b64u(signer.key.sign_batch(encode(signed)))))
        self.leaves.append(leaf)
        name = leaf_hash(leaf)
        self._batches[name] = BatchLeaf(leaf, len(hashes), nodes_of(hashes))
        return [
            self._enter(one.statement, encode_entry(one.statement.raw, self.now, None, (name, position)))
            for position, one in enumerate(said)
            if position not in left_out
        ]

    def register(self, signer: Signer, role: str, **body: Any) -> Signer:
        """Enter an actor, countersigned by the operator."""
        fields = {"event": "register", "key": signer.public, "role": role} | body
        entered = self.say(signer, "actor", {"party": signer.actor}, fields)
        self.say(self.root, "confirm", {}, {"kind": "approves"}, ref=entered)
        return signer

    def at(self, index: int) -> Said:
        """What stands at an index, to be referred to."""
        return Said(read_shown(index, self.leaf(index)).statement, b"")

    def put(self, leaf: bytes, streams: Iterable[str] | None = None) -> int:
        """Write an entry leaf as it is, into its own streams or others."""
        return self._enter(read_shown(0, leaf).statement, leaf, streams)

    def _enter(self, statement: Statement, leaf: bytes, streams: Iterable[str] | None = None) -> int:
        index = len(self.leaves)
        self.leaves.append(leaf)
        for name in statement.streams if streams is None else streams:
            if not self.hides(statement, name):
                self.rows.setdefault(name, []).append(index)
        return index

    # -- publishing ------------------------------------------------------------------------------------------------

    def publish(self) -> Paper:
        """Close an epoch and sign its checkpoint."""
        self._epochs += 1
        built, own = self.map(), len(self.leaves)
        genesis = leaf_hash(self.leaves[0])
        epoch = Epoch(self._epochs, self._previous + 1, own - 1, self._previous, genesis, built.root, built.streams, self.now)
        self.leaves.append(encode_epoch(self.relabels(epoch)))
        self._previous, self.size = own, own + 1
        self.note = sign_checkpoint(Checkpoint(self.genesis.origin, self.size, self.tree_root()), *self.signing)
        return self

    def map(self) -> Map:
        """The map of all entries so far."""
        records = {map_key(name): (len(rows), head_of(self._links(rows))) for name, rows in self.rows.items()}
        return Map.from_records(self.genesis.depth, [(key, *row) for key, row in (records | self.overrides).items()])

    def cosign(self, *witnesses: Witness, time_ms: int | None = None) -> None:
        """Have witnesses made by `witness_of` cosign the newest checkpoint."""
        note = parse_note(self.note)
        time_s = (self.now if time_ms is None else time_ms) // 1_000
        lines = [cosign(note.text, w.key.name, SigningKey(seed(w.key.name)), time_s) for w in witnesses]
        self.note = format_note(type(note)(note.text, (*note.signatures, *lines)))

    @property
    def vkey(self) -> VerifierKey:
        """The log's verifier key."""
        return log_key(self.genesis.origin, self.log_key.public)

    def policy(self, *witnesses: Witness, quorum: str = "none") -> Policy:
        """Policy of a reader who knows this log and these witnesses."""
        return Policy((Log(self.vkey),), witnesses, (), quorum)

    # -- as a source of bundles ------------------------------------------------------------------------------------

    def bundle(self, subject: str) -> bytes:
        """The bundle of an item or a waybill."""
        return make_bundle(subject, self)

    @property
    def state(self) -> PublishedState:
        return PublishedState(self.note, self.size, format_vkey(self.vkey))

    def streams(self, names: Sequence[str]) -> Mapping[str, Sequence[tuple[int, bytes]]]:
        return {name: [(index, self.leaf(index)) for index in self.rows.get(name, ())] for name in names}

    def leaf(self, index: int) -> bytes:
        return self.leaves[index]

    def inclusion(self, index: int) -> Sequence[bytes]:
        return inclusion_path(index, self.size, nodes_of(self.hashes()[: self.size]))

    def prove(self, keys: Iterable[bytes]) -> MapProof:
        return prove(self.map(), keys)

    def batch_of(self, index: int, position: int, leaf: bytes) -> BatchLeaf:
        return self._batches[leaf]

    def openings(self, statement: bytes) -> Sequence[tuple[str, bytes, str]]:
        return self.opened.get(statement, [])

    def tree_root(self) -> bytes:
        """Root of the log."""
        return root_of(self.hashes())

    def hashes(self) -> list[bytes]:
        """Leaf hashes of the log."""
        return [leaf_hash(leaf) for leaf in self.leaves]

    def _links(self, rows: Iterable[int]) -> list[tuple[int, bytes]]:
        return [(index, leaf_hash(self.leaf(index))) for index in rows]


def witness_of(name: str, *, full: bool = False) -> Witness:
    """A witness whose key follows from its name."""
    return Witness(name, witness_key(f"{name}.example", SigningKey(seed(f"{name}.example")).public), None, full)
