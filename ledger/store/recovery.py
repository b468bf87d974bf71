"""Opening a book for writing: self-check before the first append, and healing of what a crash left half done.

Nothing is signed unless the book holds at least what was signed before, with the same root: a restored backup is a fork.
Source: DESIGN 3.4.
"""

from __future__ import annotations

from typing import TypeVar

from ..epoch import Epoch, decode_epoch
from ..errors import Fenced, Refused, VerificationError
from ..hashing import leaf_hash
from ..leaf import Genesis, decode_genesis, encode
from ..log_keys import LogKeys, open_signed
from ..merkle import Frontier
from ..rules import Rules
from .book import Book
from .memory import log_keys_of
from .sequencer import Sequencer, Writer

State = TypeVar("State")
CLOCK_BACK_MS_MAX = 2_000  # a step back that time synchronisation may make


def create_book(book: Book, genesis: Genesis) -> None:
    """Write leaf 0 into an empty database."""
    raw = encode(genesis)
    book.create(raw, leaf_hash(raw))


def open_writer(book: Book, rules: Rules[State], writer: Writer) -> Sequencer[State]:
    """Check the book against everything that was signed, then take it over.

    Raises:
        Fenced: the book is not, or not all of, what was signed; the words say what to do. Nothing was changed.
    """
    genesis = decode_genesis(book.leaf(0))
    size = book.head().size
    try:
        keys = log_keys_of(book, genesis)
        writer.hold([keys.leading(size)])
    except (Refused, VerificationError) as error:
        raise Fenced(f"what stands in the book about the log's own keys cannot be read ({error}); run `suxin verify`") from error
    frontier = _check_signed(book, genesis, keys, writer, size)
    last = _last_epoch(book, size)
    now = writer.clock()
    if last is not None and now < last.time - CLOCK_BACK_MS_MAX:
        raise Fenced(f"the clock says {now} ms, {last.time - now} ms before the last epoch; set the clock")
    head = book.take_over()
    sequencer = Sequencer(book, genesis, rules, writer, head)
    if sequencer.tree.frontier.root() != frontier.root():
        raise Fenced("the entry table's leaf hashes are not those of the leaves")
    if last is not None and last.map_root != sequencer.map.root:
        raise Fenced("the stream tables do not give the map root of the last epoch; run `suxin verify`")
    sequencer.resume(last)
    return sequencer


def _check_signed(book: Book, genesis: Genesis, keys: LogKeys, writer: Writer, size: int) -> Frontier:
    """Re-hash every leaf and compare the root at each size that was ever signed, the high-water mark included."""
    marks: dict[int, tuple[bytes, str]] = {}
    for _, signed_size, note in book.checkpoints():
        try:
            checkpoint = open_signed(note, genesis.origin, keys)
        except VerificationError as error:
            raise Fenced(f"the stored checkpoint at size {signed_size} does not hold: {error}") from error
        marks[checkpoint.size] = (checkpoint.root, "a stored checkpoint")
    mark = writer.highwater.read(genesis.origin, *keys.trusted())
    if mark is None:
        if size > 1 and writer.accept_size != size:
            raise Fenced(
                f"the high-water mark of {genesis.origin} is missing and the book holds {size} leaves; "
                f"compare with a witness or a copy, then start once with --accept-size {size}"
            )
    else:
        if mark.size > size:
            raise Fenced(
                f"this book ends at {size} leaves, but {mark.size} were signed: it is an old copy. "
                "Signing on would fork it. Bring back the newer database, or import what is missing"
            )
        marks[mark.size] = (mark.root, "the high-water mark")
    frontier = Frontier()
    for index, body in book.leaves(0, size - 1):
        if index != frontier.size:
            raise Fenced(f"leaf {frontier.size} is gone, from the leaves and the segments: this is not the book that was signed")
        if type(body) is not bytes:  # SQLite keeps whatever type a vandal writes
            raise Fenced(f"leaf {index} is not bytes: this is not the book that was signed")
        frontier.append(leaf_hash(body))
        due = marks.pop(index + 1, None)
        if due is not None and frontier.root() != due[0]:
            raise Fenced(f"the root at size {index + 1} differs from {due[1]}: this is not the book that was signed")
    if marks:
        raise Fenced(f"checkpoints up to size {max(marks)} were signed, but the book ends at {size}: it was cut or restored")
    return frontier


def _last_epoch(book: Book, size: int) -> Epoch | None:
    return None if size <= 1 else decode_epoch(book.leaf(size - 1))
