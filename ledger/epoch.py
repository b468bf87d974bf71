"""The epoch leaf: the last leaf of every published checkpoint, which ties the map to the log.

Source: DESIGN 3.3; docs/formats/epoch.md. Whether the map and the number of streams are right is found by rebuilding
them; here stands what the leaves alone can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .encoding import b64u, unb64u
from .errors import VerificationError
from .hashing import HASH_SIZE
from .limits import INTEGER_MAX
from .terms import FAULTS, Count, Hash, Row


@dataclass(frozen=True, slots=True)
class Epoch:
    """One published state of a shard."""

    number: int  # from 1
    first: int  # index of the first leaf since the epoch before
    last: int  # index of the leaf before this one; first − 1 when there is none between
    previous: int  # index of the epoch leaf before; 0, the genesis leaf, for the first
    genesis: bytes  # leaf hash of the genesis leaf
    map_root: bytes  # root of the map of all streams that have an entry up to `last`
    streams: int  # number of them
    time: int  # Unix milliseconds


class _Form(Row, frozen=True):
    epoch: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    first: Count
    genesis: Hash
    last: Count
    leaf: Literal["epoch"]
    map: Hash
    previous: Count
    streams: Count
    time: Count


_DECODER = msgspec.json.Decoder(_Form)


def encode_epoch(epoch: Epoch) -> bytes:
    """Canonical JSON of an epoch leaf."""
    return b'{"epoch":%d,"first":%d,"genesis":"%s","last":%d,"leaf":"epoch","map":"%s","previous":%d,"streams":%d,"time":%d}' % (
        epoch.number, epoch.first, b64u(epoch.genesis).encode(), epoch.last, b64u(epoch.map_root).encode(),
        epoch.previous, epoch.streams, epoch.time,
    )  # fmt: skip


def decode_epoch(raw: bytes) -> Epoch:
    """Read an epoch leaf; only the bytes that `encode_epoch` writes are accepted.

    Raises:
        VerificationError: `epoch-malformed`.
    """
    try:
        form = _DECODER.decode(raw)
        genesis, root = unb64u(form.genesis, HASH_SIZE), unb64u(form.map, HASH_SIZE)
    except (*FAULTS, VerificationError) as error:
        raise VerificationError("epoch-malformed", str(error)) from error
    epoch = Epoch(form.epoch, form.first, form.last, form.previous, genesis, root, form.streams, form.time)
    if encode_epoch(epoch) != raw:
        raise VerificationError("epoch-malformed", "an epoch leaf is not in its canonical form")
    return epoch


def verify_place(epoch: Epoch, own_index: int) -> None:
    """Check what an epoch leaf must be where it stands, with no other epoch at hand; so a bundle's reader does.

    Args:
        epoch: The leaf.
        own_index: Its position in the log: the size of the checkpoint that it closes, less 1.

    Raises:
        VerificationError: `epoch-last`, `epoch-first`, `epoch-number`, `epoch-previous`.
    """
    _need(epoch.last == own_index - 1, "epoch-last", f"last {epoch.last} at index {own_index}", own_index)
    _need(epoch.first == epoch.previous + 1, "epoch-first", f"first {epoch.first} after {epoch.previous}", own_index)
    _need(epoch.previous < own_index, "epoch-previous", f"previous {epoch.previous} at index {own_index}", own_index)
    # Every epoch takes at least its own leaf, and only the first follows the genesis leaf.
    _need(1 <= epoch.number <= own_index, "epoch-number", f"number {epoch.number} at index {own_index}", own_index)
    _need(
        (epoch.number == 1) == (epoch.previous == 0), "epoch-number", f"number {epoch.number} after {epoch.previous}", own_index
    )


def follow(
    previous: Epoch | None, previous_index: int, epoch: Epoch, own_index: int, latest_received: int, genesis: bytes
) -> None:
    """Check that an epoch leaf rightly follows the one before. The first bad rule, in the order below, is named.

    Args:
        previous: The epoch leaf before, itself checked; None before the first.
        previous_index: Its position in the log; 0 before the first.
        epoch: The leaf to check.
        own_index: Its position in the log.
        latest_received: Latest received time of the entries `first` to `last`, in ms; 0 when there are none.
        genesis: Leaf hash of leaf 0.

    Raises:
        VerificationError: `epoch-number`, `epoch-previous`, `epoch-first`, `epoch-last`, `epoch-genesis`, `epoch-time`,
            `epoch-streams`, with the index of the leaf.
    """
    number, time, streams = (previous.number, previous.time, previous.streams) if previous else (0, 0, 0)
    _need(epoch.number == number + 1, "epoch-number", f"number {epoch.number} after {number}", own_index)
    _need(epoch.previous == previous_index, "epoch-previous", f"previous {epoch.previous}, not {previous_index}", own_index)
    _need(epoch.first == previous_index + 1, "epoch-first", f"first {epoch.first} after {previous_index}", own_index)
    _need(epoch.last == own_index - 1, "epoch-last", f"last {epoch.last} at index {own_index}", own_index)
    _need(epoch.last >= previous_index, "epoch-last", f"index {own_index} is not after {previous_index}", own_index)
    _need(epoch.genesis == genesis, "epoch-genesis", "the genesis leaf is another one", own_index)
    _need(epoch.time >= time, "epoch-time", f"{epoch.time} ms before the epoch before, {time} ms", own_index)
    _need(epoch.time >= latest_received, "epoch-time", f"{epoch.time} ms before an entry of {latest_received} ms", own_index)
    _need(epoch.streams >= streams, "epoch-streams", f"{epoch.streams} streams after {streams}", own_index)
    if epoch.last < epoch.first and previous:
        same = epoch.streams == streams and epoch.map_root == previous.map_root
        _need(same, "epoch-streams", "the map changed without an entry", own_index)


def _need(holds: bool, code: str, detail: str, index: int) -> None:
    if not holds:
        raise VerificationError(code, detail, index)
