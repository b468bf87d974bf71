from __future__ import annotations

import enum
import time
from datetime import UTC, datetime

import pytest

from suxin.ledger.canonical import check, dump, parse
from suxin.ledger.errors import Refused
from suxin.ledger.limits import DEPTH_MAX
from suxin.ledger.problems import PROBLEMS

REFUSED = [
    (b"", "not-json", ""),
    (b"{", "not-json", ""),
    (b"\xff", "not-json", ""),
    (b"\xef\xbb\xbf{}", "not-json", ""),
    (b'{"a":NaN}', "not-json", ""),
    (b"-Infinity", "not-json", ""),
    (b"{} {}", "not-json", ""),
    (b'"\x01"', "not-json", ""),
    (b'["\\ud83d"]', "not-json", "/0"),
    (b'{"a":1,"a":1}', "duplicate-key", "/a"),
    (b'{"x":[{"a":1,"b":2,"a":3}]}', "duplicate-key", "/x/0/a"),
    (b'{"a":1,"\\u0061":1}', "duplicate-key", "/a"),
    (b"1.0", "float", ""),
    (b"[1e3]", "float", "/0"),
    (b'{"a/b~c":-0.0}', "float", "/a~1b~0c"),
    (b"[9007199254740992]", "integer-range", "/0"),
    (b"-9007199254740992", "integer-range", ""),
    (b"[18446744073709551616]", "integer-range", "/0"),
    (b"1" * 5_000, "integer-range", ""),
    (b'{"a":{"b":null}}', "null", "/a/b"),
    ('{"a":["e\u0301"]}'.encode(), "not-nfc", "/a/0"),
    ('["\u212b"]'.encode(), "not-nfc", "/0"),
    ('{"b":{"\u00e9":1}}'.encode(), "key-not-ascii", "/b"),
    (b'{"\\u00e9":1}', "key-not-ascii", ""),
    (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), "too-deep", "/0" * DEPTH_MAX),
    (b"[" * 60_000, "too-deep", ""),
    (b'{"a":' * 9_000, "too-deep", ""),
]

SPELLED = [
    (b' {"a":1}', '{"a":1}'),
    (b'{"a":1}\n', '{"a":1}'),
    (b'{"b":1,"a":2}', '{"a":2,"b":1}'),
    (b'{"a": 1}', '{"a":1}'),
    (b'["\\u0041\\/"]', '["A/"]'),
    (b'["\\u000a\\u001F"]', '["\\n\\u001f"]'),
    (b"-0", "0"),
    (b'"\\u4fe1"', '"信"'),
]


@pytest.mark.parametrize(("raw", "code", "pointer"), REFUSED, ids=lambda part: str(part)[:30])
def test_refused_with_code_and_place(raw: bytes, code: str, pointer: str) -> None:
    for read in (parse, check):
        with pytest.raises(Refused) as refusal:
            read(raw)
        assert (refusal.value.code, refusal.value.pointer) == (code, pointer)
        assert refusal.value.found == {}
        assert code in PROBLEMS


@pytest.mark.parametrize(("raw", "canonical"), SPELLED)
def test_refusal_shows_the_canonical_form(raw: bytes, canonical: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(raw)
    assert refusal.value.code == "not-canonical"
    assert refusal.value.found == {"canonical": canonical}
    check(canonical.encode())


def test_the_first_fault_in_document_order_is_named() -> None:
    with pytest.raises(Refused) as refusal:
        parse(b'{"b":null,"a":1.5}')
    assert (refusal.value.code, refusal.value.pointer) == ("null", "/b")


def test_combining_mark_behind_an_escape_is_normal_form() -> None:
    raw = '["\\n\u0301"]'.encode()
    assert parse(raw) == ["\n\u0301"]
    assert dump(["\n\u0301"]) == raw


def test_a_leaf_may_be_one_deeper_than_its_statement() -> None:
    raw = b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1)
    check(raw, depth_max=DEPTH_MAX + 1)


def test_cause_holds_no_value() -> None:
    for raw in ('{"name":"Zoe\u0308 Secret"}'.encode(), b'{"name":["Secret",1.5]}', b'{"name":"Secret" }'):
        with pytest.raises(Refused) as refusal:
            parse(raw)
        assert "Secret" not in refusal.value.cause + refusal.value.pointer


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize("value", [(1,), {1: 2}, {"a": datetime(2026, 1, 1, tzinfo=UTC)}, b"a", {"a": {1}}, {Colour.RED: 1}])
def test_dump_takes_json_values_only(value: object) -> None:
    with pytest.raises(TypeError):
        dump(value)  # type: ignore[arg-type]


def test_dump_takes_text_of_an_enumeration() -> None:
    assert dump({"a": Colour.RED}) == b'{"a":"red"}'


@pytest.mark.parametrize(("value", "code"), [({"a": "\ud800"}, "not-json"), (float("nan"), "float"), (2**64, "integer-range")])
def test_dump_refuses(value: object, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        dump(value)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_hostile_text_takes_no_quadratic_time() -> None:
    started = time.perf_counter()
    for raw in (b'"' + b'\\"' * 30_000, b'"a"' * 20_000, b'["' * 30_000, b"[0" * 50_000, b'"' * 65_535, b"\\" * 65_535):
        with pytest.raises(Refused):
            parse(raw)
    assert time.perf_counter() - started < 20, "a scan went over the input again and again"
