"""Texts of the public: every script passes, what deceives a reader does not."""

from __future__ import annotations

import pytest

from suxin.api.wording import INVISIBLE_RUN_MAX, fault


@pytest.mark.parametrize(
    "text",
    [
        "好",
        "x",
        "两行\n也可以",
        "很好，谢谢 👨‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "می‌خواهم",
        "مَرْحَبًا بِكُمْ",
        "שָׁלוֹם \u200e(ok)",
        "ขอบคุณที่ส่งเร็ว",
        "क्षत्रिय",
        "Café",
        "<script>alert(1)</script>",
        "好" * 20_000,
    ],
)
def test_what_people_write_passes(text: str) -> None:
    assert fault(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text-empty"),
        (" \n ", "text-empty"),
        ("\u3000\u200b", "text-empty"),
        ("\u200b", "text-empty"),
        ("a\x00", "text-control"),
        ("a\tb", "text-control"),
        ("a\r\nb", "text-control"),
        ("a\x85b", "text-control"),
        ("a\u2028b", "text-control"),
        ("a\uffff", "text-control"),
        ("5 stars \u202erats 1", "text-direction"),
        ("a\u2066b\u2069", "text-direction"),
        ("Cafe\u0301", "text-form"),
        ("好" + "\u200b" * (INVISIBLE_RUN_MAX + 1), "text-invisible"),
        ("好\u200b\u200d" * 20, "text-invisible"),
        ("Z" + "\u0335\u0336" * 5, "text-invisible"),
        ("a" * 100 + "\U000e0041" * 9, "text-invisible"),
    ],
)
def test_what_deceives_is_refused(text: str, code: str) -> None:
    refused = fault(text)
    assert refused is not None
    assert refused.code == code


def test_a_refusal_does_not_repeat_the_text() -> None:
    refused = fault("13812345678\x00")
    assert refused is not None
    assert "138" not in str(refused)
    assert "12" in refused.cause
