"""A book on paper that remembers each state it published, so that updates between any two of them can be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fakes.paper import Paper
from fakes.world import Signer, company

from suxin.ledger.chain import head_of
from suxin.ledger.checkpoint import Checkpoint
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.map import Map
from suxin.ledger.merkle import frontier_of, nodes_of, root_of
from suxin.ledger.update_make import make_update, streams_of

CLASS = "/01/06901234567892"
ITEM = CLASS + "/21/serial-{:08d}"


@dataclass(frozen=True)
class State:
    """What was published at one epoch."""

    size: int
    note: str
    map: Map
    rows: Mapping[str, tuple[int, ...]]


class Ledger:
    """A paper book and its published states; epoch n is `states[n - 1]`."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.states: list[State] = []

    def publish(self) -> None:
        """Close an epoch and remember what it published."""
        rows = {name: tuple(found) for name, found in self.paper.rows.items()}
        built = self.paper.map()
        self.paper.publish()
        self.states.append(State(self.paper.size, self.paper.note, built, rows))

    def checkpoint(self, epoch: int) -> Checkpoint:
        """Checkpoint of an epoch."""
        size = self.states[epoch - 1].size
        return Checkpoint(self.paper.genesis.origin, size, root_of(self.paper.hashes()[:size]))

    def map_root(self, epoch: int) -> bytes:
        """Map root that was true at an epoch."""
        return self.states[epoch - 1].map.root

    def update(self, older: int, newer: int) -> bytes:
        """The update between two epochs, with the streams that the book itself put the entries into."""
        rows, source = self.states[newer - 1].rows, Between(self, older, newer)
        standing: dict[int, list[str]] = {}
        for name, indexes in rows.items():
            for index in indexes:
                standing.setdefault(index, []).append(name)
        numbers = {leaf: index for index, leaf in enumerate(self.paper.leaves)}
        return make_update(source, lambda leaf: standing.get(numbers[leaf], ()))

    def honest_update(self, older: int, newer: int) -> bytes:
        """The update between two epochs, with the streams that the entries name."""
        return make_update(Between(self, older, newer), streams_of)


class Between:
    """Two epochs of a book, as a source of updates."""

    def __init__(self, ledger: Ledger, older: int, newer: int) -> None:
        self._paper = ledger.paper
        self._rows = ledger.states[newer - 1].rows
        self.first = ledger.states[older - 1].size - 1
        self.size, self.note = ledger.states[newer - 1].size, ledger.states[newer - 1].note
        self.newer = ledger.states[newer - 1].map

    def leaf(self, index: int) -> bytes:
        return self._paper.leaves[index]

    def leaves(self) -> Iterable[tuple[int, bytes]]:
        return enumerate(self._paper.leaves[self.first : self.size], self.first)

    def path(self) -> Sequence[bytes]:
        return frontier_of(self.first, nodes_of(self._paper.hashes()[: self.size])).hashes

    def heads(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, bytes]:
        leaves = self._paper.leaves
        return {name: head_of((i, leaf_hash(leaves[i])) for i in self._rows[name][:count]) for name, count in wanted}


class Tale:
    """A book of five epochs: two items, their class inspected; inspected again, and one more item; nothing; a batch; a shop.

    Args:
        name: Of the book; another name gives other keys.
    """

    def __init__(self, name: str = "paper") -> None:
        self.book = Paper(name=name)
        self.ledger = Ledger(self.book)
        self.maker = self.book.register(Signer.new(f"uscc:{company(1)}", "maker"), "merchant")
        self.lab = self.book.register(Signer.new(f"uscc:{company(2)}", "lab"), "lab")

    def items(self) -> Tale:
        """Epoch 1: two items, and their class is inspected."""
        self.inspect(1)
        self.make(1)
        self.make(2)
        self.ledger.publish()
        return self

    def inspected(self) -> Tale:
        """Epoch 2: it is inspected again, a third item is made."""
        self.items()
        self.inspect(2)
        self.make(3)
        self.ledger.publish()
        return self

    def whole(self) -> Tale:
        """Epochs 3, 4 and 5."""
        self.inspected()
        self.ledger.publish()
        self.batch()
        self.ledger.publish()
        self.shop()
        self.ledger.publish()
        return self

    def make(self, number: int) -> None:
        self.book.say(self.maker, "item", {"item": ITEM.format(number)}, {"weight_g": 5_000})

    def inspect(self, number: int) -> None:
        body = {"kind": "sampling", "report": f"R-{number}", "verdict": "pass"}
        self.book.say(self.lab, "inspection", {"class": CLASS}, body)

    def batch(self) -> None:
        said = [self.book.sign(self.maker, "item", {"item": ITEM.format(number)}, {"weight_g": 4_800}) for number in (4, 5, 6)]
        self.book.batch(self.maker, said)

    def shop(self) -> None:
        self.book.register(Signer.new(f"uscc:{company(3)}", "shop"), "merchant")
