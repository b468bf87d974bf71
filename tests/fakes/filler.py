"""Makes commit groups out of plain facts, and remembers in lists and dicts what a book must hold after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store.group import EntryRow, Group, Head
from suxin.ledger.store.reads import tag_of
from suxin.ledger.store.tables import KIND_ENTRY, KIND_EPOCH, KIND_GENESIS

GENESIS = b'{"leaf":"genesis"}'


@dataclass(frozen=True)
class Fact:
    """One statement, as far as the store cares."""

    signer: str = "shop"
    n: int = 1
    actor: str = "uscc:shop"
    serial: int = 1
    streams: tuple[str, ...] = ("p:a",)

    @property
    def key_id(self) -> bytes:
        return sha256(self.signer.encode()).digest()

    @property
    def id16(self) -> bytes:
        return sha256(str(self.serial).encode()).digest()[:16]

    @property
    def body(self) -> bytes:
        return repr(self).encode()

    @property
    def statement(self) -> bytes:
        return sha256(self.body).digest()


@dataclass
class Filler:
    """The model: what the book must hold. `group` makes rows, `learn` takes them as appended."""

    leaves: list[bytes] = field(default_factory=lambda: [GENESIS])
    entries: list[EntryRow] = field(default_factory=lambda: [_bare(0, 0, KIND_GENESIS, GENESIS)])
    names: dict[str, int] = field(default_factory=dict)
    streams: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    signers: dict[bytes, int] = field(default_factory=dict)
    actors: dict[str, int] = field(default_factory=dict)
    statements: dict[bytes, int] = field(default_factory=dict)
    sealed: dict[tuple[bytes, str], bytes] = field(default_factory=dict)

    def group(self, head: Head, *facts: Fact) -> Group:
        """Rows of one epoch with these statements, on top of `head`."""
        names, signers, actors = dict(self.names), dict(self.signers), dict(self.actors)
        tails = {number: list(rows) for number, rows in self.streams.items()}
        links = []
        entries = []
        epoch = head.epoch + 1
        for idx, fact in enumerate(facts, head.size):
            key_no = signers.setdefault(fact.key_id, len(signers) + 1)
            actor_no = actors.setdefault(fact.actor, len(actors) + 1)
            row = (idx, epoch, KIND_ENTRY, key_no, fact.n, actor_no, fact.id16, fact.statement, leaf_hash(fact.body))
            entries.append(row)
            for name in fact.streams:
                number = names.setdefault(name, len(names) + 1)
                tail = tails.setdefault(number, [])
                tail.append((idx, sha256((tail[-1][1] if tail else bytes(32)) + row[-1]).digest()))
                links.append((number, len(tail) - 1, *tail[-1]))
        last = head.size + len(facts)
        bodies = [fact.body for fact in facts] + [b'{"leaf":"epoch","epoch":%d}' % epoch]
        entries.append(tuple(_bare(last, epoch, KIND_EPOCH, bodies[-1])))
        return Group(
            term=head.term,
            epoch_before=head.epoch,
            epoch_after=epoch,
            size_before=head.size,
            size_after=last + 1,
            leaves=list(enumerate(bodies, head.size)),
            entries=entries,
            tags=[(tag_of(fact.statement), idx) for idx, fact in enumerate(facts, head.size)],
            streams=[(number, name) for name, number in names.items() if name not in self.names],
            stream_rows=links,
            signers=[(number, key) for key, number in signers.items() if key not in self.signers],
            actors=[(number, actor) for actor, number in actors.items() if actor not in self.actors],
            vault=[(fact.statement, "/body/text", fact.body[::-1]) for fact in facts],
        )

    def learn(self, group: Group) -> Head:
        """Take a group as appended; returns the head after it."""
        self.leaves += [body for _, body in group.leaves]
        self.entries += [EntryRow(*row) for row in group.entries]
        self.statements |= {row[7]: row[0] for row in group.entries if row[7] is not None}
        self.names |= {name: number for number, name in group.streams}
        for number, _position, idx, head in group.stream_rows:
            self.streams.setdefault(number, []).append((idx, head))
        self.signers |= {key: number for number, key in group.signers}
        self.actors |= {actor: number for number, actor in group.actors}
        self.sealed |= {(statement, pointer): sealed for statement, pointer, sealed in group.vault}
        return Head(group.term, group.epoch_after, group.size_after)


def _bare(idx: int, epoch: int, kind: int, body: bytes) -> EntryRow:
    return EntryRow(idx, epoch, kind, None, None, None, None, None, leaf_hash(body))
