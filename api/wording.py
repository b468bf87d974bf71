"""Texts that people write, looked at before the vault takes them: what could deceive a reader, or is no text, is refused.

A text of the public may hold anything that letters can say, in any script. It may not hold what nobody sees and everybody is
misled by. Refusals name the kind of sign and its place, never the text. Source: docs/formats/commitment.md.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..ledger import canonical
from ..ledger.errors import Refused

INVISIBLE_RUN_MAX: Final = 8  # the longest of real use: the flag of Wales, six signs; accents of real scripts are fewer

# Controls but the line feed, separators of lines and paragraphs, half surrogates, and code points that are no characters.
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff]")
# Embeddings, overrides and isolates: they turn what follows around. The plain marks of direction stay allowed.
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Joiners, fillers, variation selectors and tags: without a width of their own.
_ZERO_WIDTH: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def fault(text: str) -> Refused | None:
    """What is wrong with a text, or None when it may be kept; its pointer is left to the caller.

    Args:
        text: A value behind a commitment; its length has been checked.
    """
    if not text:
        return Refused("text-empty", "the text has no characters")
    control = _CONTROL.search(text)
    if control is not None:
        return Refused("text-control", f"character {control.start() + 1} is a control sign; of these only line feeds may stand")
    turned = _DIRECTION.search(text)
    if turned is not None:
        return Refused("text-direction", f"character {turned.start() + 1} turns the direction of the text around")
    if not unicodedata.is_normalized("NFC", text):
        return Refused("text-form", "the text is not in Unicode's normal form C")
    unknown = canonical.first_unassigned(text)
    if unknown is not None:  # a bundle shows the text, and a browser with a newer Unicode would refuse the whole bundle
        return Refused("text-form", f"character {unknown + 1} is none that Unicode has assigned here")
    return _unseen(text)


def _unseen(text: str) -> Refused | None:
    """Floods of signs without a width, and piles of accents."""
    if text.isascii():
        return None if text.strip() else Refused("text-empty", "the text has only blanks")
    run = unseen = 0
    for place, sign in enumerate(text, 1):
        is_unseen = _ZERO_WIDTH.match(sign) is not None
        unseen += is_unseen
        run = run + 1 if is_unseen or unicodedata.combining(sign) or unicodedata.category(sign) == "Me" else 0
        if run > INVISIBLE_RUN_MAX:
            detail = f"more than {INVISIBLE_RUN_MAX} signs without a width of their own, up to character {place}"
            return Refused("text-invisible", detail)
    seen = len(text) - unseen - sum(sign.isspace() for sign in text)
    if not seen:
        return Refused("text-empty", "nothing of the text can be seen")
    if unseen > seen + INVISIBLE_RUN_MAX:
        return Refused("text-invisible", "more signs without a width than with one")
    return None
