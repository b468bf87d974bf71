"""Many QR codes of one kind at once: labels of a sheet differ in a serial only, and a QR code is affine in its bytes.

With version, level, mask and length fixed, every module is a sum (XOR) of payload bits and a constant: data bits are placed as
they are, and Reed-Solomon is linear. So a code is the first code of the batch XOR one row of a table for each byte that differs.
The tables are made by asking `qrcode` itself, so that it stays the reference; tests compare bit by bit. Source: performance.md 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import qrcode
from numpy.typing import NDArray
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import QRData

from .qr import TEXT_BYTES_MAX, QrCode

Packed = NDArray[np.uint8]

_BYTES: Final = 4  # byte mode, so that a serial of digits alone is coded like every other
_GROUND: Final = b"U"
_POSITIONS_KEPT: Final = 512  # of 256 rows each: about 55 KB for version 6


class QrBatch:
    """Codes of one size.

    Attributes:
        texts: What a scanner reads, in order.
        side: Modules on a side, without the quiet zone.
        packed: One row a code: its modules from left to right and top to bottom, eight a byte, black is 1.
    """

    def __init__(self, texts: Sequence[str], side: int, packed: Packed) -> None:
        self.texts = tuple(texts)
        self.side = side
        self.packed = packed

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[QrCode]:
        return (self.code(at) for at in range(len(self.texts)))

    def code(self, at: int) -> QrCode:
        """One of them, to be drawn."""
        modules = np.unpackbits(self.packed[at], count=self.side**2).reshape(self.side, self.side).astype(bool)
        return QrCode(self.texts[at], tuple(map(tuple, modules.tolist())))


def draw_many(texts: Sequence[str]) -> QrBatch:
    """Draw texts of one length, in one version and under one mask: the ones that suit the first of them.

    Raises:
        ValueError: No text, one of another length, or too long for a label.
    """
    if not texts:
        raise ValueError("no text to draw")
    payload = np.frombuffer("".join(texts).encode(), np.uint8)
    length = len(texts[0].encode())
    if any(len(text.encode()) != length for text in texts) or not 0 < length <= TEXT_BYTES_MAX:
        raise ValueError(f"the texts of a batch have one length, of 1 to {TEXT_BYTES_MAX} bytes")
    rows = payload.reshape(len(texts), length)
    version, mask = _suits(texts[0].encode())
    packed = np.repeat(_modules(texts[0].encode(), version, mask)[None, :], len(texts), axis=0)
    for position in np.flatnonzero((rows != rows[0]).any(axis=0)).tolist():
        packed ^= _table(version, mask, length, position)[rows[:, position] ^ rows[0, position]]
    return QrBatch(texts, 17 + 4 * version, packed)


def _suits(payload: bytes) -> tuple[int, int]:
    """The smallest version that holds a payload at level M, and the mask that `qrcode` finds best for it."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(QRData(payload, mode=_BYTES))
    return code.best_fit(), code.best_mask_pattern()


def _modules(payload: bytes, version: int, mask: int) -> Packed:
    """Modules of a payload, by `qrcode`, packed."""
    code = qrcode.QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(QRData(payload, mode=_BYTES))
    code.make(fit=False)
    return np.packbits(np.array(code.get_matrix(), dtype=bool).ravel())


@lru_cache(maxsize=_POSITIONS_KEPT)
def _table(version: int, mask: int, length: int, position: int) -> Packed:
    """For each of the 256 values: what the code changes by when the byte at a position is XORed with it."""
    # Any payload serves as the ground; `qrcode` 8.2 fails on a block of zeros alone.
    ground = bytearray(_GROUND * length)
    before = _modules(bytes(ground), version, mask)
    table = np.zeros((256, len(before)), np.uint8)
    for bit in range(8):
        payload = bytearray(ground)
        payload[position] ^= 1 << bit
        change = _modules(bytes(payload), version, mask) ^ before
        with_bit = np.arange(256) & (1 << bit) != 0
        table[with_bit] ^= change
    return table
