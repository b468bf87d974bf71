"""What somebody outside keeps of a book: every leaf, with every check run on it; or, where entries are not shown, its hashes.

Source: docs/guide/outside.md; docs/formats/tile.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ..ledger.audit_report import Finding, Holes
from ..ledger.errors import VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.limits import LEAF_BYTES_MAX
from ..ledger.store.audit_pool import Kind
from ..ledger.tile import TILE_WIDTH, Tile, format_tile_path, tile_width, tiles_of
from .address import Address
from .following import Following, open_following
from .hash_mirror import HashMirror
from .mirror import Mirror
from .remote import Remote
from .trust import Trust

Progress = Callable[[int], None]


class Keeping(Protocol):
    """A mirror with its checks.

    Attributes:
        mirror: The mirror.
        whole: Whether it holds entries.
    """

    mirror: Mirror
    whole: bool

    def catch_up(self) -> None:
        """Check what is in the mirror and was not checked yet in this run."""
        ...

    def advance(self, note: str) -> None:
        """Take over a state that the log's key signed.

        Raises:
            Unreachable: No answer.
            VerificationError: What is served is not what was signed.
        """
        ...

    def fault(self) -> Finding | None:
        """The first fault of the log; None as long as there is none."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """The faults of the log, the first few."""
        ...

    def leaf(self, index: int) -> bytes:
        """A leaf that everybody may read, as the mirror's hash says.

        Raises:
            Unreachable: It is not shown.
            VerificationError: Another one is shown.
        """
        ...

    def compare_tiles(self) -> None:
        """Hold the tiles of hashes that are served now against the mirror, as far as this was not done yet.

        Raises:
            Unreachable: No answer.
            VerificationError: They are others.
        """
        ...

    def counts(self) -> dict[str, Any]:
        """What there is, for a report."""
        ...

    def holes(self) -> tuple[Holes, ...]:
        """Numbers of keys' counters that never came."""
        ...


class Whole:
    """Every leaf, and every check.

    Args:
        following: The book that is followed.
        folder: Of its mirror.
        progress: Told how many leaves have been checked.
    """

    whole = True

    def __init__(self, following: Following[Any], folder: Path, progress: Progress) -> None:
        self.mirror = following.mirror
        self._following = following
        self._progress = progress
        self._tiles = _Served(following.remote, folder, following.mirror.size)

    def catch_up(self) -> None:
        """See `Keeping`."""
        self._following.catch_up(self._progress)

    def advance(self, note: str) -> None:
        """See `Keeping`; bundles that were fetched before the net failed are not fetched again."""
        self.mirror.take(note, self._fetch)
        self.catch_up()

    def _fetch(self, number: int, width: int) -> Sequence[bytes]:
        """A bundle, held against the tile of its hashes, so that the one leaf that is false can be named."""
        self._progress(self._following.follower.size)
        leaves = self._following.remote.entries(number, width)
        hashes = self._following.remote.tile(Tile(0, number, width))
        for place, (raw, hashed) in enumerate(zip(leaves, hashes, strict=True)):
            if leaf_hash(raw) != hashed:
                index = number * TILE_WIDTH + place
                raise VerificationError("leaf-hash", f"leaf {index} does not have the hash that its tile shows", index)
        return leaves

    def fault(self) -> Finding | None:
        """See `Keeping`."""
        return self._following.follower.first

    def findings(self) -> tuple[Finding, ...]:
        """See `Keeping`."""
        return self._following.follower.findings

    def leaf(self, index: int) -> bytes:
        """See `Keeping`; needs no network."""
        raw = self.mirror.leaf(index)
        if raw is None:
            raise VerificationError("leaf-missing", f"no leaf {index}", index)
        return raw

    def compare_tiles(self) -> None:
        """See `Keeping`."""
        self._tiles.compare(self.mirror.size)

    def counts(self) -> dict[str, Any]:
        """See `Keeping`."""
        reading = self._following.follower.reading
        if reading is None:
            return {"size": self.mirror.size}
        return {
            "size": self.mirror.size,
            "epochs": reading.log.epoch,
            "entries": reading.entries,
            "batches": reading.batches.count,
            "streams": reading.streams.count,
            "not_understood": reading.judge.not_understood,
        }

    def holes(self) -> tuple[Holes, ...]:
        """See `Keeping`."""
        return self._following.follower.holes()


