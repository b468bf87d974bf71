"""Codes made from tables are, bit by bit, those of `qrcode`."""

from __future__ import annotations

import random
import string

import numpy as np
import pytest
import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, QRData

from suxin.trace.qr_table import _suits, draw_many

LETTERS = string.ascii_letters + string.digits + "-_."


def reference(text: str, version: int, mask: int) -> tuple[tuple[bool, ...], ...]:
    code = qrcode.QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE))
    code.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def serials(stem: str, length: int, count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [stem + "".join(chance.choices(LETTERS, k=length)) for _ in range(count)]


@pytest.mark.parametrize(
    ("stem", "length"),
    [
        ("", 9),
        ("https://suxin.example/01/09501101530003/21/", 12),
        ("https://suxin.example/01/09501101530003/10/LOT-2026A/21/", 20),
        ("https://trace.jinhua.example/s/91330702MA28ABCD12/ham-whole-3kg/21/", 16),
        ("https://suxin.example/w/91510000201845235X/" + "q" * 60 + "?k=", 22),
    ],
)
def test_every_code_is_that_of_qrcode(stem: str, length: int) -> None:
    texts = serials(stem, length, 40, seed=length)
    batch = draw_many(texts)
    version, mask = _suits(texts[0].encode())
    assert batch.side == 17 + 4 * version
    for text, code in zip(texts, batch, strict=True):
        assert code.text == text
        assert code.rows == reference(text, version, mask)


def test_every_byte_value_at_every_place() -> None:
    """The table has 256 rows a place; a text of any bytes that are text finds its own."""
    texts = ["a" * at + chr(value) + "a" * (30 - at) for at in range(31) for value in (1, 32, 64, 85, 127)]
    version, mask = _suits(texts[0].encode())
    assert all(code.rows == reference(code.text, version, mask) for code in draw_many(texts))


def test_a_scanner_reads_every_one() -> None:
    texts = serials("https://suxin.example/01/09501101530003/21/", 12, 25, seed=3)
    for code in draw_many(texts):
        framed = np.pad(~np.array(code.rows), 4, constant_values=True).repeat(4, axis=0).repeat(4, axis=1)
        found = zxingcpp.read_barcodes(Image.fromarray(framed.astype(np.uint8) * 255))
        assert [one.text for one in found] == [code.text]


def test_texts_that_make_no_batch_are_refused() -> None:
    for texts in ([], ["a", "bb"], [""], ["x" * 600]):
        with pytest.raises(ValueError, match=r"no text|one length"):
            draw_many(texts)
    assert draw_many(["é" * 256]).side == 17 + 4 * 18
