"""The quick reading of a statement accepts nothing that the full one refuses, and reads it the same."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import is_normalized

import pytest
from fakes.story import tell
from fakes.world import Signer, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suxin.ledger import canonical
from suxin.ledger.errors import Refused
from suxin.ledger.registry import TYPES
from suxin.ledger.statement import Statement, parse_statement
from suxin.ledger.usual import read_statement, read_usual

NEW = [
    b"",
    b'"',
    b"\\",
    b"0",
    b"9",
    b"x",
    b"Z",
    b"-",
    b".",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"\n",
    b"\x00",
    b"\xc3\xa9",
    b"e1",
    b"\xcc\x81",
    b"\xe6\xba\xaf",
    b"\xff",
    b"\xed\xa0\x80",
]


@pytest.fixture(scope="module")
def raws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[bytes]]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield [said.statement.raw for said in tell(world).said]


def full(raw: bytes) -> Statement | None:
    try:
        return parse_statement(raw, writing=False)
    except Refused:
        return None


def test_every_type_that_refers_to_nothing_is_read_quickly(raws: list[bytes]) -> None:
    quick = [statement for raw in raws if (statement := read_usual(raw)) is not None]
    due = {name for name, row in TYPES.items() if row.body is not None and row.ref != "required"}
    at_length = {name for name, row in TYPES.items() if ("c", "company") in row.streams}  # an authority's findings: rare
    # What a claim's first review refers to is read at length; Chinese titles are not.
    assert {statement.type for statement in quick} >= due - at_length
    assert any(not statement.raw.isascii() for statement in quick)
    assert all(statement == full(statement.raw) for statement in quick)


def test_no_changed_byte_is_accepted_that_is_refused_in_full(raws: list[bytes]) -> None:
    order = random.Random(1)
    one_of_each = {parse_statement(raw, writing=False).type: raw for raw in raws if read_usual(raw) is not None}
    accepted = 0
    for raw in one_of_each.values():
        for place in range(len(raw)):
            for new in order.sample(NEW, 4):
                for changed in (raw[:place] + new + raw[place + 1 :], raw[:place] + new + raw[place:]):
                    quick = read_usual(changed)
                    if quick is not None:
                        accepted += 1
                        assert quick == full(changed), changed
    assert accepted > 100, "numbers and names may change and stay well-formed"


def test_members_moved_doubled_or_taken_out(raws: list[bytes]) -> None:
    for raw in raws[:60]:
        members = raw[1:-1].split(b',"')
        for place, member in enumerate(members):
            part = member if place == 0 else b'"' + member
            for changed in (
                b"{" + b",".join([part, raw[1:-1]]) + b"}",
                raw[:-1] + b"," + part + b"}",
                raw.replace(b"," + part, b"", 1),
            ):
                quick = read_usual(changed)
                assert quick is None or quick == full(changed), changed


def test_control_characters_and_escapes(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        shop = Signer.new("uscc:91512081MA62K0260E")
        offer = {"offer": "uscc:91512081MA62K0260E/01/06901234567892"}
        for character in [*map(chr, range(0x20)), "\x7f", "/", "\\", '"', "<", "&", "'"]:
            body = {"category": "food", "currency": "CNY", "event": "open", "price_minor": 1, "title": {"en": f"a{character}b"}}
            raw = world.sign(shop, "listing", offer, body).statement.raw
            assert read_usual(raw) == full(raw) != None, repr(character)  # noqa: E711 - a value, and the same
            for spelled in (b"\\u00%02x" % ord(character), b"\\u00%02X" % ord(character), b"\\/"):
                other = raw.replace(canonical.dump(f"a{character}b"), b'"a' + spelled + b'b"')
                if other != raw:
                    assert read_usual(other) is None or full(other) is not None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(min_size=1, max_size=20)
    | st.text("e\u0301\u00e9\u1100\u1161\uac00\u6eaf\n\u2028\ufb01", min_size=1, max_size=8)
)
def test_titles_of_any_script(raws: list[bytes], title: str) -> None:
    """In every spelling that JSON has: what is read quickly is what is read at length, and plain text is read quickly."""
    listing = next(raw for raw in raws if raw.endswith(b'"type":"listing","v":1}'))
    old = next(iter(parse_statement(listing).raw.split(b'"title":{', 1)[1].split(b"}", 1)[:1]))
    for spelled in {json.dumps(title), json.dumps(title, ensure_ascii=False)}:
        raw = listing.replace(old, b'"en":' + spelled.encode(errors="surrogatepass"), 1)
        quick, slow = read_usual(raw), full(raw)
        assert quick is None or quick == slow
        assert (quick is None) == (slow is None or not is_normalized("NFC", raw.decode()))


def test_what_is_refused_is_refused_for_the_same_reason(raws: list[bytes]) -> None:
    for changed in (raws[0][:-1], raws[0] + b" ", raws[0].replace(b'"n":', b'"n": '), raws[0].replace(b'"v":1', b'"v":2')):
        with pytest.raises(Refused) as quick:
            read_statement(changed)
        with pytest.raises(Refused) as slow:
            parse_statement(changed, writing=False)
        assert quick.value.code == slow.value.code


@pytest.mark.parametrize("read", [read_statement, parse_statement])
def test_a_character_that_no_unicode_knows_is_read_and_not_written(raws: list[bytes], read: Callable[..., Statement]) -> None:
    """Its normal form is not settled: what one program records, another with a newer Unicode would refuse."""
    value = json.loads(next(raw for raw in raws if raw.endswith(b'"type":"listing","v":1}')))
    value["body"]["title"] = {"en": "q\u0301\u0378"}
    raw = canonical.dump(value)
    assert read(raw, writing=False).raw == raw
    with pytest.raises(Refused) as refused:
        read(raw, writing=True)
    assert refused.value.code == "not-nfc"
