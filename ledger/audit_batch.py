"""Batches: one signature over many statements. Checked while the log is read, with one batch in hand at a time.

A batch leaf is followed at once by its entries, in the order of their positions; those that are listed as absent have
none. The root over all statements, present and absent, is rebuilt; the signature of the header is the only one there
is. Source: DESIGN 3.1, 3.2; docs/formats/batch.md.
"""

from __future__ import annotations

from .audit_entry import ReadEntry
from .audit_report import Findings
from .encoding import unb64u
from .errors import VerificationError
from .hashing import BATCH_TAG, HASH_SIZE
from .leaf import Batch, decode_batch, encode
from .merkle import root_of


class _Open:
    """A batch whose entries are being read."""

    def __init__(self, index: int, leaf_hash: bytes, batch: Batch) -> None:
        """Lay out the statement hashes; absent ones are known from the leaf.

        Raises:
            VerificationError: `batch-malformed`.
        """
        self.index = index
        self.leaf_hash = leaf_hash
        self.header = batch.header
        self.signature = unb64u(batch.signature, 64)
        self.hashes: list[bytes | None] = [None] * batch.header.size
        last = -1
        for position, text in batch.absent:
            if not last < position < batch.header.size:
                raise VerificationError("batch-malformed", f"absent position {position} after {last}, size {batch.header.size}")
            self.hashes[position] = unb64u(text, HASH_SIZE)
            last = position
        self.left = [position for position, known in enumerate(self.hashes) if known is None]
        self.left.reverse()
        self.asked = False  # whether its signature has been handed out
        if not self.left:
            raise VerificationError("batch-malformed", "a batch leaf without an entry")


class Batches:
    """Follows the batches of one log."""

    def __init__(self, book: str, findings: Findings) -> None:
        self.count = 0
        self.under_way = False  # entries of a batch are due
        self._book = book
        self._findings = findings
        self._open: _Open | None = None

    def begin(self, index: int, leaf: bytes, leaf_hash: bytes) -> None:
        """Take a batch leaf."""
        self.end(index)
        self.count += 1
        try:
            batch = decode_batch(leaf)
            if batch.header.book != self._book:
                raise VerificationError("book-wrong", f"a batch of the book {batch.header.book}")
            self._open = _Open(index, leaf_hash, batch)
            self.under_way = True
        except VerificationError as error:
            self._findings.add(error.code, error.detail, index)

    def signed(self, index: int, entry: ReadEntry) -> tuple[int, bytes] | None:
        """Take an entry that stands under a batch.

        Returns:
            The batch leaf's index, and signature ‖ message that the entry's key must have signed, for the first entry
            of a batch; None for the others, and where the entry does not belong to the batch before it.
        """
        batch, statement = self._open, entry.statement
        assert entry.batch is not None
        if batch is None or entry.batch[0] != batch.leaf_hash:
            self._findings.add("batch-unknown", "the batch that this entry names does not stand before it", index)
            return None
        position = batch.left.pop()
        header = batch.header
        if entry.batch[1] != position:
            self._findings.add("batch-position", f"position {entry.batch[1]} where {position} is due", index)
        if statement.key != header.key or statement.n != header.n + position:
            self._findings.add("batch-position", f"key or counter are not those of position {position} of the header", index)
        batch.hashes[position] = statement.hash
        if not batch.left:
            self._close(batch)
        if batch.asked:
            return None
        batch.asked = True
        return batch.index, batch.signature + BATCH_TAG + encode(header)

    def end(self, index: int) -> None:
        """Say that something other than an entry of a batch stands at `index`."""
        if self._open is not None:
            due = f"{len(self._open.left)} entries of the batch at {self._open.index} are due here"
            self._findings.add("batch-incomplete", due, index)
            self._open = None
            self.under_way = False

    def _close(self, batch: _Open) -> None:
        self._open = None
        self.under_way = False
        root = root_of([known for known in batch.hashes if known is not None])
        if root != unb64u(batch.header.root, HASH_SIZE):
            self._findings.add("batch-root", "the header's root is not the root over these statements", batch.index)
