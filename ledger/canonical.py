"""Canonical JSON of the book: RFC 8785, restricted so that every language agrees on the bytes.

The whole domain: UTF-8; objects with ASCII keys, arrays, strings in NFC, integers within ±(2^53−1), true, false.
No null, no float (not even `1.0`), no duplicate key, bounded nesting. Bytes that are not their own canonical form are
refused, so bytes are hashed as they were received and never written anew. Source: DESIGN 3.1, docs/formats/canonical.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TypeAlias
from unicodedata import category, is_normalized

import orjson

from .errors import Refused
from .limits import DEPTH_MAX, INTEGER_MAX

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | bool"

# STRICT_INTEGER makes orjson refuse integers beyond ±(2^53−1) while it writes.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_INTEGER_TEXT_MAX = 17  # characters of -(2^53-1); a longer text is not even turned into an int
_BOMB_DEPTH = 64  # nesting that is refused before a recursive parser sees it, and so without a pointer
# Possessive and without a must at the end, so that no input makes it scan twice.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse(raw: bytes, depth_max: int = DEPTH_MAX) -> JsonValue:
    """Read bytes that are their own canonical form.

    Args:
        raw: The bytes as received; the caller has bounded their length.
        depth_max: Arrays and objects around one another; a leaf around a statement has one more.

    Raises:
        Refused: `not-json`, `too-deep`, `duplicate-key`, `key-not-ascii`, `float`, `integer-range`, `null`, `not-nfc`
            with the JSON pointer of the first in document order; `not-canonical` with `canonical`, the text that
            should have been sent.
    """
    try:
        value = orjson.loads(raw)
        if orjson.dumps(value, None, _OPTIONS) == raw and _is_inside(value, raw, depth_max):
            return value  # type: ignore[no-any-return]
    except (orjson.JSONDecodeError, TypeError):
        pass  # the other parser says where and why
    return _judge(raw, depth_max)


def check(raw: bytes, depth_max: int = DEPTH_MAX) -> None:
    """Refuse what `parse` refuses, for callers that decode into a type of their own.

    Raises:
        Refused: As `parse`.
    """
    parse(raw, depth_max)


def first_unassigned(text: str) -> int | None:
    """Place of the first character that this program's Unicode has not assigned, or None.

    A later Unicode may give such a character a class that takes the text out of normal form C; text of assigned ones stays
    in it for ever. So a writer takes none, or who reads with a newer Unicode refuses what this one recorded.
    Source: Unicode Normalization Stability Policy.
    """
    if text.isascii():
        return None
    return next((place for place, sign in enumerate(text) if category(sign) == "Cn"), None)


def check_assigned(raw: bytes) -> None:
    """Refuse canonical bytes with a character that is not assigned; for a writer, never for who verifies.

    Raises:
        Refused: `not-nfc`.
    """
    place = None if raw.isascii() else first_unassigned(raw.decode())
    if place is not None:
        raise Refused("not-nfc", f"character {place + 1} is none that Unicode has assigned here, so its normal form may change")


def dump(value: JsonValue, depth_max: int = DEPTH_MAX) -> bytes:
    """Write the canonical bytes of a value; refuses every value that `parse` could not give back.

    Raises:
        Refused: `too-deep`, `key-not-ascii`, `float`, `integer-range`, `null`, `not-nfc`, or `not-json` for text with
            lone surrogates, with the JSON pointer.
        TypeError: For what is no JSON value at all.
    """
    try:
        raw = orjson.dumps(value, None, _OPTIONS)
        if _is_inside(value, raw, depth_max):
            return raw
    except TypeError:
        pass  # what it was is said below, with its place
    _inspect(value, "", depth_max)
    return orjson.dumps(value, None, _OPTIONS)


def _is_inside(value: object, raw: bytes, depth_max: int) -> bool:
    r"""Quick test that a value and its canonical bytes lie in the domain; may say no to what is inside, never the reverse.

    NFC of the whole text implies NFC of each string in it; the reverse fails only beside an escape (a line feed's
    `\n` and then a combining accent), and there the slow path looks string by string.
    """
    is_ascii = raw.isascii()
    return _is_plain((value,), depth_max, is_ascii) and (is_ascii or is_normalized("NFC", raw.decode()))


def _is_plain(values: Iterable[Any], room: int, is_ascii: bool) -> bool:
    """Only types of the domain, ASCII keys unless all is ASCII anyway, and at most `room` levels."""
    for value in values:
        kind = type(value)
        if kind is str or kind is int or kind is bool:
            continue
        below = value.values() if kind is dict else value
        if not room or (kind is not dict and kind is not list) or not _is_plain(below, room - 1, is_ascii):
            return False
        if kind is dict and not is_ascii and not "".join(value).isascii():
            return False
    return True


class _Members(list[tuple[str, object]]):
    """An object as it was written, every member of it."""


def _judge(raw: bytes, depth_max: int) -> JsonValue:
    """Say exactly what is wrong with bytes the fast path did not pass; slow, and reads with another parser."""
    depth = 0
    for token in _TOKEN.finditer(raw):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > max(depth_max, _BOMB_DEPTH):
            raise Refused("too-deep", f"nested deeper than {depth_max}")
    try:
        tree = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_Members,
            parse_int=lambda text: int(text) if len(text) <= _INTEGER_TEXT_MAX else INTEGER_MAX + 1,
            parse_float=lambda _text: 0.5,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise Refused("not-json", f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Refused("not-json", f"{error.msg} at character {error.pos}") from None
    _inspect(tree, "", depth_max)
    value: JsonValue = orjson.loads(raw)
    canonical = orjson.dumps(value, None, _OPTIONS)
    if canonical != raw:
        raise Refused("not-canonical", _difference(raw, canonical), canonical=canonical.decode())
    return value


def _refuse_constant(name: str) -> object:
    raise Refused("not-json", f"{name} is no JSON value")


def _difference(raw: bytes, canonical: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(raw, canonical, strict=False)) if a != b), min(len(raw), len(canonical)))
    return f"{len(raw)} bytes where the canonical form has {len(canonical)}; first difference at byte {at}"


def _inspect(value: object, pointer: str, room: int) -> None:
    """Refuse the first value, in document order, that lies outside the domain."""
    match value:
        case dict() | _Members():
            _inspect_members(list(value.items()) if isinstance(value, dict) else value, pointer, room)
        case list():
            _need_room(pointer, room)
            for position, item in enumerate(value):
                _inspect(item, f"{pointer}/{position}", room - 1)
        case str():
            _inspect_text(value, pointer)
        case bool():
            pass
        case int():
            if not -INTEGER_MAX <= value <= INTEGER_MAX:
                raise Refused("integer-range", "an integer beyond ±(2^53−1)", pointer)
        case float():
            raise Refused("float", "a number with a fraction or an exponent", pointer)
        case None:
            raise Refused("null", "a null", pointer)
        case _:
            raise TypeError(f"{type(value).__name__} is no JSON value")


def _inspect_members(members: list[tuple[str, object]], pointer: str, room: int) -> None:
    _need_room(pointer, room)
    seen: set[str] = set()
    for key, item in members:
        if type(key) is not str:
            raise TypeError(f"a key of type {type(key).__name__}")
        if not key.isascii():
            raise Refused("key-not-ascii", "a key of this object is not ASCII", pointer)
        below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if key in seen:
            raise Refused("duplicate-key", "the key stands twice in one object", below)
        seen.add(key)
        _inspect(item, below, room - 1)


def _inspect_text(text: str, pointer: str) -> None:
    if text.isascii():
        return
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused("not-json", "half of a surrogate pair", pointer)
    if not is_normalized("NFC", text):
        raise Refused("not-nfc", "a string is not in normal form C", pointer)


def _need_room(pointer: str, room: int) -> None:
    if room <= 0:
        raise Refused("too-deep", "nested too deep", pointer)
