"""The canonical form against an independent writer (`rfc8785`) and an independent reader (`json`)."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from suxin.ledger.canonical import JsonValue, check, dump, parse
from suxin.ledger.errors import Refused
from suxin.ledger.limits import DEPTH_MAX, INTEGER_MAX

keys = st.text(st.characters(max_codepoint=0x7F), max_size=8)
texts = st.text(max_size=20).map(lambda text: unicodedata.normalize("NFC", text))
scalars = st.one_of(st.booleans(), st.integers(-INTEGER_MAX, INTEGER_MAX), texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=5)),
    max_leaves=25,
)


def depth(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(values)
@example({"a": "\n\u0301"})
@example({"\n": '\x7f\x00\x1f\u2028\\"', "\x7f": "\U0001f600"})
@example([INTEGER_MAX, -INTEGER_MAX, 0])
def test_same_bytes_as_rfc8785_and_back(value: JsonValue) -> None:
    if depth(value) > DEPTH_MAX:
        with pytest.raises(Refused, match="too-deep"):
            dump(value)
        return
    raw = dump(value)
    assert raw == rfc8785.dumps(value)
    assert parse(raw) == value
    assert json.loads(raw) == value
    check(raw)


@given(values, st.data())
def test_one_changed_byte_is_refused_or_another_value(value: JsonValue, data: st.DataObject) -> None:
    raw = bytearray(dump(value, depth_max=30))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        other = parse(bytes(raw), depth_max=30)
    except Refused:
        return
    assert json.dumps(other) != json.dumps(value)
    assert rfc8785.dumps(other) == bytes(raw)


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans(), st.booleans())
def test_any_other_spelling_is_refused_with_the_canonical_one(
    value: JsonValue, indent: int | str | None, ascii_only: bool, reverse: bool
) -> None:
    spelled = json.loads(json.dumps(value), object_pairs_hook=lambda pairs: dict(sorted(pairs, reverse=reverse)))
    raw = json.dumps(spelled, indent=indent, ensure_ascii=ascii_only).encode()
    canonical = rfc8785.dumps(value)
    if raw == canonical:
        assert parse(raw, depth_max=30) == value
        return
    with pytest.raises(Refused) as refusal:
        parse(raw, depth_max=30)
    assert refusal.value.code == "not-canonical"
    assert refusal.value.found == {"canonical": canonical.decode()}


@given(st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    try:
        value = parse(raw)
    except Refused:
        return
    assert rfc8785.dumps(value) == raw


json_bytes = st.text(st.sampled_from('{}[]":,\\ue0125.-+ trufalsn\n\u0301é'), max_size=24).map(str.encode)


@given(json_bytes)
def test_nothing_close_to_json_does_more_than_be_refused(raw: bytes) -> None:
    test_no_bytes_do_more_than_be_refused.hypothesis.inner_test(raw)  # type: ignore[attr-defined]


@given(values)
def test_what_lies_outside_is_refused_inside_any_value(value: JsonValue) -> None:
    outside: list[tuple[Any, str]] = [(1.5, "float"), (None, "null"), (2**53, "integer-range"), ("e\u0301", "not-nfc")]
    outside.append(({"é": 1}, "key-not-ascii"))
    for alien, code in outside:
        with pytest.raises(Refused) as refusal:
            dump({"a": value, "b": [alien]}, depth_max=40)
        assert (refusal.value.code, refusal.value.pointer) == (code, "/b/0")
        raw = json.dumps({"a": value, "b": [alien]}, ensure_ascii=False).encode()
        with pytest.raises(Refused) as refusal:
            parse(raw, depth_max=40)
        assert (refusal.value.code, refusal.value.pointer) == (code, "/b/0")
