"""The QR code: what a scanner reads is what was asked for, in every form we draw."""

from __future__ import annotations

import io
import re

import pytest
import zxingcpp
from PIL import Image

from suxin.trace.qr import QUIET_MODULES, TEXT_BYTES_MAX, draw_qr

ADDRESS = "https://suxin.example/01/06901234567892/21/K7M2Q9XH4TB6WZ3RNA"


def scan(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return found[0].text


@pytest.mark.parametrize(
    "text", [ADDRESS, "A", "0" * 120, "https://溯信.example/s/91330782MA2EXAMPLE/甲-1/21/x", "x" * TEXT_BYTES_MAX]
)
@pytest.mark.parametrize("scale", [3, 8])
def test_png_reads_back(text: str, scale: int) -> None:
    code = draw_qr(text)
    picture = Image.open(io.BytesIO(code.png(scale)))
    assert picture.size == (code.size * scale, code.size * scale)
    assert scan(picture) == text


def test_svg_path_fills_exactly_the_black_modules() -> None:
    code = draw_qr(ADDRESS)
    filled = set()
    x = y = 0
    for absolute, start, rest in re.findall(r"([Mm])(\d+ \d+)(h[^Mm]+)", code.svg_path()):
        over, down = map(int, start.split())
        x, y = (over, down) if absolute == "M" else (x + over, y + down)
        run = int(rest[1:].split("v")[0])
        assert rest == f"h{run}v1h-{run}z"  # which ends where it began
        filled |= {(x + i, y) for i in range(run)}
    black = {(x + QUIET_MODULES, y + QUIET_MODULES) for y, row in enumerate(code.rows) for x, module in enumerate(row) if module}
    assert filled == black
    assert code.svg_path() in code.svg()


def test_quiet_zone_is_four_white_modules() -> None:
    code = draw_qr(ADDRESS)
    picture = Image.open(io.BytesIO(code.png(1))).convert("L")
    frame = [(x, y) for x in range(code.size) for y in range(code.size) if min(x, y, code.size - 1 - x, code.size - 1 - y) < 4]
    assert {picture.getpixel(spot) for spot in frame} == {255}


def test_level_is_m() -> None:
    # 26 bytes is version 2 at level M (28x28 would be L in version 2 up to 32 bytes, Q only up to 20).
    assert len(draw_qr("a" * 26).rows) == 25
    assert len(draw_qr("a" * 27).rows) == 29


def test_terminal_form_has_every_module() -> None:
    code = draw_qr(ADDRESS)
    lines = [line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m") for line in code.half_blocks().split("\n")]
    rows = []
    for line in lines:
        rows.append([sign in "▀█" for sign in line])
        rows.append([sign in "▄█" for sign in line])
    inner = tuple(tuple(row[QUIET_MODULES:-QUIET_MODULES]) for row in rows[QUIET_MODULES : QUIET_MODULES + len(code.rows)])
    assert inner == code.rows


@pytest.mark.parametrize("text", ["", "x" * (TEXT_BYTES_MAX + 1), "溯" * 171])
def test_refuses_what_would_not_scan(text: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        draw_qr(text)


@pytest.mark.parametrize("scale", [0, 65])
def test_refuses_a_senseless_scale(scale: int) -> None:
    with pytest.raises(ValueError, match="scale"):
        draw_qr("A").png(scale)
