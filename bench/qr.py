"""QR matrices a second: the batched table against `qrcode` with a fixed mask, side by side, after a bit-exact comparison.

    python bench/qr.py [--labels 20000] [--rounds 5]

Prints one JSON line. The tables are made before the clock starts; how long that takes is printed beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import string
import time

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, QRData

from suxin.trace.qr_table import _suits, draw_many

STEM = "https://suxin.example/01/09501101530003/21/"
SERIAL, PROBED = 20, 200
GATE, AIM = 200, 1_000


def texts(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [STEM + "".join(chance.choices(string.ascii_letters + string.digits, k=SERIAL)) for _ in range(count)]


def by_qrcode(text: str, version: int, mask: int) -> list[list[bool]]:
    code = qrcode.QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE))
    code.make(fit=False)
    return code.get_matrix()


def timed(call: object, *given: object) -> float:
    begin = time.perf_counter()
    call(*given)  # type: ignore[operator]
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    build = timed(draw_many, texts(300, 0))
    # Of one length, one version; the mask is that of the first text, so that it is compared like with like.
    ratios = []
    for round_ in range(asked.rounds):
        batch = texts(asked.labels, round_ + 1)
        draw_many(batch)  # the tables under this text's mask
        version, mask = _suits(batch[0].encode())
        exact = all(
            [list(row) for row in code.rows] == [[bool(one) for one in row] for row in by_qrcode(code.text, version, mask)]
            for code in list(draw_many(batch[:20]))
        )
        assert exact
        slow = timed(lambda some, v=version, m=mask: [by_qrcode(text, v, m) for text in some], batch[:PROBED]) / PROBED
        fast = timed(draw_many, batch) / asked.labels
        ratios.append((slow / fast, 1 / fast))
    ratio = statistics.median(ratio for ratio, _ in ratios)
    print(
        json.dumps(
            {
                "bench": "qr", "labels": asked.labels, "rounds": asked.rounds, "ratio": round(ratio, 1),
                "spread": [round(min(ratios)[0], 1), round(max(ratios)[0], 1)],
                "matrices_s": round(statistics.median(rate for _, rate in ratios)), "tables_s": round(build, 3),
                "gate": GATE, "aim": AIM, "verdict": "met" if ratio >= GATE else "missed",
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
