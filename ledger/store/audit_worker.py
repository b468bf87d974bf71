"""A process that does nothing but check signatures. Started by `audit_pool.py`; imports little, so that it stays small.

In: u32 length; u32 number of signatures; the length of each signature ‖ message, u32; their keys, 32 bytes each; and they
themselves. Out: u32 number of those that do not hold, then their positions, u32 each. All numbers big-endian. Ends when its
input ends.
"""

from __future__ import annotations

import queue
import signal
import struct
import sys
import threading
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import BinaryIO

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

_U32 = struct.Struct(">I")


def encode_checks(checks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Signatures to check, as one frame."""
    publics, signed = zip(*checks, strict=True)
    lengths = struct.pack(f">{len(signed) + 1}I", len(signed), *map(len, signed))
    frame = b"".join((lengths, *publics, *signed))
    return _U32.pack(len(frame)) + frame


def decode_checks(frame: bytes) -> list[tuple[bytes, bytes]]:
    """What `encode_checks` wrote, without its length."""
    (count,) = _U32.unpack_from(frame)
    at = 4 + 4 * count
    publics = [frame[key : key + 32] for key in range(at, at + 32 * count, 32)]
    ends = [*accumulate(struct.unpack_from(f">{count}I", frame, 4), initial=at + 32 * count)]
    return list(zip(publics, [frame[first:end] for first, end in pairwise(ends)], strict=True))


def failing(checks: Sequence[tuple[bytes, bytes]]) -> list[int]:
    """Positions of the signatures that do not hold; `signed` is signature ‖ message."""
    bad = []
    for position, (public, signed) in enumerate(checks):
        try:
            crypto_sign_open(signed, public)
        except BadSignatureError:
            bad.append(position)
    return bad


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Check until the input ends. Reading has a thread of its own: who writes to us must never wait for a check."""
    frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, frames), daemon=True).start()
    while frame := frames.get():
        bad = failing(decode_checks(frame))
        sink.write(b"".join(map(_U32.pack, (len(bad), *bad))))
        sink.flush()


def _read(source: BinaryIO, frames: queue.SimpleQueue[bytes]) -> None:
    while len(head := source.read(_U32.size)) == _U32.size:
        frames.put(source.read(_U32.unpack(head)[0]))
    frames.put(b"")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us; we end when our input does
    serve(sys.stdin.buffer, sys.stdout.buffer)
