"""What of a free text would tell who somebody is: telephone and identity numbers, a room, a name that is called one.

GB/T 41833-2022 hides at least one character of a name, six digits of a telephone number, and unit and room of an address. A text
behind a commitment cannot be shown in part: what is shown has to be what was committed to. So a text that `mask` changes is shown
to nobody in public: no page, no bundle. Pure.

Source: DESIGN 3.6 "What a page masks, its bundle does not contain"; domain.md 2.6. Names that nobody calls one are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from unicodedata import normalize

HIDDEN: Final = "*"
_PHONE: Final = re.compile(r"(?<![\dA-Za-z])(?:\+?86[- ]?)?1[3-9](?:[- ]?\d){9}(?!\d)")
_LANDLINE: Final = re.compile(r"(?<![\dA-Za-z])0\d{2,3}[- ]?\d{7,8}(?!\d)")
_IDENTITY: Final = re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?!\d)")
_ROOM: Final = re.compile(r"\d{1,3}\s*单元\s*\d{1,4}\s*[室号房]?|(?<!\d)\d{3,4}\s*[室房]")
_NAME: Final = re.compile(r"(?<=收件人|寄件人|收货人|联系人)[：:是为 ]*[\u4e00-\u9fff]{2,4}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def mask(text: str) -> str:
    """The text with what is personal in it hidden; the same text where nothing is."""
    found = _IDENTITY.sub(lambda match: _digits(match[0], 3, 4) if _is_identity(match[0]) else match[0], text)
    for pattern, hide in _RULES:
        found = pattern.sub(lambda match, hide=hide: hide(match[0]), found)  # type: ignore[misc]
    return found


def is_public(text: str) -> bool:
    """Whether a text may be shown to everybody as it stands; digits of full width, of Chinese keyboards, tell as much."""
    plain = normalize("NFKC", text)
    return mask(plain) == plain


def _digits(text: str, first: int, last: int) -> str:
    """A number with all its digits hidden but the first and the last few; six at least are hidden."""
    places = [at for at, sign in enumerate(text) if sign.isdigit() or sign in "Xx"]
    hidden = set(places[first : len(places) - last])
    return "".join(HIDDEN if at in hidden else sign for at, sign in enumerate(text))


def _every_digit(text: str) -> str:
    return re.sub(r"\d", HIDDEN, text)


def _name(text: str) -> str:
    """A name after the word that says it is one: all but its first character."""
    start = next(at for at, sign in enumerate(text) if sign > "\u4dff" and sign not in "是为：")
    return text[: start + 1] + HIDDEN * (len(text) - start - 1)


_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]] = (
    (_PHONE, lambda text: _digits(text, len(re.sub(r"\D", "", text)) - 8, 2)),
    (_LANDLINE, lambda text: _digits(text, 3, 1)),
    (_ROOM, _every_digit),
    (_NAME, _name),
)


def _is_identity(text: str) -> bool:
    """GB 11643: the last sign is a check digit."""
    total = sum(int(sign) * weight for sign, weight in zip(text, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()
