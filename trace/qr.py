"""Draw an address as a QR code: an SVG path, a PNG, or half blocks for a terminal. Always black on white.

Level M with a quiet zone of four modules: measured best for paper labels of 15 mm and more;
a higher level only makes the modules smaller. No logo in the code.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET_MODULES = 4  # ISO/IEC 18004 asks for four on every side
TEXT_BYTES_MAX = 512  # a Digital Link with host is under 200; more would print as modules too small to scan


@dataclass(frozen=True, slots=True)
class QrCode:
    """A drawn code.

    Attributes:
        text: What a scanner reads.
        rows: Modules without the quiet zone, True is black.
    """

    text: str
    rows: tuple[tuple[bool, ...], ...]

    @property
    def size(self) -> int:
        """Modules on a side, the quiet zone included: the SVG's view box is `0 0 size size`."""
        return len(self.rows) + 2 * QUIET_MODULES

    def svg_path(self) -> str:
        """The black modules as one SVG path in view box units, one rectangle per horizontal run.

        The first of a row says where it stands, each other how far it is from the one before it: half as long when packed.
        """
        parts = []
        for y, row in enumerate(self.rows, QUIET_MODULES):
            x, before = 0, -1
            while x < len(row):
                run = 0
                while x + run < len(row) and row[x + run]:
                    run += 1
                if run:
                    start = f"M{x + QUIET_MODULES} {y}" if before < 0 else f"m{x - before} 0"
                    parts.append(f"{start}h{run}v1h-{run}z")
                    before = x
                x += run + 1
        return "".join(parts)

    def svg(self) -> str:
        """A whole SVG document, for a file or an `<img>`."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.size} {self.size}" shape-rendering="crispEdges">'
            f'<path fill="#fff" d="M0 0h{self.size}v{self.size}H0z"/><path fill="#000" d="{self.svg_path()}"/></svg>'
        )

    def png(self, scale: int = 8) -> bytes:
        """A PNG of one bit a pixel.

        Args:
            scale: Pixels per module, 1 to 64.
        """
        if not 1 <= scale <= 64:
            raise ValueError("scale must be 1 to 64 pixels per module")
        side = self.size * scale
        lines = bytearray()
        for row in self._framed():
            bits = "".join(("0" if black else "1") * scale for black in row)
            line = int(bits.ljust(-(-side // 8) * 8, "0"), 2).to_bytes(-(-side // 8), "big")
            lines += (b"\x00" + line) * scale  # filter 0: the row as it is
        header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + _chunk(b"IHDR", header)
            + _chunk(b"IDAT", zlib.compress(bytes(lines), 9))
            + _chunk(b"IEND", b"")
        )

    def half_blocks(self) -> str:
        """The code for a terminal, two rows a line, with colours set so that it is black on white on any background."""
        rows = self._framed()
        rows.extend([[False] * self.size] * (len(rows) % 2))
        signs = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
        return "\n".join(
            "\x1b[30;107m" + "".join(signs[pair] for pair in zip(upper, lower, strict=True)) + "\x1b[0m"
            for upper, lower in zip(rows[::2], rows[1::2], strict=True)
        )

    def _framed(self) -> list[list[bool]]:
        side = [False] * QUIET_MODULES
        blank = [[False] * self.size for _ in range(QUIET_MODULES)]
        return blank + [side + list(row) + side for row in self.rows] + blank


def draw_qr(text: str) -> QrCode:
    """Draw `text` in the smallest version that holds it at level M.

    Raises:
        ValueError: The text is empty or longer than `TEXT_BYTES_MAX` bytes.
    """
    if not 0 < len(text.encode()) <= TEXT_BYTES_MAX:
        raise ValueError(f"a QR code holds 1 to {TEXT_BYTES_MAX} bytes")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    return QrCode(text, tuple(tuple(bool(module) for module in row) for row in code.get_matrix()))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
