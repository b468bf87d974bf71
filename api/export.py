"""`suxin export`: the log as the files that the server shows, for any web server, disk or stranger.

Every hash is worked out again on the way: nothing is exported under a checkpoint that does not hold it. The checkpoint
is written last, so that whoever reads the folder meanwhile finds all that its checkpoint promises; an export that was
cut off goes on where it stopped, and a later one only adds. Source: c2sp.org/tlog-tiles@v0.1.0, docs/formats/tile.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from ..ledger.checkpoint import Checkpoint
from ..ledger.errors import StoreError, VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.leaf import decode_genesis
from ..ledger.limits import NOTE_BYTES_MAX
from ..ledger.log_keys import LogKeys, open_signed
from ..ledger.merkle import Frontier, root_of
from ..ledger.note import format_signature_lines, parse_note, parse_signature_lines
from ..ledger.store.book import Book
from ..ledger.store.files import replace_file
from ..ledger.store.memory import log_keys_of
from ..ledger.tile import TILE_WIDTH, Tile, decode_entries, encode_entries, format_tile_path
from .cosigned import FILE as COSIGNATURES
from .cosigned import read_lines
from .progress import leaves_bar
from .settings import from_environment

CHECKPOINT: Final = "checkpoint"
_STEP: Final = 64 * TILE_WIDTH  # leaf hashes of one read
_MODE: Final = 0o644  # it is made to be served


@dataclass(frozen=True, slots=True)
class Exported:
    """What stands in the folder now.

    Attributes:
        origin: Of the log.
        size: Leaves under the checkpoint.
        written: Files that were new.
    """

    origin: str
    size: int
    written: int


class _Tree:
    """Grows a folder of tiles leaf by leaf."""

    def __init__(self, folder: Path, bundle: Callable[[int, list[bytes]], bytes] | None) -> None:
        self.frontier = Frontier()
        self.written = 0
        self._folder = folder / "tile"
        self._bundle = bundle
        self._edges: list[list[bytes]] = []
        self._done: list[int] = []  # full tiles of each level

    def add(self, leaf: bytes) -> None:
        self.frontier.append(leaf)
        self._grow(0, leaf)

    def _grow(self, level: int, node: bytes) -> None:
        if level == len(self._edges):
            self._edges.append([])
            self._done.append(0)
        edge = self._edges[level]
        edge.append(node)
        if len(edge) == TILE_WIDTH:
            self._write(level)
            self._edges[level] = []
            self._done[level] += 1
            self._grow(level + 1, root_of(edge))

    def close(self) -> None:
        """Write the partial tile of each level."""
        for level, edge in enumerate(self._edges):
            if edge:
                self._write(level)

    def _write(self, level: int) -> None:
        edge, number = self._edges[level], self._done[level]
        if level == 0 and self._bundle is not None:
            path = self._path(Tile(None, number, len(edge)))
            if not _holds_leaves(path, edge):
                self._put(path, self._bundle(number, edge))
        path = self._path(Tile(level, number, len(edge)))
        data = b"".join(edge)
        if not path.exists():
            self._put(path, data)
        elif path.read_bytes() != data:
            raise StoreError(f"{path} holds other hashes; this folder is not an export of this log")

    def _path(self, tile: Tile) -> Path:
        return self._folder / format_tile_path(tile)

    def _put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data, _MODE)
        self.written += 1


def _holds_leaves(path: Path, hashes: list[bytes]) -> bool:
    """Whether a bundle is there already; the hashes say so, without asking the database."""
    if not path.exists():
        return False
    try:
        found = [leaf_hash(leaf) for leaf in decode_entries(path.read_bytes(), len(hashes))]
    except VerificationError:
        found = []
    if found != hashes:
        raise StoreError(f"{path} holds other leaves; this folder is not an export of this log")
    return True


def export_tree(
    book: Book,
    folder: Path,
    *,
    entries: bool,
    progress: Callable[[int], None] = lambda _leaves: None,
    cosigned: Callable[[str], str] = lambda note: note,
) -> Exported:
    """Write a book's newest published state into a folder.

    Args:
        book: The book; another process may write to it meanwhile.
        folder: Made when it is not there. What an earlier export of the same log left in it stays.
        entries: Write entry bundles too. They show every statement of the book to whoever reads the folder.
        progress: Told the number of leaves done.
        cosigned: Adds the cosignatures that have come in to a checkpoint.

    Raises:
        StoreError: The book has no checkpoint or does not hold what it signed, the folder holds something else or a
            newer state, or the disk is full. The checkpoint in the folder stands as it was.
    """
    genesis = decode_genesis(book.leaf(0))
    latest = book.latest_checkpoint()
    if latest is None:
        raise StoreError("the book has no checkpoint yet; start `suxin serve` once")
    note = latest[2]
    try:
        keys = log_keys_of(book, genesis)
        checkpoint = open_signed(note, genesis.origin, keys)
    except VerificationError as error:
        raise StoreError(f"the newest checkpoint does not hold: {error}; run `suxin verify`") from error
    before = _exported_before(folder, genesis.origin, keys, checkpoint.size)
    try:
        tree = _Tree(folder, _reader(book) if entries else None)
        for leaf in _hashes(book, checkpoint.size):
            tree.add(leaf)
            size = tree.frontier.size
            if before is not None and size == before.size and tree.frontier.root() != before.root:
                raise StoreError(f"the checkpoint in {folder} has another root at size {size}: one of the two books is a fork")
            if size % TILE_WIDTH == 0:
                progress(size)
        if tree.frontier.root() != checkpoint.root:
            raise StoreError("the leaves do not give the root that was signed; run `suxin verify`")
        tree.close()
        replace_file(folder / CHECKPOINT, cosigned(note).encode(), _MODE)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
    progress(checkpoint.size)
    return Exported(genesis.origin, checkpoint.size, tree.written)


def _exported_before(folder: Path, origin: str, keys: LogKeys, size: int) -> Checkpoint | None:
    path = folder / CHECKPOINT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} is no folder and cannot be made one: {error.strerror}") from error
    try:
        data = path.read_bytes()[: NOTE_BYTES_MAX + 1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    try:
        before = open_signed(data, origin, keys)
    except VerificationError as error:
        raise StoreError(f"{path} is not a checkpoint of {origin}: {error}; choose another folder") from error
    if before.size > size:
        raise StoreError(f"{path} says {before.size} leaves, the book {size}: an old copy must not replace a newer state")
    return before


def _hashes(book: Book, size: int) -> Iterator[bytes]:
    for first in range(0, size, _STEP):
        yield from book.leaf_hashes(first, min(first + _STEP, size) - 1)


def _reader(book: Book) -> Callable[[int, list[bytes]], bytes]:
    def bundle(number: int, hashes: list[bytes]) -> bytes:
        first = number * TILE_WIDTH
        leaves = [body for _, body in book.leaves(first, first + len(hashes) - 1)]
        if [leaf_hash(leaf) for leaf in leaves] != hashes:
            raise StoreError(f"the leaves from index {first} on are not those that were hashed; run `suxin verify`")
        return encode_entries(leaves)

    return bundle


def kept_cosignatures(file: Path) -> Callable[[str], str]:
    """Adds to a note what a server has kept of its cosignatures; whose they are is for the reader's policy to say."""
    kept = dict(read_lines(file))

    def cosigned(note: str) -> str:
        text = parse_note(note).text
        try:
            return note + format_signature_lines(parse_signature_lines(kept[text])) if text in kept else note
        except VerificationError:
            return note

    return cosigned


def run_export(folder: Path, data: Path | None, database: str | None, entries: bool, as_json: bool) -> int:
    """Export a book and say what was done.

    Raises:
        StoreError: As `export_tree`.
    """
    settings = from_environment(os.environ, data=data, database=database)
    book = Book.open(settings.url)
    try:
        with leaves_bar("exporting", as_json) as bar:
            task = bar.add_task("", total=book.head().size)
            done = export_tree(
                book,
                folder,
                entries=entries,
                progress=lambda leaves: bar.update(task, completed=leaves),
                cosigned=kept_cosignatures(settings.data / COSIGNATURES),
            )
    finally:
        book.close()
    if as_json:
        sys.stdout.write(orjson.dumps({"origin": done.origin, "size": done.size, "written": done.written}).decode() + "\n")
    else:
        without = "" if entries else "; entry bodies left out (--entries writes them)"
        sys.stdout.write(f"{done.origin} up to {done.size} leaves in {folder}: {done.written} new files{without}\n")
    return 0