class HashesOnly:
    """Checkpoint and tiles.

    Args:
        book: Where the book is.
        remote: The same, for its tiles.
        mirror: Where they are kept.
        folder: Of the mirror.
        progress: Told now and then how many leaves there are.
    """

    whole = False

    def __init__(self, book: Address, remote: Remote, mirror: HashMirror, folder: Path, progress: Progress) -> None:
        self.mirror: Mirror = mirror
        self._progress = progress
        self._book = book
        self._remote = remote
        self._tiles = _Served(remote, folder, mirror.size)

    def catch_up(self) -> None:
        """See `Keeping`; the mirror has hashed itself anew when it was opened."""

    def advance(self, note: str) -> None:
        """See `Keeping`."""
        self.mirror.take(note, self._fetch)

    def _fetch(self, number: int, width: int) -> Sequence[bytes]:
        self._progress(self.mirror.size)
        return self._remote.tile(Tile(0, number, width))

    def fault(self) -> Finding | None:
        """See `Keeping`; without entries none can be seen."""
        return None

    def findings(self) -> tuple[Finding, ...]:
        """See `Keeping`."""
        return ()

    def leaf(self, index: int) -> bytes:
        """See `Keeping`."""
        raw = self._book.get(f"/v1/entries/{index}", LEAF_BYTES_MAX)
        if leaf_hash(raw) != self.mirror.node(0, index):
            raise VerificationError("leaf-hash", f"leaf {index} is not the one in the tile", index)
        return raw

    def compare_tiles(self) -> None:
        """See `Keeping`."""
        self._tiles.compare(self.mirror.size)

    def counts(self) -> dict[str, Any]:
        """See `Keeping`."""
        return {"size": self.mirror.size}

    def holes(self) -> tuple[Holes, ...]:
        """See `Keeping`."""
        return ()


class _Served:
    """Tiles of the upper levels as they are served, beside the mirror's own; the lowest were held against the leaves.

    Args:
        remote: Where they are served.
        folder: Of the mirror.
        size: Leaves whose tiles were compared in an earlier run.
    """

    def __init__(self, remote: Remote, folder: Path, size: int) -> None:
        self._remote = remote
        self._folder = folder
        self._size = size

    def compare(self, size: int) -> None:
        for level, full, width in tiles_of(size)[1:]:
            for number in range(self._size >> 8 * (level + 1), full + (width > 0)):
                tile = Tile(level, number, tile_width(Tile(level, number), size))
                served = b"".join(self._remote.tile(tile))
                if served != (self._folder / "tile" / format_tile_path(tile)).read_bytes():
                    words = f"tile {format_tile_path(tile)} is served with other hashes than the leaves have"
                    raise VerificationError("root-differs", words)
        self._size = size


@contextmanager
def open_keeping(
    book: Address, folder: Path, trust: Trust, token: str | None, *, whole: bool, progress: Progress = lambda _leaves: None,
    workers: Kind = "processes",
) -> Iterator[Whole | HashesOnly]:  # fmt: skip
    """Open a mirror, and whatever checks it.

    Args:
        book: Where the book is.
        folder: Of the mirror.
        trust: Keys.
        token: An auditor's credential.
        whole: Entries are shown.
        progress: Told how many leaves have been checked.
        workers: Processes or threads check signatures.

    Raises:
        StoreError: The folder cannot be used, or holds another log.
    """
    if whole:
        with open_following(book.url, folder, trust.origin, trust.keys, token, workers) as following:
            yield Whole(following, folder, progress)
    else:
        with Remote(book.url) as remote:
            yield HashesOnly(book, remote, HashMirror(folder, trust.origin, trust.keys), folder, progress)
