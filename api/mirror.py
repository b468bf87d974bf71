"""A folder that holds a log as far as it was proved: the same tree of files as `suxin export --entries` writes.

Entry bundles are fetched up to a signed checkpoint, hashed, and held against its root before anything counts. The
checkpoint is written last; the partial files of older ones go then. A mirror that does not fit its own checkpoint any more (a
disk that lost its end) begins again from leaf 0, with the full bundles that are there, and proves them anew.
Source: c2sp.org/tlog-tiles, docs/formats/tile.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import structlog

from ..ledger.audit_log import Tree
from ..ledger.audit_port import LeafRow
from ..ledger.checkpoint import Checkpoint, open_cosigned
from ..ledger.errors import StoreError, VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.limits import NOTE_BYTES_MAX
from ..ledger.merkle import frontier_of, root_of
from ..ledger.note import VerifierKey
from ..ledger.store.files import replace_file
from ..ledger.tile import TILE_HEIGHT, TILE_WIDTH, Tile, decode_entries, decode_tile, encode_entries, format_tile_path, tile_width

log = structlog.get_logger("suxin")

CHECKPOINT: Final = "checkpoint"
_MODE: Final = 0o600  # entry bodies of a book that may not be public
_CHUNK_BUNDLES: Final = 2  # bundles read at a time
_BUNDLES_KEPT: Final = 16  # in memory, for entries that later ones refer to

Fetch = Callable[[int, int], Sequence[bytes]]  # number and width of a bundle -> its leaves


class Mirror:
    """A mirror of one log. For one thread.

    Args:
        folder: Made when it is not there.
        origin: Of the log.
        keys: Keys of that log, of which one must have signed each checkpoint.

    Attributes:
        note: The newest checkpoint that the folder proves, as it came; "" of an empty mirror.
        size: Leaves under it.

    Raises:
        StoreError: The folder cannot be used, or is of another log.
    """

    def __init__(self, folder: Path, origin: str, keys: Sequence[VerifierKey]) -> None:
        self.note = ""
        self.size = 0
        self.origin = origin
        self.keys = tuple(keys)
        self._folder = folder
        self._tiles = _Tiles(self._put)
        self._tree = Tree()
        self._bundle = lru_cache(_BUNDLES_KEPT)(self._read_bundle)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open()
        except OSError as error:
            raise StoreError(f"{folder} cannot be used as a mirror: {error.strerror}") from error

    def _open(self) -> None:
        path = self._folder / CHECKPOINT
        if not path.exists():
            return
        note = path.read_bytes()[: NOTE_BYTES_MAX + 1]
        try:
            checkpoint = self.opened(note)
        except VerificationError as error:
            if error.code in ("origin-mismatch", "note-unsigned"):
                raise StoreError(f"{path} is of another log than {self.origin}; choose another folder") from error
            log.warning("mirror begins again", words=str(error))
            return
        try:
            self.take(note.decode(), self._from_disk)
        except VerificationError as error:
            log.warning("mirror begins again", size=checkpoint.size, words=str(error))

    def opened(self, note: str | bytes) -> Checkpoint:
        """A checkpoint of this log.

        Raises:
            VerificationError: As `open_cosigned`.
        """
        return open_cosigned(note, self.origin, self.keys).checkpoint

    def take(self, note: str, fetch: Fetch) -> Checkpoint:
        """Bring the mirror up to a checkpoint.

        Args:
            note: The checkpoint; one that is not newer is only compared.
            fetch: Gives entry bundles. A full one that is in the folder already is taken from there.

        Returns:
            The checkpoint.

        Raises:
            VerificationError: Of the note, as `open_cosigned`; `consistency-invalid` when the log had signed another root for
                the leaves that are here; `root-differs` when the leaves that were fetched are not those that were signed:
                these are thrown away; the mirror stands as it was.
            StoreError: The disk is full.
        """
        checkpoint = self.opened(note)
        if checkpoint.size <= self.size:
            if checkpoint.root != self.root_at(checkpoint.size):
                detail = f"at {checkpoint.size} leaves another root is signed than the one that leads to {self.size} leaves"
                raise VerificationError("consistency-invalid", detail)
            return checkpoint
        staged: list[Path] = []
        try:
            hashes, tree = self._stage(checkpoint, fetch, staged), self._tree.copy()
            tree.extend(hashes)
            if tree.root() != checkpoint.root:
                detail = (
                    f"the leaves that were served are not those that the checkpoint of {checkpoint.size} leaves was signed for"
                )
                raise VerificationError("root-differs", detail)
            for hashed in hashes:
                self._tiles.add(hashed)
            partial = self._tiles.partial()
            for tile, data in partial:
                self._put(tile, data)
            replace_file(self._folder / CHECKPOINT, note.encode(), _MODE)
        except VerificationError as error:
            for path in staged if error.code == "root-differs" else ():
                path.unlink(missing_ok=True)
            raise
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be written: {error.strerror}") from error
        self._tree, self.size, self.note = tree, checkpoint.size, note
        self._bundle.cache_clear()
        for tile, _ in partial:
            self._prune(tile)
            if tile.level == 0:
                self._prune(Tile(None, tile.index, tile.width))
        return checkpoint

    def _stage(self, checkpoint: Checkpoint, fetch: Fetch, staged: list[Path]) -> list[bytes]:
        """Fetch what is missing; gives the hashes of the new leaves."""
        hashes: list[bytes] = []
        known = self._tiles.edge()
        for number in range(self.size // TILE_WIDTH, -(-checkpoint.size // TILE_WIDTH)):
            tile = Tile(None, number, tile_width(Tile(0, number), checkpoint.size))
            path = self._path(tile)
            leaves = self._kept(path, tile.width) if tile.width == TILE_WIDTH else None
            if leaves is None:
                leaves = fetch(number, tile.width)
                self._put(tile, encode_entries(leaves))
            staged.append(path)
            found = [leaf_hash(leaf) for leaf in leaves]
            if found[: len(known)] != known:
                detail = f"leaves of bundle {number} were served otherwise than those proved before"
                raise VerificationError("root-differs", detail)
            hashes += found[len(known) :]
            known = []
        return hashes

    def _kept(self, path: Path, width: int) -> Sequence[bytes] | None:
        try:
            return decode_entries(path.read_bytes(), width)
        except (FileNotFoundError, VerificationError):
            return None

    def _from_disk(self, number: int, width: int) -> Sequence[bytes]:
        leaves = self._kept(self._path(Tile(None, number, width)), width)
        if leaves is None:
            raise VerificationError("leaf-missing", f"bundle {number} is not in the mirror")
        return leaves

    def rows(self, first: int) -> Iterator[list[LeafRow]]:
        """Leaves from an index to the end, some at a time.

        Raises:
            StoreError: The folder has lost them.
        """
        while first < self.size:
            number, rows = first // TILE_WIDTH, list[LeafRow]()
            for at in range(number, min(number + _CHUNK_BUNDLES, -(-self.size // TILE_WIDTH))):
                rows += enumerate(self._bundle(at), at * TILE_WIDTH)
            yield rows[first - number * TILE_WIDTH :]
            first = rows[-1][0] + 1

    def leaf(self, index: int) -> bytes | None:
        """One leaf, None behind the end."""
        return self._bundle(index // TILE_WIDTH)[index % TILE_WIDTH] if 0 <= index < self.size else None

    def _read_bundle(self, number: int) -> Sequence[bytes]:
        width = tile_width(Tile(0, number), self.size)
        path = self._path(Tile(None, number, width))
        leaves = self._kept(path, width)
        if leaves is None:
            raise StoreError(f"{path} is gone or damaged; start again, the mirror then mends itself")
        return leaves

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree below `size`, for `ledger.merkle`: frontiers, consistency paths."""
        height = level % TILE_HEIGHT
        first = index << height
        place = Tile(level // TILE_HEIGHT, first // TILE_WIDTH)
        hashes = self._hashes(Tile(place.level, place.index, tile_width(place, self.size)))
        return root_of(hashes[first % TILE_WIDTH : (first % TILE_WIDTH) + (1 << height)])

    def _hashes(self, tile: Tile) -> list[bytes]:
        path = self._path(tile)
        try:
            return decode_tile(path.read_bytes(), tile.width)
        except (OSError, VerificationError) as error:
            raise StoreError(f"{path} is gone or damaged; start again, the mirror then mends itself") from error

    def root_at(self, size: int) -> bytes:
        """Root over the first `size` leaves, at most all of them."""
        return frontier_of(size, self.node).root()

    def _path(self, tile: Tile) -> Path:
        return self._folder / "tile" / format_tile_path(tile)

    def _put(self, tile: Tile, data: bytes) -> None:
        path = self._path(tile)
        if path.exists() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if tile.level is None:
            replace_file(path, data, _MODE)
        else:  # worked out again from the leaves at the next start, so that a power cut may have it
            draft = path.with_name(path.name + ".new")
            draft.write_bytes(data)
            draft.replace(path)

    def _prune(self, tile: Tile) -> None:
        """Take away the partial files of older checkpoints."""
        whole = self._path(Tile(tile.level, tile.index))
        folders = [whole.with_name(whole.name + ".p")]
        if tile.index:
            before = self._path(Tile(tile.level, tile.index - 1))
            folders.append(before.with_name(before.name + ".p"))
        for folder in folders:
            for path in folder.glob("*") if folder.is_dir() else ():
                if folder != folders[0] or path.name != str(tile.width):
                    path.unlink(missing_ok=True)


class _Tiles:
    """Tiles of hashes as the log grows: full ones are written at once, the edges are in memory."""

    def __init__(self, put: Callable[[Tile, bytes], None]) -> None:
        self._put = put
        self._edges: list[list[bytes]] = []
        self._done: list[int] = []

    def edge(self) -> list[bytes]:
        """Leaf hashes of the last bundle as long as it is not full."""
        return list(self._edges[0]) if self._edges else []

    def add(self, node: bytes, level: int = 0) -> None:
        """Add one leaf hash."""
        if level == len(self._edges):
            self._edges.append([])
            self._done.append(0)
        edge = self._edges[level]
        edge.append(node)
        if len(edge) == TILE_WIDTH:
            self._put(Tile(level, self._done[level]), b"".join(edge))
            self._edges[level] = []
            self._done[level] += 1
            self.add(root_of(edge), level + 1)

    def partial(self) -> list[tuple[Tile, bytes]]:
        """The partial tile of each level."""
        return [(Tile(level, self._done[level], len(edge)), b"".join(edge)) for level, edge in enumerate(self._edges) if edge]
